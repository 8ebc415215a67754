//! A text as a sequence of word ids.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use super::DataError;

/// The end of a line.
const END: &str = "<eos>";
/// The token for rare words, which have no id of their own.
const UNKNOWN: &str = "<unk>";

/// The words of a corpus and their ids, in the order of first occurrence.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    words: Vec<String>,
    numbers: BTreeMap<String, i64>,
}

impl Vocabulary {
    /// The id of a word, if it is in the vocabulary.
    pub fn number(&self, word: &str) -> Option<i64> {
        self.numbers.get(word).copied()
    }

    /// The word of an id; empty for an unknown id.
    pub fn word(&self, number: i64) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }

    /// The number of words.
    pub fn count(&self) -> usize {
        self.words.len()
    }

    /// The id of a word, which is added if it is new.
    fn add(&mut self, word: &str) -> i64 {
        if let Some(number) = self.number(word) {
            return number;
        }
        let number = self.words.len() as i64;
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }
}

/// A text as word ids.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The words of the ids.
    pub vocabulary: Vocabulary,
    /// The ids of the text's words, in order.
    pub words: Vec<i64>,
}

impl Corpus {
    /// The words of a text in lower case, full stops as separate words: `You say hello.` becomes `you say hello .`
    ///
    /// # Errors
    /// If it has no words.
    pub fn of_text(text: &str) -> Result<Self, DataError> {
        let mut vocabulary = Vocabulary::default();
        let text = text.to_lowercase().replace('.', " .");
        let words: Vec<_> = text.split_whitespace().map(|word| vocabulary.add(word)).collect();
        let refuse = || DataError::format(Path::new("the text"), "corpus", "it has no words");
        if words.is_empty() { Err(refuse()) } else { Ok(Self { vocabulary, words }) }
    }

    /// The training text of the Penn Treebank in Mikolov's preprocessed version: `folder/ptb/ptb.train.txt`, or the same file
    /// in `folder/ptb/ptb.zip`.
    ///
    /// # Errors
    /// If it is missing or empty.
    pub fn read_treebank(folder: &Path) -> Result<Self, DataError> {
        let mut vocabulary = Vocabulary::default();
        let words = words(folder, "train", |word| Ok(vocabulary.add(word)))?;
        Ok(Self { vocabulary, words })
    }

    /// Another split of the Penn Treebank, `valid` or `test`, as ids of this vocabulary. Unknown words become `<unk>`.
    ///
    /// # Errors
    /// If it is missing or empty, or has an unknown word and the vocabulary has no `<unk>`.
    pub fn read_other(&self, folder: &Path, part: &str) -> Result<Vec<i64>, DataError> {
        let number = |word: &str| self.vocabulary.number(word).or_else(|| self.vocabulary.number(UNKNOWN));
        words(folder, part, |word| {
            number(word).ok_or_else(|| format!("the training text has no word `{word}`"))
        })
    }
}

fn words(
    folder: &Path,
    part: &str,
    mut number: impl FnMut(&str) -> Result<i64, String>,
) -> Result<Vec<i64>, DataError> {
    let name = format!("ptb.{part}.txt");
    let (path, archive) = (folder.join("ptb").join(&name), folder.join("ptb/ptb.zip"));
    let (path, bytes) = if path.is_file() {
        let bytes = DataError::read(&path)?;
        (path, bytes)
    } else if archive.is_file() {
        let bytes = from_zip(&archive, &name)?;
        (archive, bytes)
    } else {
        return Err(DataError::Missing {
            what: format!("{name}, also not in ptb.zip,"),
            folders: vec![folder.join("ptb")],
            remedy: "Mikolov's version of the Penn Treebank is at http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",
        });
    };
    let refuse = |reason: String| DataError::format(&path, "corpus", reason);
    let text = String::from_utf8(bytes).map_err(|error| refuse(error.to_string()))?;
    let mut numbers = Vec::new();
    for line in text.lines() {
        for word in line.split_whitespace().chain([END]) {
            numbers.push(number(word).map_err(refuse)?);
        }
    }
    if text.trim().is_empty() { Err(refuse("it has no words".into())) } else { Ok(numbers) }
}

/// The bytes of a file in a zip archive.
fn from_zip(path: &Path, name: &str) -> Result<Vec<u8>, DataError> {
    let refuse = |reason: String| DataError::format(path, "zip", reason);
    let mut archive =
        zip::ZipArchive::new(Cursor::new(DataError::read(path)?)).map_err(|e| refuse(e.to_string()))?;
    let mut file = archive.by_name(name).map_err(|e| refuse(format!("{name}: {e}")))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|source| DataError::Io { path: path.to_path_buf(), source })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treebank(train: &str, test: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("ptb")).unwrap();
        std::fs::write(folder.path().join("ptb/ptb.train.txt"), train).unwrap();
        std::fs::write(folder.path().join("ptb/ptb.test.txt"), test).unwrap();
        folder
    }

    #[test]
    fn a_sentence_by_hand() {
        let corpus = Corpus::of_text("You say goodbye and I say hello.").unwrap();
        assert_eq!(corpus.words, [0, 1, 2, 3, 4, 1, 5, 6]);
        assert_eq!((corpus.vocabulary.word(5), corpus.vocabulary.number("i")), ("hello", Some(4)));
        assert!(Corpus::of_text(" \n").is_err());
    }

    #[test]
    fn lines_end_with_a_token_and_rare_words_share_one() {
        let folder = treebank("a <unk>\n b\n", "b c");
        let corpus = Corpus::read_treebank(folder.path()).unwrap();
        assert_eq!(corpus.words, [0, 1, 2, 3, 2]);
        assert_eq!(corpus.read_other(folder.path(), "test").unwrap(), [3, 1, 2]);
    }

    #[test]
    fn an_invalid_corpus_is_refused_with_the_reason() {
        let error =
            |folder: &tempfile::TempDir| Corpus::read_treebank(folder.path()).unwrap_err().to_string();
        assert!(error(&treebank("\n \n", "")).ends_with("is not a valid corpus file: it has no words"));
        assert!(error(&tempfile::tempdir().unwrap()).contains("there is no ptb.train.txt"));
        let folder = treebank("a b", "c");
        let corpus = Corpus::read_treebank(folder.path()).unwrap();
        let error = corpus.read_other(folder.path(), "test").unwrap_err().to_string();
        assert!(error.contains("the training text has no word `c`"), "{error}");
    }

    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_penn_treebank_has_ten_thousand_words() {
        let folder = mvmhat_reference::shared("learn");
        // The sizes stated in Mikolov's README and in the literature, ends of lines included.
        let corpus = Corpus::read_treebank(&folder).unwrap();
        assert_eq!((corpus.words.len(), corpus.vocabulary.count()), (929_589, 10_000));
        assert_eq!(corpus.read_other(&folder, "valid").unwrap().len(), 73_760);
        assert_eq!(corpus.read_other(&folder, "test").unwrap().len(), 82_430);
    }
}

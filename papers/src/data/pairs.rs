//! Pairs of source and target texts, one pair per line: `16+75` and `91`, or a date in a human and in ISO format.

use std::path::Path;

use super::DataError;

/// Source and target of every line, separated by a tab or, without one, by an underscore; leading and trailing spaces are
/// removed.
///
/// # Errors
/// If the file cannot be read, is not UTF-8, is empty, or has a line without a separator.
pub fn read_pairs(path: &Path) -> Result<Vec<(String, String)>, DataError> {
    let refuse = |reason: String| DataError::format(path, "pairs", reason);
    let text = String::from_utf8(DataError::read(path)?).map_err(|error| refuse(error.to_string()))?;
    let mut pairs = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let Some((from, to)) = line.split_once('\t').or_else(|| line.split_once('_')) else {
            return Err(refuse(format!("line {} has neither a tab nor an underscore: `{line}`", i + 1)));
        };
        pairs.push((from.trim().to_owned(), to.trim().to_owned()));
    }
    if pairs.is_empty() { Err(refuse("it is empty".into())) } else { Ok(pairs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(String, String)>, DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_pairs(file.path())
    }

    #[test]
    fn a_tab_or_an_underscore_separates_the_texts() {
        let pairs = read(b"16+75  _91  \nsnake_case\twords\n").unwrap();
        let expected = [("16+75", "91"), ("snake_case", "words")];
        assert_eq!(pairs, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }

    #[test]
    fn an_invalid_file_is_refused_with_the_reason() {
        let error = read(b"1+1_2\n1+2\n").unwrap_err().to_string();
        assert!(error.contains("line 2 has neither a tab nor an underscore: `1+2`"), "{error}");
        assert!(read(b"").unwrap_err().to_string().ends_with("is not a valid pairs file: it is empty"));
        assert!(read(&[0xff, b'_']).is_err());
    }

    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn sums_and_dates() {
        let folder = mvmhat_reference::shared("learn/pairs");
        let sums = read_pairs(&folder.join("addition.txt")).unwrap();
        assert!(sums.iter().all(|(question, answer)| {
            question.split('+').map(|number| number.parse::<u32>().unwrap()).sum::<u32>()
                == answer.parse::<u32>().unwrap()
        }));
        let dates = read_pairs(&folder.join("date.txt")).unwrap();
        assert!(dates.iter().all(|(_, date)| date.len() == "1994-09-27".len()));
    }
}

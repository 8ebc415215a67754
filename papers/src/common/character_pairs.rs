//! Pairs of texts as character ids, padded: all questions have one length, and so have all answers.

use std::path::Path;

use mvmhat_random::Random;
use tch::Tensor;

use crate::data::{DataError, read_pairs};
use crate::experiment::ExperimentError;

/// The start-of-sequence symbol of an answer.
const START: char = '_';
/// The padding character; texts may contain it, too.
const PADDING: char = ' ';

/// Source texts (questions) and target texts (answers). A batch is a selection of rows of both.
#[derive(Debug)]
pub(crate) struct CharacterPairs {
    /// The character of each id.
    pub(crate) vocabulary: Vec<char>,
    /// Character ids, N x Q.
    pub(crate) questions: Tensor,
    /// Character ids, N x (1 + A); the first column is the start symbol.
    pub(crate) answers: Tensor,
}

impl CharacterPairs {
    /// The pairs of a file. Characters are numbered in the order of first occurrence, as in *Deep Learning from Scratch 2*.
    pub(crate) fn read(path: &Path) -> Result<Self, ExperimentError> {
        let pairs = read_pairs(path)?;
        let longest = |text: fn(&(String, String)) -> &String| {
            pairs.iter().map(|pair| text(pair).chars().count()).max().unwrap_or(0)
        };
        let (longest_question, longest_answer) = (longest(|pair| &pair.0), longest(|pair| &pair.1));
        for (what, length) in [("questions", longest_question), ("answers", longest_answer)] {
            if length == 0 {
                return Err(DataError::format(path, "pairs", format!("all its {what} are empty")).into());
            }
        }
        let mut vocabulary = Vec::new();
        let mut encode = |text: String| -> Vec<i64> {
            let id = |char| match vocabulary.iter().position(|known| *known == char) {
                Some(id) => id as i64,
                None => {
                    vocabulary.push(char);
                    vocabulary.len() as i64 - 1
                }
            };
            text.chars().map(id).collect()
        };
        let padded = |text: &str, length: usize| {
            text.chars().chain(std::iter::repeat(PADDING)).take(length).collect::<String>()
        };
        let (mut questions, mut answers) = (Vec::new(), Vec::new());
        for (question, answer) in &pairs {
            questions.extend(encode(padded(question, longest_question)));
            answers.extend(encode(format!("{START}{}", padded(answer, longest_answer))));
        }
        let count = pairs.len() as i64;
        Ok(Self {
            vocabulary,
            questions: Tensor::from_slice(&questions).view([count, -1]),
            answers: Tensor::from_slice(&answers).view([count, -1]),
        })
    }

    /// The id of the padding character; -1 if no text is padded.
    pub(crate) fn padding(&self) -> i64 {
        self.vocabulary.iter().position(|char| *char == PADDING).map_or(-1, |id| id as i64)
    }

    /// The text of character ids.
    pub(crate) fn text(&self, ids: &Tensor) -> String {
        let ids = ids.iter::<i64>().into_iter().flatten();
        ids.filter_map(|id| self.vocabulary.get(id as usize)).collect()
    }

    /// A random split into 90 % training and 10 % test pairs: their indices.
    pub(crate) fn split(&self, seed: u64) -> (Vec<usize>, Vec<usize>) {
        let mut order: Vec<_> = (0..self.answers.size()[0] as usize).collect();
        Random::new(seed, "split").shuffle(&mut order);
        let test = order.split_off(order.len() - order.len() / 10);
        (order, test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_hand() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "1+2  _3 \n12+1_13\n").unwrap();
        let pairs = CharacterPairs::read(file.path()).unwrap();
        assert_eq!(pairs.vocabulary, ['1', '+', '2', ' ', '_', '3']);
        assert_eq!(pairs.questions, Tensor::from_slice(&[0i64, 1, 2, 3, 0, 2, 1, 0]).view([2, 4]));
        assert_eq!(pairs.answers, Tensor::from_slice(&[4i64, 5, 3, 4, 0, 5]).view([2, 3]));
        assert_eq!((pairs.text(&pairs.questions.get(1)), pairs.padding()), ("12+1".into(), 3));
    }

    #[test]
    fn pairs_without_questions_or_answers_are_refused() {
        for (text, expected) in
            [("_3\n _4\n", "all its questions are empty"), ("3_\n", "all its answers are empty")]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let error = CharacterPairs::read(file.path()).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
    }
}

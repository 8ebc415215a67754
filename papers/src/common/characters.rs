//! Pairs of texts as numbers: a number a character, all questions of one length and all answers of one.

use std::path::Path;

use mvmhat_random::Random;
use tch::Tensor;

use crate::data::{DataError, read_pairs};
use crate::experiment::ExperimentError;

/// What every answer begins with.
const START: char = '_';
/// What fills texts up to the common length.
const FILL: char = ' ';

/// A text to read and the one to write. Batches are cut out of `questions` and `answers` by rows.
#[derive(Debug)]
pub(crate) struct Characters {
    /// The characters by number.
    pub(crate) vocabulary: Vec<char>,
    /// N x Q.
    pub(crate) questions: Tensor,
    /// N x (1 + A), the first column the start.
    pub(crate) answers: Tensor,
}

impl Characters {
    /// The pairs of a file, numbered in the order in which their characters occur, which is that of *Deep Learning from
    /// Scratch 2*.
    pub(crate) fn read(path: &Path) -> Result<Self, ExperimentError> {
        let pairs = read_pairs(path)?;
        let length = |of: fn(&(String, String)) -> &String| {
            pairs.iter().map(|pair| of(pair).chars().count()).max().unwrap_or(0)
        };
        let (longest_question, longest_answer) = (length(|pair| &pair.0), length(|pair| &pair.1));
        for (what, longest) in [("questions", longest_question), ("answers", longest_answer)] {
            if longest == 0 {
                return Err(DataError::format(path, "pairs", format!("all its {what} are empty")).into());
            }
        }
        let mut vocabulary = Vec::new();
        let mut encode = |text: String| -> Vec<i64> {
            let number = |char| match vocabulary.iter().position(|known| *known == char) {
                Some(number) => number as i64,
                None => {
                    vocabulary.push(char);
                    vocabulary.len() as i64 - 1
                }
            };
            text.chars().map(number).collect()
        };
        let filled = |text: &str, length: usize| {
            text.chars().chain(std::iter::repeat(FILL)).take(length).collect::<String>()
        };
        let (mut questions, mut answers) = (Vec::new(), Vec::new());
        for (question, answer) in &pairs {
            questions.extend(encode(filled(question, longest_question)));
            answers.extend(encode(format!("{START}{}", filled(answer, longest_answer))));
        }
        let count = pairs.len() as i64;
        Ok(Self {
            vocabulary,
            questions: Tensor::from_slice(&questions).view([count, -1]),
            answers: Tensor::from_slice(&answers).view([count, -1]),
        })
    }

    /// The number of what fills texts up, if any is.
    pub(crate) fn fill(&self) -> i64 {
        self.vocabulary.iter().position(|char| *char == FILL).map_or(-1, |number| number as i64)
    }

    /// Characters as text.
    pub(crate) fn text(&self, numbers: &Tensor) -> String {
        let numbers = numbers.iter::<i64>().into_iter().flatten();
        numbers.filter_map(|number| self.vocabulary.get(number as usize)).collect()
    }

    /// Nine of ten pairs to learn from and the rest to be measured on, by chance: their numbers.
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
        let pairs = Characters::read(file.path()).unwrap();
        assert_eq!(pairs.vocabulary, ['1', '+', '2', ' ', '_', '3']);
        assert_eq!(pairs.questions, Tensor::from_slice(&[0i64, 1, 2, 3, 0, 2, 1, 0]).view([2, 4]));
        assert_eq!(pairs.answers, Tensor::from_slice(&[4i64, 5, 3, 4, 0, 5]).view([2, 3]));
        assert_eq!((pairs.text(&pairs.questions.get(1)), pairs.fill()), ("12+1".into(), 3));
    }

    #[test]
    fn pairs_of_which_one_half_is_missing_are_refused() {
        for (text, expected) in
            [("_3\n _4\n", "all its questions are empty"), ("3_\n", "all its answers are empty")]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let error = Characters::read(file.path()).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
    }
}

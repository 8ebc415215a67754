//! Word vectors: nearest neighbors, analogies, and a map.

use tch::{Kind, Tensor};

use serde::{Deserialize, Serialize};

use crate::data::Vocabulary;
use crate::experiment::{Chart, ExperimentError, NamedPoint, Results};

/// Analogies `a b c d`, "a is to b as c is to d", one per line.
const ANALOGIES: &str = include_str!("analogies.txt");
/// The number of neighbors that are reported.
const TOP: usize = 5;

/// A word whose nearest neighbors are reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The word.
    pub word: String,
    /// Words that are expected among the five nearest.
    #[serde(default)]
    pub expected: Vec<String>,
}

/// The L2-normalized vectors of the words of a vocabulary.
pub(crate) struct WordVectors<'a> {
    vocabulary: &'a Vocabulary,
    /// Words x dimensions.
    vectors: Tensor,
}

impl<'a> WordVectors<'a> {
    /// Normalizes `vectors`, words x dimensions.
    pub(crate) fn new(vocabulary: &'a Vocabulary, vectors: &Tensor) -> Self {
        let lengths = vectors.square().sum_dim_intlist([1i64].as_slice(), true, vectors.kind()).sqrt();
        Self { vocabulary, vectors: vectors / lengths.clamp_min(1e-8) }
    }

    /// The ids of the words nearest to a vector by cosine similarity, with the similarities; without the words `without`.
    fn nearest(&self, vector: &Tensor, without: &[i64]) -> Vec<(i64, f64)> {
        let cosines = self.vectors.matmul(vector);
        for &number in without {
            let _ = cosines.get(number).fill_(f64::NEG_INFINITY);
        }
        let (cosines, numbers) =
            cosines.topk(TOP.min(self.vocabulary.count() - without.len()) as i64, 0, true, true);
        let count = numbers.size()[0];
        (0..count).map(|i| (numbers.int64_value(&[i]), cosines.double_value(&[i]))).collect()
    }

    fn number(&self, word: &str, key: &'static str) -> Result<i64, ExperimentError> {
        let unknown = || ExperimentError::UnknownWord { key, word: word.to_owned() };
        self.vocabulary.number(word).ok_or_else(unknown)
    }

    /// Reports the nearest neighbors of the queries, the fraction of expected words among them, and a map.
    pub(crate) fn report(
        &self,
        queries: &[Query],
        map: &[String],
        results: &mut Results,
    ) -> Result<(), ExperimentError> {
        let (mut expected, mut found) = (0, 0);
        for Query { word, expected: near } in queries {
            let nearest = self.report_nearest(word, results)?;
            expected += near.len();
            found += near.iter().filter(|word| nearest.contains(word)).count();
        }
        if expected > 0 {
            results.add_measure("expected words found", found as f64 / expected as f64);
        }
        if !map.is_empty() {
            results.add_chart("map", Chart::Scatter { points: self.map(map)? });
        }
        Ok(())
    }

    /// Reports the nearest neighbors of a word.
    pub(crate) fn report_nearest(
        &self,
        word: &str,
        results: &mut Results,
    ) -> Result<Vec<String>, ExperimentError> {
        let number = self.number(word, "queries")?;
        let nearest = self.nearest(&self.vectors.get(number), &[number]);
        let words: Vec<_> =
            nearest.iter().map(|(number, _)| self.vocabulary.word(*number).to_owned()).collect();
        let reported = words.iter().zip(&nearest).map(|(word, (_, cosine))| format!("{word} {cosine:.2}"));
        results.add_text(format!("near {word}"), reported.collect::<Vec<_>>().join(", "));
        Ok(words)
    }

    /// The fraction of analogies `a : b = c : d` whose d is among the five words nearest to b - a + c.
    pub(crate) fn analogies(&self) -> Result<f64, ExperimentError> {
        let lines: Vec<Vec<&str>> = ANALOGIES.lines().map(|line| line.split_whitespace().collect()).collect();
        let mut right = 0;
        for words in &lines {
            let numbers = words.iter().map(|word| self.number(word, "analogies"));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            let [a, b, c, d] = numbers[..] else { continue };
            let vector = |number| self.vectors.get(number);
            let query = vector(b) - vector(a) + vector(c);
            right += i64::from(self.nearest(&query, &[a, b, c]).iter().any(|(found, _)| *found == d));
        }
        Ok(right as f64 / lines.len() as f64)
    }

    /// The words projected onto the first two principal components of their vectors.
    fn map(&self, words: &[String]) -> Result<Vec<NamedPoint>, ExperimentError> {
        let numbers = words.iter().map(|word| self.number(word, "map")).collect::<Result<Vec<_>, _>>()?;
        let vectors = self.vectors.index_select(0, &Tensor::from_slice(&numbers)).to_kind(Kind::Double);
        let centred = &vectors - vectors.mean_dim(&[0i64][..], true, Kind::Double);
        let (_, _, directions) = centred.svd(true, true);
        let positions = centred.matmul(&directions.narrow(1, 0, 2.min(directions.size()[1])));
        let point = |i: usize| {
            let coordinate = |axis| positions.double_value(&[i as i64, axis]);
            let y = if positions.size()[1] > 1 { coordinate(1) } else { 0.0 };
            NamedPoint { name: words[i].clone(), x: coordinate(0), y }
        };
        Ok((0..words.len()).map(point).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Corpus;

    #[test]
    fn nearest_words_and_differences_by_hand() {
        let corpus = Corpus::of_text("man woman king queen stone").unwrap();
        let vectors = [[1f32, 0.0, 0.1], [0.0, 1.0, 0.1], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, -9.0]];
        let vectors = Tensor::from_slice(&vectors.concat()).view([5, 3]);
        let words = WordVectors::new(&corpus.vocabulary, &vectors);
        let mut results = Results::default();
        assert_eq!(words.report_nearest("man", &mut results).unwrap()[0], "king");
        let query = words.vectors.get(1) - words.vectors.get(0) + words.vectors.get(2);
        assert_eq!(words.nearest(&query, &[0, 1, 2])[0].0, 3);
        let error = words.report_nearest("prince", &mut results).unwrap_err().to_string();
        assert_eq!(error, "experiment.queries: the corpus has no word `prince`");
        let plane = words.map(&["man".into(), "stone".into()]).unwrap();
        assert!((plane[0].x + plane[1].x).abs() < 1e-6, "centred");
    }

    #[test]
    fn there_are_a_hundred_analogies_of_four_words() {
        assert_eq!(ANALOGIES.lines().count(), 100);
        assert!(ANALOGIES.lines().all(|line| line.split_whitespace().count() == 4));
    }
}

//! Words by counting: those that occur in the same company mean much the same.
//!
//! ```text
//! C[i, j]   how often word j stands within the window of word i
//! PPMI      max(0, log2(C[i, j] N / (S[i] S[j]))),  S the sums of the columns, N the sum of all
//! vectors   the first columns of U in PPMI = U S V^T
//! ```
//!
//! *Deep Learning from Scratch 2*, chapter 2. The singular vectors are found by random projection (Halko, Martinsson and
//! Tropp, 2011, arXiv 0909.4061): a matrix of 10,000 x 10,000 needs seconds.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor, no_grad};

use super::thesaurus::Thesaurus;
use super::words::WordVectors;
use super::{ChapterError, Drawing, Findings, Lesson};
use mvmhat_random::Random;
use crate::data::Corpus;

/// Directions that are drawn beside those that are asked for, and rounds that make them exact.
const SPARE: i64 = 10;
const ROUNDS: usize = 4;

/// Vectors of words by counting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CountsConfig {
    /// A text; the Penn Treebank in the folder of the data if none is given.
    pub text: Option<String>,
    /// How far a word's company stands from it.
    pub window: usize,
    /// Numbers that tell of a word.
    pub vectors: i64,
    /// Words whose nearest are told, with those that are expected among the five nearest.
    pub queries: Vec<Query>,
    /// Words that are drawn in the plane.
    pub map: Vec<String>,
    /// A file in the folder of the data with a thesaurus, a line `car<tab>motor vehicle` a link: how near the queries and what
    /// is expected of them are by it is told beside.
    pub thesaurus: Option<String>,
}

/// A word and some that should be near it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The word.
    pub word: String,
    /// Words that should be among the five nearest.
    #[serde(default)]
    pub expected: Vec<String>,
}

impl Default for CountsConfig {
    fn default() -> Self {
        Self { text: None, window: 2, vectors: 100, queries: Vec::new(), map: Vec::new(), thesaurus: None }
    }
}

impl CountsConfig {
    pub(super) fn lesson(&self, data: &Path, seed: u64) -> Result<Lesson, ChapterError> {
        let corpus = match &self.text {
            Some(text) => Corpus::of_text(text)?,
            None => Corpus::read_treebank(data)?,
        };
        if self.window < 1 || corpus.words.len() < 2 {
            let reason =
                format!("{} words of text have no company within {}", corpus.words.len(), self.window);
            return Err(ChapterError::setting("window", reason));
        }
        let count = corpus.vocabulary.count() as i64;
        if self.vectors < 1 || self.vectors > count {
            let reason = format!("must be from 1 to {count}, the words there are, and is {}", self.vectors);
            return Err(ChapterError::setting("vectors", reason));
        }
        let vectors = no_grad(|| singular(&ppmi(&company(&corpus, self.window)), self.vectors, seed));
        let words = WordVectors::new(&corpus.vocabulary, &vectors);
        let mut findings = Findings::default();
        findings.measure("words of text", corpus.words.len() as f64);
        words.report(&self.queries, &self.map, &mut findings)?;
        if let Some(file) = &self.thesaurus {
            let thesaurus = Thesaurus::read(&data.join(file))?;
            for (word, other) in
                self.queries.iter().flat_map(|q| q.expected.iter().map(|other| (&q.word, other)))
            {
                if let Some(similarity) = thesaurus.similarity(word, other) {
                    findings.measure(format!("path similarity of {word} and {other}"), similarity);
                }
            }
        }
        Ok(Lesson::Study(findings))
    }
}

impl WordVectors<'_> {
    /// The nearest words of some, whether they are those that are expected, and a map.
    pub(super) fn report(
        &self,
        queries: &[Query],
        map: &[String],
        findings: &mut Findings,
    ) -> Result<(), ChapterError> {
        let (mut expected, mut found) = (0, 0);
        for Query { word, expected: near } in queries {
            let nearest = self.tell_nearest(word, findings)?;
            expected += near.len();
            found += near.iter().filter(|word| nearest.contains(word)).count();
        }
        if expected > 0 {
            findings.measure("expected words found", found as f64 / expected as f64);
        }
        if !map.is_empty() {
            findings.draw("map", Drawing::Map { points: self.plane(map)? });
        }
        Ok(())
    }
}

/// How often each word (row) is in the company of each other (column).
fn company(corpus: &Corpus, window: usize) -> Tensor {
    let count = corpus.vocabulary.count();
    let mut counts = vec![0f32; count * count];
    for (place, &word) in corpus.words.iter().enumerate() {
        let until = corpus.words.len().min(place + window + 1);
        for &other in &corpus.words[place + 1..until] {
            counts[word as usize * count + other as usize] += 1.0;
            counts[other as usize * count + word as usize] += 1.0;
        }
    }
    Tensor::from_slice(&counts).view([count as i64, count as i64])
}

/// Positive pointwise mutual information of counts.
fn ppmi(counts: &Tensor) -> Tensor {
    let sums = counts.sum_dim_intlist([0i64].as_slice(), true, Kind::Float);
    let all = sums.sum(Kind::Double).double_value(&[]);
    // In place, since the matrix is large.
    let mut ratios = counts * all;
    let _ = ratios.g_div_(&sums).g_div_(&sums.tr());
    ratios.g_add_scalar_(1e-8).log2_().clamp_min_(0.0)
}

/// The first left singular vectors: rows x `count`.
fn singular(matrix: &Tensor, count: i64, seed: u64) -> Tensor {
    let size = matrix.size()[1];
    let directions = (count + SPARE).min(size);
    let mut random = Random::new(seed, "directions");
    let drawn: Vec<_> = (0..size * directions).map(|_| random.normal() as f32).collect();
    let mut basis = Tensor::from_slice(&drawn).view([size, directions]);
    for _ in 0..ROUNDS {
        let (rows, _) = Tensor::linalg_qr(&matrix.matmul(&basis), "reduced");
        (basis, _) = Tensor::linalg_qr(&matrix.tr().matmul(&rows), "reduced");
    }
    let (rows, _) = Tensor::linalg_qr(&matrix.matmul(&basis), "reduced");
    let (small, _, _) = rows.tr().matmul(matrix).svd(true, true);
    rows.matmul(&small.narrow(1, 0, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// The matrix that chapter 2 of the book prints for its sentence.
    #[test]
    fn the_sentence_of_the_book() {
        let corpus = Corpus::of_text("You say goodbye and I say hello.").unwrap();
        let counts = company(&corpus, 1);
        assert_eq!(counts.get(1), Tensor::from_slice(&[1f32, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0]));
        let ppmi = ppmi(&counts);
        let rows = [
            [0.0, 1.807, 0.0, 0.0, 0.0, 0.0, 0.0],
            [1.807, 0.0, 0.807, 0.0, 0.807, 0.807, 0.0],
            [0.0, 0.807, 0.0, 1.807, 0.0, 0.0, 0.0],
            [0.0, 0.0, 1.807, 0.0, 1.807, 0.0, 0.0],
            [0.0, 0.807, 0.0, 1.807, 0.0, 0.0, 0.0],
            [0.0, 0.807, 0.0, 0.0, 0.0, 0.0, 2.807],
            [0.0, 0.0, 0.0, 0.0, 0.0, 2.807, 0.0],
        ];
        let expected = Tensor::from_slice(&rows.concat()).view([7, 7]).to_kind(Kind::Float);
        assert!(ppmi.allclose(&expected, 0.0, 5e-4, false), "{ppmi}");
    }

    #[test]
    fn random_projection_finds_the_singular_vectors() {
        tch::manual_seed(1);
        let matrix = Tensor::rand([60, 60], (Kind::Double, Device::Cpu)).to_kind(Kind::Float);
        let found = singular(&matrix, 5, 3);
        let (exact, _, _) = matrix.svd(true, true);
        // Up to their signs; the first is far from the others, which are close to each other.
        assert_eq!(found.size(), [60, 5]);
        let same = found.select(1, 0).dot(&exact.select(1, 0)).abs().double_value(&[]);
        assert!(same > 0.9999, "{same}");
        let product = found.tr().matmul(&found);
        assert!(product.allclose(&Tensor::eye(5, (Kind::Float, Device::Cpu)), 1e-4, 1e-4, false));
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let error = |config: CountsConfig| match config.lesson(Path::new("nowhere"), 0) {
            Err(error) => error.to_string(),
            Ok(_) => panic!(),
        };
        let text = || Some("you say goodbye".to_owned());
        assert!(error(CountsConfig::default()).contains("there is no ptb.train.txt"));
        assert!(error(CountsConfig { text: Some(" ".into()), ..Default::default() }).contains("no words"));
        let found = error(CountsConfig { text: text(), vectors: 4, ..Default::default() });
        assert!(found.starts_with("chapter.vectors: must be from 1 to 3"), "{found}");
        let found = error(CountsConfig { text: text(), vectors: 2, window: 0, ..Default::default() });
        assert_eq!(found, "chapter.window: 3 words of text have no company within 0");
        let found = error(CountsConfig { text: Some("you".into()), vectors: 1, ..Default::default() });
        assert_eq!(found, "chapter.window: 1 words of text have no company within 2");
        let queries = vec![Query { word: "hello".into(), expected: Vec::new() }];
        let found = error(CountsConfig { text: text(), vectors: 2, queries, ..Default::default() });
        assert_eq!(found, "chapter.queries: the corpus has no word `hello`");
    }
}

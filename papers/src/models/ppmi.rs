//! Count-based word vectors: positive pointwise mutual information (PPMI) and singular value decomposition (SVD). Words with
//! similar contexts have similar meanings.
//!
//! ```text
//! C[i, j]   how often word j occurs within the window of word i
//! PPMI      max(0, log2(C[i, j] N / (S[i] S[j]))),  S the column sums of C, N the sum of all entries
//! vectors   the first columns of U in PPMI = U S V^T
//! ```
//!
//! *Deep Learning from Scratch 2*, ch. 2. The SVD is randomized (Halko, Martinsson and Tropp, 2011, arXiv 0909.4061): it takes
//! seconds for a 10,000 x 10,000 matrix.

use std::path::Path;

use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor, no_grad};

use crate::common::thesaurus::Thesaurus;
use crate::common::word_vectors::Query;
use crate::common::word_vectors::WordVectors;
use crate::data::Corpus;
use crate::experiment::{ExperimentError, PreparedExperiment, Results};

/// Oversampling and number of power iterations of the randomized SVD.
const OVERSAMPLING: i64 = 10;
const POWER_ITERATIONS: usize = 4;

/// Count-based word vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PpmiConfig {
    /// A text; without it, the Penn Treebank in the data folder.
    pub text: Option<String>,
    /// Size of the context window on either side of a word.
    pub window: usize,
    /// Dimensions of a word vector.
    pub vectors: i64,
    /// Words whose nearest neighbors are reported, with the neighbors that are expected.
    pub queries: Vec<Query>,
    /// Words in the scatter plot of the first two principal components.
    pub map: Vec<String>,
    /// A thesaurus in the data folder, one word and hypernym `car<tab>motor vehicle` per line: the path similarities of
    /// the queries and their expected words are reported too.
    pub thesaurus: Option<String>,
}

impl Default for PpmiConfig {
    fn default() -> Self {
        Self { text: None, window: 2, vectors: 100, queries: Vec::new(), map: Vec::new(), thesaurus: None }
    }
}

impl PpmiConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let corpus = match &self.text {
            Some(text) => Corpus::of_text(text)?,
            None => Corpus::read_treebank(data)?,
        };
        if self.window < 1 || corpus.words.len() < 2 {
            let reason =
                format!("{} words of text have no context within {}", corpus.words.len(), self.window);
            return Err(ExperimentError::setting("window", reason));
        }
        let count = corpus.vocabulary.count() as i64;
        if self.vectors < 1 || self.vectors > count {
            let reason =
                format!("must be from 1 to {count}, the size of the vocabulary, and is {}", self.vectors);
            return Err(ExperimentError::setting("vectors", reason));
        }
        let vectors = no_grad(|| singular(&ppmi(&cooccurrences(&corpus, self.window)), self.vectors, seed));
        let words = WordVectors::new(&corpus.vocabulary, &vectors);
        let mut results = Results::default();
        results.add_measure("words of text", corpus.words.len() as f64);
        words.report(&self.queries, &self.map, &mut results)?;
        if let Some(file) = &self.thesaurus {
            let thesaurus = Thesaurus::read(&data.join(file))?;
            for (word, other) in
                self.queries.iter().flat_map(|q| q.expected.iter().map(|other| (&q.word, other)))
            {
                if let Some(similarity) = thesaurus.similarity(word, other) {
                    results.add_measure(format!("path similarity of {word} and {other}"), similarity);
                }
            }
        }
        Ok(PreparedExperiment::Computed(results))
    }
}

/// The co-occurrence matrix: how often each word (row) has each other (column) in its context.
fn cooccurrences(corpus: &Corpus, window: usize) -> Tensor {
    let count = corpus.vocabulary.count();
    let mut counts = vec![0f32; count * count];
    for (position, &word) in corpus.words.iter().enumerate() {
        let until = corpus.words.len().min(position + window + 1);
        for &other in &corpus.words[position + 1..until] {
            counts[word as usize * count + other as usize] += 1.0;
            counts[other as usize * count + word as usize] += 1.0;
        }
    }
    Tensor::from_slice(&counts).view([count as i64, count as i64])
}

/// The PPMI of a co-occurrence matrix.
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
    let directions = (count + OVERSAMPLING).min(size);
    let mut random = Random::new(seed, "directions");
    let drawn: Vec<_> = (0..size * directions).map(|_| random.normal() as f32).collect();
    let mut basis = Tensor::from_slice(&drawn).view([size, directions]);
    for _ in 0..POWER_ITERATIONS {
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

    /// The matrix that ch. 2 of the book prints for its sentence.
    #[test]
    fn the_sentence_of_the_book() {
        let corpus = Corpus::of_text("You say goodbye and I say hello.").unwrap();
        let counts = cooccurrences(&corpus, 1);
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
    fn a_text_without_contexts_is_refused() {
        let error = |config: PpmiConfig| match config.prepare(Path::new("nowhere"), 0) {
            Err(error) => error.to_string(),
            Ok(_) => panic!(),
        };
        let text = || Some("you say goodbye".to_owned());
        assert!(error(PpmiConfig::default()).contains("there is no ptb.train.txt"));
        assert!(error(PpmiConfig { text: Some(" ".into()), ..Default::default() }).contains("no words"));
        let found = error(PpmiConfig { text: text(), vectors: 4, ..Default::default() });
        assert!(found.starts_with("experiment.vectors: must be from 1 to 3"), "{found}");
        let found = error(PpmiConfig { text: text(), vectors: 2, window: 0, ..Default::default() });
        assert_eq!(found, "experiment.window: 3 words of text have no context within 0");
        let found = error(PpmiConfig { text: Some("you".into()), vectors: 1, ..Default::default() });
        assert_eq!(found, "experiment.window: 1 words of text have no context within 2");
        let queries = vec![Query { word: "hello".into(), expected: Vec::new() }];
        let found = error(PpmiConfig { text: text(), vectors: 2, queries, ..Default::default() });
        assert_eq!(found, "experiment.queries: the corpus has no word `hello`");
    }
}

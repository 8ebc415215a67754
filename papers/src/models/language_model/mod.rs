//! Language models: a recurrent network predicts the next word of a text.
//!
//! ```text
//! x_t = embedding of word t;  h_t = cell(x_t, h_{t-1}), one or several layers;  logits of word t+1 = W h_t + b
//! perplexity = exp(mean of -log p(next word))
//! ```
//!
//! * *Truncated backpropagation through time*: the text is split into segments; the hidden state is carried over from one
//!   to the next, gradients are not. The state is stored among the variables, so that a resumed run has it, too.
//! * *Variational dropout* (Gal and Ghahramani, 2016, arXiv 1512.05287): the dropout mask is the same for all words of a segment.
//! * *Weight tying* (Press and Wolf, 2017, arXiv 1608.05859): W is the embedding matrix.
//!
//! *Deep Learning from Scratch 2*, ch. 5 to 7.

mod network;
mod task;

use std::path::Path;

use mvmhat_learning::{Fan, Init, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{self, VarStore};
use tch::{Device, Tensor};

use crate::common::recurrent::{Cell, RecurrentLayer};
use crate::data::Corpus;
use crate::experiment::{ExperimentError, PreparedExperiment};
use network::{Network, as_rows};
use task::LanguageModel;

/// A language model of the Penn Treebank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LanguageModelConfig {
    /// A text for training, validation and test; without it, the Penn Treebank in the data folder.
    pub text: Option<String>,
    /// The recurrent cell.
    pub cell: Cell,
    /// Dimensions of a word embedding; equal to `hidden` if `tied`.
    pub embedding: i64,
    /// Dimensions of the hidden state of a layer.
    pub hidden: i64,
    /// Number of recurrent layers.
    pub layers: i64,
    /// The dropout probability, before, between and after the recurrent layers.
    pub dropout: f64,
    /// Whether the output matrix is the embedding matrix (weight tying).
    pub tied: bool,
    /// Batch size: the text is split into this many rows, which are processed in parallel.
    pub batch: i64,
    /// Words per segment.
    pub length: i64,
    /// How many words of the training text are used, from its beginning; all if not given.
    pub words: Option<usize>,
    /// The first word of the generated text.
    pub begin: String,
    /// The number of words to generate.
    pub written: usize,
}

impl Default for LanguageModelConfig {
    fn default() -> Self {
        Self {
            text: None,
            cell: Cell::Lstm,
            embedding: 100,
            hidden: 100,
            layers: 1,
            dropout: 0.0,
            tied: false,
            batch: 20,
            length: 35,
            words: None,
            begin: "you".into(),
            written: 50,
        }
    }
}

impl LanguageModelConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let (corpus, [valid, test]) = match &self.text {
            Some(text) => {
                let corpus = Corpus::of_text(text)?;
                let words = corpus.words.clone();
                (corpus, [words.clone(), words])
            }
            None => {
                let corpus = Corpus::read_treebank(data)?;
                let parts = [corpus.read_other(data, "valid")?, corpus.read_other(data, "test")?];
                (corpus, parts)
            }
        };
        Ok(PreparedExperiment::Training(Box::new(self.init(corpus, [valid, test], seed)?)))
    }

    fn init(
        &self,
        corpus: Corpus,
        parts: [Vec<i64>; 2],
        seed: u64,
    ) -> Result<LanguageModel, ExperimentError> {
        let words = &corpus.words[..corpus.words.len().min(self.words.unwrap_or(usize::MAX))];
        // Each row of a batch needs the word after its last one as target.
        if self.batch < 1 || self.length < 1 || (words.len() as i64) < self.batch * (self.length + 1) {
            let reason = format!(
                "{} words of text are fewer than one batch of {} x ({} + 1)",
                words.len(),
                self.batch,
                self.length
            );
            return Err(ExperimentError::setting("batch", reason));
        }
        let Some(begin) = corpus.vocabulary.number(&self.begin) else {
            return Err(ExperimentError::UnknownWord { key: "begin", word: self.begin.clone() });
        };
        let mut store = VarStore::new(Device::Cpu);
        let network = self.network(&mut store, corpus.vocabulary.count() as i64, seed)?;
        let state = network.layers.iter().enumerate().map(|(i, layer)| {
            let path = &store.root() / "state" / i;
            let shape = [1, self.batch, self.hidden];
            (0..layer.states()).map(|part| path.zeros_no_train(&part.to_string(), &shape)).collect()
        });
        Ok(LanguageModel {
            state: state.collect(),
            network,
            store,
            text: as_rows(words, self.batch),
            parts: parts.map(|words| Tensor::from_slice(&words)),
            vocabulary: corpus.vocabulary,
            begin,
            seed,
            config: self.clone(),
        })
    }

    fn network(&self, store: &mut VarStore, words: i64, seed: u64) -> Result<Network, ExperimentError> {
        let Self { cell, embedding, hidden, layers, dropout, tied, .. } = *self;
        if embedding < 1 || hidden < 1 || layers < 1 {
            return Err(ExperimentError::setting(
                "hidden",
                "embedding, hidden and layers must be at least 1",
            ));
        }
        if tied && embedding != hidden {
            return Err(ExperimentError::setting("tied", "`embedding` and `hidden` must be equal"));
        }
        if !(0.0..1.0).contains(&dropout) {
            return Err(ExperimentError::setting("dropout", "must be from 0 to below 1"));
        }
        let path = store.root();
        let layer = |i: i64| {
            let inputs = if i == 0 { embedding } else { hidden };
            RecurrentLayer::new(&(&path / "layers" / i), cell, [inputs, hidden])
        };
        let network = Network {
            embedding: nn::embedding(&path / "embedding", words, embedding, Default::default()),
            layers: (0..layers).map(layer).collect(),
            output: (!tied).then(|| (&path / "output").var("weight", &[words, hidden], nn::Init::Const(0.0))),
            bias: (&path / "output").var("bias", &[words], nn::Init::Const(0.0)),
            dropout,
        };
        let uniform = Init::HeUniform { gain: 3f64.sqrt().recip(), fan: Fan::In };
        initialize(store, seed, |name, shape| {
            Some(match shape.len() {
                1 => Init::Zeros,
                _ if name.starts_with("embedding") => Init::Normal { deviation: 0.1 },
                _ => uniform,
            })
        })?;
        Ok(network)
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_learning::{Task, TrainingStep};
    use tch::{Kind, no_grad};

    use super::*;
    use crate::common::testing::{book, book_gates, copy, fit, shared};
    use crate::experiment::Experiment;

    const TEXT: &str = "you say goodbye and i say hello . you say stop and i say go go go .";

    fn model(config: &LanguageModelConfig) -> LanguageModel {
        let corpus = Corpus::of_text(TEXT).unwrap();
        let parts = [corpus.words.clone(), corpus.words.clone()];
        config.init(corpus, parts, 1).unwrap()
    }

    fn small(cell: Cell) -> LanguageModelConfig {
        let (embedding, hidden, batch, length) = (16, 16, 2, 4);
        LanguageModelConfig { cell, embedding, hidden, batch, length, ..Default::default() }
    }

    #[test]
    fn every_cell_overfits_a_sentence() {
        for cell in [Cell::Rnn, Cell::Lstm, Cell::Gru] {
            let mut task = model(&small(cell));
            assert_eq!(task.steps_per_epoch(), 2);
            let before = task.validate().unwrap()[0];
            fit(&mut task, 150, 0.03);
            let loss: f64 = (0..2)
                .map(|step| no_grad(|| task.loss(TrainingStep::new(step, 2)).unwrap().loss.double_value(&[])))
                .sum();
            assert!(before > 8.0 && loss < 0.3, "{cell:?}: {before}, {loss}");
            assert!(task.results().unwrap().texts[0].1.starts_with("you say"));
        }
    }

    #[test]
    fn shapes_with_all_options() {
        let config = LanguageModelConfig { layers: 2, dropout: 0.5, tied: true, ..small(Cell::Lstm) };
        let mut task = model(&config);
        let words = task.text.narrow(1, 0, 3);
        let (scores, state) = task.network.forward(&words, &task.network.zero_state(2), false);
        assert_eq!(scores.size(), [2, 3, task.vocabulary.count() as i64]);
        assert_eq!((state.len(), state[1].len(), state[1][0].size()), (2, 2, vec![1, 2, 16]));
        assert!(!task.store.variables().contains_key("output.weight"), "it is the embedding matrix");
        assert!(task.loss(TrainingStep::new(0, 2)).unwrap().loss.double_value(&[]).is_finite());
        let dropped =
            task.network.variational_dropout(&Tensor::ones([2, 5, 16], (Kind::Float, Device::Cpu)), true);
        assert_eq!(dropped.select(1, 0), dropped.select(1, 4), "the same mask at all words");
    }

    #[test]
    fn the_state_is_carried_over_between_steps_and_reset_with_every_epoch() {
        let mut task = model(&small(Cell::Gru));
        let loss = |task: &mut LanguageModel, step| {
            task.loss(TrainingStep::new(step, 2)).unwrap().loss.double_value(&[])
        };
        let first = loss(&mut task, 0);
        let second = loss(&mut task, 1);
        assert_eq!(loss(&mut task, 2), first);
        assert_eq!(loss(&mut task, 3), second);
        let mut fresh = model(&small(Cell::Gru));
        assert_ne!(loss(&mut fresh, 1), second, "the state is still zero");
    }

    #[test]
    fn invalid_settings_are_refused() {
        let refused = |config: LanguageModelConfig| {
            let corpus = Corpus::of_text(TEXT).unwrap();
            config.init(corpus, [vec![], vec![]], 1).err().unwrap().to_string()
        };
        let text = refused(LanguageModelConfig { begin: "hi".into(), ..small(Cell::Rnn) });
        assert_eq!(text, "experiment.begin: the corpus has no word `hi`");
        let text = refused(LanguageModelConfig { batch: 100, ..small(Cell::Rnn) });
        assert!(text.contains("18 words of text are fewer than one batch of 100 x (4 + 1)"), "{text}");
        let text = refused(LanguageModelConfig { tied: true, hidden: 8, ..small(Cell::Rnn) });
        assert!(text.starts_with("experiment.tied: "), "{text}");
    }

    /// The parameters trained by the book's authors. The perplexity of the first 10,000 words of the test text, as one row in
    /// segments of 35, is what the same formulas in numpy give in double precision: 135.284.
    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_model_of_the_book_has_the_perplexity_of_numpy() {
        let (parameters, shared) = (book("rnnlm"), shared());
        let corpus = Corpus::read_treebank(&shared).unwrap();
        let mut store = VarStore::new(Device::Cpu);
        let network = LanguageModelConfig::default().network(&mut store, 10_000, 1).unwrap();
        let parameter = |i: &str| parameters[i].to_kind(Kind::Float);
        copy(&store, "embedding.weight", &parameter("0"));
        copy(&store, "layers.0.weight_ih_l0", &book_gates(&parameter("1")).tr());
        copy(&store, "layers.0.weight_hh_l0", &book_gates(&parameter("2")).tr());
        copy(&store, "layers.0.bias_ih_l0", &book_gates(&parameter("3")));
        copy(&store, "output.weight", &parameter("4").tr());
        copy(&store, "output.bias", &parameter("5"));
        let test = Tensor::from_slice(&corpus.read_other(&shared, "test").unwrap()[..10_001]);
        let perplexity = network.perplexity(&test, 1, 35);
        assert!((perplexity / 135.28417050882172 - 1.0).abs() < 1e-4, "{perplexity}");
    }
}

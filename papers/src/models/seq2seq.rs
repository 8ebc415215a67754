//! Sequence to sequence: an LSTM encoder reads a question, an LSTM decoder generates the answer from its final state.
//!
//! ```text
//! encoder    h_1 ... h_Q = LSTM(embedded question, reversed or not)
//! decoder    d_1 ... d_A = LSTM(embedded answer, initial state h_Q);  logits = W d_a + b
//! peeky      h_Q is a further input of the decoder and of the output layer at every step
//! attention  c_a = sum_q softmax_q(d_a . h_q) h_q;                    logits = W [c_a, d_a] + b
//! ```
//!
//! Sutskever, Vinyals and Le (2014, arXiv 1409.3215), Cho et al. (2014, arXiv 1406.1078), Luong, Pham and Manning (2015,
//! arXiv 1508.04025), as in *Deep Learning from Scratch 2*, ch. 7 and 8: addition of two numbers, and conversion of dates to ISO
//! format.

use std::path::Path;

use mvmhat_learning::{Fan, Init, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{self, LSTMState, RNN, VarStore};
use tch::{Kind, Tensor};

use crate::common::translation::{TranslationSettings, Translator};
use crate::experiment::{ExperimentError, PreparedExperiment};

/// Sequence to sequence on pairs of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seq2SeqConfig {
    /// The file of pairs, in the folder `pairs` of the data folder.
    pub pairs: String,
    /// Dimensions of a character embedding.
    pub embedding: i64,
    /// Dimensions of the LSTMs' hidden state.
    pub hidden: i64,
    /// Whether the question is reversed.
    pub reversed: bool,
    /// Whether the decoder sees the encoder's final state at every step ("peeky").
    pub peeky: bool,
    /// Whether the decoder attends to the question.
    pub attention: bool,
    /// Pairs per batch.
    pub batch: usize,
}

impl Default for Seq2SeqConfig {
    fn default() -> Self {
        Self {
            pairs: "addition.txt".into(),
            embedding: 16,
            hidden: 128,
            reversed: true,
            peeky: false,
            attention: false,
            batch: 128,
        }
    }
}

impl Seq2SeqConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let settings =
            TranslationSettings { data, pairs: &self.pairs, batch: self.batch, smoothing: 0.0, seed };
        settings.prepare(self, |store, pairs| self.init(store, pairs.vocabulary.len() as i64, seed))
    }

    fn init(&self, store: &VarStore, characters: i64, seed: u64) -> Result<Seq2Seq, ExperimentError> {
        if self.embedding < 1 || self.hidden < 1 {
            return Err(ExperimentError::setting("hidden", "hidden and embedding must be at least 1"));
        }
        let path = store.root();
        let Self { embedding, hidden, .. } = *self;
        let peeky_inputs = if self.peeky { hidden } else { 0 };
        let context = if self.attention { hidden } else { 0 };
        let embed = |name: &str| nn::embedding(&path / name, characters, embedding, Default::default());
        let network = Seq2Seq {
            encoder_embedding: embed("reader_embedding"),
            encoder: nn::lstm(&path / "reader", embedding, hidden, Default::default()),
            decoder_embedding: embed("writer_embedding"),
            decoder: nn::lstm(&path / "writer", embedding + peeky_inputs, hidden, Default::default()),
            output: nn::linear(
                &path / "output",
                hidden + peeky_inputs + context,
                characters,
                Default::default(),
            ),
            config: self.clone(),
        };
        // PyTorch's initialization: uniform within 1 / sqrt(inputs).
        let uniform = Init::HeUniform { gain: 3f64.sqrt().recip(), fan: Fan::In };
        initialize(store, seed, |name, shape| {
            Some(match shape.len() {
                1 => Init::Zeros,
                _ if name.contains("embedding") => Init::Normal { deviation: 0.1 },
                _ => uniform,
            })
        })?;
        Ok(network)
    }
}

/// The network, see [`Seq2SeqConfig`].
#[derive(Debug)]
struct Seq2Seq {
    encoder_embedding: nn::Embedding,
    encoder: nn::LSTM,
    decoder_embedding: nn::Embedding,
    decoder: nn::LSTM,
    output: nn::Linear,
    config: Seq2SeqConfig,
}

impl Seq2Seq {
    /// The decoder's hidden states after each character of the prefix, N x A x hidden.
    fn decoder_states(&self, (_, state): &(Tensor, LSTMState), prefix: &Tensor) -> Tensor {
        let mut characters = prefix.apply(&self.decoder_embedding);
        if self.config.peeky {
            characters = Tensor::cat(&[self.peeky(state, prefix), characters], 2);
        }
        // The decoder gets the encoder's hidden state h, but not its cell state c.
        let start = LSTMState((state.h(), state.c().zeros_like()));
        self.decoder.seq_init(&characters, &start).0
    }

    /// The encoder's final state, repeated for each character of the prefix: N x A x hidden.
    fn peeky(&self, state: &LSTMState, prefix: &Tensor) -> Tensor {
        let size = prefix.size();
        state.h().transpose(0, 1).expand([size[0], size[1], -1], false)
    }
}

impl Translator for Seq2Seq {
    /// The encoder's hidden states, N x Q x hidden, and its final state.
    type Memory = (Tensor, LSTMState);

    fn encode(&self, questions: &Tensor) -> Self::Memory {
        let questions = if self.config.reversed { questions.flip([1]) } else { questions.shallow_clone() };
        self.encoder.seq(&questions.apply(&self.encoder_embedding))
    }

    fn decode(&self, memory: &Self::Memory, prefix: &Tensor) -> Tensor {
        let states = self.decoder_states(memory, prefix);
        let mut parts = vec![states.shallow_clone()];
        if self.config.peeky {
            parts.insert(0, self.peeky(&memory.1, prefix));
        }
        if self.config.attention {
            let weights = states.matmul(&memory.0.transpose(1, 2)).softmax(-1, Kind::Float);
            parts.insert(0, weights.matmul(&memory.0));
        }
        Tensor::cat(&parts, 2).apply(&self.output)
    }

    fn attention(&self, memory: &Self::Memory, prefix: &Tensor) -> Option<Tensor> {
        let products = self.decoder_states(memory, prefix).matmul(&memory.0.transpose(1, 2));
        let weights = products.softmax(-1, Kind::Float);
        let weights = if self.config.reversed { weights.flip([2]) } else { weights };
        self.config.attention.then_some(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::character_pairs::CharacterPairs;
    use crate::common::testing::{assert_learns_pairs, book, book_gates, copy, shared};
    use tch::{Device, no_grad};

    fn configs() -> [Seq2SeqConfig; 3] {
        let small = Seq2SeqConfig { hidden: 32, batch: 18, ..Default::default() };
        [
            small.clone(),
            Seq2SeqConfig { peeky: true, ..small.clone() },
            Seq2SeqConfig { attention: true, reversed: false, ..small },
        ]
    }

    #[test]
    fn shapes_of_all_variants() {
        for config in configs() {
            let store = VarStore::new(Device::Cpu);
            let network = config.init(&store, 13, 1).unwrap();
            let questions = Tensor::ones([4, 7], (Kind::Int64, Device::Cpu));
            let memory = network.encode(&questions);
            let prefix = questions.narrow(1, 0, 3);
            assert_eq!(network.decode(&memory, &prefix).size(), [4, 3, 13]);
            assert_eq!(network.greedy_decode(&questions, &prefix.narrow(1, 0, 1), 5).size(), [4, 5]);
            let attention = network.attention(&memory, &prefix).map(|weights| weights.size());
            assert_eq!(attention, config.attention.then(|| vec![4, 3, 7]));
        }
    }

    #[test]
    fn it_overfits_a_few_sums() {
        for config in configs() {
            assert_learns_pairs(|data| {
                Seq2SeqConfig { pairs: "sums.txt".into(), ..config.clone() }.prepare(data, 1).unwrap()
            });
        }
    }

    /// The parameters trained by the book's authors on dates. The same formulas in numpy, in double precision, answer the first
    /// 500 questions of the file correctly, and give the expected logits of the first answer's first character.
    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_network_of_the_book_converts_dates_as_in_numpy() {
        let (parameters, shared) = (book("attention_seq2seq"), shared());
        let pairs = CharacterPairs::read(&shared.join("pairs/date.txt")).unwrap();
        let store = VarStore::new(Device::Cpu);
        let config = Seq2SeqConfig { hidden: 256, attention: true, ..Default::default() };
        let network = config.init(&store, pairs.vocabulary.len() as i64, 0).unwrap();
        for (from, name) in [(0, "reader"), (4, "writer")] {
            let parameter = |i: i32| parameters[&format!("{}", from + i)].to_kind(Kind::Float);
            copy(&store, &format!("{name}_embedding.weight"), &parameter(0));
            copy(&store, &format!("{name}.weight_ih_l0"), &book_gates(&parameter(1)).tr());
            copy(&store, &format!("{name}.weight_hh_l0"), &book_gates(&parameter(2)).tr());
            copy(&store, &format!("{name}.bias_ih_l0"), &book_gates(&parameter(3)));
        }
        copy(&store, "output.weight", &parameters["8"].to_kind(Kind::Float).tr());
        copy(&store, "output.bias", &parameters["9"].to_kind(Kind::Float));
        let (questions, answers) = (pairs.questions.narrow(0, 0, 500), pairs.answers.narrow(0, 0, 500));
        let found = no_grad(|| network.greedy_decode(&questions, &answers.narrow(1, 0, 1), 10));
        let correct = found.eq_tensor(&answers.narrow(1, 1, 10)).all_dim(1, false).sum(Kind::Int64);
        assert_eq!(correct.int64_value(&[]), 500);
        let scores =
            no_grad(|| network.decode(&network.encode(&questions), &answers.narrow(1, 0, 1)).get(0).get(0));
        let expected_logits =
            [-4.2635390692206485, -4.111008553062014, -4.314836388964203, -3.217701211413574];
        for (character, expected) in (0..).zip(expected_logits) {
            assert!((scores.double_value(&[character]) - expected).abs() < 1e-5, "{scores}");
        }
    }
}

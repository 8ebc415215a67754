//! The Transformer: attention alone reads a text and writes the answer.
//!
//! ```text
//! reader:  characters + positions -> encoder layers (all see all, but for what fills the text up)
//! writer:  characters + positions -> decoder layers (see what is written before, and the reader) -> scores
//! ```
//!
//! Vaswani et al., *Attention Is All You Need* (2017, arXiv 1706.03762), with its sinusoids, masks, label smoothing and
//! warm-up. The encoder layers are those of the tracker's assignment network.

use std::path::Path;

use mvmhat_learning::{DecoderLayer, EncoderLayer, sinusoids};
use mvmhat_learning::{Init, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{self, VarStore};
use tch::{Kind, Tensor};

use crate::common::translation::{Setting, Translator};
use crate::experiment::{ExperimentError, PreparedExperiment};

/// A Transformer on pairs of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextTransformerConfig {
    /// The file in the folder `pairs` of the data.
    pub pairs: String,
    /// Numbers that tell of a character: even, and a multiple of `heads`.
    pub width: i64,
    /// Encoder layers, and as many decoder layers.
    pub layers: i64,
    /// Ways to attend in each.
    pub heads: i64,
    /// Inner width of the feed-forward part of each.
    pub feed_forward: i64,
    /// The share of certainty that the expected answer leaves to all characters.
    pub smoothing: f64,
    /// Pairs of a step.
    pub batch: usize,
}

impl Default for TextTransformerConfig {
    fn default() -> Self {
        Self {
            pairs: "date.txt".into(),
            width: 64,
            layers: 2,
            heads: 4,
            feed_forward: 128,
            smoothing: 0.1,
            batch: 128,
        }
    }
}

impl TextTransformerConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let setting =
            Setting { data, pairs: &self.pairs, batch: self.batch, smoothing: self.smoothing, seed };
        setting.prepare(self, |store, pairs| {
            self.init(store, (pairs.vocabulary.len() as i64, pairs.fill()), seed)
        })
    }

    fn init(
        &self,
        store: &VarStore,
        (characters, fill): (i64, i64),
        seed: u64,
    ) -> Result<TextTransformer, ExperimentError> {
        let Self { width, layers, heads, feed_forward, .. } = *self;
        if layers < 1 || heads < 1 || feed_forward < 1 || width < 2 || width % 2 != 0 || width % heads != 0 {
            return Err(ExperimentError::setting(
                "width",
                "must be even and a multiple of `heads`; all must be at least 1",
            ));
        }
        if !(0.0..1.0).contains(&self.smoothing) {
            return Err(ExperimentError::setting("smoothing", "must be from 0 to below 1"));
        }
        let path = store.root();
        let network = TextTransformer {
            embedding: nn::embedding(&path / "embedding", characters, width, Default::default()),
            encoder: (0..layers)
                .map(|i| EncoderLayer::new(&(&path / "encoder" / i), width, heads, feed_forward))
                .collect(),
            decoder: (0..layers)
                .map(|i| DecoderLayer::new(&(&path / "decoder" / i), width, heads, feed_forward))
                .collect(),
            output: nn::linear(&path / "output", width, characters, Default::default()),
            width,
            fill,
        };
        initialize(store, seed, |name, shape| match shape.len() {
            1 if name.contains("norm.weight") => None,
            1 => Some(Init::Zeros),
            _ if name.starts_with("embedding") => {
                Some(Init::Normal { deviation: (width as f64).sqrt().recip() })
            }
            _ => Some(Init::XavierUniform { gain: 1.0 }),
        })?;
        Ok(network)
    }
}

/// The network, see [`TextTransformerConfig`].
#[derive(Debug)]
struct TextTransformer {
    embedding: nn::Embedding,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    output: nn::Linear,
    width: i64,
    /// The character that nobody looks at.
    fill: i64,
}

impl TextTransformer {
    /// Characters (N x length) as tokens that know where they stand.
    fn tokens(&self, characters: &Tensor) -> Tensor {
        let tokens = characters.apply(&self.embedding) * (self.width as f64).sqrt();
        let places = sinusoids(characters.size()[1], self.width, (tokens.kind(), tokens.device()));
        tokens + places
    }

    /// What the decoder layers make of what is written, before the last of them.
    fn before_last(&self, (encoded, mask): &(Tensor, Tensor), written: &Tensor) -> Tensor {
        let layers = self.decoder.split_last().map_or(&[][..], |(_, layers)| layers);
        layers.iter().fold(self.tokens(written), |tokens, layer| layer.forward(&tokens, encoded, Some(mask)))
    }
}

impl Translator for TextTransformer {
    /// The question, N x Q x width, and the mask of what fills it up, N x 1 x 1 x Q.
    type Memory = (Tensor, Tensor);

    fn read(&self, questions: &Tensor) -> Self::Memory {
        // What ends a question is filling; a space between words is not.
        let said = questions.ne(self.fill).to_kind(Kind::Int64);
        let ended = said.flip([1]).cumsum(1, Kind::Int64).flip([1]).eq(0);
        let mask =
            ended.to_kind(Kind::Float).masked_fill(&ended, f64::NEG_INFINITY).unsqueeze(1).unsqueeze(1);
        let tokens = self.tokens(questions);
        (self.encoder.iter().fold(tokens, |tokens, layer| layer.forward(&tokens, Some(&mask))), mask)
    }

    fn write(&self, memory: &Self::Memory, written: &Tensor) -> Tensor {
        let tokens = self.before_last(memory, written);
        let last = self.decoder.last().map(|layer| layer.forward(&tokens, &memory.0, Some(&memory.1)));
        last.unwrap_or(tokens).apply(&self.output)
    }

    /// The mean over the heads of the last layer.
    fn attention(&self, memory: &Self::Memory, written: &Tensor) -> Option<Tensor> {
        let layer = self.decoder.last()?;
        let tokens = self.before_last(memory, written);
        Some(layer.memory_weights(&tokens, &memory.0, Some(&memory.1)).mean_dim(1, false, Kind::Float))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::assert_learns_pairs;
    use tch::{Device, no_grad};

    fn small() -> TextTransformerConfig {
        TextTransformerConfig {
            width: 16,
            heads: 2,
            feed_forward: 32,
            batch: 18,
            smoothing: 0.0,
            ..Default::default()
        }
    }

    #[test]
    fn shapes() {
        let store = VarStore::new(Device::Cpu);
        let network = small().init(&store, (13, 0), 1).unwrap();
        let questions = Tensor::ones([4, 7], (Kind::Int64, Device::Cpu));
        let memory = network.read(&questions);
        let written = questions.narrow(1, 0, 3);
        assert_eq!(network.write(&memory, &written).size(), [4, 3, 13]);
        assert_eq!(network.attention(&memory, &written).unwrap().size(), [4, 3, 7]);
        assert!(TextTransformerConfig { width: 15, ..small() }.init(&store, (13, 0), 1).is_err());
    }

    #[test]
    fn what_fills_a_question_up_changes_nothing() {
        let store = VarStore::new(Device::Cpu);
        let network = small().init(&store, (13, 0), 1).unwrap();
        let written = Tensor::from_slice(&[5i64, 6]).view([1, 2]);
        let scores = |question: &[i64]| {
            let question = Tensor::from_slice(question).view([1, -1]);
            no_grad(|| network.write(&network.read(&question), &written))
        };
        let (short, long) = (scores(&[3, 0, 4]), scores(&[3, 0, 4, 0, 0]));
        assert!(short.allclose(&long, 1e-5, 1e-5, false));
        assert!(!short.allclose(&scores(&[3, 0, 4, 0, 7]), 1e-3, 1e-3, false));
    }

    #[test]
    fn it_learns_a_few_sums_by_heart() {
        assert_learns_pairs(|data| {
            TextTransformerConfig { pairs: "sums.txt".into(), ..small() }.prepare(data, 1).unwrap()
        });
    }
}

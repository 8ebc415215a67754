//! The Transformer: an encoder-decoder network of attention layers.
//!
//! ```text
//! encoder  embeddings + positions -> encoder layers (self-attention, padding masked)
//! decoder  embeddings + positions -> decoder layers (causal self-attention, cross-attention) -> logits
//! ```
//!
//! Vaswani et al., *Attention Is All You Need* (2017, arXiv 1706.03762), with its sinusoidal positions, masks, label smoothing
//! and warm-up. The encoder layers are those of the tracker's assignment network.

use std::path::Path;

use mvmhat_learning::{DecoderLayer, EncoderLayer, sinusoids};
use mvmhat_learning::{Init, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{self, VarStore};
use tch::{Kind, Tensor};

use crate::common::translation::{TranslationSettings, Translator};
use crate::experiment::{ExperimentError, PreparedExperiment};

/// A Transformer on pairs of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextTransformerConfig {
    /// The file of pairs, in the folder `pairs` of the data folder.
    pub pairs: String,
    /// Dimensions of a token: even, and a multiple of `heads`.
    pub width: i64,
    /// Number of encoder layers and of decoder layers.
    pub layers: i64,
    /// Attention heads of each layer.
    pub heads: i64,
    /// Hidden units of the feed-forward part of each layer.
    pub feed_forward: i64,
    /// Label smoothing: the probability mass that is spread over all characters.
    pub smoothing: f64,
    /// Pairs per batch.
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
        let settings = TranslationSettings {
            data,
            pairs: &self.pairs,
            batch: self.batch,
            smoothing: self.smoothing,
            seed,
        };
        settings.prepare(self, |store, pairs| {
            self.init(store, (pairs.vocabulary.len() as i64, pairs.padding()), seed)
        })
    }

    fn init(
        &self,
        store: &VarStore,
        (characters, padding): (i64, i64),
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
            padding,
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
    /// The id of the padding character.
    padding: i64,
}

impl TextTransformer {
    /// Embeddings with positions, N x length x width, of characters, N x length.
    fn tokens(&self, characters: &Tensor) -> Tensor {
        let tokens = characters.apply(&self.embedding) * (self.width as f64).sqrt();
        let positions = sinusoids(characters.size()[1], self.width, (tokens.kind(), tokens.device()));
        tokens + positions
    }

    /// The tokens of the prefix after all decoder layers but the last.
    fn before_last(&self, (encoded, mask): &(Tensor, Tensor), prefix: &Tensor) -> Tensor {
        let layers = self.decoder.split_last().map_or(&[][..], |(_, layers)| layers);
        layers.iter().fold(self.tokens(prefix), |tokens, layer| layer.forward(&tokens, encoded, Some(mask)))
    }
}

impl Translator for TextTransformer {
    /// The encoded question, N x Q x width, and its padding mask, N x 1 x 1 x Q.
    type Memory = (Tensor, Tensor);

    fn encode(&self, questions: &Tensor) -> Self::Memory {
        // Trailing spaces are padding; a space between words is not.
        let is_text = questions.ne(self.padding).to_kind(Kind::Int64);
        let ended = is_text.flip([1]).cumsum(1, Kind::Int64).flip([1]).eq(0);
        let mask =
            ended.to_kind(Kind::Float).masked_fill(&ended, f64::NEG_INFINITY).unsqueeze(1).unsqueeze(1);
        let tokens = self.tokens(questions);
        (self.encoder.iter().fold(tokens, |tokens, layer| layer.forward(&tokens, Some(&mask))), mask)
    }

    fn decode(&self, memory: &Self::Memory, prefix: &Tensor) -> Tensor {
        let tokens = self.before_last(memory, prefix);
        let last = self.decoder.last().map(|layer| layer.forward(&tokens, &memory.0, Some(&memory.1)));
        last.unwrap_or(tokens).apply(&self.output)
    }

    /// The cross-attention of the last layer, averaged over its heads.
    fn attention(&self, memory: &Self::Memory, prefix: &Tensor) -> Option<Tensor> {
        let layer = self.decoder.last()?;
        let tokens = self.before_last(memory, prefix);
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
        let memory = network.encode(&questions);
        let prefix = questions.narrow(1, 0, 3);
        assert_eq!(network.decode(&memory, &prefix).size(), [4, 3, 13]);
        assert_eq!(network.attention(&memory, &prefix).unwrap().size(), [4, 3, 7]);
        assert!(TextTransformerConfig { width: 15, ..small() }.init(&store, (13, 0), 1).is_err());
    }

    #[test]
    fn padding_of_a_question_is_ignored() {
        let store = VarStore::new(Device::Cpu);
        let network = small().init(&store, (13, 0), 1).unwrap();
        let prefix = Tensor::from_slice(&[5i64, 6]).view([1, 2]);
        let scores = |question: &[i64]| {
            let question = Tensor::from_slice(question).view([1, -1]);
            no_grad(|| network.decode(&network.encode(&question), &prefix))
        };
        let (short, long) = (scores(&[3, 0, 4]), scores(&[3, 0, 4, 0, 0]));
        assert!(short.allclose(&long, 1e-5, 1e-5, false));
        assert!(!short.allclose(&scores(&[3, 0, 4, 0, 7]), 1e-3, 1e-3, false));
    }

    #[test]
    fn it_overfits_a_few_sums() {
        assert_learns_pairs(|data| {
            TextTransformerConfig { pairs: "sums.txt".into(), ..small() }.prepare(data, 1).unwrap()
        });
    }
}

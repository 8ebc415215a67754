//! The Transformer form: every entry of the matrix is a token that attends to every other.
//!
//! ```text
//! N x N -> N^2 tokens -> linear 1 - 32 - 128 with ReLU -> + 2-D positions
//!       -> encoder layers: x = norm(x + attention(x)), x = norm(x + feed_forward(x))
//!       -> linear 128 - 32 - 1 with ReLU -> sigmoid
//! ```
//!
//! N^2 tokens attend to N^2 tokens, so time grows with N^4. Memory does not: libtorch's attention processes the keys in
//! blocks and never stores the N^2 x N^2 matrix. There is no dropout, so a training step is a pure function.
//!
//! In training the loss has a plateau of about a thousand steps, until attention has learned rows and columns, and then
//! falls quickly.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::positions::positions;
use super::{AssignmentNetworkConfigError, at_least_one};
use crate::EncoderLayer;
use crate::blocks::layers;

/// Sizes of the Transformer form; the defaults are the published ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerConfig {
    /// Dimensions of a token, a multiple of 4 and of `heads`. Default 128.
    pub width: i64,
    /// Encoder layers, at least 1. Default 2.
    pub layers: i64,
    /// Attention heads of each layer, at least 1. Default 4.
    pub heads: i64,
    /// Hidden units of the feed-forward part of each layer, at least 1. Default 512.
    pub feed_forward: i64,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self { width: 128, layers: 2, heads: 4, feed_forward: 512 }
    }
}

impl TransformerConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), AssignmentNetworkConfigError> {
        at_least_one("layers", self.layers)?;
        at_least_one("heads", self.heads)?;
        at_least_one("feed_forward", self.feed_forward)?;
        at_least_one("width", self.width)?;
        if self.width % 4 == 0 && self.width % self.heads == 0 {
            return Ok(());
        }
        let allowed = "a multiple of 4 and of `heads`";
        Err(AssignmentNetworkConfigError { key: "width", value: self.width, allowed })
    }

    /// A network with the variables `embedding.*`, `layers.*` and `head.*` below `path`.
    pub fn init(&self, path: &Path) -> Transformer {
        let layer =
            |i: i64| EncoderLayer::new(&(path / "layers" / i), self.width, self.heads, self.feed_forward);
        Transformer {
            embedding: layers(&(path / "embedding"), &[1, 32, self.width], true),
            layers: (0..self.layers).map(layer).collect(),
            head: layers(&(path / "head"), &[self.width, 32, 1], true),
            width: self.width,
        }
    }
}

/// The Transformer assignment network, see [`TransformerConfig`].
#[derive(Debug)]
pub struct Transformer {
    embedding: nn::Sequential,
    layers: Vec<EncoderLayer>,
    head: nn::Sequential,
    width: i64,
}

impl Transformer {
    /// Logits, B x N x N, of soft assignments of the same shape.
    pub(super) fn logits(&self, soft_assignments: &Tensor) -> Tensor {
        let (batch, boxes) = (soft_assignments.size()[0], soft_assignments.size()[2]);
        let options = (soft_assignments.kind(), soft_assignments.device());
        let tokens = self.embedding.forward(&soft_assignments.reshape([batch, boxes * boxes, 1]));
        let tokens = tokens + positions(boxes, self.width, options);
        let tokens = self.layers.iter().fold(tokens, |tokens, layer| layer.forward(&tokens, None));
        self.head.forward(&tokens).view([batch, boxes, boxes])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn it_has_the_published_sizes() {
        let store = nn::VarStore::new(Device::Cpu);
        TransformerConfig::default().init(&store.root());
        let variables = store.variables();
        assert_eq!(variables["embedding.1.weight"].size(), [128, 32]);
        assert_eq!(variables["layers.1.feed_forward.0.weight"].size(), [512, 128]);
        assert_eq!(variables["head.0.weight"].size(), [32, 128]);
        assert!(!variables.contains_key("layers.2.attention_in.weight"));
    }
}

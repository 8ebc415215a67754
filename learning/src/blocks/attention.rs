//! Attention: every token computes a weighted mean of values, weighted by how well its query matches their keys.
//!
//! ```text
//! attention(Q, K, V) = softmax(Q K^T / sqrt(d)) V,  in several heads of width d side by side
//! ```
//!
//! Vaswani et al., *Attention Is All You Need* (2017, arXiv 1706.03762): the layers of its encoder and decoder, with layer
//! normalization after each sublayer (post-norm). The assignment network and the Transformer of the papers use the same
//! encoder layer.

use tch::nn::{self, Module, Path};
use tch::{Device, Kind, Tensor};

use super::linear::{layers, linear};

/// Multi-head attention.
#[derive(Debug)]
pub struct Attention {
    /// The projections to queries, keys and values of all heads, concatenated.
    input: nn::Linear,
    output: nn::Linear,
    heads: i64,
}

impl Attention {
    /// Variables `<name>_in` and `<name>_out` under `path`. `width` is a multiple of `heads`.
    pub fn new(path: &Path, name: &str, width: i64, heads: i64) -> Self {
        Self {
            input: linear(&(path / format!("{name}_in")), width, 3 * width),
            output: linear(&(path / format!("{name}_out")), width, width),
            heads,
        }
    }

    /// Self-attention. `mask` is added to the products before the softmax: 0, or minus infinity for tokens that must not be
    /// attended to.
    ///
    /// # Shapes
    /// - tokens: B x tokens x width, to the same
    /// - mask: broadcasts to B x heads x tokens x tokens
    pub fn self_attention(&self, tokens: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let parts = tokens.apply(&self.input).chunk(3, -1);
        let parts: Vec<_> = parts.iter().map(|part| self.by_heads(part)).collect();
        self.take(&parts[0], &parts[1], &parts[2], mask)
    }

    /// Cross-attention of tokens (B x T x width) to others (B x S x width): B x T x width.
    pub fn cross_attention(&self, tokens: &Tensor, others: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let [query, key, value] = self.project(tokens, others);
        self.take(&query, &key, &value, mask)
    }

    /// The attention weights of tokens over others: B x heads x T x S.
    pub fn weights(&self, tokens: &Tensor, others: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let [query, key, _] = self.project(tokens, others);
        let width = query.size()[3] as f64;
        let products = query.matmul(&key.transpose(2, 3)) / width.sqrt();
        let products = mask.map_or_else(|| products.shallow_clone(), |mask| &products + mask);
        products.softmax(-1, products.kind())
    }

    fn project(&self, tokens: &Tensor, others: &Tensor) -> [Tensor; 3] {
        let width = self.output.ws.size()[0];
        [(0, tokens), (1, others), (2, others)].map(|(part, xs)| {
            let bias = self.input.bs.as_ref().map(|bias| bias.narrow(0, part * width, width));
            self.by_heads(&xs.linear(&self.input.ws.narrow(0, part * width, width), bias.as_ref()))
        })
    }

    fn by_heads(&self, part: &Tensor) -> Tensor {
        let size = part.size();
        part.contiguous().view([size[0], size[1], self.heads, -1]).transpose(1, 2)
    }

    fn take(&self, query: &Tensor, key: &Tensor, value: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let size = query.size();
        let seen =
            Tensor::scaled_dot_product_attention::<&Tensor>(query, key, value, mask, 0.0, false, None, false);
        seen.transpose(1, 2).reshape([size[0], size[2], -1]).apply(&self.output)
    }
}

/// One encoder layer: B x tokens x width to the same.
///
/// ```text
/// x = norm(x + attention(x)),  x = norm(x + feed_forward(x))
/// ```
#[derive(Debug)]
pub struct EncoderLayer {
    attention: Attention,
    attention_norm: nn::LayerNorm,
    feed_forward: nn::Sequential,
    feed_forward_norm: nn::LayerNorm,
}

impl EncoderLayer {
    /// A layer whose variables stand below `path`. `width` is a multiple of `heads`; `feed_forward` is the number of
    /// hidden units of the feed-forward network.
    pub fn new(path: &Path, width: i64, heads: i64, feed_forward: i64) -> Self {
        Self {
            attention: Attention::new(path, "attention", width, heads),
            attention_norm: norm(path, "attention_norm", width),
            feed_forward: layers(&(path / "feed_forward"), &[width, feed_forward, width], true),
            feed_forward_norm: norm(path, "feed_forward_norm", width),
        }
    }

    /// B x tokens x width to the same; see [`Attention::self_attention`] for `mask`.
    pub fn forward(&self, tokens: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let tokens = (tokens + self.attention.self_attention(tokens, mask)).apply(&self.attention_norm);
        (&tokens + self.feed_forward.forward(&tokens)).apply(&self.feed_forward_norm)
    }
}

/// One decoder layer: causal self-attention, cross-attention to the encoded tokens, feed-forward network.
#[derive(Debug)]
pub struct DecoderLayer {
    attention: Attention,
    attention_norm: nn::LayerNorm,
    memory: Attention,
    memory_norm: nn::LayerNorm,
    feed_forward: nn::Sequential,
    feed_forward_norm: nn::LayerNorm,
}

impl DecoderLayer {
    /// A layer whose variables stand below `path`; see [`EncoderLayer::new`].
    pub fn new(path: &Path, width: i64, heads: i64, feed_forward: i64) -> Self {
        Self {
            attention: Attention::new(path, "attention", width, heads),
            attention_norm: norm(path, "attention_norm", width),
            memory: Attention::new(path, "memory", width, heads),
            memory_norm: norm(path, "memory_norm", width),
            feed_forward: layers(&(path / "feed_forward"), &[width, feed_forward, width], true),
            feed_forward_norm: norm(path, "feed_forward_norm", width),
        }
    }

    /// Causal self-attention, in which tokens attend to themselves and to earlier ones: B x tokens x width to the same.
    pub fn causal_self_attention(&self, tokens: &Tensor) -> Tensor {
        let later = causal_mask(tokens.size()[1], (tokens.kind(), tokens.device()));
        (tokens + self.attention.self_attention(tokens, Some(&later))).apply(&self.attention_norm)
    }

    /// B x T x width to the same, attending to the encoded tokens, B x S x width.
    pub fn forward(&self, tokens: &Tensor, encoded: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let tokens = self.causal_self_attention(tokens);
        let tokens = (&tokens + self.memory.cross_attention(&tokens, encoded, mask)).apply(&self.memory_norm);
        (&tokens + self.feed_forward.forward(&tokens)).apply(&self.feed_forward_norm)
    }

    /// The cross-attention weights over the encoded tokens, after the causal self-attention: B x heads x T x S.
    pub fn memory_weights(&self, tokens: &Tensor, encoded: &Tensor, mask: Option<&Tensor>) -> Tensor {
        self.memory.weights(&self.causal_self_attention(tokens), encoded, mask)
    }
}

fn norm(path: &Path, name: &str, width: i64) -> nn::LayerNorm {
    nn::layer_norm(path / name, vec![width], nn::LayerNormConfig::default())
}

/// The causal mask: no token attends to later ones, tokens x tokens.
fn causal_mask(tokens: i64, options: (Kind, Device)) -> Tensor {
    Tensor::full([tokens, tokens], f64::NEG_INFINITY, options).triu(1)
}

/// Sinusoidal positional encoding: sines and cosines at wavelengths from 1 to 10000.
///
/// `sin(x w_k)` for all k, then `cos(x w_k)`, with `w_k = 10000^(-2k / channels)`: `length` x `channels`, which must be even.
pub fn sinusoids(length: i64, channels: i64, options: (Kind, Device)) -> Tensor {
    let half = channels / 2;
    let exponents = Tensor::arange(half, options) * (-(1e4f64.ln()) / half as f64);
    let angles = Tensor::arange(length, options).outer(&exponents.exp());
    Tensor::cat(&[angles.sin(), angles.cos()], 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sorted_variables;
    use tch::no_grad;

    #[test]
    fn attention_is_the_softmax_of_scaled_products() {
        let store = nn::VarStore::new(Device::Cpu);
        let attention = Attention::new(&store.root(), "attention", 4, 2);
        let tokens = Tensor::rand([1, 5, 4], (Kind::Float, Device::Cpu));
        let projected = tokens.get(0).apply(&attention.input);
        let heads: Vec<_> = (0..2)
            .map(|head| {
                let [query, key, value] = [0, 1, 2].map(|part| projected.narrow(1, 4 * part + 2 * head, 2));
                let weights = (query.matmul(&key.tr()) / 2f64.sqrt()).softmax(-1, Kind::Float);
                weights.matmul(&value)
            })
            .collect();
        let expected = Tensor::cat(&heads, 1).apply(&attention.output);
        for found in
            [attention.self_attention(&tokens, None), attention.cross_attention(&tokens, &tokens, None)]
        {
            assert!(found.get(0).allclose(&expected, 1e-5, 1e-6, false));
        }
    }

    #[test]
    fn masked_tokens_have_no_influence() {
        let store = nn::VarStore::new(Device::Cpu);
        let layer = DecoderLayer::new(&store.root(), 4, 2, 8);
        let tokens = Tensor::rand([1, 5, 4], (Kind::Float, Device::Cpu));
        let changed = tokens.copy();
        let _ = no_grad(|| changed.narrow(1, 3, 2).fill_(9.0));
        let (before, after) = (layer.causal_self_attention(&tokens), layer.causal_self_attention(&changed));
        assert!(before.narrow(1, 0, 3).allclose(&after.narrow(1, 0, 3), 1e-6, 1e-6, false));
        assert!(!before.narrow(1, 3, 1).allclose(&after.narrow(1, 3, 1), 1e-3, 1e-3, false));
        let weights =
            layer.memory.weights(&tokens, &tokens, Some(&causal_mask(5, (Kind::Float, Device::Cpu))));
        assert_eq!(weights.size(), [1, 2, 5, 5]);
        assert_eq!(weights.double_value(&[0, 1, 2, 3]), 0.0);
        assert!((weights.get(0).get(0).get(1).sum(Kind::Double).double_value(&[]) - 1.0).abs() < 1e-6);
    }

    /// The same weights as in PyTorch 2.13, filled with fractions of multiples of the golden ratio. The expected numbers are
    /// what this prints:
    ///
    /// ```python
    /// import torch
    /// from torch import nn
    /// torch.set_default_dtype(torch.float64)
    /// wave = lambda n, start=0: torch.frac((torch.arange(n, dtype=torch.float64) + start) * 0.618033988749895) - 0.5
    /// ours = {"self_attn.in_proj_weight": "attention_in.weight", "self_attn.in_proj_bias": "attention_in.bias",
    ///         "self_attn.out_proj.weight": "attention_out.weight", "self_attn.out_proj.bias": "attention_out.bias",
    ///         "multihead_attn.in_proj_weight": "memory_in.weight", "multihead_attn.in_proj_bias": "memory_in.bias",
    ///         "multihead_attn.out_proj.weight": "memory_out.weight", "multihead_attn.out_proj.bias": "memory_out.bias",
    ///         "linear1.weight": "feed_forward.0.weight", "linear1.bias": "feed_forward.0.bias",
    ///         "linear2.weight": "feed_forward.1.weight", "linear2.bias": "feed_forward.1.bias",
    ///         "norm1.weight": "attention_norm.weight", "norm1.bias": "attention_norm.bias"}
    /// def fill(layer, norms):
    ///     for name, p in layer.named_parameters():
    ///         p.data = wave(p.numel(), len((ours | norms)[name])).reshape(p.shape)
    ///     return layer
    /// norms = lambda *names: {f"norm{i + 2}.{p}": f"{n}.{p}" for i, n in enumerate(names) for p in ("weight", "bias")}
    /// encoder = fill(nn.TransformerEncoderLayer(8, 2, 12, 0.0, batch_first=True), norms("feed_forward_norm"))
    /// decoder = fill(nn.TransformerDecoderLayer(8, 2, 12, 0.0, batch_first=True), norms("memory_norm", "feed_forward_norm"))
    /// xs, ys = wave(2 * 5 * 8).reshape(2, 5, 8), wave(2 * 3 * 8, 7).reshape(2, 3, 8)
    /// for out in [encoder(xs), decoder(ys, xs, tgt_mask=nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64))]:
    ///     print([out[0, 1, 2].item(), out[1, 2, 7].item(), out.sum().item(), out.square().mean().item()])
    /// ```
    #[test]
    fn encoder_and_decoder_layers_are_those_of_pytorch() {
        let wave = |from: i64, shape: &[i64]| {
            let count = shape.iter().product::<i64>();
            let steps = Tensor::arange(count, (Kind::Double, Device::Cpu)) + from;
            (steps * 0.618_033_988_749_895).frac().view(shape) - 0.5
        };
        let fill = |mut store: nn::VarStore| {
            store.double();
            for (name, mut variable) in sorted_variables(&store) {
                let values = wave(name.len() as i64, &variable.size());
                no_grad(|| variable.copy_(&values));
            }
            store
        };
        let (xs, ys) = (wave(0, &[2, 5, 8]), wave(7, &[2, 3, 8]));
        let encoder = nn::VarStore::new(Device::Cpu);
        let layer = EncoderLayer::new(&encoder.root(), 8, 2, 12);
        let _encoder = fill(encoder);
        let encoded = layer.forward(&xs, None);
        let decoder = nn::VarStore::new(Device::Cpu);
        let layer = DecoderLayer::new(&decoder.root(), 8, 2, 12);
        let _decoder = fill(decoder);
        let decoded = layer.forward(&ys, &xs, None);
        let expected = [
            [-0.5683069473061904, 0.9920389338656244, -0.4864715223560214, 0.18881219807033495],
            [0.5685594493184499, 0.7620409896072767, 8.709482330182091, 0.2688093844265548],
        ];
        for (found, expected) in [encoded, decoded].into_iter().zip(expected) {
            let numbers = [
                found.double_value(&[0, 1, 2]),
                found.double_value(&[1, 2, 7]),
                found.sum(Kind::Double).double_value(&[]),
                found.square().mean(Kind::Double).double_value(&[]),
            ];
            for (found, expected) in numbers.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-10, "{found} for {expected}");
            }
        }
    }
}

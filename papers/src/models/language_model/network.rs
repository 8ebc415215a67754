//! The network of a language model: embedding, recurrent layers, output layer.

use tch::nn;
use tch::{Device, Kind, Reduction, Tensor, no_grad};

use crate::common::recurrent::RecurrentLayer;

/// A text split into `count` rows: `count` x words.
pub(super) fn as_rows(words: &[i64], count: i64) -> Tensor {
    let length = words.len() as i64 / count;
    Tensor::from_slice(&words[..(length * count) as usize]).view([count, length])
}

/// The state of each layer: one tensor, two for an LSTM; each 1 x B x hidden.
pub(super) type State = Vec<Vec<Tensor>>;

/// The network: word ids, B x T, to logits, B x T x vocabulary.
pub(super) struct Network {
    pub(super) embedding: nn::Embedding,
    pub(super) layers: Vec<RecurrentLayer>,
    /// The output matrix; none if it is the embedding matrix.
    pub(super) output: Option<Tensor>,
    pub(super) bias: Tensor,
    pub(super) dropout: f64,
}

impl Network {
    /// The logits, and the state after the last word.
    pub(super) fn forward(&self, words: &Tensor, state: &State, train: bool) -> (Tensor, State) {
        let mut xs = self.variational_dropout(&words.apply(&self.embedding), train);
        let mut after = Vec::new();
        for (layer, state) in self.layers.iter().zip(state) {
            let (ys, state) = layer.forward(&xs, state);
            xs = self.variational_dropout(&ys, train);
            after.push(state);
        }
        let output = self.output.as_ref().unwrap_or(&self.embedding.ws);
        (xs.linear(output, Some(&self.bias)), after)
    }

    /// Variational dropout: one mask for all words.
    pub(super) fn variational_dropout(&self, xs: &Tensor, train: bool) -> Tensor {
        if !train || self.dropout == 0.0 {
            return xs.shallow_clone();
        }
        let size = xs.size();
        xs * Tensor::ones([size[0], 1, size[2]], (xs.kind(), xs.device())).dropout(self.dropout, true)
    }

    /// The state before the first word.
    pub(super) fn zero_state(&self, batch: i64) -> State {
        let zeros = |layer: &RecurrentLayer| {
            let shape = [1, batch, layer.hidden()];
            (0..layer.states()).map(|_| Tensor::zeros(shape, (Kind::Float, Device::Cpu))).collect()
        };
        self.layers.iter().map(zeros).collect()
    }

    /// exp of the mean cross entropy per word, with the text split into `rows` and segments of `length` words.
    pub(super) fn perplexity(&self, text: &Tensor, rows: i64, length: i64) -> f64 {
        let words = Vec::<i64>::try_from(text).unwrap_or_default();
        let text = as_rows(&words, rows.min(words.len() as i64 / 2).max(1));
        let (rows, columns) = (text.size()[0], text.size()[1]);
        let (mut loss, mut count) = (0.0, 0.0);
        let mut state = self.zero_state(rows);
        no_grad(|| {
            for from in (0..columns - 1).step_by(length as usize) {
                let here = length.min(columns - 1 - from);
                let (scores, after) = self.forward(&text.narrow(1, from, here), &state, false);
                state = after;
                let expected = text.narrow(1, from + 1, here).reshape([-1]);
                let sum = cross_entropy(&scores, &expected, Reduction::Sum).double_value(&[]);
                (loss, count) = (loss + sum, count + (rows * here) as f64);
            }
        });
        f64::exp(loss / count)
    }
}

/// The cross entropy of logits, B x T x vocabulary, and the word ids that follow, B T.
pub(super) fn cross_entropy(scores: &Tensor, expected: &Tensor, reduction: Reduction) -> Tensor {
    scores.flatten(0, 1).cross_entropy_loss::<Tensor>(expected, None, reduction, -100, 0.0)
}

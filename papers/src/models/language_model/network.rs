//! The network of a language model: words in, scores of the next words out, and what it remembers.

use tch::nn;
use tch::{Device, Kind, Reduction, Tensor, no_grad};

use crate::common::recurrent::RecurrentLayer;

/// Stretches of a text as rows: `count` x words.
pub(super) fn as_rows(words: &[i64], count: i64) -> Tensor {
    let length = words.len() as i64 / count;
    Tensor::from_slice(&words[..(length * count) as usize]).view([count, length])
}

/// What each layer remembers: one tensor, two for an LSTM; each 1 x B x hidden.
pub(super) type State = Vec<Vec<Tensor>>;

/// The network: words B x T to scores B x T x words.
pub(super) struct Network {
    pub(super) embedding: nn::Embedding,
    pub(super) layers: Vec<RecurrentLayer>,
    /// None where it is the embedding.
    pub(super) output: Option<Tensor>,
    pub(super) bias: Tensor,
    pub(super) dropout: f64,
}

impl Network {
    pub(super) fn forward(&self, words: &Tensor, state: &State, train: bool) -> (Tensor, State) {
        let mut xs = self.left_out(&words.apply(&self.embedding), train);
        let mut after = Vec::new();
        for (layer, state) in self.layers.iter().zip(state) {
            let (ys, state) = layer.forward(&xs, state);
            xs = self.left_out(&ys, train);
            after.push(state);
        }
        let output = self.output.as_ref().unwrap_or(&self.embedding.ws);
        (xs.linear(output, Some(&self.bias)), after)
    }

    /// Variational dropout: the same units at all words.
    pub(super) fn left_out(&self, xs: &Tensor, train: bool) -> Tensor {
        if !train || self.dropout == 0.0 {
            return xs.shallow_clone();
        }
        let size = xs.size();
        xs * Tensor::ones([size[0], 1, size[2]], (xs.kind(), xs.device())).dropout(self.dropout, true)
    }

    pub(super) fn nothing(&self, batch: i64) -> State {
        let zeros = |layer: &RecurrentLayer| {
            let shape = [1, batch, layer.hidden()];
            (0..layer.states()).map(|_| Tensor::zeros(shape, (Kind::Float, Device::Cpu))).collect()
        };
        self.layers.iter().map(zeros).collect()
    }

    /// exp of the mean cost of a word, read in so many rows and stretches of so many words.
    pub(super) fn perplexity(&self, text: &Tensor, rows: i64, length: i64) -> f64 {
        let words = Vec::<i64>::try_from(text).unwrap_or_default();
        let text = as_rows(&words, rows.min(words.len() as i64 / 2).max(1));
        let (rows, columns) = (text.size()[0], text.size()[1]);
        let (mut cost, mut count) = (0.0, 0.0);
        let mut state = self.nothing(rows);
        no_grad(|| {
            for from in (0..columns - 1).step_by(length as usize) {
                let here = length.min(columns - 1 - from);
                let (scores, after) = self.forward(&text.narrow(1, from, here), &state, false);
                state = after;
                let expected = text.narrow(1, from + 1, here).reshape([-1]);
                let sum = cross_entropy(&scores, &expected, Reduction::Sum).double_value(&[]);
                (cost, count) = (cost + sum, count + (rows * here) as f64);
            }
        });
        f64::exp(cost / count)
    }
}

pub(super) fn cross_entropy(scores: &Tensor, expected: &Tensor, reduction: Reduction) -> Tensor {
    scores.flatten(0, 1).cross_entropy_loss::<Tensor>(expected, None, reduction, -100, 0.0)
}

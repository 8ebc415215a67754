//! A recurrent layer of any cell type, with explicit hidden state.
//!
//! ```text
//! RNN    h = tanh(W x + U h + b)
//! LSTM   i, f, o = sigmoid(...), g = tanh(...);  c = f c + i g;  h = o tanh(c)
//! GRU    r, z = sigmoid(...), n = tanh(W x + b + r (U h + c));  h = (1 - z) n + z h
//! ```
//!
//! LSTM and GRU are tch's layers; the plain RNN calls libtorch's function, since tch has no layer for it.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{self, GRUState, LSTMState, Path, RNN};

/// The recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A plain recurrent layer with tanh (Elman, 1990).
    Rnn,
    /// Long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers et al., 2000).
    Lstm,
    /// Gated recurrent units (Cho et al., 2014, arXiv 1406.1078), in PyTorch's form.
    Gru,
}

/// A recurrent layer: B x T x inputs to B x T x hidden.
#[derive(Debug)]
pub(crate) struct RecurrentLayer {
    kind: Kind,
    hidden: i64,
}

#[derive(Debug)]
enum Kind {
    Rnn([Tensor; 4]),
    Lstm(nn::LSTM),
    Gru(nn::GRU),
}

impl RecurrentLayer {
    /// A layer whose variables stand under `path` with PyTorch's names.
    pub(crate) fn new(path: &Path, cell: Cell, [inputs, hidden]: [i64; 2]) -> Self {
        let kind = match cell {
            Cell::Lstm => Kind::Lstm(nn::lstm(path, inputs, hidden, Default::default())),
            Cell::Gru => Kind::Gru(nn::gru(path, inputs, hidden, Default::default())),
            Cell::Rnn => Kind::Rnn(
                [
                    ("weight_ih_l0", &[hidden, inputs][..]),
                    ("weight_hh_l0", &[hidden, hidden]),
                    ("bias_ih_l0", &[hidden]),
                    ("bias_hh_l0", &[hidden]),
                ]
                .map(|(name, shape)| path.var(name, shape, nn::Init::Const(0.0))),
            ),
        };
        Self { kind, hidden }
    }

    /// The number of state tensors: h, and c of an LSTM.
    pub(crate) fn states(&self) -> usize {
        if matches!(self.kind, Kind::Lstm(_)) { 2 } else { 1 }
    }

    /// The dimensions of the hidden state.
    pub(crate) fn hidden(&self) -> i64 {
        self.hidden
    }

    /// The outputs of all timesteps and the final state; each state tensor is 1 x B x hidden.
    pub(crate) fn forward(&self, xs: &Tensor, state: &[Tensor]) -> (Tensor, Vec<Tensor>) {
        match &self.kind {
            Kind::Lstm(lstm) => {
                let before = LSTMState((state[0].shallow_clone(), state[1].shallow_clone()));
                let (ys, after) = lstm.seq_init(xs, &before);
                (ys, vec![after.h(), after.c()])
            }
            Kind::Gru(gru) => {
                let (ys, after) = gru.seq_init(xs, &GRUState(state[0].shallow_clone()));
                (ys, vec![after.value()])
            }
            Kind::Rnn(weights) => {
                // One layer, with biases, without dropout, unidirectional, batch first.
                let (ys, after) = xs.rnn_tanh(&state[0], weights, true, 1, 0.0, false, false, true);
                (ys, vec![after])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mvmhat_learning::sorted_variables;
    use tch::{Device, no_grad};

    /// The expected numbers (two of the last outputs, the sum of all, the mean of their squares) are what this prints with
    /// PyTorch 2.13, in double precision; the same for `nn.LSTM` and `nn.GRU`:
    ///
    /// ```python
    /// import torch
    /// from torch import nn
    /// torch.set_default_dtype(torch.float64)
    /// wave = lambda n, start=0: torch.frac((torch.arange(n, dtype=torch.float64) + start) * 0.618033988749895) - 0.5
    /// for kind in [nn.RNN, nn.LSTM, nn.GRU]:
    ///     layer = kind(3, 4, batch_first=True)
    ///     for name, p in layer.named_parameters():
    ///         p.data = wave(p.numel(), len(name)).reshape(p.shape)
    ///     h = wave(8, 3).reshape(1, 2, 4)
    ///     ys, _ = layer(wave(2 * 5 * 3).reshape(2, 5, 3), (h, 2 * h) if kind is nn.LSTM else h)
    ///     print([ys[0, 4, 1].item(), ys[1, 4, 3].item(), ys.sum().item(), ys.square().mean().item()])
    /// ```
    #[test]
    fn the_layers_are_those_of_pytorch() {
        let wave = |from: i64, shape: &[i64]| {
            let count = shape.iter().product::<i64>();
            let steps = Tensor::arange(count, (tch::Kind::Double, Device::Cpu)) + from;
            (steps * 0.618_033_988_749_895).frac().view(shape) - 0.5
        };
        let expected = [
            [0.19050171725396853, -0.848140571376795, -9.43063425911877, 0.27658956262915907],
            [0.09472170733748142, 0.16181452262017978, -0.8796534448516939, 0.030176475442525396],
            [0.18360159202859308, 0.5315768440400954, 3.2687181347546224, 0.11139628033176704],
        ];
        for (cell, expected) in [Cell::Rnn, Cell::Lstm, Cell::Gru].into_iter().zip(expected) {
            let mut store = nn::VarStore::new(Device::Cpu);
            let layer = RecurrentLayer::new(&store.root(), cell, [3, 4]);
            store.double();
            for (name, mut variable) in sorted_variables(&store) {
                let values = wave(name.len() as i64, &variable.size());
                no_grad(|| variable.copy_(&values));
            }
            let h = wave(3, &[1, 2, 4]);
            let state = if layer.states() == 2 { vec![h.shallow_clone(), &h * 2.0] } else { vec![h] };
            let (ys, after) = layer.forward(&wave(0, &[2, 5, 3]), &state);
            assert_eq!(ys.select(1, 4), after[0].squeeze_dim(0));
            let found = [
                ys.double_value(&[0, 4, 1]),
                ys.double_value(&[1, 4, 3]),
                ys.sum(tch::Kind::Double).double_value(&[]),
                ys.square().mean(tch::Kind::Double).double_value(&[]),
            ];
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-10, "{cell:?}: {found} for {expected}");
            }
        }
    }
}

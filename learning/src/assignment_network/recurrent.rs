//! The recurrent form: bidirectional GRUs over the entries of the matrix, along its rows and then along its columns.
//!
//! ```text
//! N x N  -> row after row: N^2 entries -> bidirectional GRU -> 2h each
//!        -> column after column         -> bidirectional GRU -> 2h each
//!        -> linear 2h - 256 - 64 - 1    -> sigmoid
//! ```
//!
//! The steps are sequential, so time grows with N^2 and little is parallel. As published, recurrent matrices have an
//! orthogonal initialization, and reset gates a bias of -1 (nearly closed).

use serde::{Deserialize, Serialize};
use tch::nn::{self, Init, Module, Path, RNN};
use tch::{Tensor, no_grad};

use super::{AssignmentNetworkConfigError, at_least_one};
use crate::blocks::layers;

/// Sizes of the recurrent form; the defaults are the published ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecurrentConfig {
    /// h, the size of a GRU's state in each direction, at least 1. Default 256.
    pub hidden: i64,
    /// GRU layers on top of each other, in each of the two, at least 1. Default 2.
    pub layers: i64,
}

impl Default for RecurrentConfig {
    fn default() -> Self {
        Self { hidden: 256, layers: 2 }
    }
}

impl RecurrentConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), AssignmentNetworkConfigError> {
        at_least_one("hidden", self.hidden)?;
        at_least_one("layers", self.layers)
    }

    /// A network with the variables `rows.*`, `columns.*` (the GRUs) and `head.*` below `path`.
    pub fn init(&self, path: &Path) -> Recurrent {
        Recurrent {
            rows: self.gru(&(path / "rows"), 1),
            columns: self.gru(&(path / "columns"), 2 * self.hidden),
            head: layers(&(path / "head"), &[2 * self.hidden, 256, 64, 1], false),
        }
    }

    fn gru(&self, path: &Path, inputs: i64) -> nn::GRU {
        let orthogonal = Init::Orthogonal { gain: 1.0 };
        let config = nn::RNNConfig {
            num_layers: self.layers,
            bidirectional: true,
            w_ih_init: orthogonal,
            w_hh_init: orthogonal,
            ..Default::default()
        };
        let gru = nn::gru(path, inputs, self.hidden, config);
        // Of the three gates in a bias the first is the reset gate. There are two biases to add; one of them is enough.
        for layer in 0..self.layers {
            for direction in ["", "_reverse"] {
                if let Some(bias) = path.get(&format!("bias_ih_l{layer}{direction}")) {
                    let _ = no_grad(|| bias.narrow(0, 0, self.hidden).fill_(-1.0));
                }
            }
        }
        gru
    }
}

/// The recurrent assignment network, see [`RecurrentConfig`].
#[derive(Debug)]
pub struct Recurrent {
    rows: nn::GRU,
    columns: nn::GRU,
    head: nn::Sequential,
}

impl Recurrent {
    /// Logits, B x N x N, of soft assignments of the same shape.
    pub(super) fn logits(&self, soft_assignments: &Tensor) -> Tensor {
        let (batch, boxes) = (soft_assignments.size()[0], soft_assignments.size()[2]);
        let turned = |entries: &Tensor| {
            entries.view([batch, boxes, boxes, -1]).transpose(1, 2).reshape([batch, boxes * boxes, -1])
        };
        let (along_rows, _) = self.rows.seq(&soft_assignments.reshape([batch, boxes * boxes, 1]));
        let (along_columns, _) = self.columns.seq(&turned(&along_rows));
        turned(&self.head.forward(&along_columns)).view([batch, boxes, boxes])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn it_is_initialized_as_published() {
        let store = nn::VarStore::new(Device::Cpu);
        RecurrentConfig::default().init(&store.root());
        let variables = store.variables();
        for name in ["rows.weight_hh_l0", "columns.weight_ih_l1_reverse"] {
            let weight = &variables[name];
            let columns = weight.size()[1];
            let identity = Tensor::eye(columns, (Kind::Float, Device::Cpu));
            assert!(weight.tr().matmul(weight).allclose(&identity, 0.0, 1e-4, false), "{name}");
        }
        for name in ["rows.bias_ih_l1", "columns.bias_ih_l0_reverse"] {
            let bias = Vec::<f32>::try_from(&variables[name]).unwrap();
            assert!(
                bias[..256].iter().all(|&b| b == -1.0) && bias[256..].iter().all(|&b| b == 0.0),
                "{name}"
            );
        }
        assert_eq!(variables["head.0.weight"].size(), [256, 512]);
    }

    #[test]
    fn rows_are_read_before_columns() {
        // Only the last of the four entries in row order is reached through rows forwards from all others. With the
        // way back silenced, the first entry knows nothing of the others.
        let store = nn::VarStore::new(Device::Cpu);
        let network = RecurrentConfig { hidden: 3, layers: 1 }.init(&store.root());
        for gru in ["rows", "columns"] {
            for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
                let name = format!("{gru}.{part}_l0_reverse");
                let _ = no_grad(|| store.variables()[&name].shallow_clone().fill_(0.0));
            }
        }
        let entries = Tensor::rand([1, 2, 2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let sources = |row, column| {
            let gradient = Tensor::run_backward(
                &[network.logits(&entries).get(0).get(row).get(column)],
                &[&entries],
                false,
                false,
            );
            Vec::<f32>::try_from(gradient[0].view([-1]))
                .unwrap()
                .iter()
                .map(|g| *g != 0.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(sources(0, 0), [true, false, false, false]);
        // By columns the lower left comes second, so it knows the first; by rows it is third, so it knows the second.
        assert_eq!(sources(1, 0), [true, true, true, false]);
        assert_eq!(sources(1, 1), [true; 4]);
    }
}

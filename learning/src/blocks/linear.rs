//! A linear layer.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{self, Linear, Path};

use crate::{Init, InitError};

/// `y = W x + b`: N x ... x inputs to N x ... x outputs.
///
/// ```
/// use mvmhat_learning::{Init, LinearConfig};
/// use tch::{Device, Kind, Tensor, nn};
///
/// let store = nn::VarStore::new(Device::Cpu);
/// let layer = LinearConfig::new(4, 2).init(&(store.root() / "head"), 42)?;
/// let outputs = Tensor::ones([5, 4], (Kind::Float, Device::Cpu)).apply(&layer);
/// assert_eq!(outputs.size(), [5, 2]);
/// # Ok::<(), mvmhat_learning::InitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearConfig {
    /// Dimensions of the input.
    pub inputs: i64,
    /// Dimensions of the output.
    pub outputs: i64,
    /// The initialization of the matrix `weight` (outputs x inputs).
    pub weight: Init,
    /// The initialization of `bias` (outputs); None for a layer without bias.
    pub bias: Option<Init>,
}

impl LinearConfig {
    /// A layer with He initialization for ReLU and a bias of 0.
    pub fn new(inputs: i64, outputs: i64) -> Self {
        Self { inputs, outputs, weight: Init::he(), bias: Some(Init::Zeros) }
    }

    /// The layer, its variables under `path`.
    ///
    /// # Errors
    /// If an initializer does not fit the shape; for a matrix all do.
    pub fn init(&self, path: &Path, seed: u64) -> Result<Linear, InitError> {
        let ws = self.weight.variable(path, "weight", &[self.outputs, self.inputs], seed)?;
        let bs = self.bias.map(|bias| bias.variable(path, "bias", &[self.outputs], seed)).transpose()?;
        Ok(Linear { ws, bs })
    }
}

/// A linear layer initialized uniformly within 1 / sqrt(inputs), as PyTorch's.
pub(crate) fn linear(path: &Path, inputs: i64, outputs: i64) -> nn::Linear {
    let bound = (inputs as f64).sqrt().recip();
    let uniform = nn::Init::Uniform { lo: -bound, up: bound };
    let config = nn::LinearConfig { ws_init: uniform, bs_init: Some(uniform), bias: true };
    nn::linear(path, inputs, outputs, config)
}

/// A stack of linear layers of these widths, with ReLU in between if `relu`.
pub(crate) fn layers(path: &Path, widths: &[i64], relu: bool) -> nn::Sequential {
    let mut layers = nn::seq();
    for (i, pair) in widths.windows(2).enumerate() {
        if relu && i > 0 {
            layers = layers.add_fn(Tensor::relu);
        }
        layers = layers.add(linear(&(path / i), pair[0], pair[1]));
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;
    use tch::nn::VarStore;

    #[test]
    fn one_unit_by_hand() {
        let store = VarStore::new(Device::Cpu);
        let config = LinearConfig {
            weight: Init::Constant(2.0),
            bias: Some(Init::Constant(0.5)),
            ..LinearConfig::new(3, 1)
        };
        let layer = config.init(&(store.root() / "unit"), 0).unwrap();
        // 2 * (1 + 2 + 3) + 0.5
        assert_eq!(Tensor::from_slice(&[1f32, 2.0, 3.0]).apply(&layer), Tensor::from_slice(&[12.5f32]));
        let mut names: Vec<_> = store.variables().into_keys().collect();
        names.sort();
        assert_eq!(names, ["unit.bias", "unit.weight"]);
        assert!(LinearConfig { bias: None, ..config }.init(&store.root(), 0).unwrap().bs.is_none());
    }
}

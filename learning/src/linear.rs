//! A layer of linear units.

use serde::{Deserialize, Serialize};
use tch::nn::{Linear, Path};

use crate::{Init, InitError};

/// `y = W x + b`: N x ... x inputs to N x ... x outputs.
///
/// ```
/// use learning::{Init, LinearConfig};
/// use tch::{Device, Kind, Tensor, nn};
///
/// let store = nn::VarStore::new(Device::Cpu);
/// let layer = LinearConfig::new(4, 2).init(&(store.root() / "head"), 42)?;
/// let outputs = Tensor::ones([5, 4], (Kind::Float, Device::Cpu)).apply(&layer);
/// assert_eq!(outputs.size(), [5, 2]);
/// # Ok::<(), learning::InitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearConfig {
    /// Numbers in.
    pub inputs: i64,
    /// Numbers out.
    pub outputs: i64,
    /// How the matrix `weight` (outputs x inputs) starts.
    pub weight: Init,
    /// How `bias` (outputs) starts; none for a layer without.
    pub bias: Option<Init>,
}

impl LinearConfig {
    /// A layer that starts as He proposes for rectifiers, with a bias of 0.
    pub fn new(inputs: i64, outputs: i64) -> Self {
        Self { inputs, outputs, weight: Init::he(), bias: Some(Init::Zeros) }
    }

    /// The layer, its variables under `path`.
    ///
    /// # Errors
    /// If an initializer does not fit, which for a matrix all do.
    pub fn init(&self, path: &Path, seed: u64) -> Result<Linear, InitError> {
        let ws = self.weight.variable(path, "weight", &[self.outputs, self.inputs], seed)?;
        let bs = self.bias.map(|bias| bias.variable(path, "bias", &[self.outputs], seed)).transpose()?;
        Ok(Linear { ws, bs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::nn::VarStore;
    use tch::{Device, Tensor};

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

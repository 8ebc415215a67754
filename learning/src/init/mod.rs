//! Weight initialization.
//!
//! Weights are random with mean zero; what matters is their variance. With a variance of `gain^2 / fan` the magnitude of the
//! signal is preserved from layer to layer: of activations in the forward pass with the fan-in, of gradients in the backward
//! pass with the fan-out.
//!
//! Every variable has its own random stream, named after it: its initial values are a function of seed, name and shape,
//! the same on every machine and whatever other variables the network has. libtorch's generator is not used.
//!
//! ```
//! use mvmhat_learning::{Init, initialize};
//! use tch::{Device, nn};
//!
//! // A network of tch's layers, initialized by a rule: He initialization of matrices and kernels, the rest unchanged.
//! let store = nn::VarStore::new(Device::Cpu);
//! let layer = nn::conv2d(store.root() / "stem", 3, 16, 3, Default::default());
//! initialize(&store, 42, |_, shape| (shape.len() > 1).then_some(Init::he()))?;
//! # Ok::<(), mvmhat_learning::InitError>(())
//! ```

mod values;

use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::nn::{Path, VarStore};
use tch::{Tensor, no_grad};

/// The number of connections of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fan {
    /// Fan-in: preserves the magnitude of activations in the forward pass.
    In,
    /// Fan-out: preserves the magnitude of gradients in the backward pass.
    Out,
}

/// How a variable is initialized. Weights have the outputs first: `[out, in]` or `[out, in, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Init {
    /// All zeros.
    Zeros,
    /// The same value everywhere.
    Constant(f64),
    /// Uniform in `[low, high)`.
    Uniform {
        /// Inclusive lower bound.
        low: f64,
        /// Exclusive upper bound.
        high: f64,
    },
    /// Normal with mean 0.
    Normal {
        /// The standard deviation.
        deviation: f64,
    },
    /// Uniform with variance `gain^2 * 2 / (fan_in + fan_out)`: Glorot and Bengio, *Understanding the difficulty of
    /// training deep feedforward neural networks* (AISTATS 2010), equation 16.
    XavierUniform {
        /// 1 for linear and sigmoid units, 5/3 for tanh.
        gain: f64,
    },
    /// Normal with the same variance.
    XavierNormal {
        /// See [`XavierUniform`](Self::XavierUniform).
        gain: f64,
    },
    /// Uniform with variance `gain^2 / fan`: He, Zhang, Ren and Sun, *Delving Deep into Rectifiers* (ICCV 2015,
    /// arXiv 1502.01852), equation 10.
    HeUniform {
        /// The square root of 2 for ReLU.
        gain: f64,
        /// Fan-in or fan-out.
        fan: Fan,
    },
    /// Normal with the same variance.
    HeNormal {
        /// See [`HeUniform`](Self::HeUniform).
        gain: f64,
        /// Fan-in or fan-out.
        fan: Fan,
    },
    /// A matrix with orthonormal rows or columns (whichever are fewer), times `gain`: Saxe, McClelland and Ganguli,
    /// *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks* (arXiv 1312.6120).
    Orthogonal {
        /// The norm of the rows or columns.
        gain: f64,
    },
}

/// A shape that an initializer cannot be applied to.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error(
    "{init:?} needs at least two dimensions, outputs and inputs, and the variable {name} has the shape {shape:?}"
)]
pub struct InitError {
    /// The initializer.
    pub init: Init,
    /// The variable.
    pub name: String,
    /// Its shape.
    pub shape: Vec<i64>,
}

impl Init {
    /// He initialization for layers followed by ReLU: normal, with the fan-in.
    pub fn he() -> Self {
        Self::HeNormal { gain: f64::sqrt(2.0), fan: Fan::In }
    }

    /// A new trainable variable `name` under `path`.
    ///
    /// # Errors
    /// If the shape has no fans and the initializer needs them.
    pub fn variable(self, path: &Path, name: &str, shape: &[i64], seed: u64) -> Result<Tensor, InitError> {
        let full: Vec<_> = path.components().chain([name]).collect();
        let values = self.tensor(&full.join("."), shape, seed)?;
        Ok(path.var_copy(name, &values))
    }

    fn tensor(self, name: &str, shape: &[i64], seed: u64) -> Result<Tensor, InitError> {
        let mut random = Random::new(seed, &format!("init {name}"));
        let values = values::draw(self, shape, &mut random).ok_or_else(|| InitError {
            init: self,
            name: name.into(),
            shape: shape.to_vec(),
        })?;
        Ok(Tensor::from_slice(&values).view(shape))
    }
}

/// Initializes the variables of a network for which `rule` gives an initializer, by their name and shape.
///
/// # Errors
/// If an initializer does not fit a shape; variables that precede it in the order of names are initialized then.
pub fn initialize(
    store: &VarStore,
    seed: u64,
    rule: impl Fn(&str, &[i64]) -> Option<Init>,
) -> Result<(), InitError> {
    let mut variables: Vec<_> = store.variables().into_iter().collect();
    variables.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, mut variable) in variables {
        let shape = variable.size();
        if let Some(init) = rule(&name, &shape) {
            let values = init.tensor(&name, &shape, seed)?;
            no_grad(|| variable.copy_(&values));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn drawn(init: Init, shape: &[i64]) -> Tensor {
        init.tensor("weight", shape, 3).unwrap()
    }

    #[test]
    fn deviations_follow_the_fans() {
        // A 3x3 kernel from 20 to 60 channels: fan in 180, fan out 540, mean 360.
        let shape = [60, 20, 3, 3];
        let gain = f64::sqrt(2.0);
        let expected = [
            (Init::Normal { deviation: 0.02 }, 0.02),
            (Init::Uniform { low: -3.0, high: 3.0 }, 3.0 / f64::sqrt(3.0)),
            (Init::XavierUniform { gain: 1.0 }, f64::sqrt(1.0 / 360.0)),
            (Init::XavierNormal { gain: 2.0 }, 2.0 * f64::sqrt(1.0 / 360.0)),
            (Init::HeUniform { gain, fan: Fan::In }, f64::sqrt(2.0 / 180.0)),
            (Init::HeNormal { gain, fan: Fan::In }, f64::sqrt(2.0 / 180.0)),
            (Init::HeNormal { gain, fan: Fan::Out }, f64::sqrt(2.0 / 540.0)),
        ];
        for (init, deviation) in expected {
            let values = drawn(init, &shape);
            // 10,800 values: their deviation is known to 0.7 %, their mean to 1 % of it.
            let mean = values.mean(Kind::Double).double_value(&[]);
            let found = values.std(true).double_value(&[]);
            assert!((found / deviation - 1.0).abs() < 0.03, "{init:?}: {found} for {deviation}");
            assert!(mean.abs() < 0.04 * deviation, "{init:?}: {mean}");
        }
    }

    #[test]
    fn uniform_values_stay_within_their_bounds() {
        // sqrt(6 / (fan_in + fan_out)) = sqrt(6 / 24) = 0.5
        let values = drawn(Init::XavierUniform { gain: 1.0 }, &[16, 8]);
        let largest = values.abs().max().double_value(&[]);
        assert!(largest <= 0.5 && largest > 0.45, "{largest}");
    }

    #[test]
    fn constants_are_constant() {
        assert_eq!(drawn(Init::Zeros, &[2, 2]), Tensor::zeros([2, 2], (Kind::Float, Device::Cpu)));
        assert_eq!(drawn(Init::Constant(1.5), &[3]), Tensor::from_slice(&[1.5f32, 1.5, 1.5]));
    }

    #[test]
    fn orthogonal_rows_or_columns() {
        for shape in [&[5, 12][..], &[12, 5], &[8, 2, 3, 3], &[7, 7]] {
            let matrix = drawn(Init::Orthogonal { gain: 2.0 }, shape).flatten(1, -1).to_kind(Kind::Double);
            let [rows, columns] = matrix.size()[..] else { panic!() };
            let product =
                if rows <= columns { matrix.matmul(&matrix.tr()) } else { matrix.tr().matmul(&matrix) };
            let identity = Tensor::eye(rows.min(columns), (Kind::Double, Device::Cpu));
            let difference = (product - identity * 4.0).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{shape:?}: {difference}");
        }
    }

    #[test]
    fn initial_values_depend_on_seed_and_name_and_nothing_else() {
        let initial = |seed, others: &[&str]| {
            // libtorch's own generator is of no influence.
            tch::manual_seed(others.len() as i64);
            let store = VarStore::new(Device::Cpu);
            let path = store.root() / "block";
            for name in others {
                let _ = Init::he().variable(&path, name, &[4, 4], seed).unwrap();
            }
            Init::he().variable(&path, "weight", &[4, 4], seed).unwrap()
        };
        assert_eq!(initial(1, &[]), initial(1, &["a", "b"]));
        assert_ne!(initial(1, &[]), initial(2, &[]));
    }

    #[test]
    fn a_rule_initializes_what_it_names() {
        let store = VarStore::new(Device::Cpu);
        let weight = Init::Zeros.variable(&store.root(), "weight", &[2, 3], 0).unwrap();
        let bias = Init::Constant(0.5).variable(&store.root(), "bias", &[2], 0).unwrap();
        initialize(&store, 9, |_, shape| (shape.len() > 1).then_some(Init::he())).unwrap();
        assert_eq!(weight, Init::he().tensor("weight", &[2, 3], 9).unwrap());
        assert_eq!(bias, Tensor::from_slice(&[0.5f32, 0.5]));
        let error = initialize(&store, 9, |_, _| Some(Init::he())).unwrap_err();
        assert!(error.to_string().contains("the variable bias has the shape [2]"), "{error}");
    }
}

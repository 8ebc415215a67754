//! Element-wise non-linearities.

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The negative slope of [`Activation::LeakyRelu`], PyTorch's default.
const LEAK: f64 = 0.01;

/// An element-wise non-linearity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x`
    #[default]
    Identity,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`, of the MobileNets.
    Relu6,
    /// `x * sigmoid(x)`, also called swish.
    Silu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x`, or `x / 100` where that is negative.
    LeakyRelu,
    /// `x`, or `exp(x) - 1` where that is negative (Clevert et al., arXiv 1511.07289).
    Elu,
    /// `x` times the cumulative distribution function of the standard normal distribution at `x` (Hendrycks and Gimpel, arXiv 1606.08415).
    Gelu,
}

impl Activation {
    /// The activation of `xs`, element by element; gradients flow through.
    pub fn forward(self, xs: &Tensor) -> Tensor {
        match self {
            Self::Identity => xs.shallow_clone(),
            Self::Relu => xs.relu(),
            Self::Relu6 => xs.relu6(), // a clamp would take several passes backward
            Self::Silu => xs.silu(),
            Self::Sigmoid => xs.sigmoid(),
            Self::Tanh => xs.tanh(),
            Self::LeakyRelu => xs.maximum(&(xs * LEAK)),
            Self::Elu => xs.elu(),
            Self::Gelu => xs.gelu("none"),
        }
    }

    /// The same in place: for inference only, since a gradient may need the former values.
    pub fn in_place(self, xs: &mut Tensor) {
        // The returned tensor is `xs` itself.
        let _ = match self {
            Self::Identity => return,
            Self::Relu => xs.relu_(),
            Self::Relu6 => xs.clamp_(0.0, 6.0),
            Self::Silu => xs.silu_(),
            Self::Sigmoid => xs.sigmoid_(),
            Self::Tanh => xs.tanh_(),
            Self::Elu => xs.elu_(),
            Self::Gelu => xs.gelu_("none"),
            Self::LeakyRelu => {
                let values = self.forward(xs);
                xs.copy_(&values);
                return;
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        // silu(1) = 1 / (1 + exp(-1)) = 0.7310586, silu(-2) = -2 / (1 + exp(2)) = -0.2384058,
        // silu(7) = 7 / (1 + exp(-7)) = 6.9936227; exp(-2) - 1 = -0.8646647; the normal distribution is 0.0227501 below
        // -2, 0.8413447 below 1.
        let expected = [
            (Activation::Identity, [-2.0, 0.0, 1.0, 7.0]),
            (Activation::Relu, [0.0, 0.0, 1.0, 7.0]),
            (Activation::Relu6, [0.0, 0.0, 1.0, 6.0]),
            (Activation::Silu, [-0.238_405_8, 0.0, 0.731_058_6, 6.993_622_7]),
            (Activation::Sigmoid, [0.119_202_9, 0.5, 0.731_058_6, 0.999_088_9]),
            (Activation::Tanh, [-0.964_027_6, 0.0, 0.761_594_2, 0.999_998_3]),
            (Activation::LeakyRelu, [-0.02, 0.0, 1.0, 7.0]),
            (Activation::Elu, [-0.864_664_7, 0.0, 1.0, 7.0]),
            (Activation::Gelu, [-0.045_500_3, 0.0, 0.841_344_7, 7.0]),
        ];
        for (activation, values) in expected {
            let expected = Tensor::from_slice(&values);
            let mut xs = Tensor::from_slice(&[-2.0, 0.0, 1.0, 7.0]);
            assert!(activation.forward(&xs).allclose(&expected, 1e-6, 1e-6, false), "{activation:?}");
            activation.in_place(&mut xs);
            assert!(xs.allclose(&expected, 1e-6, 1e-6, false), "{activation:?} in place");
        }
    }
}

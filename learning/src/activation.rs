//! Element-wise non-linearities.

use tch::Tensor;

/// An element-wise non-linearity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
}

impl Activation {
    /// The activation of `xs`, element by element; gradients flow through.
    pub fn forward(self, xs: &Tensor) -> Tensor {
        match self {
            Self::Identity => xs.shallow_clone(),
            Self::Relu => xs.relu(),
            Self::Relu6 => xs.relu6(), // a clamp would take several passes backward
            Self::Silu => xs.silu(),
        }
    }

    /// The same in the memory of `xs`: for inference only, since a gradient may need what was there.
    pub fn in_place(self, xs: &mut Tensor) {
        // The return value is `xs` once more.
        let _ = match self {
            Self::Identity => return,
            Self::Relu => xs.relu_(),
            Self::Relu6 => xs.clamp_(0.0, 6.0),
            Self::Silu => xs.silu_(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        // silu(1) = 1 / (1 + exp(-1)) = 0.7310586, silu(-2) = -2 / (1 + exp(2)) = -0.2384058,
        // silu(7) = 7 / (1 + exp(-7)) = 6.9936227.
        let expected = [
            (Activation::Identity, [-2.0, 0.0, 1.0, 7.0]),
            (Activation::Relu, [0.0, 0.0, 1.0, 7.0]),
            (Activation::Relu6, [0.0, 0.0, 1.0, 6.0]),
            (Activation::Silu, [-0.238_405_8, 0.0, 0.731_058_6, 6.993_622_7]),
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

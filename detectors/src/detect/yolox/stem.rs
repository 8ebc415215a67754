//! The first layer: 2x2 pixels become one with four times the channels, then a 3x3 convolution.

use mvmhat_learning::{Activation, ConvNorm, Fold, channels_last};
use tch::Tensor;
use tch::nn::{ModuleT, Path};

use super::blocks::{Channels, convolution};

/// Channels of an image.
const COLORS: i64 = 3;

/// N x 3 x H x W to N x outputs x H/2 x W/2.
///
/// A 3x3 convolution over squares of 2x2 pixels is a 6x6 convolution over pixels with stride 2. Folded it is done that way,
/// for the regrouping of the pixels costs more than the convolution itself.
#[derive(Debug)]
pub(super) struct Stem {
    convolution: ConvNorm,
    /// Weight (outputs x 3 x 6 x 6) and bias.
    folded: Option<(Tensor, Tensor)>,
}

impl Stem {
    pub(super) fn new(path: &Path, outputs: i64) -> Self {
        let channels = Channels::new(4 * COLORS, outputs);
        Self { convolution: convolution(&(path / "conv"), channels, 3, 1), folded: None }
    }
}

impl ModuleT for Stem {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let Some((weight, bias)) = &self.folded else {
            return focus(xs).apply_t(&self.convolution, train);
        };
        let mut ys = xs.conv2d(weight, Some(bias), [2, 2], [2, 2], [1, 1], 1);
        Activation::Silu.in_place(&mut ys);
        ys
    }
}

impl Fold for Stem {
    fn fold(&mut self) {
        let (weight, bias) = self.convolution.merged();
        // Outputs, column in the square, line in the square, color, line and column of the kernel.
        let squares = weight.view([-1, 2, 2, COLORS, 3, 3]);
        let pixels = squares.permute([0, 3, 4, 2, 5, 1]).reshape([-1, COLORS, 6, 6]);
        self.folded = Some((channels_last(&pixels), bias));
    }
}

/// The four pixels of every 2x2 square side by side as channels, in the order top left, bottom left, top right, bottom
/// right: N x C x H x W to N x 4C x H/2 x W/2, channels last.
fn focus(xs: &Tensor) -> Tensor {
    let size = xs.size();
    let [n, c, h, w] = [size[0], size[1], size[2], size[3]];
    let squares = xs.permute([0, 2, 3, 1]).reshape([n, h / 2, 2, w / 2, 2, c]);
    squares.permute([0, 1, 3, 4, 2, 5]).reshape([n, h / 2, w / 2, 4 * c]).permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn focus_by_hand() {
        // One channel, 2 x 4: two squares, each read column by column.
        let xs = Tensor::from_slice(&[0i64, 1, 2, 3, 4, 5, 6, 7]).view([1, 1, 2, 4]);
        let ys = focus(&xs);
        assert_eq!(ys.size(), [1, 4, 1, 2]);
        let squares = ys.permute([0, 2, 3, 1]).reshape([2, 4]);
        assert_eq!(squares, Tensor::from_slice(&[0i64, 4, 1, 5, 2, 6, 3, 7]).view([2, 4]));
    }
}

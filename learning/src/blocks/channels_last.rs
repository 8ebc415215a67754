//! The memory layout of a batch of images.

use tch::Tensor;

/// `xs` (N x C x H x W) with the channels of a pixel contiguous in memory; shape and values are unchanged.
///
/// Convolutions preserve the layout of their input, so a whole network runs in it. On a CPU this layout is much faster for
/// depthwise convolutions, and it is the layout of decoded images.
pub fn channels_last(xs: &Tensor) -> Tensor {
    xs.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn only_the_strides_change() {
        let xs = Tensor::rand([2, 3, 4, 5], (Kind::Float, Device::Cpu));
        let ys = channels_last(&xs);
        assert_eq!(xs, ys);
        assert_eq!(ys.stride(), [60, 1, 15, 3]);
    }
}

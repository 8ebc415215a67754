//! The path aggregation feature pyramid (PAFPN): a top-down path from coarse to fine feature maps, then a bottom-up path.

use mvmhat_learning::{ConvNorm, Fold};
use tch::Tensor;
use tch::nn::Path;

use super::YoloxConfig;
use super::blocks::{Channels, CspLayer, Spatial, convolution};

/// From three feature maps, fine to coarse, to as many with the same channels.
#[derive(Debug)]
pub(in crate::detect) struct Pafpn {
    lateral_conv0: ConvNorm,
    c3_p4: CspLayer,
    reduce_conv1: ConvNorm,
    c3_p3: CspLayer,
    bu_conv2: Spatial,
    c3_n3: CspLayer,
    bu_conv1: Spatial,
    c3_n4: CspLayer,
}

impl Pafpn {
    /// For feature maps of so many channels, with the depth of `config`.
    pub(in crate::detect) fn new(path: &Path, [fine, middle, coarse]: [i64; 3], config: YoloxConfig) -> Self {
        let layer = |name: &str, inputs: i64, outputs: i64| {
            let channels = Channels::new(inputs, outputs);
            CspLayer::new(&(path / name), channels, config.repeats(3), false, config.depthwise)
        };
        let down = |name: &str, channels: i64| {
            Spatial::new(&(path / name), Channels::new(channels, channels), 2, config.depthwise)
        };
        Self {
            lateral_conv0: convolution(&(path / "lateral_conv0"), Channels::new(coarse, middle), 1, 1),
            c3_p4: layer("C3_p4", 2 * middle, middle),
            reduce_conv1: convolution(&(path / "reduce_conv1"), Channels::new(middle, fine), 1, 1),
            c3_p3: layer("C3_p3", 2 * fine, fine),
            bu_conv2: down("bu_conv2", fine),
            c3_n3: layer("C3_n3", 2 * fine, middle),
            bu_conv1: down("bu_conv1", middle),
            c3_n4: layer("C3_n4", 2 * middle, coarse),
        }
    }

    /// The feature maps, each merged with the others.
    pub(in crate::detect) fn forward_t(
        &self,
        [dark3, dark4, dark5]: &[Tensor; 3],
        train: bool,
    ) -> [Tensor; 3] {
        let lateral0 = dark5.apply_t(&self.lateral_conv0, train);
        let merged4 = Tensor::cat(&[&doubled(&lateral0), dark4], 1).apply_t(&self.c3_p4, train);
        let lateral1 = merged4.apply_t(&self.reduce_conv1, train);
        let fine = Tensor::cat(&[&doubled(&lateral1), dark3], 1).apply_t(&self.c3_p3, train);
        let down = fine.apply_t(&self.bu_conv2, train);
        let middle = Tensor::cat(&[down, lateral1], 1).apply_t(&self.c3_n3, train);
        let down = middle.apply_t(&self.bu_conv1, train);
        let coarse = Tensor::cat(&[down, lateral0], 1).apply_t(&self.c3_n4, train);
        [fine, middle, coarse]
    }
}

/// Twice the height and width: nearest-neighbor upsampling.
fn doubled(xs: &Tensor) -> Tensor {
    xs.upsample_nearest2d_vec(None::<&[i64]>, &[2.0, 2.0][..])
}

impl Fold for Pafpn {
    fn fold(&mut self) {
        for conv in [&mut self.lateral_conv0, &mut self.reduce_conv1] {
            conv.fold();
        }
        for layer in [&mut self.c3_p4, &mut self.c3_p3, &mut self.c3_n3, &mut self.c3_n4] {
            layer.fold();
        }
        for down in [&mut self.bu_conv2, &mut self.bu_conv1] {
            down.fold();
        }
    }
}

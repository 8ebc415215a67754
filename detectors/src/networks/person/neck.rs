//! What the coarse levels know is told to the fine ones.
//!
//! Lin, Dollár, Girshick, He, Hariharan, Belongie, *Feature Pyramid Networks for Object Detection* (CVPR 2017,
//! arXiv 1612.03144), with separable convolutions.

use learning::{ConvNorm, ConvNormConfig, Fold};
use tch::Tensor;
use tch::nn::Path;

use super::separable::Separable;

/// From three levels of different channels to three of the same, top down.
#[derive(Debug)]
pub(super) struct Neck {
    /// Fine to coarse.
    lateral: Vec<ConvNorm>,
    smooth: Vec<Separable>,
}

impl Neck {
    pub(super) fn new(path: &Path, inputs: [i64; 3], channels: i64) -> Self {
        let lateral = |(i, inputs): (usize, i64)| {
            let path = path / "lateral" / i;
            ConvNorm::new(&path, &(&path / "norm"), inputs, channels, ConvNormConfig::default())
        };
        Self {
            lateral: inputs.into_iter().enumerate().map(lateral).collect(),
            smooth: (0..inputs.len()).map(|i| Separable::new(&(path / "smooth" / i), channels)).collect(),
        }
    }

    /// Fine to coarse, as the levels come.
    pub(super) fn forward_t(&self, levels: &[Tensor; 3], train: bool) -> Vec<Tensor> {
        let mut above: Option<Tensor> = None;
        let mut outputs = Vec::with_capacity(levels.len());
        for ((xs, lateral), smooth) in levels.iter().zip(&self.lateral).zip(&self.smooth).rev() {
            let own = xs.apply_t(lateral, train);
            let sum = match &above {
                Some(above) => {
                    let size = own.size();
                    own + above.upsample_nearest2d([size[2], size[3]], None, None)
                }
                None => own,
            };
            outputs.push(sum.apply_t(smooth, train));
            above = Some(sum);
        }
        outputs.reverse();
        outputs
    }
}

impl Fold for Neck {
    fn fold(&mut self) {
        self.lateral.fold();
        self.smooth.fold();
    }
}

//! YOLOX: an anchor-free detector with a decoupled head.
//!
//! Ge, Liu, Wang, Li, Sun, *YOLOX: Exceeding YOLO Series in 2021* (arXiv 2107.08430). Variables have the names of the
//! published checkpoints (`backbone.backbone.stem.conv.conv.weight`, …), so these load as they are.

mod blocks;
mod darknet;
mod head;
mod pafpn;
mod stem;

use mvmhat_learning::Fold;
use tch::Tensor;
use tch::nn::{ModuleT, Path};

pub(super) use darknet::Darknet;
pub(super) use head::{Head, HeadConfig};
pub(super) use pafpn::Pafpn;

/// Strides of the three grids in pixels, in the order of the rows of the output.
pub(super) const STRIDES: [i64; 3] = [8, 16, 32];

/// Classes of the published checkpoints (COCO).
const CLASSES: i64 = 80;

/// How deep and wide a YOLOX is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YoloxConfig {
    /// Multiplies the repetitions of blocks.
    pub depth: f64,
    /// Multiplies the channels.
    pub width: f64,
    /// Whether 3x3 convolutions are split into a depthwise and a pointwise one.
    pub depthwise: bool,
}

impl YoloxConfig {
    /// YOLOX-nano.
    pub const NANO: Self = Self { depth: 0.33, width: 0.25, depthwise: true };
    /// YOLOX-tiny.
    pub const TINY: Self = Self { depth: 0.33, width: 0.375, depthwise: false };
    /// YOLOX-s.
    pub const S: Self = Self { depth: 0.33, width: 0.5, depthwise: false };
    /// YOLOX-m.
    pub const M: Self = Self { depth: 0.67, width: 0.75, depthwise: false };
    /// YOLOX-l.
    pub const L: Self = Self { depth: 1.0, width: 1.0, depthwise: false };
    /// YOLOX-x.
    pub const X: Self = Self { depth: 1.33, width: 1.25, depthwise: false };

    /// The number of channels at this width.
    fn channels(self, at_full_width: i64) -> i64 {
        (at_full_width as f64 * self.width) as i64
    }

    /// Channels of the branches of the head.
    pub(super) fn hidden(self) -> i64 {
        self.channels(256)
    }

    /// The number of repetitions at this depth, at least one.
    fn repeats(self, at_full_depth: i64) -> i64 {
        ((at_full_depth as f64 * self.depth).round() as i64).max(1)
    }
}

/// The network, from images to rows of predictions.
///
/// # Shapes
/// - input: N x 3 x H x W, blue, green, red, 0 to 255; H and W multiples of 32
/// - output: N x rows x 85, a row per cell of the grids with strides 8, 16, 32, row by row: center and size **undecoded**
///   (add the cell and multiply by the stride; exponentiate, then multiply), objectness and 80 class scores, all 0 to 1
#[derive(Debug)]
pub struct Yolox {
    backbone: Darknet,
    neck: Pafpn,
    head: Head,
}

impl Yolox {
    /// The columns of a row that concern people: center, size, objectness, and the score of the first class, person.
    pub const PERSON_COLUMNS: i64 = 6;

    /// A network with its variables under `path`.
    pub fn new(path: &Path, config: YoloxConfig) -> Self {
        let inputs = [256, 512, 1024].map(|channels| config.channels(channels));
        let head =
            HeadConfig { inputs, hidden: config.hidden(), classes: CLASSES, depthwise: config.depthwise };
        // Published files count the neck to the backbone.
        let backbone = path / "backbone";
        Self {
            backbone: Darknet::new(&(&backbone / "backbone"), config),
            neck: Pafpn::new(&backbone, inputs, config),
            head: Head::new(&(path / "head"), head),
        }
    }
}

impl ModuleT for Yolox {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let levels = self.backbone.forward_t(xs, train);
        self.head.forward_t(&self.neck.forward_t(&levels, train), train)
    }
}

impl Fold for Yolox {
    fn fold(&mut self) {
        self.backbone.fold();
        self.neck.fold();
        self.head.fold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn parameters_are_those_of_the_paper() {
        // Table 3 of the paper and the model zoo of its code, in millions, and how they are rounded there.
        let published = [
            (YoloxConfig::NANO, 0.91, 0.005),
            (YoloxConfig::TINY, 5.06, 0.005),
            (YoloxConfig::S, 9.0, 0.05),
            (YoloxConfig::M, 25.3, 0.05),
            (YoloxConfig::L, 54.2, 0.05),
            (YoloxConfig::X, 99.1, 0.05),
        ];
        for (config, millions, rounding) in published {
            let store = VarStore::new(Device::Cpu);
            Yolox::new(&store.root(), config);
            let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
            assert!((count as f64 / 1e6 - millions).abs() <= rounding, "{config:?}: {count}");
        }
    }

    #[test]
    fn rows_are_the_cells_of_the_grids_and_folding_keeps_them() {
        tch::manual_seed(3);
        for config in [YoloxConfig::NANO, YoloxConfig::TINY] {
            let store = VarStore::new(Device::Cpu);
            let mut network = Yolox::new(&store.root(), config);
            let xs = Tensor::rand([2, 3, 64, 96], (Kind::Float, Device::Cpu)) * 255.0;
            // Gathers statistics, so that the normalizations are no identities.
            let _ = tch::no_grad(|| network.forward_t(&xs, true));
            let before = tch::no_grad(|| network.forward_t(&xs, false));
            assert_eq!(before.size(), [2, 8 * 12 + 4 * 6 + 2 * 3, 85]);
            network.fold();
            let after = tch::no_grad(|| network.forward_t(&mvmhat_learning::channels_last(&xs), false));
            // Random weights give outputs of any magnitude, so the difference is relative to the largest.
            let largest = before.abs().max().double_value(&[]);
            let difference = (before - after).abs().max().double_value(&[]) / largest;
            assert!(difference < 1e-4, "{config:?}: {difference}");
        }
    }
}

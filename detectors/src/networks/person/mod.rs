//! Our own detector of people: small, anchor-free, one score.
//!
//! ```text
//! picture -> backbone, levels of 8, 16 and 32 pixels a step -> neck, top down -> head, shared over the levels
//!         -> a row a cell: where the person is whose middle is here, and how sure that is
//! ```
//!
//! It is trained by `mvmhat train --task detector`: [`DetectionTargets`] say where people are, [`detection_loss`] what is
//! wrong with the rows. The score is trained to be the overlap of its box with the person (varifocal loss), so that
//! suppression keeps the box that fits best.

mod backbone;
mod config;
mod head;
mod loss;
mod neck;
mod separable;
mod simota;

use learning::Fold;
use tch::Tensor;
use tch::nn::{ModuleT, Path};

pub use backbone::PyramidBackbone;
pub use config::PersonNetworkConfig;
pub use loss::{DetectionLoss, DetectionTargets, detection_loss};

use backbone::Pyramid;
use head::Head;
use neck::Neck;

/// Numbers of a row: centre, size, score.
pub(crate) const COLUMNS: i64 = 5;

/// The network, from pictures to rows.
///
/// # Shapes
/// - input: N x 3 x H x W, blue, green, red, 0 to 255; H and W multiples of 32
/// - output: N x rows x 5, a row for every cell of the grids with steps 8, 16, 32, row by row: centre and size **undecoded**,
///   as those of [`Yolox`](super::Yolox), and the score, 0 to 1
#[derive(Debug)]
pub struct PersonNetwork {
    backbone: Box<dyn Pyramid>,
    neck: Neck,
    head: Head,
}

impl PersonNetwork {
    /// A network whose variables stand under `path`.
    pub fn new(path: &Path, config: &PersonNetworkConfig) -> Self {
        let channels = config.channels;
        Self {
            backbone: config.backbone.build(&(path / "backbone")),
            neck: Neck::new(&(path / "neck"), config.backbone.channels(), channels),
            head: Head::new(&(path / "head"), config.backbone.channels().len(), channels),
        }
    }

    /// The rows with the logits of scores in the place of scores, to learn from. The normalizations of the backbone gather
    /// statistics where `statistics`, those of neck and head in any case.
    pub fn logits(&self, xs: &Tensor, statistics: bool) -> Tensor {
        self.rows(xs, true, statistics)
    }

    fn rows(&self, xs: &Tensor, train: bool, statistics: bool) -> Tensor {
        let levels = self.backbone.levels(xs, statistics);
        self.head.forward_t(&self.neck.forward_t(&levels, train), train)
    }
}

impl ModuleT for PersonNetwork {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let rows = self.rows(xs, train, train);
        Tensor::cat(&[rows.narrow(2, 0, 4), rows.narrow(2, 4, 1).sigmoid()], 2)
    }
}

impl Fold for PersonNetwork {
    fn fold(&mut self) {
        self.backbone.fold();
        self.neck.fold();
        self.head.fold();
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind, no_grad};

    use super::*;

    #[test]
    fn rows_are_the_cells_of_the_grids_and_folding_keeps_them() {
        for backbone in [PyramidBackbone::YoloxNano, PyramidBackbone::MobilenetV2, PyramidBackbone::Resnet18]
        {
            check(&PersonNetworkConfig { backbone, ..Default::default() });
        }
    }

    fn check(config: &PersonNetworkConfig) {
        tch::manual_seed(3);
        let store = VarStore::new(Device::Cpu);
        let mut network = PersonNetwork::new(&store.root(), config);
        let xs = Tensor::rand([2, 3, 64, 96], (Kind::Float, Device::Cpu)) * 255.0;
        // Gathers statistics, so that the normalizations have something to do.
        let _ = no_grad(|| network.forward_t(&xs, true));
        let before = no_grad(|| network.forward_t(&xs, false));
        assert_eq!(before.size(), [2, 8 * 12 + 4 * 6 + 2 * 3, COLUMNS]);
        network.fold();
        let after = no_grad(|| network.forward_t(&learning::channels_last(&xs), false));
        assert!(before.allclose(&after, 1e-3, 1e-3, false), "{}", (before - after).abs().max());
    }

    #[test]
    fn half_of_its_weights_fit_into_four_megabytes() {
        let store = VarStore::new(Device::Cpu);
        let backbone = PyramidBackbone::MobilenetV2;
        let _network =
            PersonNetwork::new(&store.root(), &PersonNetworkConfig { backbone, ..Default::default() });
        let count: usize = store.variables().values().map(Tensor::numel).sum();
        assert!(count < 2_000_000, "{count}");
    }
}

//! Our own detector of people: a YOLOX-nano that knows one class, with a backbone by name.
//!
//! ```text
//! image -> backbone, levels of 8, 16 and 32 pixels a step -> neck, down and up again (PAFPN) -> head, a branch for
//!            where and one for what -> a row a cell: where the person is whose middle is here, and how sure that is
//! ```
//!
//! Neck and head are those of [`Yolox`](super::Yolox), so that published weights are a start for the whole network: what
//! they know of people in streets that nobody here has filmed is kept.
//!
//! It is trained by `mvmhat train --task detector`: [`DetectionTargets`] say where people are, [`detection_loss`] what is
//! wrong with the rows. Other than YOLOX's, its two scores are trained as what they are used for: their product is to be the
//! overlap of the box with the person (varifocal loss), so that suppression keeps the box that fits best.

mod backbone;
mod config;
mod loss;
mod simota;

use mvmhat_learning::Fold;
use tch::Tensor;
use tch::nn::{ModuleT, Path};

pub use backbone::PyramidBackbone;
pub use config::{PersonNetworkConfig, Start};
pub use loss::{DetectionLoss, DetectionTargets, detection_loss};

use super::yolox::{Head, HeadConfig, Pafpn, YoloxConfig};
use backbone::Pyramid;

/// Numbers of a row: centre, size, objectness, person.
pub(crate) const COLUMNS: i64 = 6;

/// The network, from images to rows.
///
/// # Shapes
/// - input: N x 3 x H x W, blue, green, red, 0 to 255; H and W multiples of 32
/// - output: N x rows x 6, a row for every cell of the grids with steps 8, 16, 32, row by row: centre and size **undecoded**,
///   as those of [`Yolox`](super::Yolox), and two scores, 0 to 1, whose product says how sure it is
#[derive(Debug)]
pub struct PersonNetwork {
    backbone: Box<dyn Pyramid>,
    neck: Pafpn,
    head: Head,
}

impl PersonNetwork {
    /// A network whose variables stand under `path`.
    pub fn new(path: &Path, config: &PersonNetworkConfig) -> Self {
        let inputs = config.backbone.channels();
        let head = HeadConfig { inputs, hidden: config.channels, classes: 1, depthwise: true };
        Self {
            backbone: config.backbone.build(&(path / "backbone")),
            neck: Pafpn::new(&(path / "neck"), inputs, YoloxConfig::NANO),
            head: Head::new(&(path / "head"), head),
        }
    }

    /// The rows to learn from: N x rows x 5, centre, size and the logit of the product of both scores. What did not start from
    /// weights gathers statistics in its normalizations; what did keeps those that fit its layers, for a batch is small.
    ///
    /// With objectness `sigmoid(o)` and person `sigmoid(c)` the logit is
    ///
    /// ```text
    /// ln p / (1 - p) = -ln (exp(-o) + exp(-c) + exp(-o - c))        p = sigmoid(o) sigmoid(c)
    /// ```
    pub fn logits(&self, xs: &Tensor, start: Start) -> Tensor {
        let levels = self.backbone.levels(xs, start < Start::Backbone);
        let levels = self.neck.forward_t(&levels, start < Start::Neck);
        let rows = self.head.logits(&levels, start < Start::Network);
        let [objectness, person] = [4, 5].map(|column| -rows.narrow(2, column, 1));
        let both = &objectness + &person;
        let logit = -Tensor::cat(&[objectness, person, both], 2).logsumexp(2, true);
        Tensor::cat(&[rows.narrow(2, 0, 4), logit], 2)
    }
}

impl ModuleT for PersonNetwork {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let levels = self.backbone.levels(xs, train);
        self.head.forward_t(&self.neck.forward_t(&levels, train), train)
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
    use mvmhat_learning::{AdamConfig, OptimizerConfig, Parameters};
    use opencv::core::{CV_8UC3, Mat, Rect, Scalar};
    use opencv::imgproc::rectangle;
    use opencv::prelude::*;
    use mvmhat_scene::{BBox, CameraId, FrameNumber};
    use tch::nn::VarStore;
    use tch::{Device, Kind, no_grad};

    use super::*;
    use crate::networks::{Yolox, YoloxConfig};
    use crate::{DetectorConfig, DetectorName, Frame, Image, StateDict, person_detector};

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
        let after = no_grad(|| network.forward_t(&mvmhat_learning::channels_last(&xs), false));
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

    #[test]
    fn one_image_is_learned_by_heart_and_its_people_are_found() {
        // The network is too small to share out, and other tests run beside this one.
        tch::set_num_threads(1);
        let config = PersonNetworkConfig { channels: 16, size: 96, ..PersonNetworkConfig::default() };
        let store = VarStore::new(Device::Cpu);
        let network = config.build(&store.root());
        config.start(&store, 0).unwrap();
        // Grey, with somebody bright on the left and somebody dark on the right.
        let people = [BBox::new(10.0, 20.0, 16.0, 50.0), BBox::new(60.0, 10.0, 20.0, 60.0)];
        let mut mat = Mat::new_rows_cols_with_default(96, 96, CV_8UC3, Scalar::all(127.0)).unwrap();
        for (person, grey) in people.iter().zip([250.0, 10.0]) {
            let [x, y, w, h] = [person.x, person.y, person.w, person.h].map(|side| side as i32);
            rectangle(&mut mat, Rect::new(x, y, w, h), Scalar::all(grey), -1, 8, 0).unwrap();
        }
        let pixels = Tensor::from_data_size(mat.data_bytes().unwrap(), &[1, 96, 96, 3], Kind::Uint8);
        // Eight times the same: the coarsest grid has nine cells, and the variance of so few numbers, which is corrected for
        // their count in the statistics but not in training, would make the detector another network layer by layer.
        let batch = pixels.permute([0, 3, 1, 2]).to_kind(Kind::Float).repeat([8, 1, 1, 1]);
        let targets = vec![DetectionTargets { people: people.to_vec(), ignored: Vec::new() }; 8];
        let parameters = Parameters::of(&store);
        let mut optimizer = OptimizerConfig::Adam(AdamConfig::default()).init(&parameters);
        let mut losses = Vec::new();
        for number in 1..=240 {
            let loss = detection_loss(&network.logits(&batch, Start::Nothing), &targets, [96, 96]).unwrap();
            losses.push(loss.total.double_value(&[]));
            let gradients = parameters.gradients(&loss.total).unwrap();
            // The statistics of the normalizations catch up with the weights at the end.
            let rate = if number <= 190 { 3e-3 } else { 1e-4 };
            optimizer.step(&parameters, &gradients, rate);
        }
        assert!(losses[239] < 0.3 * losses[0], "{} to {}", losses[0], losses[239]);
        let detector = DetectorConfig { name: DetectorName::Person, ..DetectorConfig::default() };
        let mut detector = person_detector(&detector, &config, &store).unwrap();
        let image = Some(Image::new(mat).unwrap());
        let frame = Frame { camera: CameraId(0), number: FrameNumber(1), image };
        let found = detector.detect(&[frame]).unwrap().concat();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            people.iter().all(|person| found.iter().any(|found| found.bbox.iou(person) > 0.6)),
            "{found:?}"
        );
    }

    #[test]
    fn it_starts_as_the_published_yolox_nano_and_learns_from_the_product_of_its_scores() {
        tch::manual_seed(5);
        let published = VarStore::new(Device::Cpu);
        let yolox = Yolox::new(&published.root(), YoloxConfig::NANO);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yolox.safetensors");
        published.save(&path).unwrap();
        let config = PersonNetworkConfig::default();
        let store = VarStore::new(Device::Cpu);
        let network = config.build(&store.root());
        config.start(&store, 0).unwrap();
        let start = config.start_from(&StateDict::read(&path).unwrap(), &store).unwrap();
        assert_eq!(start, Start::Network);
        let xs = Tensor::rand([1, 3, 64, 64], (Kind::Float, Device::Cpu)) * 255.0;
        let statistics = || store.variables()["head.stems.0.bn.running_mean"].copy();
        let before = statistics();
        let theirs = no_grad(|| yolox.forward_t(&xs, false)).narrow(2, 0, COLUMNS);
        let rows = no_grad(|| network.forward_t(&xs, false));
        // Convolutions of other sizes add up in another order.
        let same = |a: &Tensor, b: &Tensor| a.allclose(b, 1e-4, 1e-6, false);
        assert!(same(&rows, &theirs), "{}", (&rows - &theirs).abs().max());
        let learned = no_grad(|| network.logits(&xs, start));
        assert!(same(&learned.narrow(2, 0, 4), &rows.narrow(2, 0, 4)));
        assert!(same(&learned.select(2, 4).sigmoid(), &(rows.select(2, 4) * rows.select(2, 5))));
        // What started from weights keeps its statistics, what did not gathers them.
        assert_eq!(statistics(), before);
        let _ = no_grad(|| network.logits(&xs, Start::Neck));
        assert_ne!(statistics(), before);
    }

    #[test]
    fn a_file_says_of_which_network_it_is_and_gives_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let config = PersonNetworkConfig { channels: 16, ..PersonNetworkConfig::default() };
        let store = VarStore::new(Device::Cpu);
        let _network = config.build(&store.root());
        config.start(&store, 1).unwrap();
        // Without what a trained file says of itself it is of nobody.
        let plain = folder.path().join("plain.safetensors");
        store.save(&plain).unwrap();
        let error = PersonNetworkConfig::of(&StateDict::read(&plain).unwrap()).unwrap_err().to_string();
        assert!(error.contains("mvmhat train --task detector"), "{error}");
        // A published YOLOX-nano gives all but the head where that is another, and another network is refused.
        let published = VarStore::new(Device::Cpu);
        let _yolox = Yolox::new(&published.root(), YoloxConfig::NANO);
        let path = folder.path().join("yolox.safetensors");
        published.save(&path).unwrap();
        let weights = StateDict::read(&path).unwrap();
        assert_eq!(config.start_from(&weights, &store).unwrap(), Start::Neck);
        let name = "backbone.backbone.stem.conv.conv.weight";
        assert_eq!(store.variables()[name], published.variables()[name]);
        let name = "C3_p4.conv1.conv.weight";
        assert_eq!(
            store.variables()[&format!("neck.{name}")],
            published.variables()[&format!("backbone.{name}")]
        );
        let other = PersonNetworkConfig { backbone: PyramidBackbone::MobilenetV2, ..config };
        let store = VarStore::new(Device::Cpu);
        let _network = other.build(&store.root());
        let error = other.start_from(&weights, &store).unwrap_err().to_string();
        assert!(error.contains("of yolox-nano") && error.contains("mobilenet-v2-deepsort"), "{error}");
        for (config, key) in [
            (PersonNetworkConfig { size: 100, ..other.clone() }, "train.network.size is 100"),
            (PersonNetworkConfig { channels: 0, ..other }, "train.network.channels is 0"),
        ] {
            assert!(config.validate().unwrap_err().to_string().starts_with(key));
        }
    }
}

//! AlexNet, VGG and residual networks as classifiers: the networks whose features describe people in `mvmhat train`, with scores on top.
//!
//! ```text
//! images -> AlexNet, VGG or ResNet (features, means over the image) -> affine -> scores
//! ```
//!
//! They learn CIFAR-10, or who is on a crop from a folder of folders. AlexNet's first kernel takes steps of four: images of
//! less than 64 pixels are brought to that.

use std::path::Path;

use mvmhat_learning::networks::{self, Backbone};
use mvmhat_learning::{Init, LinearConfig, initialize};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Kind, Tensor};

use crate::common::classification::{Classification, Classifier};
use crate::data::{Samples, read_cifar10, read_image_folder};
use crate::experiment::{ExperimentError, PreparedExperiment};

/// What AlexNet needs at least on either side.
const SIDE: i64 = 64;

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum BackboneName {
    AlexNet,
    Vgg11,
    Vgg13,
    Vgg16,
    Vgg19,
    Resnet18,
    Resnet50,
}

impl BackboneName {
    const fn name(self) -> &'static str {
        match self {
            Self::AlexNet => "alexnet",
            Self::Vgg11 => "vgg11",
            Self::Vgg13 => "vgg13",
            Self::Vgg16 => "vgg16",
            Self::Vgg19 => "vgg19",
            Self::Resnet18 => "resnet18",
            Self::Resnet50 => "resnet50",
        }
    }

    /// The row of [`networks::BACKBONES`]; that with batch normalization where there is one and `norm` is set.
    fn backbone(self, norm: bool) -> Option<Backbone> {
        let normalized = norm.then(|| Backbone::named(&format!("{}-bn", self.name())));
        normalized.flatten().or_else(|| Backbone::named(self.name()))
    }
}

/// AlexNet, VGG or ResNet on images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackboneConfig {
    /// Which network.
    pub network: BackboneName,
    /// Whether VGG has batch normalization.
    pub norm: bool,
    /// A folder in that of the data with a folder of crops a person; CIFAR-10 in `cifar` if none is given.
    pub crops: Option<String>,
    /// Height and width of crops.
    pub size: [i64; 2],
    /// How many images are learned from, chosen by chance; all if not said.
    pub samples: Option<usize>,
    /// Images of a step.
    pub batch: usize,
}

impl Default for BackboneConfig {
    fn default() -> Self {
        let (network, norm, size) = (BackboneName::Vgg11, true, [128, 64]);
        Self { network, norm, crops: None, size, samples: None, batch: 64 }
    }
}

impl BackboneConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        if self.size.iter().any(|&side| side < 32) {
            return Err(ExperimentError::setting(
                "size",
                format!("sides must be at least 32, and are {:?}", self.size),
            ));
        }
        let (train, test, classes) = match &self.crops {
            Some(folder) => self.crops(&data.join(folder), seed)?,
            None => {
                let [train, test] = cifar(&data.join("cifar"))?;
                (train, test, 10)
            }
        };
        let train = train.some(self.samples.unwrap_or(usize::MAX), seed);
        let store = VarStore::new(Device::Cpu);
        let network = self.init(&store, classes, seed)?;
        let task = Classification::new(store, network, (train, test), json!(self), (seed, self.batch));
        Ok(PreparedExperiment::Training(Box::new(task)))
    }

    /// Crops of people; one of five is held out.
    fn crops(&self, folder: &Path, seed: u64) -> Result<(Samples, Samples, i64), ExperimentError> {
        let (samples, classes) = read_image_folder(folder, self.size)?;
        let mut order: Vec<_> = (0..samples.count()).collect();
        Random::new(seed, "split").shuffle(&mut order);
        let test = order.split_off(order.len() - order.len() / 5);
        if test.is_empty() {
            return Err(ExperimentError::setting(
                "crops",
                "five crops at least are needed, to hold one of them out",
            ));
        }
        Ok((samples.select(&order), samples.select(&test), classes as i64))
    }

    fn init(&self, store: &VarStore, classes: i64, seed: u64) -> Result<Network, ExperimentError> {
        let path = store.root();
        let backbone = self.network.backbone(self.norm).ok_or_else(|| {
            ExperimentError::setting("network", format!("there is no backbone {}", self.network.name()))
        })?;
        let features = backbone.build(&path);
        initialize(store, seed, |_, shape| (shape.len() > 1).then_some(Init::he()))?;
        let output = LinearConfig::new(backbone.features, classes).init(&(&path / "output"), seed)?;
        let least = if self.network == BackboneName::AlexNet { SIDE } else { 1 };
        Ok(Network { features, least, output })
    }
}

/// The images to learn from and to test with.
fn cifar(folder: &Path) -> Result<[Samples; 2], ExperimentError> {
    let read = |names: &[&str]| {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for name in names {
            let (more, of) = read_cifar10(&folder.join(name))?;
            images.push(more);
            labels.push(of);
        }
        let inputs = Tensor::cat(&images, 0).to_kind(Kind::Float) / 255.0;
        Ok::<_, ExperimentError>(Samples { inputs, labels: Tensor::cat(&labels, 0) })
    };
    let batches = [1, 2, 3, 4, 5].map(|number| format!("data_batch_{number}.bin"));
    Ok([read(&batches.each_ref().map(String::as_str))?, read(&["test_batch.bin"])?])
}

/// The network: N x 3 x H x W, from 0 to 1, to N x classes.
#[derive(Debug)]
struct Network {
    features: Box<dyn networks::Network>,
    /// What images are brought to that have fewer pixels on a side.
    least: i64,
    output: nn::Linear,
}

impl ModuleT for Network {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        // About mean 0 and deviation 1.
        let xs = (xs - 0.5) * 4.0;
        let size = xs.size();
        let (height, width) = (size[2].max(self.least), size[3].max(self.least));
        let xs = if (height, width) == (size[2], size[3]) {
            xs
        } else {
            xs.upsample_bilinear2d([height, width], false, None, None)
        };
        self.features.forward_t(&xs, train).apply(&self.output)
    }
}

impl Classifier for Network {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::assert_learns;

    fn noise(count: i64) -> Samples {
        let inputs = Tensor::rand([count, 3, 32, 32], (Kind::Float, Device::Cpu));
        Samples { inputs, labels: Tensor::arange(count, (Kind::Int64, Device::Cpu)) }
    }

    #[test]
    fn they_learn_a_tiny_batch_by_heart() {
        for (network, epochs, lr) in [
            (BackboneName::AlexNet, 40, 0.001),
            (BackboneName::Vgg11, 12, 0.001),
            (BackboneName::Resnet18, 12, 0.001),
        ] {
            tch::manual_seed(4);
            let store = VarStore::new(Device::Cpu);
            let config = BackboneConfig { network, ..Default::default() };
            let network = config.init(&store, 4, 1).unwrap();
            let (train, test) = (noise(4), noise(1));
            let mut task = Classification::new(store, network, (train, test), json!(config), (1, 4));
            assert_learns(&mut task, epochs, lr);
            let outcome =
                mvmhat_learning::Task::loss(&mut task, mvmhat_learning::TrainingStep::new(0, 1)).unwrap();
            assert_eq!(outcome.metrics, [1.0], "{config:?}");
        }
    }

    #[test]
    fn shapes_of_all() {
        for network in [BackboneName::AlexNet, BackboneName::Vgg19, BackboneName::Resnet50] {
            let mut store = VarStore::new(Device::Cpu);
            let network = BackboneConfig { network, ..Default::default() }.init(&store, 7, 1).unwrap();
            let inputs = noise(2).inputs;
            let scores = tch::no_grad(|| network.forward_t(&inputs, false));
            assert_eq!(scores.size(), [2, 7]);
            // Gradients are checked in double precision.
            store.double();
            let scores = tch::no_grad(|| network.forward_t(&inputs.to_kind(Kind::Double), false));
            assert_eq!(scores.kind(), Kind::Double);
        }
    }

    #[test]
    fn a_folder_without_images_is_refused_by_name() {
        let error =
            |config: BackboneConfig| config.prepare(Path::new("nowhere"), 0).err().unwrap().to_string();
        assert_eq!(error(BackboneConfig::default()), "cannot read nowhere/cifar/data_batch_1.bin");
        let crops = Some("crops".to_owned());
        assert_eq!(error(BackboneConfig { crops, ..Default::default() }), "cannot read nowhere/crops");
        let text = error(BackboneConfig { size: [16, 16], ..Default::default() });
        assert!(text.starts_with("experiment.size: "), "{text}");
    }
}

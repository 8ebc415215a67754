//! Image classification with the backbones of `mvmhat train`: AlexNet, VGG, ResNet and all others of [`BACKBONES`].
//!
//! ```text
//! images -> backbone (features, average-pooled) -> linear -> logits
//! ```
//!
//! They are trained on CIFAR-10, or on crops of people by identity. AlexNet's first convolution has a stride of 4: smaller
//! images are upsampled to 64 pixels for it.
//!
//! [`BACKBONES`]: mvmhat_learning::networks::BACKBONES

use std::path::Path;

use mvmhat_learning::networks::{Backbone, Network};
use mvmhat_learning::{Init, LinearConfig, initialize};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Kind, Tensor};

use crate::common::classification::{Classification, Classifier};
use crate::data::{Samples, read_cifar10, read_image_folder};
use crate::experiment::{ExperimentError, PreparedExperiment};

/// The smallest height and width of an image, in pixels.
const SMALLEST_IMAGE: i64 = 32;
/// The height and width to which images are upsampled for a backbone that needs more.
const UPSAMPLED: i64 = 64;

/// A backbone as an image classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackboneConfig {
    /// The backbone.
    pub network: Backbone,
    /// Whether VGG has batch normalization: `vgg11` is then `vgg11-bn`.
    pub norm: bool,
    /// A folder in the data folder with one folder of crops per person; without it, CIFAR-10 in `cifar`.
    pub crops: Option<String>,
    /// Height and width to which crops are resized.
    pub size: [i64; 2],
    /// The size of a random subset of the training images; all of them if not given.
    pub samples: Option<usize>,
    /// Images per batch.
    pub batch: usize,
}

impl Default for BackboneConfig {
    fn default() -> Self {
        let network = mvmhat_learning::networks::VGG11;
        Self { network, norm: true, crops: None, size: [128, 64], samples: None, batch: 64 }
    }
}

impl BackboneConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        if self.size.iter().any(|&side| side < SMALLEST_IMAGE) {
            return Err(ExperimentError::setting(
                "size",
                format!("sides must be at least {SMALLEST_IMAGE}, and are {:?}", self.size),
            ));
        }
        let (train, test, classes) = match &self.crops {
            Some(folder) => self.crops(&data.join(folder), seed)?,
            None => {
                let [train, test] = cifar(&data.join("cifar"))?;
                (train, test, 10)
            }
        };
        let train = train.random_subset(self.samples.unwrap_or(usize::MAX), seed);
        let store = VarStore::new(Device::Cpu);
        let network = self.init(&store, classes, seed)?;
        let task = Classification::new(store, network, (train, test), json!(self), (seed, self.batch));
        Ok(PreparedExperiment::Training(Box::new(task)))
    }

    /// Training and test crops, 80 % and 20 %, and the number of identities.
    fn crops(&self, folder: &Path, seed: u64) -> Result<(Samples, Samples, i64), ExperimentError> {
        let (samples, classes) = read_image_folder(folder, self.size)?;
        let mut order: Vec<_> = (0..samples.count()).collect();
        Random::new(seed, "split").shuffle(&mut order);
        let test = order.split_off(order.len() - order.len() / 5);
        if test.is_empty() {
            return Err(ExperimentError::setting(
                "crops",
                "at least 5 crops are needed, to hold out 1 of them",
            ));
        }
        Ok((samples.select(&order), samples.select(&test), classes as i64))
    }

    fn init(&self, store: &VarStore, classes: i64, seed: u64) -> Result<BackboneClassifier, ExperimentError> {
        let path = store.root();
        // Only VGG has a variant with batch normalization beside the one without.
        let with_norm = Backbone::named(&format!("{}-bn", self.network.name)).filter(|_| self.norm);
        let backbone = with_norm.unwrap_or(self.network);
        let features = backbone.build(&path);
        initialize(store, seed, |_, shape| (shape.len() > 1).then_some(Init::he()))?;
        let output = LinearConfig::new(backbone.features, classes).init(&(&path / "output"), seed)?;
        let needs_more = i64::from(backbone.smallest_image) > SMALLEST_IMAGE;
        let smallest = if needs_more { UPSAMPLED } else { SMALLEST_IMAGE };
        Ok(BackboneClassifier { features, smallest, output })
    }
}

/// The training and the test set of CIFAR-10.
fn cifar(folder: &Path) -> Result<[Samples; 2], ExperimentError> {
    let read = |names: &[&str]| {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for name in names {
            let (batch, batch_labels) = read_cifar10(&folder.join(name))?;
            images.push(batch);
            labels.push(batch_labels);
        }
        let inputs = Tensor::cat(&images, 0).to_kind(Kind::Float) / 255.0;
        Ok::<_, ExperimentError>(Samples { inputs, labels: Tensor::cat(&labels, 0) })
    };
    let batches = [1, 2, 3, 4, 5].map(|number| format!("data_batch_{number}.bin"));
    Ok([read(&batches.each_ref().map(String::as_str))?, read(&["test_batch.bin"])?])
}

/// Images, N x 3 x H x W with values from 0 to 1, to logits, N x classes.
#[derive(Debug)]
struct BackboneClassifier {
    features: Box<dyn Network>,
    /// Images with a smaller height or width are upsampled to this.
    smallest: i64,
    output: nn::Linear,
}

impl ModuleT for BackboneClassifier {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        // Approximately mean 0 and standard deviation 1.
        let xs = (xs - 0.5) * 4.0;
        let size = xs.size();
        let (height, width) = (size[2].max(self.smallest), size[3].max(self.smallest));
        let xs = if (height, width) == (size[2], size[3]) {
            xs
        } else {
            xs.upsample_bilinear2d([height, width], false, None, None)
        };
        self.features.forward_t(&xs, train).apply(&self.output)
    }
}

impl Classifier for BackboneClassifier {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::fit;

    fn noise(count: i64) -> Samples {
        let inputs = Tensor::rand([count, 3, 32, 32], (Kind::Float, Device::Cpu));
        Samples { inputs, labels: Tensor::arange(count, (Kind::Int64, Device::Cpu)) }
    }

    #[test]
    fn they_overfit_a_tiny_batch() {
        for (network, epochs, lr) in [("alexnet", 40, 0.001), ("vgg11", 12, 0.001), ("resnet18", 12, 0.001)] {
            tch::manual_seed(4);
            let store = VarStore::new(Device::Cpu);
            let config = BackboneConfig { network: Backbone::named(network).unwrap(), ..Default::default() };
            let network = config.init(&store, 4, 1).unwrap();
            let (train, test) = (noise(4), noise(1));
            let mut task = Classification::new(store, network, (train, test), json!(config), (1, 4));
            fit(&mut task, epochs, lr);
            let outcome =
                mvmhat_learning::Task::loss(&mut task, mvmhat_learning::TrainingStep::new(0, 1)).unwrap();
            assert_eq!(outcome.metrics, [1.0], "{config:?}");
        }
    }

    #[test]
    fn norm_is_the_variant_of_vgg_with_batch_normalization() {
        let variables = |norm| {
            let store = VarStore::new(Device::Cpu);
            let _ = BackboneConfig { norm, ..Default::default() }.init(&store, 2, 1).unwrap();
            store.variables().len()
        };
        // Of each of the 8 convolutions weight and bias, and of each of its norms two parameters and two statistics.
        assert_eq!((variables(false), variables(true)), (2 * 8 + 2, 2 * 8 + 4 * 8 + 2));
    }

    #[test]
    fn shapes_of_all() {
        for network in ["alexnet", "vgg19", "resnet50", "osnet-x0.25"] {
            let mut store = VarStore::new(Device::Cpu);
            let network = Backbone::named(network).unwrap();
            let network = BackboneConfig { network, ..Default::default() }.init(&store, 7, 1).unwrap();
            let inputs = noise(2).inputs;
            let scores = tch::no_grad(|| network.forward_t(&inputs, false));
            assert_eq!(scores.size(), [2, 7]);
            // The gradient check needs double precision.
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

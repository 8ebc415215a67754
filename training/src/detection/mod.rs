//! Learning to detect people: `task: detection`, `mvmhat train-detector`.
//!
//! ```text
//! sequences -> boxes (ground truth, det.txt, a teacher) at a few timesteps per second
//!           -> images, decoded and shrunk once and kept on disk (frame_file), read back as one dataset (dataset)
//!           -> canvases of a step: which images, how augmented (augmentation)
//!           -> rendered by threads a few steps ahead (canvas, crate::prefetch)
//!           -> network -> label assignment, loss (mvmhat_detectors::detection_loss) -> mvmhat_learning::Trainer (task)
//! ```

mod augmentation;
mod canvas;
mod config;
mod dataset;
mod frame_file;
mod task;
mod validation;

use anyhow::{Context, Result};
use mvmhat_detectors::{DetectorConfig, PretrainedParts};
use mvmhat_learning::TrainerConfig;
use mvmhat_pipeline::Section;
use mvmhat_scene::SequencePart;
use mvmhat_settings::ConfigError;
use mvmhat_weights::StateDict;
use tch::nn::VarStore;

use crate::boxes::BoxSource;
use crate::dataset_reader::DatasetReader;
use crate::prefetch;
use crate::recipe::{Recipe, Session};

pub use augmentation::DetectionAugmentationConfig;
pub use config::{DetectionDataConfig, DetectionRecipe};
use dataset::ImageDataset;
use frame_file::FrameCache;
pub use task::DetectionTask;
use task::DetectionTaskParts;
use validation::DetectionValidation;

/// Images are kept so much larger than the network processes them, for those that are augmented to be larger.
const KEPT_SCALE: f64 = 1.5;

impl Section for DetectionRecipe {
    const NAME: &'static str = "train";
    const TASK: &'static str = "detection";

    fn wrong_task(_task: &str) -> String {
        "must be detection here; `mvmhat train` takes `task: reid`".into()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.check()
    }
}

impl Recipe for DetectionRecipe {
    const PRESET: &'static str = include_str!("../../../configs/train-detector.yaml");
    const USED_AS: &'static str = "detector.name=person --set detector.weights=";

    type Task = DetectionTask;

    fn trainer(&self) -> &TrainerConfig {
        &self.trainer
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn validate_on(&mut self, part: SequencePart) {
        self.validate = Some(part);
    }

    fn task(&self, session: &Session<'_>) -> Result<DetectionTask> {
        let Session { config, device, .. } = *session;
        let workers = prefetch::thread_count(self.workers);
        // What is wrong with the weights is said before hours of video are read.
        let store = VarStore::new(device);
        let network = self.network.build(&store.root());
        self.network.initialize(&store, self.trainer.seed)?;
        let pretrained = match &self.weights {
            Some(weights) => {
                self.network.load_pretrained(&StateDict::read(&mvmhat_weights::locate(weights)?)?, &store)?
            }
            None => PretrainedParts::Nothing,
        };
        let validation = match &self.validate {
            Some(part) => {
                Some(DetectionValidation::read(part).with_context(|| format!("--validate {part}"))?)
            }
            None => None,
        };
        let selection = self.data.selection();
        let ignore_thresh = self.data.ignore_thresh;
        let longer_side = (KEPT_SCALE * f64::from(self.network.input_size)) as i32;
        let reader = DatasetReader {
            cache: FrameCache { selection, ignore_thresh, longer_side },
            folder: session.cache,
            selection,
            // Ignore regions are among what the teacher finds.
            detector: DetectorConfig { conf: Some(ignore_thresh as f32), ..config.detector.clone() },
            device,
            workers,
            cancellation: session.cancellation,
        };
        let dataset = ImageDataset::read(&reader, session.parts, self.data.balance)?;
        let teacher = (selection.source == BoxSource::Detect).then(|| config.detector.clone());
        Ok(DetectionTask::new(DetectionTaskParts {
            recipe: self.clone(),
            teacher,
            store,
            network,
            pretrained,
            dataset,
            validation,
            workers,
        }))
    }
}

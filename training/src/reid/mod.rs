//! Learning a re-ID embedding without labels: `task: reid`, `mvmhat train`.
//!
//! ```text
//! sequences -> boxes (ground truth without identities, det.txt, detector) at a few timesteps per second
//!           -> crops, cut once and kept on disk (crop_file), read back as one dataset (dataset)
//!           -> plan of a step: which crops, how augmented (frame_set_sampler | pk_sampler, batch_plan, augmentation)
//!           -> read by threads a few steps ahead (crate::prefetch)
//!           -> network -> loss (objective, mvmhat_learning::losses) -> mvmhat_learning::Trainer (task)
//!           -> the closed-form LDA head, fitted to pseudo-labels (rounds, mvmhat_learning::LdaHead)
//! ```
//!
//! `loss: mvmhat` and `loss: mvmhat_pp` learn from samples of several views and timesteps, as published. `loss: identities` learns
//! from pseudo-labels: the identities that the association gives with the embedding learned so far (pseudo_labels).

mod augmentation;
mod batch_plan;
mod config;
mod crop_file;
mod dataset;
mod frame_set_sampler;
mod objective;
mod pk_sampler;
mod pseudo_labels;
mod rounds;
mod task;
mod validation;

use anyhow::{Context, Result};
use mvmhat_detectors::CropInput;
use mvmhat_learning::{ASSIGNMENT_NETWORK, LossConfig, TrainerConfig};
use mvmhat_pipeline::Section;
use mvmhat_scene::SequencePart;
use mvmhat_settings::ConfigError;
use mvmhat_weights::StateDict;
use tch::nn::VarStore;

use crate::boxes::BoxSource;
use crate::dataset_reader::DatasetReader;
use crate::prefetch;
use crate::recipe::{Recipe, Session};

pub use augmentation::ReidAugmentationConfig;
pub use config::{ReidDataConfig, ReidRecipe};
pub(crate) use crop_file::{CropCache, CropShape};
use dataset::CropDataset;
pub use frame_set_sampler::FrameSetConfig;
use objective::Objective;
pub use pk_sampler::PkConfig;
pub use task::ReidTask;
use task::ReidTaskParts;
use validation::ReidValidation;

impl Section for ReidRecipe {
    const NAME: &'static str = "train";
    const TASK: &'static str = "reid";

    fn wrong_task(_task: &str) -> String {
        "must be reid here; `mvmhat train-detector` takes `task: detection`".into()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.check()
    }
}

impl Recipe for ReidRecipe {
    const PRESET: &'static str = include_str!("../../../configs/train-cpu.yaml");
    const USED_AS: &'static str = "embedder.weights=";

    type Task = ReidTask;

    fn trainer(&self) -> &TrainerConfig {
        &self.trainer
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn validate_on(&mut self, part: SequencePart) {
        self.validate = Some(part);
    }

    fn task(&self, session: &Session<'_>) -> Result<ReidTask> {
        let Session { config, device, .. } = *session;
        let workers = prefetch::thread_count(self.workers);
        let size = self.network.crop_size;
        let (margin, min_height) = (self.augmentation.box_jitter, self.data.min_height);
        let selection = self.data.selection();
        let reader = DatasetReader {
            cache: CropCache { shape: CropShape { size, margin, min_height }, selection },
            folder: session.cache,
            selection,
            detector: config.detector.clone(),
            device,
            workers,
            cancellation: session.cancellation,
        };
        let dataset = CropDataset::read(&reader, session.parts)?;
        let validation = match &self.validate {
            Some(part) => {
                let input = CropInput::new(size, device);
                Some(ReidValidation::read(part, &input).with_context(|| format!("--validate {part}"))?)
            }
            None => None,
        };
        let store = VarStore::new(device);
        // The assignment network is initialized by libtorch's generator.
        tch::manual_seed(self.trainer.seed as i64);
        let network = self.network.build(&store.root());
        let assignment_network = matches!(self.loss, LossConfig::MvmhatPp(_))
            .then(|| self.assignment_network.init(&(store.root() / ASSIGNMENT_NETWORK)));
        self.network.initialize(&store, self.trainer.seed)?;
        if let Some(weights) = &self.weights {
            self.network.load_pretrained(&StateDict::read(&mvmhat_weights::locate(weights)?)?, &store)?;
        }
        ReidTask::new(ReidTaskParts {
            recipe: self.clone(),
            association: config.association.clone(),
            detector: (selection.source == BoxSource::Detect).then(|| config.detector.clone()),
            store,
            network,
            objective: Objective { loss: self.loss.clone(), assignment_network },
            dataset,
            validation,
            run: session.out.to_path_buf(),
            workers,
        })
    }
}

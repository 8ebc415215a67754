//! Learning an embedding from footage without labels: what `mvmhat train` does.
//!
//! ```text
//! recordings -> boxes (ground truth without identities, det.txt, detector) at a few timesteps a second
//!            -> crops, cut once and kept on disk (crop_file), the cameras side by side
//!            -> plan of a step: which crops, how augmented (frame_set_samples | identity_samples, augmentation,
//!               occlusion)
//!            -> read by threads a few steps ahead (loader)
//!            -> network -> loss (mvmhat_learning::losses) -> mvmhat_learning::Trainer
//!            -> the head, solved from who is who (mvmhat_learning::LdaHead)
//! ```
//!
//! `loss: mvmhat` and `loss: mvmhat_pp` learn from samples of several views and timesteps, as published. `loss: identities`
//! learns from who is who as far as the association can tell with the embedding learned so far (pseudo_identities).
//!
//! Everything that is random is a function of seed and step, so a run that was killed goes on as if it had not been.

mod augmentation;
mod boxes;
mod cache_path;
mod colors;
mod config;
mod crop_file;
mod curves;
mod detection;
mod embedding_task;
mod footage;
mod footage_reader;
mod frame_set_samples;
mod identity_samples;
mod indexed_file;
mod loader;
mod objective;
mod occlusion;
mod plan;
mod pseudo_identities;
mod validation;

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::{CropInput, StateDict};
use mvmhat_learning::LossConfig;
use tch::Device;
use tch::nn::VarStore;

use crate::config::Config;
use crate::sequence_part::SequencePart;
use crate::stream::Stop;

pub(crate) use boxes::Boxes;
pub(crate) use config::{DataConfig, TrainConfig};
pub(crate) use curves::{Curves, Watch};
pub(crate) use detection::{DetectorSession, DetectorTrainConfig};
use embedding_task::Parts;
pub(crate) use embedding_task::{ASSIGNMENT_NETWORK, EmbeddingTask};
use footage_reader::FootageReader;
use objective::Objective;
use validation::Validation;

/// Threads that read ahead: so many, or for 0 one a processor core, at most 4.
fn reading_threads(workers: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if workers == 0 { cores.min(4) } else { workers }
}

/// What is learned from, and where what is learned goes.
pub(crate) struct Session<'a> {
    /// Recordings, or parts of them.
    pub(crate) parts: &'a [SequencePart],
    /// The folder of the run.
    pub(crate) out: &'a Path,
    /// Where crops are kept.
    pub(crate) cache: &'a Path,
    pub(crate) config: &'a Config,
    pub(crate) train: &'a TrainConfig,
    pub(crate) device: Device,
    pub(crate) stop: &'a Stop,
}

impl Session<'_> {
    /// Reads the footage and builds the network: all that a trainer needs.
    ///
    /// # Errors
    /// Footage or weights that cannot be read, or too little footage.
    pub(crate) fn task(&self) -> Result<EmbeddingTask> {
        let Self { train, device, .. } = self;
        let workers = reading_threads(train.workers);
        let size = train.network.crop;
        let reader = FootageReader {
            data: &train.data,
            size,
            margin: train.augmentation.shake,
            detector: &self.config.detector,
            device: *device,
            workers,
            cache: self.cache,
            stop: self.stop,
        };
        let footage = reader.read(self.parts)?;
        let validation = match &train.validate {
            Some(part) => {
                let at = || format!("--validate {part}");
                Some(Validation::read(part, &CropInput::new(size, *device)).with_context(at)?)
            }
            None => None,
        };
        let store = VarStore::new(*device);
        // The assignment network draws its start from libtorch's generator.
        tch::manual_seed(train.trainer.seed as i64);
        let network = train.network.build(&store.root());
        let assignment_network = matches!(train.loss, LossConfig::MvmhatPp(_))
            .then(|| train.assignment_network.init(&(store.root() / ASSIGNMENT_NETWORK)));
        train.network.start(&store, train.trainer.seed)?;
        if let Some(weights) = &train.weights {
            train.network.start_from(&StateDict::read(&mvmhat_detectors::locate(weights)?)?, &store)?;
        }
        EmbeddingTask::new(Parts {
            config: (*train).clone(),
            association: self.config.association.clone(),
            detector: (train.data.boxes == Boxes::Detect).then(|| self.config.detector.clone()),
            store,
            network,
            objective: Objective { loss: train.loss.clone(), assignment_network },
            footage,
            validation,
            run: self.out.to_path_buf(),
            workers,
        })
    }
}

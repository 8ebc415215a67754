//! Learning to find people: what `mvmhat train --task detector` does.
//!
//! ```text
//! recordings -> boxes (ground truth, det.txt, a detector that teaches) at a few timesteps a second
//!            -> images, decoded and shrunk once and kept on disk (frame_file), the cameras side by side
//!            -> canvases of a step: which images, how augmented (augmentation)
//!            -> painted by threads a few steps ahead (canvas)
//!            -> network -> which cell is responsible for whom, loss (mvmhat_detectors::networks) -> mvmhat_learning::Trainer
//! ```
//!
//! Everything that is random is a function of seed and step, so a run that was killed goes on as if it had not been.

mod augmentation;
mod canvas;
mod config;
mod footage;
mod footage_reader;
mod frame_file;
mod task;
mod validation;

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::StateDict;
use mvmhat_detectors::networks::Start;
use serde_json::json;
use tch::Device;
use tch::nn::VarStore;

use super::{Boxes, reading_threads};
use crate::config::Config;
use crate::sequence_part::SequencePart;
use crate::stream::Stop;

pub(crate) use config::DetectorTrainConfig;
use footage_reader::FootageReader;
use task::DetectorTask;
use task::Parts;
use validation::Validation;

/// Images are kept so much larger than the network will see them, for those that are augmented to be larger.
const KEPT: f64 = 1.5;

/// What is learned from.
pub(crate) struct DetectorSession<'a> {
    pub(crate) parts: &'a [SequencePart],
    /// Where images are kept.
    pub(crate) cache: &'a Path,
    pub(crate) config: &'a Config,
    pub(crate) train: &'a DetectorTrainConfig,
    pub(crate) device: Device,
    pub(crate) stop: &'a Stop,
}

impl DetectorSession<'_> {
    /// Reads the footage and builds the network: all that a trainer needs.
    ///
    /// # Errors
    /// Footage or weights that cannot be read, or no footage.
    pub(crate) fn task(&self) -> Result<DetectorTask> {
        let Self { train, device, .. } = self;
        let workers = reading_threads(train.workers);
        // What is wrong with the weights is said before hours of footage are read.
        let store = VarStore::new(*device);
        let network = train.network.build(&store.root());
        train.network.start(&store, train.trainer.seed)?;
        let start = match &train.weights {
            Some(weights) => {
                train.network.start_from(&StateDict::read(&mvmhat_detectors::locate(weights)?)?, &store)?
            }
            None => Start::Nothing,
        };
        let validation = match &train.validate {
            Some(part) => Some(Validation::read(part).with_context(|| format!("--validate {part}"))?),
            None => None,
        };
        let reader = FootageReader {
            data: &train.data,
            longest: (KEPT * f64::from(train.network.size)) as i32,
            detector: &self.config.detector,
            device: *device,
            workers,
            cache: self.cache,
            stop: self.stop,
        };
        let footage = reader.read(self.parts)?;
        let teacher = (train.data.boxes == Boxes::Detect).then_some(&self.config.detector);
        Ok(DetectorTask::new(Parts {
            config: (*train).clone(),
            source: json!(teacher),
            store,
            network,
            start,
            footage,
            validation,
            workers,
        }))
    }
}

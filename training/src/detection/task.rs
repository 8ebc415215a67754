//! Learning to detect people, as a task of the training loop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use mvmhat_detectors::{DetectorConfig, PersonNetwork, PretrainedParts, detection_loss};
use mvmhat_learning::{StepOutput, Task, TaskError, TrainingStep};
use mvmhat_random::Random;
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Tensor};

use super::DetectionRecipe;
use super::augmentation::{CanvasPlan, CanvasSampler};
use super::canvas::CanvasBatch;
use super::dataset::ImageDataset;
use super::validation::{self, DetectionValidation};
use crate::prefetch::Prefetcher;
use crate::recipe::{TimedTask, recipe_identity};

/// A network that learns to detect the people of a dataset.
pub struct DetectionTask {
    recipe: DetectionRecipe,
    /// The detector that found the boxes, where one did.
    teacher: Option<DetectorConfig>,
    store: VarStore,
    network: PersonNetwork,
    pretrained: PretrainedParts,
    dataset: Arc<ImageDataset>,
    prefetcher: Prefetcher<Vec<CanvasPlan>, CanvasBatch>,
    validation: Option<DetectionValidation>,
}

/// What a task is made of.
pub(super) struct DetectionTaskParts {
    pub(super) recipe: DetectionRecipe,
    pub(super) teacher: Option<DetectorConfig>,
    pub(super) store: VarStore,
    pub(super) network: PersonNetwork,
    /// What of the network is pretrained.
    pub(super) pretrained: PretrainedParts,
    pub(super) dataset: ImageDataset,
    pub(super) validation: Option<DetectionValidation>,
    pub(super) workers: usize,
}

impl DetectionTask {
    /// Ready for the first step.
    pub(super) fn new(parts: DetectionTaskParts) -> Self {
        let DetectionTaskParts { recipe, teacher, store, network, pretrained, dataset, validation, workers } =
            parts;
        let dataset = Arc::new(dataset);
        let reader = Arc::clone(&dataset);
        let (size, min_height) = (recipe.canvas, recipe.data.min_height);
        let render = move |canvases: Vec<CanvasPlan>| {
            mvmhat_detectors::limit_opencv_threads()?;
            let mut batch = CanvasBatch::default();
            canvases.iter().try_for_each(|canvas| batch.push(canvas, &reader, size, min_height))?;
            Ok(batch)
        };
        let prefetcher = Prefetcher::new(workers, render);
        Self { recipe, teacher, store, network, pretrained, dataset, prefetcher, validation }
    }

    /// The batch of a step; those of the next steps are read meanwhile.
    fn batch(&mut self, step: u64) -> Result<CanvasBatch> {
        let Self { prefetcher, recipe, dataset, .. } = self;
        prefetcher.step(step, u64::MAX, |step| Ok(canvases(recipe, dataset, step)))
    }
}

/// The canvases of a step: a function of seed and step.
fn canvases(recipe: &DetectionRecipe, dataset: &ImageDataset, step: u64) -> Vec<CanvasPlan> {
    let DetectionRecipe { augmentation: config, canvas: size, network, batch, trainer, .. } = recipe;
    let mut random = Random::new(trainer.seed, &format!("canvases {step}"));
    let sampler = CanvasSampler { config, dataset, size: *size, input_size: network.input_size };
    (0..*batch).map(|_| sampler.draw(&mut random)).collect()
}

impl Task for DetectionTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        // As many steps as it takes to process as many images as there are.
        (self.dataset.len() / self.recipe.batch).max(1) as u64
    }

    fn configuration(&self) -> Value {
        let cameras: Vec<&str> = self.dataset.cameras.iter().map(|camera| camera.name.as_str()).collect();
        json!({
            "train": recipe_identity(&self.recipe),
            "cameras": cameras,
            "images": self.dataset.len(),
            "teacher": self.teacher,
        })
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let CanvasBatch { pixels, targets } = self.batch(at.step)?;
        let [width, height] = self.recipe.canvas.map(i64::from);
        let size = [targets.len() as i64, height, width, 3];
        let batch = Tensor::f_from_data_size(&pixels, &size, Kind::Uint8)?.to_device(self.store.device());
        let batch = mvmhat_learning::channels_last(&batch.permute([0, 3, 1, 2]).to_kind(Kind::Float));
        let rows = self.network.logits(&batch, self.pretrained);
        let loss = detection_loss(&rows, &targets, [width, height])?;
        Ok(StepOutput { loss: loss.total, metrics: vec![loss.score, loss.boxes, loss.cells] })
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let canvases = canvases(&self.recipe, &self.dataset, at.step);
        let tiles = canvases.iter().flat_map(|canvas| &canvas.tiles);
        let mut images: Vec<String> = tiles.map(|tile| self.dataset.describe(tile.image)).collect();
        images.sort();
        images.dedup();
        images.join(", ")
    }

    fn metadata_entry(&self) -> Option<(String, String)> {
        self.recipe.network.metadata_entry().ok()
    }

    fn fp16(&self) -> bool {
        self.recipe.fp16
    }

    fn metrics(&self) -> &[&str] {
        &["score", "boxes", "cells"]
    }

    fn validation_metrics(&self) -> &[&str] {
        if self.validation.is_some() { validation::METRICS } else { &[] }
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        let Some(validation) = &self.validation else { return Ok(Vec::new()) };
        Ok(validation.scores(&self.recipe.network, &self.store)?)
    }
}

impl TimedTask for DetectionTask {
    fn time_spent(&self) -> Vec<(Duration, &'static str)> {
        vec![(self.prefetcher.waited(), "waiting for images")]
    }
}

//! Learning to find people, as a task of the training loop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use mvmhat_detectors::networks::{PersonNetwork, Start, detection_loss};
use mvmhat_learning::{StepOutput, TrainingStep, Task, TaskError};
use mvmhat_random::Random;
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Tensor};

use super::DetectorTrainConfig;
use super::augmentation::Canvas;
use super::canvas::Painted;
use super::footage::Footage;
use super::validation::{self, Validation};
use crate::threads;
use crate::training::loader::Loader;

/// Steps that images are read ahead of.
const AHEAD: usize = 4;

/// A network that learns to find the people of some footage.
pub(crate) struct DetectorTask {
    config: DetectorTrainConfig,
    /// What the boxes come from, beyond `config`.
    source: Value,
    store: VarStore,
    network: PersonNetwork,
    start: Start,
    footage: Arc<Footage>,
    loader: Loader<Vec<Canvas>, Painted>,
    /// The step whose images are asked for next.
    next: u64,
    validation: Option<Validation>,
    waiting: Duration,
}

/// What it takes to make a task.
pub(super) struct Parts {
    pub(super) config: DetectorTrainConfig,
    pub(super) source: Value,
    pub(super) store: VarStore,
    pub(super) network: PersonNetwork,
    /// What of it started from weights.
    pub(super) start: Start,
    pub(super) footage: Footage,
    pub(super) validation: Option<Validation>,
    pub(super) workers: usize,
}

impl DetectorTask {
    /// Ready for the first step.
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { config, source, store, network, start, footage, validation, workers } = parts;
        let footage = Arc::new(footage);
        let reader = Arc::clone(&footage);
        let (size, min_height) = (config.canvas, config.data.min_height);
        let paint = move |canvases: Vec<Canvas>| {
            threads::of_opencv()?;
            let mut painted = Painted::default();
            canvases.iter().try_for_each(|canvas| painted.push(canvas, &reader, size, min_height))?;
            Ok(painted)
        };
        let loader = Loader::new(workers, paint);
        Self {
            config,
            source,
            store,
            network,
            start,
            footage,
            loader,
            next: 0,
            validation,
            waiting: Duration::ZERO,
        }
    }

    /// How long it has waited for images so far.
    pub(crate) fn waiting(&self) -> Duration {
        self.waiting
    }

    /// The canvases of a step: a function of seed and step.
    fn canvases(&self, step: u64) -> Vec<Canvas> {
        let DetectorTrainConfig { augmentation, canvas, network, batch, trainer, .. } = &self.config;
        let mut random = Random::new(trainer.seed, &format!("canvases {step}"));
        (0..*batch)
            .map(|_| Canvas::drawn(augmentation, &self.footage, *canvas, network.size, &mut random))
            .collect()
    }

    /// The batch of a step; those of the next steps are read meanwhile.
    fn batch(&mut self, step: u64) -> Result<Painted> {
        if self.next != step + self.loader.ahead() as u64 {
            self.next = step;
        }
        while self.loader.ahead() <= AHEAD {
            self.loader.ask(self.canvases(self.next));
            self.next += 1;
        }
        let start = Instant::now();
        let painted = self.loader.next();
        self.waiting += start.elapsed();
        painted
    }
}

impl Task for DetectorTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        // As many steps as it takes to see as many images as there are.
        (self.footage.len() / self.config.batch).max(1) as u64
    }

    fn configuration(&self) -> Value {
        let mut config = json!(self.config);
        if let Some(keys) = config.as_object_mut() {
            // The trainer compares its own; threads change the speed only.
            keys.retain(|key, _| !["trainer", "threads", "workers", "half"].contains(&key.as_str()));
        }
        let cameras: Vec<&str> = self.footage.files.iter().map(|(name, _)| name.as_str()).collect();
        json!({
            "train": config,
            "cameras": cameras,
            "pictures": self.footage.len(),
            "source": self.source,
        })
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let Painted { pixels, targets } = self.batch(at.step)?;
        let [width, height] = self.config.canvas.map(i64::from);
        let size = [targets.len() as i64, height, width, 3];
        let batch = Tensor::f_from_data_size(&pixels, &size, Kind::Uint8)?.to_device(self.store.device());
        let batch = mvmhat_learning::channels_last(&batch.permute([0, 3, 1, 2]).to_kind(Kind::Float));
        let rows = self.network.logits(&batch, self.start);
        let loss = detection_loss(&rows, &targets, [width, height])?;
        Ok(StepOutput { loss: loss.total, metrics: vec![loss.score, loss.boxes, loss.cells] })
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let canvases = self.canvases(at.step);
        let tiles = canvases.iter().flat_map(|canvas| &canvas.tiles);
        let mut told: Vec<String> = tiles.map(|tile| self.footage.told(tile.shot)).collect();
        told.sort();
        told.dedup();
        told.join(", ")
    }

    fn metadata_entry(&self) -> Option<(String, String)> {
        self.config.network.entry().ok()
    }

    fn fp16(&self) -> bool {
        self.config.half
    }

    fn metrics(&self) -> &[&str] {
        &["score", "boxes", "cells"]
    }

    fn validation_metrics(&self) -> &[&str] {
        if self.validation.is_some() { validation::METRICS } else { &[] }
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        let Some(validation) = &self.validation else { return Ok(Vec::new()) };
        Ok(validation.scores(&self.config.network, &self.store)?)
    }
}

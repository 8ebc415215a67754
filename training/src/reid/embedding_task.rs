//! Learning an embedding, as a task of the training loop.

mod who_is_who;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mvmhat_association::AssociationConfig;
use mvmhat_detectors::networks::EmbeddingNetwork;
use mvmhat_detectors::{CropInput, DetectorConfig};
use mvmhat_learning::{Loss, LossConfig, StepOutput, TrainingStep, Task, TaskError};
use mvmhat_scene::Embedding;
use serde_json::{Value, json};
use tch::nn::{ModuleT, VarStore};
use tch::{Kind, Tensor, no_grad};

use super::TrainConfig;
use super::footage::Footage;
use super::frame_set_samples::FrameSetSamples;
use super::identity_samples::{IdentitySamples, TOO_LITTLE};
use super::loader::Loader;
use super::objective::Objective;
use super::plan::{Loaded, Plan};
use super::validation::{self, Validation};

/// Where in the variables the assignment network stands.
pub(crate) const ASSIGNMENT_NETWORK: &str = "assignment_network";

/// Steps that crops are read ahead of.
const AHEAD: usize = 4;
/// Crops that go through the network at once where nothing is learned.
const BATCH: usize = 32;

/// A network that learns to tell the people of some footage apart.
pub(crate) struct EmbeddingTask {
    config: TrainConfig,
    association: AssociationConfig,
    /// The detector that found the boxes, where one did.
    detector: Option<DetectorConfig>,
    store: VarStore,
    network: EmbeddingNetwork,
    objective: Objective,
    input: CropInput,
    footage: Arc<Footage>,
    samples: Samples,
    loader: Loader<Plan, Loaded>,
    /// The step whose crops are asked for next.
    next: u64,
    validation: Option<Validation>,
    /// The folder of the run.
    run: PathBuf,
    time: Time,
}

/// Where the batches come from.
enum Samples {
    FrameSets(FrameSetSamples),
    Identities {
        /// The round that the samples are of, and they, once there are any.
        current: Option<(u64, IdentitySamples)>,
    },
}

/// Where the time goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    /// Waiting for crops.
    pub(crate) waiting: Duration,
    /// Finding out who is who, and solving the head.
    pub(crate) labelling: Duration,
}

/// What it takes to make a task.
pub(super) struct Parts {
    pub(super) config: TrainConfig,
    pub(super) association: AssociationConfig,
    pub(super) detector: Option<DetectorConfig>,
    pub(super) store: VarStore,
    pub(super) network: EmbeddingNetwork,
    pub(super) objective: Objective,
    pub(super) footage: Footage,
    pub(super) validation: Option<Validation>,
    pub(super) run: PathBuf,
    pub(super) workers: usize,
}

impl EmbeddingTask {
    /// Ready for the first step.
    ///
    /// # Errors
    /// Too little footage to learn from.
    pub(super) fn new(parts: Parts) -> Result<Self> {
        let Parts {
            config,
            association,
            detector,
            store,
            network,
            objective,
            footage,
            validation,
            run,
            workers,
        } = parts;
        let samples = match config.loss {
            LossConfig::Mvmhat(_) | LossConfig::MvmhatPp(_) => {
                Samples::FrameSets(FrameSetSamples::new(&footage, &config.samples, config.trainer.seed)?)
            }
            LossConfig::Identities(_) if footage.crops.is_empty() => bail!(TOO_LITTLE),
            LossConfig::Identities(_) => Samples::Identities { current: None },
        };
        let footage = Arc::new(footage);
        let reader = Arc::clone(&footage);
        let loader = Loader::new(workers, move |plan: Plan| plan.load(&reader));
        let input = CropInput::new(footage.size, store.device());
        Ok(Self {
            config,
            association,
            detector,
            store,
            network,
            objective,
            input,
            footage,
            samples,
            loader,
            next: 0,
            validation,
            run,
            time: Time::default(),
        })
    }

    /// Where the time went so far.
    pub(crate) fn time(&self) -> Time {
        self.time
    }

    /// The batch of a step; those of the next steps are read meanwhile.
    fn batch(&mut self, at: TrainingStep) -> Result<Loaded> {
        self.label(at)?;
        if self.next != at.step + self.loader.ahead() as u64 {
            self.next = at.step;
        }
        // What comes after the epoch may be drawn from other labels.
        let end = (at.epoch + 1) * self.steps_per_epoch();
        while self.loader.ahead() <= AHEAD && self.next < end {
            let plan = self.plan(TrainingStep::new(self.next, self.steps_per_epoch()))?;
            self.loader.ask(plan);
            self.next += 1;
        }
        let start = Instant::now();
        let loaded = self.loader.next();
        self.time.waiting += start.elapsed();
        loaded
    }

    fn plan(&mut self, at: TrainingStep) -> Result<Plan> {
        let augmentation = &self.config.augmentation;
        match &mut self.samples {
            Samples::FrameSets(samples) => Ok(samples.plan(at, &self.footage, augmentation)),
            Samples::Identities { current: Some((_, samples)) } => {
                Ok(samples.plan(at, &self.footage, augmentation))
            }
            Samples::Identities { current: None } => bail!("nobody knows yet who is who"),
        }
    }

    /// The embeddings of crops, without learning anything.
    fn embed(&self, pixels: &[u8]) -> Result<Vec<Embedding>> {
        let batch = mvmhat_learning::channels_last(&self.input.batch(pixels)?);
        Ok(mvmhat_detectors::embeddings(&no_grad(|| self.network.forward_t(&batch, false)))?)
    }
}

impl Task for EmbeddingTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        match &self.samples {
            Samples::FrameSets(samples) => samples.steps(),
            // As many steps as it takes to see as many crops as there are.
            Samples::Identities { .. } => {
                let people = &self.config.people;
                (self.footage.crops.len() / (people.batch * people.crops)).max(1) as u64
            }
        }
    }

    fn configuration(&self) -> Value {
        let mut config = json!(self.config);
        if let Some(keys) = config.as_object_mut() {
            // The trainer compares its own; threads change the speed only.
            keys.retain(|key, _| !["trainer", "threads", "workers", "half"].contains(&key.as_str()));
        }
        let names: Vec<&str> = self.footage.recordings.iter().map(|filmed| filmed.part.as_str()).collect();
        json!({
            "train": config,
            "association": self.association,
            "recordings": names,
            "crops": self.footage.crops.len(),
            "detector": self.detector,
        })
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let Loaded { pixels, grouping } = self.batch(at)?;
        let batch = mvmhat_learning::channels_last(&self.input.batch(&pixels)?);
        let embeddings = self.network.forward_t(&batch, true);
        let norms = embeddings.norm_scalaropt_dim(2.0, [1i64].as_slice(), true).clamp_min(1e-12);
        let losses = self.objective.losses(&(embeddings / norms), &grouping)?;
        let totals: Vec<&Tensor> = losses.iter().map(Loss::total).collect();
        let loss = Tensor::stack(&totals, 0).mean(Kind::Float);
        let mean = |name: &str| {
            let terms = losses.iter().flat_map(Loss::terms).filter(|term| term.name == name);
            terms.map(|term| term.value.double_value(&[])).sum::<f64>() / losses.len() as f64
        };
        Ok(StepOutput { loss, metrics: self.metrics().iter().map(|name| mean(name)).collect() })
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        match &self.samples {
            Samples::Identities { current: Some((_, samples)) } => {
                samples.plan(at, &self.footage, &self.config.augmentation).told(&self.footage)
            }
            Samples::FrameSets(samples) => {
                samples.clone().plan(at, &self.footage, &self.config.augmentation).told(&self.footage)
            }
            Samples::Identities { current: None } => "nothing yet".into(),
        }
    }

    fn metadata_entry(&self) -> Option<(String, String)> {
        self.config.network.entry().ok()
    }

    fn fp16(&self) -> bool {
        self.config.half
    }

    fn metrics(&self) -> &[&str] {
        self.objective.terms()
    }

    fn validation_metrics(&self) -> &[&str] {
        if self.validation.is_some() { validation::METRICS } else { &[] }
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        let Some(validation) = &self.validation else { return Ok(Vec::new()) };
        let mut embeddings = Vec::new();
        for pixels in validation.pixels.chunks(BATCH * self.input.bytes()) {
            embeddings.extend(self.embed(pixels).context("the validation failed")?);
        }
        Ok(validation.scores(embeddings)?)
    }

    fn finish(&mut self, at: TrainingStep) -> Result<(), TaskError> {
        let Samples::Identities { .. } = &self.samples else { return Ok(()) };
        let Some(config) = self.config.discriminant.clone() else { return Ok(()) };
        let start = Instant::now();
        self.solve_head(&config, at).context("the head cannot be solved")?;
        self.time.labelling += start.elapsed();
        Ok(())
    }
}

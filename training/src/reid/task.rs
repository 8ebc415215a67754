//! Learning a re-ID embedding, as a task of the training loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mvmhat_association::AssociationConfig;
use mvmhat_detectors::{CropInput, DetectorConfig, EmbeddingNetwork};
use mvmhat_learning::{Loss, LossConfig, StepOutput, Task, TaskError, TrainingStep};
use mvmhat_scene::Embedding;
use serde_json::{Value, json};
use tch::nn::{ModuleT, VarStore};
use tch::{Kind, Tensor, no_grad};

use super::ReidRecipe;
use super::batch_plan::{BatchPlan, CropBatch};
use super::dataset::CropDataset;
use super::frame_set_sampler::FrameSetSampler;
use super::objective::Objective;
use super::pk_sampler::{PkSampler, TOO_FEW_IDENTITIES};
use super::validation::{self, ReidValidation};
use crate::prefetch::Prefetcher;
use crate::recipe::{TimedTask, recipe_identity};

/// Crops that go through the network at once where nothing is learned.
pub(super) const BATCH: usize = 32;

/// A network that learns to tell the people of a dataset apart.
pub struct ReidTask {
    pub(super) recipe: ReidRecipe,
    pub(super) association: AssociationConfig,
    /// The detector that found the boxes, where one did.
    detector: Option<DetectorConfig>,
    store: VarStore,
    pub(super) network: EmbeddingNetwork,
    objective: Objective,
    pub(super) input: CropInput,
    pub(super) dataset: Arc<CropDataset>,
    pub(super) samples: Samples,
    pub(super) prefetcher: Prefetcher<BatchPlan, CropBatch>,
    validation: Option<ReidValidation>,
    /// The folder of the run.
    pub(super) run: PathBuf,
    /// Time spent on pseudo-labels and the LDA head.
    pub(super) labelling: Duration,
}

/// Where batches come from.
pub(super) enum Samples {
    FrameSets(FrameSetSampler),
    Identities {
        /// The sampler with the round of its pseudo-labels, once there are any.
        current: Option<(u64, PkSampler)>,
    },
}

/// What a task is made of.
pub(super) struct ReidTaskParts {
    pub(super) recipe: ReidRecipe,
    pub(super) association: AssociationConfig,
    pub(super) detector: Option<DetectorConfig>,
    pub(super) store: VarStore,
    pub(super) network: EmbeddingNetwork,
    pub(super) objective: Objective,
    pub(super) dataset: CropDataset,
    pub(super) validation: Option<ReidValidation>,
    pub(super) run: PathBuf,
    pub(super) workers: usize,
}

impl ReidTask {
    /// Ready for the first step.
    ///
    /// # Errors
    /// Too little to learn from.
    pub(super) fn new(parts: ReidTaskParts) -> Result<Self> {
        let ReidTaskParts {
            recipe,
            association,
            detector,
            store,
            network,
            objective,
            dataset,
            validation,
            run,
            workers,
        } = parts;
        let samples = match recipe.loss {
            LossConfig::Mvmhat(_) | LossConfig::MvmhatPp(_) => {
                Samples::FrameSets(FrameSetSampler::new(&dataset, &recipe.samples, recipe.trainer.seed)?)
            }
            LossConfig::Identities(_) if dataset.crops.is_empty() => bail!(TOO_FEW_IDENTITIES),
            LossConfig::Identities(_) => Samples::Identities { current: None },
        };
        let dataset = Arc::new(dataset);
        let reader = Arc::clone(&dataset);
        let prefetcher = Prefetcher::new(workers, move |plan: BatchPlan| plan.load(&reader));
        let input = CropInput::new(dataset.size, store.device());
        Ok(Self {
            recipe,
            association,
            detector,
            store,
            network,
            objective,
            input,
            dataset,
            samples,
            prefetcher,
            validation,
            run,
            labelling: Duration::ZERO,
        })
    }

    /// The batch of a step; those of the next steps are read meanwhile.
    fn batch(&mut self, at: TrainingStep) -> Result<CropBatch> {
        self.label(at)?;
        let steps = self.steps_per_epoch();
        // What comes after the epoch may be drawn from other pseudo-labels.
        let end = (at.epoch + 1) * steps;
        let Self { prefetcher, samples, dataset, recipe, .. } = self;
        prefetcher.step(at.step, end, |step| samples.plan(TrainingStep::new(step, steps), dataset, recipe))
    }

    /// The embeddings of crops, without learning anything.
    fn embed(&self, pixels: &[u8]) -> Result<Vec<Embedding>> {
        let batch = mvmhat_learning::channels_last(&self.input.batch(pixels)?);
        Ok(mvmhat_detectors::embeddings(&no_grad(|| self.network.forward_t(&batch, false)))?)
    }
}

impl Samples {
    /// The crops of a step.
    ///
    /// # Errors
    /// Identities that nobody has labelled yet.
    fn plan(&mut self, at: TrainingStep, dataset: &CropDataset, recipe: &ReidRecipe) -> Result<BatchPlan> {
        match self {
            Self::FrameSets(sampler) => Ok(sampler.plan(at, dataset, &recipe.augmentation)),
            Self::Identities { current: Some((_, sampler)) } => {
                Ok(sampler.plan(at, dataset, &recipe.augmentation))
            }
            Self::Identities { current: None } => bail!("there are no pseudo-labels yet"),
        }
    }
}

impl Task for ReidTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        match &self.samples {
            Samples::FrameSets(sampler) => sampler.steps(),
            // As many steps as it takes to process as many crops as there are.
            Samples::Identities { .. } => {
                (self.dataset.crops.len() / self.recipe.pk_sampling.crops_per_batch()).max(1) as u64
            }
        }
    }

    fn configuration(&self) -> Value {
        let names: Vec<&str> = self.dataset.sequences.iter().map(|info| info.part.as_str()).collect();
        json!({
            "train": recipe_identity(&self.recipe),
            "association": self.association,
            "recordings": names,
            "crops": self.dataset.crops.len(),
            "detector": self.detector,
        })
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let CropBatch { pixels, grouping } = self.batch(at)?;
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
        let augmentation = &self.recipe.augmentation;
        let plan = match &self.samples {
            Samples::Identities { current: Some((_, sampler)) } => {
                sampler.plan(at, &self.dataset, augmentation)
            }
            Samples::FrameSets(sampler) => sampler.clone().plan(at, &self.dataset, augmentation),
            Samples::Identities { current: None } => return "nothing yet".into(),
        };
        plan.describe(&self.dataset)
    }

    fn metadata_entry(&self) -> Option<(String, String)> {
        self.recipe.network.metadata_entry().ok()
    }

    fn fp16(&self) -> bool {
        self.recipe.fp16
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
        let Some(config) = self.recipe.lda_head.clone() else { return Ok(()) };
        let start = Instant::now();
        self.replace_head(&config, at).context("the LDA head cannot be fitted")?;
        self.labelling += start.elapsed();
        Ok(())
    }
}

impl TimedTask for ReidTask {
    fn time_spent(&self) -> Vec<(Duration, &'static str)> {
        vec![(self.prefetcher.waited(), "waiting for crops"), (self.labelling, "pseudo-labelling")]
    }
}

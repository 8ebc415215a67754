//! Learning an embedding, as a task of the training loop.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use association::AssociationConfig;
use detectors::networks::EmbeddingNetwork;
use detectors::{CropInput, DetectorConfig};
use learning::{
    Discriminant, DiscriminantConfig, DiscriminantError, Loss, LossConfig, Outcome, Position, Task, TaskError,
};
use scene::Embedding;
use serde_json::{Value, json};
use tch::nn::{ModuleT, VarStore};
use tch::{Kind, Tensor, no_grad};

use super::TrainConfig;
use super::augmentation::AugmentationConfig;
use super::footage::Footage;
use super::frame_set_samples::FrameSetSamples;
use super::identity_samples::{IdentitySamples, TOO_LITTLE};
use super::loader::Loader;
use super::objective::Objective;
use super::plan::{Grouping, Loaded, Plan};
use super::pseudo_identities;
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
    fn batch(&mut self, at: Position) -> Result<Loaded> {
        self.label(at)?;
        if self.next != at.step + self.loader.ahead() as u64 {
            self.next = at.step;
        }
        // What comes after the epoch may be drawn from other labels.
        let end = (at.epoch + 1) * self.steps();
        while self.loader.ahead() <= AHEAD && self.next < end {
            let plan = self.plan(Position::after(self.next, self.steps()))?;
            self.loader.ask(plan);
            self.next += 1;
        }
        let start = Instant::now();
        let loaded = self.loader.next();
        self.time.waiting += start.elapsed();
        loaded
    }

    fn plan(&mut self, at: Position) -> Result<Plan> {
        let augmentation = &self.config.augmentation;
        match &mut self.samples {
            Samples::FrameSets(samples) => Ok(samples.plan(at, &self.footage, augmentation)),
            Samples::Identities { current: Some((_, samples)) } => {
                Ok(samples.plan(at, &self.footage, augmentation))
            }
            Samples::Identities { current: None } => bail!("nobody knows yet who is who"),
        }
    }

    /// Finds out who is who where it is due.
    fn label(&mut self, at: Position) -> Result<()> {
        let Samples::Identities { current } = &self.samples else { return Ok(()) };
        let round = at.epoch / self.config.people.renew;
        if current.as_ref().is_some_and(|(of, _)| *of == round) {
            return Ok(());
        }
        let path = pseudo_identities::path(&self.run, round);
        let first_of_round = at.batch == 0 && at.epoch.is_multiple_of(self.config.people.renew);
        let identities = if first_of_round {
            self.identify(round)?.1
        } else {
            pseudo_identities::load(&path, &self.footage)?
        };
        let (people, seed) = (&self.config.people, self.config.trainer.seed);
        let samples = IdentitySamples::new(&self.footage, &identities, people, seed)?;
        tracing::info!(
            "round {round}: {} people in {} recordings, {} of {} crops have one of them",
            samples.people(),
            self.footage.recordings.len(),
            labelled(&identities),
            identities.len(),
        );
        self.samples = Samples::Identities { current: Some((round, samples)) };
        Ok(())
    }

    /// Finds out who is who with what is known before a round, and keeps it; with the features that told it.
    ///
    /// After the first round the head that looks are compared by is solved from the answers of the round before: it tells
    /// people apart better than the one that is being learned.
    fn identify(&mut self, round: u64) -> Result<(Tensor, Vec<i64>)> {
        let start = Instant::now();
        let plain = |range: Range<usize>| Ok(Plan::plain(range));
        let features = self.features(plain)?;
        let head = match (&self.config.discriminant, round.checked_sub(1)) {
            (Some(config), Some(before)) => {
                let path = pseudo_identities::path(&self.run, before);
                let identities = pseudo_identities::load(&path, &self.footage)?;
                self.discriminant(config, &features, &identities)?
            }
            _ => None,
        };
        let embeddings = no_grad(|| match head {
            Some(head) => head.project(&features),
            None => self.network.head(&features, false),
        });
        let embeddings = detectors::embeddings(&embeddings)?;
        let identities = pseudo_identities::associate(&self.footage, embeddings, &self.association)?;
        pseudo_identities::save(&pseudo_identities::path(&self.run, round), &self.footage, &identities)?;
        self.time.labelling += start.elapsed();
        Ok((features, identities))
    }

    /// The head that tells these people apart best; none where there is too little to solve it from.
    ///
    /// # Errors
    /// Those of libtorch: labels must not depend on the memory that happens to be free.
    fn discriminant(
        &self,
        config: &DiscriminantConfig,
        features: &Tensor,
        identities: &[i64],
    ) -> Result<Option<Discriminant>, DiscriminantError> {
        let solved = self
            .enough(labelled(identities))
            .and_then(|()| config.fit(features, identities, self.config.network.dimension));
        match solved {
            Ok(head) => Ok(Some(head)),
            Err(DiscriminantError::Tch(error)) => Err(error.into()),
            Err(why) => {
                tracing::info!("looks are compared by the head that is learned: {why}");
                Ok(None)
            }
        }
    }

    /// Whether so many crops of known people are enough to solve the head from: fewer than a feature has numbers do not
    /// even span the space, and what they leave out is lost.
    fn enough(&self, crops: usize) -> Result<(), DiscriminantError> {
        let features = self.config.network.backbone.features();
        if crops as i64 >= features {
            Ok(())
        } else {
            Err(DiscriminantError::Samples { samples: crops, features })
        }
    }

    /// What the head is given of all crops, N x F, as plans of ranges of them have it.
    fn features(&mut self, plan: impl Fn(Range<usize>) -> Result<Plan>) -> Result<Tensor> {
        let count = self.footage.crops.len();
        let mut ranges = (0..count).step_by(BATCH).map(|start| start..(start + BATCH).min(count));
        let mut features = Vec::with_capacity(count.div_ceil(BATCH));
        for _ in 0..count.div_ceil(BATCH) {
            while self.loader.ahead() <= AHEAD
                && let Some(range) = ranges.next()
            {
                self.loader.ask(plan(range)?);
            }
            let batch = learning::channels_last(&self.input.batch(&self.loader.next()?.pixels)?);
            features.push(no_grad(|| self.network.features(&batch, false)));
        }
        Ok(Tensor::f_cat(&features, 0)?)
    }

    /// Solves the head of the network that training found, from who is who and how people look as they are and augmented:
    /// shaken, partly hidden, in other light. Their hues stay, or one person would be several.
    ///
    /// # Errors
    /// Crops that cannot be read or files that cannot be written. A head that cannot be solved stays as it was learned.
    fn solve_head(&mut self, config: &DiscriminantConfig, at: Position) -> Result<()> {
        let learned = |why: DiscriminantError| {
            tracing::warn!("the head stays as it was learned: {why}");
            Ok(())
        };
        // Known before anything is asked of the network, who is who included.
        if let Err(why) = self.enough(self.footage.crops.len()) {
            return learned(why);
        }
        let renew = self.config.people.renew;
        let round = at.epoch / renew + u64::from(at.batch > 0 || !at.epoch.is_multiple_of(renew));
        let (plain, identities) = self.identify(round)?;
        let crops = labelled(&identities);
        if let Err(why) = self.enough(crops) {
            return learned(why);
        }
        tracing::info!("the head is solved from {crops} crops");
        let augmentation = AugmentationConfig { hue: 0.0, ..self.config.augmentation.clone() };
        let (footage, seed) = (Arc::clone(&self.footage), self.config.trainer.seed);
        let augmented = self.features(|range| {
            // Numbers that no step of training has.
            let number = at.step + 1 + (range.start / BATCH) as u64;
            let grouping = Grouping::Identities(Vec::new());
            Ok(Plan::new(&[range.collect()], grouping, &footage, &augmentation, seed, number))
        })?;
        let looks = Tensor::f_cat(&[plain, augmented], 0)?;
        match config.fit(&looks, &identities.repeat(2), self.config.network.dimension) {
            Ok(head) => Ok(self.network.set_head(&head)?),
            Err(why) => learned(why),
        }
    }

    /// The embeddings of crops, without learning anything.
    fn embed(&self, pixels: &[u8]) -> Result<Vec<Embedding>> {
        let batch = learning::channels_last(&self.input.batch(pixels)?);
        Ok(detectors::embeddings(&no_grad(|| self.network.forward_t(&batch, false)))?)
    }
}

impl Task for EmbeddingTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps(&self) -> u64 {
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

    fn loss(&mut self, at: Position) -> Result<Outcome, TaskError> {
        let Loaded { pixels, grouping } = self.batch(at)?;
        let batch = learning::channels_last(&self.input.batch(&pixels)?);
        let embeddings = self.network.forward_t(&batch, true);
        let norms = embeddings.norm_scalaropt_dim(2.0, [1i64].as_slice(), true).clamp_min(1e-12);
        let losses = self.objective.losses(&(embeddings / norms), &grouping)?;
        let totals: Vec<&Tensor> = losses.iter().map(Loss::total).collect();
        let loss = Tensor::stack(&totals, 0).mean(Kind::Float);
        let mean = |name: &str| {
            let terms = losses.iter().flat_map(Loss::terms).filter(|term| term.name == name);
            terms.map(|term| term.value.double_value(&[])).sum::<f64>() / losses.len() as f64
        };
        Ok(Outcome { loss, metrics: self.metrics().iter().map(|name| mean(name)).collect() })
    }

    fn sample(&self, at: Position) -> String {
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

    fn entry(&self) -> Option<(String, String)> {
        self.config.network.entry().ok()
    }

    fn half(&self) -> bool {
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

    fn finish(&mut self, at: Position) -> Result<(), TaskError> {
        let Samples::Identities { .. } = &self.samples else { return Ok(()) };
        let Some(config) = self.config.discriminant.clone() else { return Ok(()) };
        let (start, before) = (Instant::now(), self.time.labelling);
        self.solve_head(&config, at).context("the head cannot be solved")?;
        // All of it, what finding out who is who has taken included.
        self.time.labelling = before + start.elapsed();
        Ok(())
    }
}

/// How many crops have an identity.
fn labelled(identities: &[i64]) -> usize {
    identities.iter().filter(|identity| **identity >= 0).count()
}

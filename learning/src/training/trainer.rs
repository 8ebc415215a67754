//! The training loop.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Tensor};
use tracing::warn;

use super::checkpoint::{self, Checkpoint};
use super::checkpoints::{self, Checkpoints};
use super::history::History;
use super::progress::{BestSoFar, Progress};
use super::{
    End, Observer, Outcome, Position, Record, Summary, Task, TrainError, TrainerConfig, curves, difference,
    durable,
};
use crate::parameters::sorted;
use mvmhat_random::Random;
use crate::{Average, Optimizer, Parameters, clip_gradients, freeze, gradient_norm};

/// A network in training. See [`TrainerConfig::init`] and [`TrainerConfig::resume`].
pub struct Trainer<'a> {
    config: TrainerConfig,
    configuration: Value,
    task: &'a mut dyn Task,
    parameters: Parameters,
    optimizer: Box<dyn Optimizer>,
    average: Option<Average>,
    progress: Progress,
    checkpoints: Checkpoints,
    history: History,
    folder: PathBuf,
}

impl TrainerConfig {
    /// A run from the start, in a folder that has none.
    ///
    /// # Errors
    /// If the configuration makes no sense, or the folder holds a run or cannot be written.
    pub fn init<'a>(&self, task: &'a mut dyn Task, folder: &Path) -> Result<Trainer<'a>, TrainError> {
        if folder.join(HISTORY).exists() || checkpoints::any(&folder.join(CHECKPOINTS)) {
            return Err(TrainError::Exists { folder: folder.to_path_buf() });
        }
        self.resume(task, folder)
    }

    /// The run in a folder, from its last checkpoint on; from the start if it has none.
    ///
    /// # Errors
    /// If the configuration makes no sense or is not that of the checkpoint, or files cannot be read or written.
    pub fn resume<'a>(&self, task: &'a mut dyn Task, folder: &Path) -> Result<Trainer<'a>, TrainError> {
        self.check(task)?;
        freeze(task.store(), &self.freeze)?;
        let parameters = Parameters::of(task.store());
        let parameters =
            if self.decay_vectors { parameters } else { parameters.with_decay_of_matrices_only() };
        let checkpoints = Checkpoints::open(folder.join(CHECKPOINTS), self.checkpoint_every, self.keep)?;
        durable::tidy(folder)?;
        let optimizer = self.optimizer.init(&parameters);
        let average = self.average.map(|decay| Average::new(task.store(), decay));
        let configuration = self.configuration(task);
        let mut progress = Progress::default();
        if let Some((path, checkpoint)) = checkpoints.newest()? {
            let differences = difference::between(&checkpoint.note.configuration, &configuration);
            if !differences.is_empty() {
                return Err(TrainError::Mismatch { path, differences });
            }
            checkpoint.restore(&state(task.store(), &parameters, &*optimizer, average.as_ref()), &path)?;
            progress = checkpoint.note.progress;
        }
        // Last, since it cuts off what is not part of the run.
        let history = History::open(folder.join(HISTORY), task, progress.step)?;
        let (config, folder) = (self.clone(), folder.to_path_buf());
        Ok(Trainer {
            config,
            configuration,
            task,
            parameters,
            optimizer,
            average,
            progress,
            checkpoints,
            history,
            folder,
        })
    }

    /// What a checkpoint has to fit. How often checkpoints are written and how many are kept changes nothing in
    /// training and may change.
    fn configuration(&self, task: &dyn Task) -> Value {
        let mut trainer = json!(self);
        if let Some(keys) = trainer.as_object_mut() {
            keys.retain(|key, _| !["checkpoint_every", "keep"].contains(&key.as_str()));
        }
        json!({"trainer": trainer, "task": task.configuration()})
    }
}

const CHECKPOINTS: &str = "checkpoints";
const HISTORY: &str = "history.csv";
const WEIGHTS: &str = "weights.safetensors";
/// The largest number of half precision (IEEE 754 binary16).
const LARGEST_HALF: f64 = 65504.0;

impl Trainer<'_> {
    /// Trains to the end. The weights found, the best ones if the configuration says what is best, with what
    /// [`Task::finish`] makes of them, are then those of the task's network and stand in `weights.safetensors`; the curves
    /// stand in `curves.png` and `curves.html`.
    ///
    /// # Errors
    /// If a batch cannot be had, a loss is not finite, or files cannot be written. What was written stays, for
    /// [`TrainerConfig::resume`].
    pub fn run(mut self, observer: &mut dyn Observer) -> Result<Summary, TrainError> {
        observer.started(self.progress.step, self.total());
        let end = loop {
            if let Some(end) = self.end() {
                break end;
            }
            let mut record = self.step()?;
            if self.validation_due() {
                record.validation = Some(self.validate()?);
            }
            self.history.append(&record, self.task)?;
            let best_now = self.progress.best.is_some_and(|best| best.step == record.step);
            if best_now || self.checkpoints.due(record.step) {
                self.save()?;
            }
            if observer.stepped(&record).is_break() {
                break self.end().unwrap_or(End::Interrupted);
            }
        };
        self.save()?;
        let scores = if end == End::Interrupted { Vec::new() } else { self.finish()? };
        curves::draw(&self.folder.join(HISTORY), &self.folder)?;
        let best = self.progress.best.map(|best| (best.step, best.score));
        Ok(Summary { end, steps: self.progress.step, best, scores })
    }

    /// One batch: loss, gradients, update.
    fn step(&mut self) -> Result<Record, TrainError> {
        let at = Position::after(self.progress.step, self.task.steps());
        let number = at.step + 1;
        self.seed("step", at.step);
        let outcome = self.task.loss(at).map_err(|source| TrainError::Task { step: number, source })?;
        let Outcome { loss, metrics } = outcome;
        self.expect("training", self.task.metrics().len(), metrics.len())?;

        let value = loss.f_double_value(&[])?;
        self.finite("loss", value, at)?;
        let mut gradients = self.parameters.gradients(&loss)?;
        let norm = gradient_norm(&gradients);
        self.finite("gradient", norm, at)?;
        if let Some(max) = self.config.clip {
            clip_gradients(&mut gradients, norm, max);
        }

        let rate = self.config.rate.rate(at.step, self.total());
        self.optimizer.step(&self.parameters, &gradients, rate);
        if let Some(average) = &mut self.average {
            average.update(number);
        }
        self.progress.step = number;
        Ok(Record {
            step: number,
            epoch: at.epoch + 1,
            rate,
            loss: value,
            gradient_norm: norm,
            metrics,
            validation: None,
        })
    }

    /// The task's validation, of the averaged weights if there are such, compared with the best so far.
    fn validate(&mut self) -> Result<Vec<f64>, TrainError> {
        let step = self.progress.step;
        self.seed("validation", step);
        self.swap_average();
        let values = self.task.validate();
        self.swap_average();
        let values = values.map_err(|source| TrainError::Task { step, source })?;
        self.expect("validation", self.task.validation_metrics().len(), values.len())?;
        if let (Some(best), Some(metric)) = (&self.config.best, self.config.best_metric(self.task)) {
            let score = values[metric];
            let better = match self.progress.best {
                Some(former) => best.goal.prefers(score, former.score),
                None => !score.is_nan(),
            };
            if better {
                self.progress.best = Some(BestSoFar { step, score });
            }
        }
        Ok(values)
    }

    fn validation_due(&self) -> bool {
        let every = self.config.validate_every * self.task.steps();
        let step = self.progress.step;
        !self.task.validation_metrics().is_empty() && (step.is_multiple_of(every) || step == self.total())
    }

    /// Whether the run is over. A function of the progress alone, so that a run that is resumed at its end ends again.
    fn end(&self) -> Option<End> {
        let step = self.progress.step;
        if step == self.total() {
            return Some(End::Completed);
        }
        let every = self.config.validate_every * self.task.steps();
        let validations = |step: u64| step / every;
        let since = validations(step) - self.progress.best.map_or(0, |best| validations(best.step));
        self.config.patience.is_some_and(|patience| since >= patience.max(1)).then_some(End::EarlyStopped)
    }

    fn total(&self) -> u64 {
        self.config.epochs * self.task.steps()
    }

    fn save(&self) -> Result<(), TrainError> {
        self.history.sync()?;
        let Progress { step, best } = self.progress;
        let path = self.checkpoints.path(step);
        let state = state(self.task.store(), &self.parameters, &*self.optimizer, self.average.as_ref());
        let bytes = Checkpoint::encode(self.progress, &self.configuration, &state, &path)?;
        self.checkpoints.write(step, best.map(|best| best.step), &bytes)
    }

    /// Brings the weights that are the result into the network and into a file; what the validation says of them.
    fn finish(&mut self) -> Result<Vec<f64>, TrainError> {
        let Progress { step, best } = self.progress;
        let checkpoint = match self.checkpoints.read(best.map_or(step, |best| best.step)) {
            Err(error) if best.is_some() => {
                warn!("{error}; the last weights are taken instead of the best");
                self.checkpoints.read(step)?
            }
            read => read?,
        };
        let found = checkpoint.under(if self.average.is_some() { "average." } else { "model." });
        let variables = sorted(self.task.store());
        let take = |weights: &[(String, Tensor)]| {
            let pairs = variables.iter().zip(weights);
            tch::no_grad(|| {
                pairs
                    .map(|((_, variable), (_, weight))| variable.shallow_clone().f_copy_(weight))
                    .try_for_each(|copied| copied.map(drop))
            })
        };
        take(&found)?;
        let at = Position::after(step, self.task.steps());
        self.seed("finish", step);
        self.task.finish(at).map_err(|source| TrainError::Task { step, source })?;
        let mut weights: Vec<_> =
            variables.iter().map(|(name, variable)| (name.clone(), variable.detach().copy())).collect();
        if self.task.half() {
            // The statistics of normalizations may be of any size; what half precision cannot say stays.
            let fits = |weight: &Tensor| {
                weight.kind() == Kind::Float
                    && weight.numel() > 0
                    && weight.abs().max().double_value(&[]) < LARGEST_HALF
            };
            for (_, weight) in weights.iter_mut().filter(|(_, weight)| fits(weight)) {
                *weight = weight.to_kind(Kind::Half);
            }
            take(&weights)?;
        }
        let path = self.folder.join(WEIGHTS);
        let entry = self.task.entry().map(|entry| HashMap::from([entry]));
        durable::write(&path, &checkpoint::serialize(&weights, entry, &path)?)?;
        if self.task.validation_metrics().is_empty() {
            return Ok(Vec::new());
        }
        self.seed("validation of the result", step);
        let scores = self.task.validate().map_err(|source| TrainError::Task { step, source })?;
        self.expect("validation", self.task.validation_metrics().len(), scores.len())?;
        Ok(scores)
    }

    fn swap_average(&mut self) {
        if let Some(average) = &mut self.average {
            average.swap();
        }
    }

    /// Seeds libtorch's own generator, which dropout draws from, so that it needs no state in a checkpoint.
    fn seed(&self, purpose: &str, step: u64) {
        let bits = Random::new(self.config.seed, &format!("{purpose} {step}")).bits();
        tch::manual_seed(bits as i64);
    }

    /// Stops before the weights take harm. There is no checkpoint of this moment: the forward pass may have spoiled
    /// the statistics of normalizations.
    fn finite(&self, what: &'static str, value: f64, at: Position) -> Result<(), TrainError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(TrainError::NotFinite {
            what,
            value,
            step: at.step + 1,
            epoch: at.epoch + 1,
            sample: self.task.sample(at),
            checkpoint: self.checkpoints.last_file(),
        })
    }

    fn expect(&self, kind: &'static str, names: usize, values: usize) -> Result<(), TrainError> {
        if names == values { Ok(()) } else { Err(TrainError::Metrics { kind, names, values }) }
    }
}

/// Everything that changes in training, under the names it has in a checkpoint. The tensors are handles.
fn state(
    store: &VarStore,
    parameters: &Parameters,
    optimizer: &dyn Optimizer,
    average: Option<&Average>,
) -> Vec<(String, Tensor)> {
    let model = sorted(store).into_iter().map(|(name, tensor)| (format!("model.{name}"), tensor));
    let optimizer = optimizer.slots().into_iter().flat_map(|(slot, tensors)| {
        parameters.iter().zip(tensors).map(move |(parameter, tensor)| {
            (format!("optimizer.{slot}.{}", parameter.name), tensor.shallow_clone())
        })
    });
    let average = average.into_iter().flat_map(Average::iter);
    let average = average.map(|(name, tensor)| (format!("average.{name}"), tensor.shallow_clone()));
    model.chain(optimizer).chain(average).collect()
}

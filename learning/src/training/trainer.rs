//! The training loop.

use std::path::{Path, PathBuf};

use mvmhat_random::Random;
use serde_json::{Value, json};

use super::checkpoint::Checkpoint;
use super::checkpoints::{self, Checkpoints};
use super::history::History;
use super::partial_files::remove_partial_files;
use super::progress::Progress;
use super::state::state;
use super::{
    BestValidation, Observer, StepOutput, StepRecord, Task, TrainError, TrainerConfig, TrainingEnd,
    TrainingStep, TrainingSummary, curves, difference, earlier_version,
};
use crate::{Ema, Optimizer, Parameters, clip_gradients, freeze, gradient_norm};

const CHECKPOINTS: &str = "checkpoints";
const HISTORY: &str = "history.csv";

/// A network in training. See [`TrainerConfig::init`] and [`TrainerConfig::resume`].
pub struct Trainer<'a> {
    pub(super) config: TrainerConfig,
    configuration: Value,
    pub(super) task: &'a mut dyn Task,
    parameters: Parameters,
    optimizer: Box<dyn Optimizer>,
    pub(super) ema: Option<Ema>,
    pub(super) progress: Progress,
    pub(super) checkpoints: Checkpoints,
    history: History,
    pub(super) folder: PathBuf,
}

impl TrainerConfig {
    /// A new run, in a folder without one.
    ///
    /// # Errors
    /// If the configuration is invalid, or the folder holds a run or cannot be written.
    pub fn init<'a>(&self, task: &'a mut dyn Task, folder: &Path) -> Result<Trainer<'a>, TrainError> {
        if folder.join(HISTORY).exists() || checkpoints::any(&folder.join(CHECKPOINTS)) {
            return Err(TrainError::Exists { folder: folder.to_path_buf() });
        }
        self.resume(task, folder)
    }

    /// Resumes the run in a folder from its last checkpoint; a new run if it has none.
    ///
    /// # Errors
    /// If the configuration is invalid or differs from that of the checkpoint, or files cannot be read or written.
    pub fn resume<'a>(&self, task: &'a mut dyn Task, folder: &Path) -> Result<Trainer<'a>, TrainError> {
        self.check(task)?;
        freeze(task.store(), &self.freeze)?;
        let parameters = Parameters::trainable(task.store());
        let parameters = if self.decay_biases_and_norms {
            parameters
        } else {
            parameters.without_decay_of_biases_and_norms()
        };
        let checkpoints =
            Checkpoints::open(folder.join(CHECKPOINTS), self.checkpoint_every, self.save_top_k)?;
        remove_partial_files(folder)?;
        let optimizer = self.optimizer.init(&parameters);
        let ema = self.ema.map(|decay| Ema::new(task.store(), decay));
        let configuration = self.configuration(task);
        let mut progress = Progress::default();
        if let Some((path, checkpoint)) = checkpoints.newest()? {
            if earlier_version::wrote(&checkpoint.note.configuration) {
                return Err(TrainError::EarlierVersion { path });
            }
            let differences = difference::list(&checkpoint.note.configuration, &configuration);
            if !differences.is_empty() {
                return Err(TrainError::Mismatch { path, differences });
            }
            checkpoint.restore(&state(task.store(), &parameters, &*optimizer, ema.as_ref()), &path)?;
            progress = checkpoint.note.progress;
        }
        // Last, since it truncates the history.
        let history = History::open(folder.join(HISTORY), task, progress.step)?;
        let (config, folder) = (self.clone(), folder.to_path_buf());
        Ok(Trainer {
            config,
            configuration,
            task,
            parameters,
            optimizer,
            ema,
            progress,
            checkpoints,
            history,
            folder,
        })
    }

    /// The configuration that a checkpoint must match, without how often checkpoints are written and how many are kept.
    fn configuration(&self, task: &dyn Task) -> Value {
        let mut trainer = json!(self);
        if let Some(keys) = trainer.as_object_mut() {
            keys.retain(|key, _| !["checkpoint_every", "save_top_k"].contains(&key.as_str()));
        }
        json!({"trainer": trainer, "task": task.configuration()})
    }
}

impl Trainer<'_> {
    /// Trains to the end. The resulting weights (the best ones if a metric is monitored, after [`Task::finish`]) are then in
    /// the task's network and in `weights.safetensors`; the curves are in `curves.png` and `curves.html`.
    ///
    /// # Errors
    /// If a batch cannot be loaded, a loss is not finite, or a file cannot be written. [`TrainerConfig::resume`] can continue
    /// the run.
    pub fn run(mut self, observer: &mut dyn Observer) -> Result<TrainingSummary, TrainError> {
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
            let is_best = self.progress.best.is_some_and(|best| best.step == record.step);
            if is_best || self.checkpoints.due(record.step) {
                self.save()?;
            }
            if observer.stepped(&record).is_break() {
                break self.end().unwrap_or(TrainingEnd::Interrupted);
            }
        };
        self.save()?;
        let scores = if end == TrainingEnd::Interrupted { Vec::new() } else { self.write_result()? };
        curves::draw(&self.folder.join(HISTORY), &self.folder)?;
        Ok(TrainingSummary { end, steps: self.progress.step, best: self.progress.best, scores })
    }

    /// One batch: loss, gradients, update.
    fn step(&mut self) -> Result<StepRecord, TrainError> {
        let at = TrainingStep::new(self.progress.step, self.task.steps_per_epoch());
        let number = at.step + 1;
        self.seed_libtorch("step", at.step);
        let output = self.task.loss(at).map_err(|source| TrainError::Task { step: number, source })?;
        let StepOutput { loss, metrics } = output;
        check_count("training", self.task.metrics().len(), metrics.len())?;

        let value = loss.f_double_value(&[])?;
        self.check_finite("loss", value, at)?;
        let mut gradients = self.parameters.gradients(&loss)?;
        let norm = gradient_norm(&gradients);
        self.check_finite("gradient", norm, at)?;
        if let Some(max) = self.config.grad_clip_norm {
            clip_gradients(&mut gradients, norm, max);
        }

        let lr = self.config.lr.value(at.step, self.total());
        self.optimizer.step(&self.parameters, &gradients, lr);
        if let Some(ema) = &mut self.ema {
            ema.update(number);
        }
        self.progress.step = number;
        Ok(StepRecord {
            step: number,
            epoch: at.epoch + 1,
            lr,
            loss: value,
            gradient_norm: norm,
            metrics,
            validation: None,
        })
    }

    /// Validates the weights (of the EMA if there is one) and updates the best validation.
    fn validate(&mut self) -> Result<Vec<f64>, TrainError> {
        let step = self.progress.step;
        self.seed_libtorch("validation", step);
        self.swap_ema();
        let values = self.task.validate();
        self.swap_ema();
        let values = values.map_err(|source| TrainError::Task { step, source })?;
        check_count("validation", self.task.validation_metrics().len(), values.len())?;
        if let (Some(monitor), Some(metric)) = (&self.config.monitor, self.config.monitored_metric(self.task))
        {
            let score = values[metric];
            let better = match self.progress.best {
                Some(best) => monitor.mode.prefers(score, best.score),
                None => !score.is_nan(),
            };
            if better {
                self.progress.best = Some(BestValidation { step, score });
            }
        }
        Ok(values)
    }

    fn validation_due(&self) -> bool {
        let every = self.config.validate_every * self.task.steps_per_epoch();
        let step = self.progress.step;
        !self.task.validation_metrics().is_empty() && (step.is_multiple_of(every) || step == self.total())
    }

    /// Whether and how the run is over. A function of the progress alone, so that a run that is resumed at its end ends again.
    fn end(&self) -> Option<TrainingEnd> {
        let step = self.progress.step;
        if step == self.total() {
            return Some(TrainingEnd::Completed);
        }
        let every = self.config.validate_every * self.task.steps_per_epoch();
        let validations = |step: u64| step / every;
        let since = validations(step) - self.progress.best.map_or(0, |best| validations(best.step));
        let is_over = self.config.patience.is_some_and(|patience| since >= patience.max(1));
        is_over.then_some(TrainingEnd::EarlyStopped)
    }

    fn total(&self) -> u64 {
        self.config.epochs * self.task.steps_per_epoch()
    }

    fn save(&self) -> Result<(), TrainError> {
        self.history.sync()?;
        let Progress { step, best } = self.progress;
        let path = self.checkpoints.path(step);
        let state = state(self.task.store(), &self.parameters, &*self.optimizer, self.ema.as_ref());
        let bytes = Checkpoint::encode(self.progress, &self.configuration, &state, &path)?;
        self.checkpoints.write(step, best.map(|best| best.step), &bytes)
    }

    fn swap_ema(&mut self) {
        if let Some(ema) = &mut self.ema {
            ema.swap();
        }
    }

    /// Seeds libtorch's own generator, which dropout uses, so that checkpoints need no state of it.
    pub(super) fn seed_libtorch(&self, purpose: &str, step: u64) {
        let bits = Random::new(self.config.seed, &format!("{purpose} {step}")).bits();
        tch::manual_seed(bits as i64);
    }

    /// Stops before an update with a loss or gradient that is not finite. No checkpoint is written: the forward pass may have
    /// corrupted the running statistics of normalizations.
    fn check_finite(&self, what: &'static str, value: f64, at: TrainingStep) -> Result<(), TrainError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(TrainError::NotFinite {
            what,
            value,
            step: at.step + 1,
            epoch: at.epoch + 1,
            batch: self.task.describe_batch(at),
            checkpoint: self.checkpoints.last_file(),
        })
    }
}

/// Refuses more or fewer values than the task has names for.
pub(super) fn check_count(kind: &'static str, names: usize, values: usize) -> Result<(), TrainError> {
    if names == values { Ok(()) } else { Err(TrainError::Metrics { kind, names, values }) }
}

//! The training loop.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tch::Tensor;

use super::checkpoint::{self, Checkpoint};
use super::checkpoints::{self, Checkpoints};
use super::history::History;
use super::progress::{BestSoFar, Progress};
use super::{
    Observer, Outcome, Position, Record, Task, TrainError, TrainerConfig, curves, difference, durable,
};
use crate::parameters::sorted;
use crate::{Average, Optimizer, Parameters, Random, Step, clip_gradients, freeze, gradient_norm};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Completed,
    /// There was no better validation for too long.
    EarlyStopped,
    /// The observer asked for it; the run can be resumed.
    Interrupted,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub end: End,
    /// Steps taken, those before a resume included.
    pub steps: u64,
    /// The best validation: after how many steps, and its score.
    pub best: Option<(u64, f64)>,
}

/// A network in training. See [`TrainerConfig::init`] and [`TrainerConfig::resume`].
pub struct Trainer<'a> {
    config: TrainerConfig,
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
        let newest = checkpoints.newest()?;
        let step = newest.as_ref().map_or(0, |(_, checkpoint)| checkpoint.note.progress.step);
        let mut trainer = Trainer {
            config: self.clone(),
            optimizer: self.optimizer.init(&parameters),
            average: self.average.map(|decay| Average::new(task.store(), decay)),
            parameters,
            progress: Progress::default(),
            history: History::open(folder.join(HISTORY), task, step)?,
            checkpoints,
            folder: folder.to_path_buf(),
            task,
        };
        if let Some((path, checkpoint)) = newest {
            trainer.restore(&path, &checkpoint)?;
        }
        Ok(trainer)
    }
}

const CHECKPOINTS: &str = "checkpoints";
const HISTORY: &str = "history.csv";
const WEIGHTS: &str = "weights.safetensors";

impl Trainer<'_> {
    /// Trains to the end. The weights found, the best ones if the configuration says what is best, are then those of
    /// the task's network and stand in `weights.safetensors`; the curves stand in `curves.png` and `curves.html`.
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
        if end != End::Interrupted {
            self.finish()?;
        }
        curves::draw(&self.folder.join(HISTORY), &self.folder)?;
        let best = self.progress.best.map(|best| (best.step, best.score));
        Ok(Summary { end, steps: self.progress.step, best })
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
        self.optimizer.step(&self.parameters, &gradients, Step { number, rate });
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

    /// Everything that changes in training, under the names it has in a checkpoint. The tensors are handles.
    fn state(&self) -> Vec<(String, Tensor)> {
        let mut state: Vec<_> = prefixed("model.", sorted(self.task.store())).collect();
        for (slot, tensors) in self.optimizer.slots() {
            let named = self.parameters.iter().zip(tensors);
            let named = named.map(|(parameter, tensor)| (parameter.name.clone(), tensor.shallow_clone()));
            state.extend(prefixed(&format!("optimizer.{slot}."), named));
        }
        if let Some(average) = &self.average {
            let named = average.iter().map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()));
            state.extend(prefixed("average.", named));
        }
        state
    }

    /// What a checkpoint has to fit. How often checkpoints are written and how many are kept changes nothing in
    /// training and may change.
    fn configuration(&self) -> Value {
        let mut trainer = json!(self.config);
        if let Some(keys) = trainer.as_object_mut() {
            keys.retain(|key, _| !["checkpoint_every", "keep"].contains(&key.as_str()));
        }
        json!({"trainer": trainer, "task": self.task.configuration()})
    }

    fn save(&self) -> Result<(), TrainError> {
        self.history.sync()?;
        let Progress { step, best } = self.progress;
        let path = self.checkpoints.path(step);
        let bytes = Checkpoint::encode(self.progress, &self.configuration(), &self.state(), &path)?;
        self.checkpoints.write(step, best.map(|best| best.step), &bytes)
    }

    fn restore(&mut self, path: &Path, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let differences = difference::between(&checkpoint.note.configuration, &self.configuration());
        if !differences.is_empty() {
            return Err(TrainError::Mismatch { path: path.to_path_buf(), differences });
        }
        checkpoint.restore(&self.state(), path)?;
        self.progress = checkpoint.note.progress;
        Ok(())
    }

    /// Brings the weights that are the result into the network and into a file.
    fn finish(&mut self) -> Result<(), TrainError> {
        let kept = if self.average.is_some() { "average." } else { "model." };
        let step = self.progress.best.map_or(self.progress.step, |best| best.step);
        let weights = self.checkpoints.read(step)?.under(kept);
        let variables = sorted(self.task.store());
        tch::no_grad(|| {
            for ((_, variable), (_, weight)) in variables.iter().zip(&weights) {
                variable.shallow_clone().f_copy_(weight)?;
            }
            Ok::<_, tch::TchError>(())
        })?;
        let path = self.folder.join(WEIGHTS);
        durable::write(&path, &checkpoint::serialize(&weights, None, &path)?)
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

fn prefixed(
    prefix: &str,
    named: impl IntoIterator<Item = (String, Tensor)>,
) -> impl Iterator<Item = (String, Tensor)> {
    named.into_iter().map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
}

//! `history.csv`: one row per step.
//!
//! It has no times or anything else that differs between two runs, so that a resumed run writes the same bytes as an
//! uninterrupted one.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{StepRecord, Task, TrainError};

/// The history of a run, open for appending.
#[derive(Debug)]
pub(super) struct History {
    path: PathBuf,
    file: File,
}

impl History {
    /// Opens the history and truncates it after the row of `step`: later rows were written by a killed run.
    ///
    /// # Errors
    /// If there are fewer rows.
    pub(super) fn open(path: PathBuf, task: &dyn Task, step: u64) -> Result<Self, TrainError> {
        let text = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(TrainError::io("read", &path))?,
        };
        let header = row(&header(task), &path)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(TrainError::io("write", &path))?;
        let mut history = Self { path, file };
        if step == 0 {
            history.cut(0)?;
            history.write(&header)?;
            return Ok(history);
        }
        // One line per row: no name of a metric has a line break, or `header` would have been written in quotes.
        let ends = text.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').map(|(at, _)| at + 1);
        let ends: Vec<_> = ends.take(step as usize + 1).collect();
        match ends.get(step as usize) {
            Some(&end) if text.starts_with(&header) => history.cut(end as u64)?,
            _ => {
                let rows = if text.starts_with(&header) { ends.len() as u64 - 1 } else { 0 };
                return Err(TrainError::History { path: history.path, rows, step });
            }
        }
        Ok(history)
    }

    /// Adds a row.
    pub(super) fn append(&mut self, record: &StepRecord, task: &dyn Task) -> Result<(), TrainError> {
        let StepRecord { step, epoch, lr, loss, gradient_norm, metrics, validation } = record;
        let mut cells = vec![step.to_string(), epoch.to_string()];
        cells.extend([lr, loss, gradient_norm].into_iter().chain(metrics).map(f64::to_string));
        match validation {
            Some(values) => cells.extend(values.iter().map(f64::to_string)),
            None => cells.extend(task.validation_metrics().iter().map(|_| String::new())),
        }
        let line = row(&cells, &self.path)?;
        self.write(&line)
    }

    /// Syncs all rows to the disk, before a checkpoint that relies on them.
    pub(super) fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::io("write", &self.path))
    }

    fn cut(&self, len: u64) -> Result<(), TrainError> {
        self.file.set_len(len).map_err(TrainError::io("write", &self.path))
    }

    fn write(&mut self, line: &[u8]) -> Result<(), TrainError> {
        self.file.write_all(line).map_err(TrainError::io("write", &self.path))
    }
}

/// The names of the columns.
fn header(task: &dyn Task) -> Vec<String> {
    let mut names: Vec<_> = ["step", "epoch", "lr", "loss", "gradient_norm"].map(String::from).into();
    names.extend(task.metrics().iter().map(|name| format!("train.{name}")));
    names.extend(task.validation_metrics().iter().map(|name| format!("validation.{name}")));
    names
}

/// A line of CSV.
fn row(cells: &[String], path: &Path) -> Result<Vec<u8>, TrainError> {
    let failed = |error: std::io::Error| TrainError::io("write", path)(error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|e| failed(e.into()))?;
    writer.into_inner().map_err(|e| failed(e.into_error()))
}

//! `trials.csv`: every trial, on the disk as soon as it is finished.
//!
//! One line per trial: its number, what proposed it, the score, the score of each recording, and the constants. Numbers are
//! written so that they are read back exactly. While a search goes on the lines are in the order in which trials were finished;
//! a finished search has them sorted by number.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mvmhat_scene::write_atomically_with;

/// A set of constants and its scores.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trial {
    /// Counted from 0, which is the configuration as it is.
    pub(crate) number: usize,
    /// What proposed it.
    pub(crate) proposer: Proposer,
    /// The constants, in the order of the search.
    pub(crate) values: Vec<f64>,
    /// The score on each sequence, in percent.
    pub(crate) scores: Vec<f64>,
}

impl Trial {
    /// The mean over the sequences, in percent: what is maximized.
    pub(crate) fn score(&self) -> f64 {
        self.scores.iter().sum::<f64>() / self.scores.len().max(1) as f64
    }
}

/// What proposed a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proposer {
    /// The configuration as it is.
    Configured,
    /// The random generator.
    Random,
    /// The estimator of [`tpe`](super::tpe).
    Tpe,
}

impl Proposer {
    const ALL: [Self; 3] = [Self::Configured, Self::Random, Self::Tpe];

    /// As the file and the tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Random => "random",
            Self::Tpe => "tpe",
        }
    }
}

/// The file and what is in it.
#[derive(Debug)]
pub(crate) struct TrialLog {
    path: PathBuf,
    file: File,
    header: Vec<String>,
    sequences: usize,
    trials: BTreeMap<usize, Trial>,
}

impl TrialLog {
    /// Opens the log of a search on `sequences` for `constants`, new or left by a run that was interrupted. A last line that was
    /// not finished is removed.
    ///
    /// # Errors
    /// A file that cannot be read or written, or is no log of this search.
    pub(crate) fn open(path: &Path, sequences: &[&str], constants: &[&str]) -> Result<Self> {
        let names = ["trial", "by", "score"].iter().chain(sequences).chain(constants);
        let header: Vec<String> = names.map(|name| (*name).to_owned()).collect();
        let cannot_write = || format!("cannot write {}", path.display());
        let file =
            OpenOptions::new().create(true).read(true).append(true).open(path).with_context(cannot_write)?;
        let text = std::fs::read(path).with_context(cannot_write)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).with_context(cannot_write)?;
        let mut log =
            Self { path: path.to_owned(), file, header, sequences: sequences.len(), trials: BTreeMap::new() };
        if whole == 0 {
            log.write_line(&log.header.clone())?;
        } else {
            log.read(&text[..whole])?;
        }
        Ok(log)
    }

    fn read(&mut self, text: &[u8]) -> Result<()> {
        let mut rows = csv::Reader::from_reader(text);
        let same = rows.headers().is_ok_and(|header| header.iter().eq(self.header.iter()));
        if !same {
            bail!("{}: not a log of this search (its columns differ)", self.path.display());
        }
        for row in rows.records() {
            let line = |row: &csv::StringRecord| row.position().map_or(0, csv::Position::line);
            let row = row.with_context(|| format!("{} is damaged", self.path.display()))?;
            let trial = self.parse(&row).with_context(|| {
                format!("{}:{} is damaged: delete the line", self.path.display(), line(&row))
            })?;
            self.trials.insert(trial.number, trial);
        }
        Ok(())
    }

    fn parse(&self, row: &csv::StringRecord) -> Result<Trial> {
        let proposer = Proposer::ALL.into_iter().find(|proposer| row.get(1) == Some(proposer.name()));
        let numbers: Vec<f64> = row.iter().skip(3).map(str::parse).collect::<Result<_, _>>()?;
        let (scores, values) = numbers.split_at_checked(self.sequences).context("too few columns")?;
        Ok(Trial {
            number: row.get(0).unwrap_or_default().parse()?,
            proposer: proposer.context("an unknown proposer")?,
            values: values.to_vec(),
            scores: scores.to_vec(),
        })
    }

    /// The trials that are finished, by number.
    pub(crate) fn trials(&self) -> &BTreeMap<usize, Trial> {
        &self.trials
    }

    /// Adds a trial; when this returns it is on the disk.
    ///
    /// # Errors
    /// A disk that is full.
    pub(crate) fn append(&mut self, trial: Trial) -> Result<()> {
        self.write_line(&cells(&trial))?;
        self.trials.insert(trial.number, trial);
        Ok(())
    }

    fn write_line(&mut self, cells: &[String]) -> Result<()> {
        let mut write = || -> Result<()> {
            self.file.write_all(&line(cells)?)?;
            Ok(self.file.sync_data()?)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Writes the file anew, sorted by number.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn sort(&self) -> Result<()> {
        let write = write_atomically_with(&self.path, |file| -> Result<()> {
            file.write_all(&line(&self.header)?)?;
            for trial in self.trials.values() {
                file.write_all(&line(&cells(trial))?)?;
            }
            Ok(())
        });
        write.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn cells(trial: &Trial) -> Vec<String> {
    let numbers = std::iter::once(trial.score()).chain(trial.scores.iter().chain(&trial.values).copied());
    let first = [trial.number.to_string(), trial.proposer.name().to_owned()];
    first.into_iter().chain(numbers.map(|number| number.to_string())).collect()
}

fn line(cells: &[String]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize) -> Trial {
        let values = vec![0.1 + number as f64, 1.0 / 3.0];
        Trial { number, proposer: Proposer::Tpe, values, scores: vec![100.0 / 3.0, 1e-17] }
    }

    fn open(path: &Path) -> Result<TrialLog> {
        TrialLog::open(path, &["hall, north", "yard"], &["track_low_thresh", "max_cost"])
    }

    #[test]
    fn what_was_appended_is_read_back_exactly_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.csv");
        let mut log = open(&path).unwrap();
        for number in [1, 0] {
            log.append(trial(number)).unwrap();
        }
        let again = open(&path).unwrap();
        assert_eq!(again.trials().values().cloned().collect::<Vec<_>>(), [trial(0), trial(1)]);
        again.sort().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "trial,by,score,\"hall, north\",yard,track_low_thresh,max_cost");
        assert!(lines[1].starts_with("0,tpe,") && lines[2].starts_with("1,tpe,"), "{text}");
    }

    #[test]
    fn a_line_torn_by_a_crash_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.csv");
        open(&path).unwrap().append(trial(0)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for torn in ["1", "1,tpe,3", "1,tpe,3,4,5,6,7"] {
            std::fs::write(&path, [&whole, torn.as_bytes()].concat()).unwrap();
            let mut log = open(&path).unwrap();
            assert_eq!(log.trials().len(), 1, "{torn}");
            log.append(trial(1)).unwrap();
            assert_eq!(open(&path).unwrap().trials().len(), 2, "{torn}");
        }
        std::fs::write(&path, "trial,b").unwrap();
        assert!(open(&path).unwrap().trials().is_empty(), "not even the header was whole");
    }

    #[test]
    fn a_log_of_another_search_or_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.csv");
        open(&path).unwrap().append(trial(0)).unwrap();
        assert!(TrialLog::open(&path, &["yard"], &["track_low_thresh"]).is_err());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("tpe", "guess")).unwrap();
        let error = format!("{:#}", open(&path).unwrap_err());
        assert!(error.contains("trials.csv:2") && error.contains("proposer"), "{error}");
    }
}

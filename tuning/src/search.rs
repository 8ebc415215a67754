//! The search: which trials, in which order, on how many threads.
//!
//! ```text
//! trial 0        the configuration as it was given: the winner is never worse
//! 1 to 23        chance: where is what?
//! from 24 on     the estimator of tpe.rs and, two in eight, still chance: the estimator may be on a wrong track, and what
//!                mattered can only be told from trials that were not steered
//! ```
//!
//! With `--search random` it is chance to the end.
//!
//! Trials come in batches of a fixed size. What a batch tries depends on the seed and on the batches before it, on nothing
//! else: not on how many threads there are, nor on which trial is finished first. So a search that was cut short goes on as
//! if nothing had happened: it proposes everything anew and takes the scores of what is in the log from there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow, bail};
use mvmhat_association::AssociationConfig;
use clap::ValueEnum;

use super::constants::Constants;
use super::tpe;
use super::trial_log::{Proposer, Trial, TrialLog};
use crate::error::usage;
use crate::progress::Progress;
use crate::stream::Stop;
use mvmhat_random::Random;

/// Trials that are proposed at once.
const BATCH: usize = 8;
/// Trials before the estimator has something to go by.
const BY_CHANCE: usize = 3 * BATCH;
/// Trials of a batch that are left to chance after that.
const STILL_BY_CHANCE: usize = 2;
/// Proposals in a row that may be invalid.
const TRIES: usize = 1000;
/// After so many of them the estimator is no longer asked: what it likes best may lie where nothing is valid.
const GUIDED_TRIES: usize = 100;

/// Who proposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    /// A tree-structured Parzen estimator, and chance for a part of the trials
    #[default]
    Tpe,
    /// Chance
    Random,
}

/// What is searched and how.
pub(super) struct Search<'a> {
    pub(super) constants: &'a Constants,
    pub(super) method: Method,
    pub(super) seed: u64,
    /// How many trials, those of an earlier run included.
    pub(super) trials: usize,
}

impl Search<'_> {
    /// Runs all trials that are not in the log and gives back all of them in order. `score` tells what a configuration is
    /// worth on each recording. Where `stop` is requested, trials that have begun are finished and kept.
    ///
    /// # Errors
    /// A trial that cannot be scored, a log that cannot be written, ranges without a valid value, or Ctrl-C.
    pub(super) fn run(
        &self,
        log: TrialLog,
        score: impl Fn(&AssociationConfig) -> Result<Vec<f64>> + Sync,
        stop: &Stop,
    ) -> Result<Vec<Trial>> {
        let earlier = log.trials().len();
        let log = Mutex::new(log);
        let progress = Progress::new(self.trials.saturating_sub(earlier) as u64, "trials");
        let mut finished: Vec<Trial> = Vec::new();
        while finished.len() < self.trials {
            let batch = finished.len()..self.trials.min(finished.len() + BATCH);
            let proposals =
                batch.map(|number| self.propose(number, &finished)).collect::<Result<Vec<_>>>()?;
            let to_do = self.not_yet(&proposals, &locked(&log))?;
            let next = AtomicUsize::new(0);
            let work = || {
                while let Some(proposal) = to_do.get(next.fetch_add(1, Ordering::Relaxed))
                    && !stop.is_requested()
                {
                    let done = score(&proposal.config).and_then(|scores| {
                        let Proposal { number, by, values, .. } = (*proposal).clone();
                        locked(&log).append(Trial { number, by, values, scores })
                    });
                    match done {
                        Ok(()) => progress.advance(),
                        Err(error) => stop.fail(error.context(format!("trial {}", proposal.number))),
                    }
                }
            };
            let threads = std::thread::available_parallelism().map_or(1, usize::from).min(to_do.len());
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| stop.guard("a trial", work));
                }
            });
            if let Some(error) = stop.take_failure() {
                progress.finish();
                return Err(error);
            }
            let log = locked(&log);
            let done = proposals.iter().map_while(|proposal| log.trials().get(&proposal.number).cloned());
            finished.extend(done);
            if stop.is_requested() && finished.len() < self.trials {
                progress.finish();
                bail!(
                    "interrupted; {} of {} trials are finished and kept: the same command with --resume goes on",
                    log.trials().len(),
                    self.trials
                );
            }
        }
        progress.finish();
        locked(&log).put_in_order()?;
        Ok(finished)
    }

    /// The proposals that are not in the log. What is in the log must be what is proposed.
    fn not_yet<'p>(&self, proposals: &'p [Proposal], log: &TrialLog) -> Result<Vec<&'p Proposal>> {
        for proposal in proposals {
            if let Some(trial) = log.trials().get(&proposal.number)
                && (trial.by, &trial.values) != (proposal.by, &proposal.values)
            {
                bail!(
                    "trial {} in trials.csv has other constants than this search tries: the file was changed, or is of \
                     another version of mvmhat; begin anew in another folder",
                    proposal.number
                );
            }
        }
        Ok(proposals.iter().filter(|proposal| !log.trials().contains_key(&proposal.number)).collect())
    }

    /// What trial `number` tries, given all trials of the batches before its own.
    fn propose(&self, number: usize, finished: &[Trial]) -> Result<Proposal> {
        if number == 0 {
            let values = self.constants.configured()?;
            let config = self.constants.with(&values)?;
            return Ok(Proposal { number, by: Proposer::Configured, values, config });
        }
        let searched = &self.constants.searched;
        let steered = self.method == Method::Tpe && number >= BY_CHANCE && number % BATCH >= STILL_BY_CHANCE;
        let point = |trial: &Trial| -> Vec<f64> {
            searched.iter().zip(&trial.values).map(|(parameter, value)| parameter.fraction(*value)).collect()
        };
        let tried: Vec<(Vec<f64>, f64)> = finished.iter().map(|t| (point(t), t.score())).collect();
        let mut random = Random::new(self.seed, &format!("trial {number}"));
        let mut refused = anyhow!("nothing can be searched");
        for attempt in 0..TRIES {
            let (by, shares) = if steered && attempt < GUIDED_TRIES {
                (Proposer::Tpe, tpe::propose(&tried, &mut random))
            } else {
                (Proposer::Random, searched.iter().map(|_| random.uniform()).collect())
            };
            let values: Vec<f64> =
                searched.iter().zip(shares).map(|(parameter, share)| parameter.value(share)).collect();
            match self.constants.with(&values) {
                Ok(config) => return Ok(Proposal { number, by, values, config }),
                Err(error) => refused = error,
            }
        }
        Err(usage!("no valid constants were found between the ends of the ranges: {refused:#}"))
    }
}

/// What a trial tries.
#[derive(Clone)]
struct Proposal {
    number: usize,
    by: Proposer,
    values: Vec<f64>,
    config: AssociationConfig,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const KEYS: [&str; 2] = ["track_low_thresh", "max_age"];

    fn constants() -> Constants {
        Constants::choose(AssociationConfig::default(), &KEYS.map(str::to_owned), &[]).unwrap()
    }

    fn log(folder: &Path) -> TrialLog {
        TrialLog::open(&folder.join("trials.csv"), &["hall"], &KEYS).unwrap()
    }

    /// Best at track_low_thresh 0.4 and 60 misses.
    fn worth(config: &AssociationConfig) -> Result<Vec<f64>> {
        let written = serde_yaml::to_value(config)?;
        let value = |key: &str| written[key].as_f64().unwrap();
        Ok(vec![100.0 - 100.0 * (value("track_low_thresh") - 0.4).abs() - (value("max_age") - 60.0).abs() / 2.0])
    }

    fn search(folder: &Path, trials: usize, stop: &Stop) -> Result<Vec<Trial>> {
        let constants = constants();
        Search { constants: &constants, method: Method::Tpe, seed: 5, trials }.run(log(folder), worth, stop)
    }

    #[test]
    fn it_begins_with_what_is_configured_and_finds_better() {
        let folder = tempfile::tempdir().unwrap();
        let trials = search(folder.path(), 120, &Stop::default()).unwrap();
        assert_eq!(trials.iter().map(|t| t.number).collect::<Vec<_>>(), (0..120).collect::<Vec<_>>());
        assert_eq!(
            (trials[0].by, &trials[0].values),
            (Proposer::Configured, &constants().configured().unwrap())
        );
        assert!(trials[1..BY_CHANCE].iter().all(|trial| trial.by == Proposer::Random));
        let steered = trials[BY_CHANCE..].iter().filter(|trial| trial.by == Proposer::Tpe).count();
        assert!(steered > 48, "at least half of the rest: {steered}");
        let best = |trials: &[Trial]| trials.iter().map(Trial::score).fold(f64::NEG_INFINITY, f64::max);
        assert!(best(&trials) > 95.0 && best(&trials) > best(&trials[..24]), "{}", best(&trials));
    }

    #[test]
    fn a_search_that_is_cut_short_goes_on_to_the_same_end() {
        let whole = tempfile::tempdir().unwrap();
        let expected = search(whole.path(), 40, &Stop::default()).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let constants = constants();
        for cut_after in [3, 14, 29] {
            let stop = Stop::default();
            let scored = AtomicUsize::new(log(folder.path()).trials().len());
            let cut = |config: &AssociationConfig| {
                if scored.fetch_add(1, Ordering::Relaxed) + 1 >= cut_after {
                    stop.request();
                }
                worth(config)
            };
            let search = Search { constants: &constants, method: Method::Tpe, seed: 5, trials: 40 };
            let error = search.run(log(folder.path()), cut, &stop).unwrap_err().to_string();
            assert!(error.contains("of 40 trials") && error.contains("--resume"), "{error}");
        }
        assert_eq!(search(folder.path(), 40, &Stop::default()).unwrap(), expected);
        let file = |folder: &Path| std::fs::read(folder.join("trials.csv")).unwrap();
        assert_eq!(file(folder.path()), file(whole.path()));
    }

    #[test]
    fn more_trials_can_be_added_to_a_search_that_is_over() {
        let (folder, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        search(folder.path(), 27, &Stop::default()).unwrap();
        let longer = search(folder.path(), 40, &Stop::default()).unwrap();
        assert_eq!(longer, search(whole.path(), 40, &Stop::default()).unwrap());
    }

    #[test]
    fn an_error_in_a_trial_ends_the_search_and_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let constants = constants();
        let search = Search { constants: &constants, method: Method::Random, seed: 0, trials: 9 };
        let error = search.run(log(folder.path()), |_| bail!("no frames"), &Stop::default()).unwrap_err();
        assert!(format!("{error:#}").starts_with("trial ") && format!("{error:#}").ends_with("no frames"));
        let error = search.run(log(folder.path()), |_| panic!("inside"), &Stop::default()).unwrap_err();
        assert!(format!("{error:#}").contains("inside"));
    }

    #[test]
    fn ranges_without_a_valid_value_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let range = ["track_low_thresh=2..3".parse().unwrap()];
        let constants =
            Constants::choose(AssociationConfig::default(), &["track_low_thresh".to_owned()], &range).unwrap();
        let search = Search { constants: &constants, method: Method::Random, seed: 0, trials: 9 };
        let log = TrialLog::open(&folder.path().join("trials.csv"), &["hall"], &["track_low_thresh"]).unwrap();
        let error = format!("{:#}", search.run(log, worth, &Stop::default()).unwrap_err());
        assert!(error.contains("association.track_low_thresh"), "{error}");
    }
}

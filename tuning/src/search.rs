//! The search: its trials in batches, on all processor cores.
//!
//! Trials come in batches of a fixed size. What a batch tries depends on the seed and on the batches before it only: not on the
//! number of threads, nor on which trial is finished first. So a search that was interrupted goes on as if nothing had happened:
//! it proposes everything anew and takes the scores of finished trials from the log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use mvmhat_association::AssociationConfig;
use mvmhat_console::{CancellationToken, Progress};

use crate::constants::Constants;
use crate::proposal::{Proposal, SearchMethod};
use crate::trial_log::{Trial, TrialLog};

/// Trials that are proposed at once.
pub(crate) const BATCH: usize = 8;

/// What is searched and how.
pub(crate) struct Search<'a> {
    pub(crate) constants: &'a Constants,
    pub(crate) method: SearchMethod,
    pub(crate) seed: u64,
    /// How many trials, those of an earlier run included.
    pub(crate) trials: usize,
}

impl Search<'_> {
    /// Runs all trials that are not in the log and gives back all of them in order. `score` scores a configuration on each
    /// sequence. When `cancellation` is requested, trials that have begun are finished and kept.
    ///
    /// # Errors
    /// A trial that cannot be scored, a log that cannot be written, ranges without a valid value, or Ctrl-C.
    pub(crate) fn run(
        &self,
        log: TrialLog,
        score: impl Fn(&AssociationConfig) -> Result<Vec<f64>> + Sync,
        cancellation: &CancellationToken,
    ) -> Result<Vec<Trial>> {
        let earlier = log.trials().len();
        let log = Mutex::new(log);
        let progress = Progress::new(self.trials.saturating_sub(earlier) as u64, "trials");
        let mut finished: Vec<Trial> = Vec::new();
        while finished.len() < self.trials {
            let batch = finished.len()..self.trials.min(finished.len() + BATCH);
            let proposals =
                batch.map(|number| Proposal::new(self, number, &finished)).collect::<Result<Vec<_>>>()?;
            let to_do = self.unfinished(&proposals, &locked(&log))?;
            let next = AtomicUsize::new(0);
            let work = || {
                while let Some(proposal) = to_do.get(next.fetch_add(1, Ordering::Relaxed))
                    && !cancellation.is_cancelled()
                {
                    let done = score(&proposal.config).and_then(|scores| {
                        let Proposal { number, proposer, values, .. } = (*proposal).clone();
                        locked(&log).append(Trial { number, proposer, values, scores })
                    });
                    match done {
                        Ok(()) => progress.advance(),
                        Err(error) => cancellation.fail(error.context(format!("trial {}", proposal.number))),
                    }
                }
            };
            let threads = std::thread::available_parallelism().map_or(1, usize::from).min(to_do.len());
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| cancellation.guard("a trial", work));
                }
            });
            if let Some(error) = cancellation.take_failure() {
                progress.finish();
                return Err(error);
            }
            let log = locked(&log);
            let done = proposals.iter().map_while(|proposal| log.trials().get(&proposal.number).cloned());
            finished.extend(done);
            if cancellation.is_cancelled() && finished.len() < self.trials {
                progress.finish();
                bail!(
                    "interrupted; {} of {} trials are finished and kept: the same command with --resume goes on",
                    log.trials().len(),
                    self.trials
                );
            }
        }
        progress.finish();
        locked(&log).sort()?;
        Ok(finished)
    }

    /// The proposals that are not in the log. What is in the log must be what is proposed.
    fn unfinished<'p>(&self, proposals: &'p [Proposal], log: &TrialLog) -> Result<Vec<&'p Proposal>> {
        for proposal in proposals {
            if let Some(trial) = log.trials().get(&proposal.number)
                && (trial.proposer, &trial.values) != (proposal.proposer, &proposal.values)
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
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::proposal::RANDOM_FIRST;
    use crate::trial_log::Proposer;

    const KEYS: [&str; 2] = ["track_low_thresh", "max_age"];

    fn constants() -> Constants {
        Constants::choose(AssociationConfig::default(), &KEYS.map(str::to_owned), &[]).unwrap()
    }

    fn log(folder: &Path) -> TrialLog {
        TrialLog::open(&folder.join("trials.csv"), &["hall"], &KEYS).unwrap()
    }

    /// Best at track_low_thresh 0.4 and max_age 60.
    fn score(config: &AssociationConfig) -> Result<Vec<f64>> {
        let written = serde_yaml::to_value(config)?;
        let value = |key: &str| written[key].as_f64().unwrap();
        Ok(vec![
            100.0 - 100.0 * (value("track_low_thresh") - 0.4).abs() - (value("max_age") - 60.0).abs() / 2.0,
        ])
    }

    fn search(folder: &Path, trials: usize, cancellation: &CancellationToken) -> Result<Vec<Trial>> {
        let constants = constants();
        Search { constants: &constants, method: SearchMethod::Tpe, seed: 5, trials }.run(
            log(folder),
            score,
            cancellation,
        )
    }

    #[test]
    fn it_begins_with_what_is_configured_and_finds_better() {
        let folder = tempfile::tempdir().unwrap();
        let trials = search(folder.path(), 120, &CancellationToken::default()).unwrap();
        assert_eq!(trials.iter().map(|t| t.number).collect::<Vec<_>>(), (0..120).collect::<Vec<_>>());
        assert_eq!(
            (trials[0].proposer, &trials[0].values),
            (Proposer::Configured, &constants().configured().unwrap())
        );
        assert!(trials[1..RANDOM_FIRST].iter().all(|trial| trial.proposer == Proposer::Random));
        let guided = trials[RANDOM_FIRST..].iter().filter(|trial| trial.proposer == Proposer::Tpe).count();
        assert!(guided > 48, "at least half of the rest: {guided}");
        let best = |trials: &[Trial]| trials.iter().map(Trial::score).fold(f64::NEG_INFINITY, f64::max);
        assert!(best(&trials) > 95.0 && best(&trials) > best(&trials[..24]), "{}", best(&trials));
    }

    #[test]
    fn a_search_that_is_interrupted_goes_on_to_the_same_end() {
        let whole = tempfile::tempdir().unwrap();
        let expected = search(whole.path(), 40, &CancellationToken::default()).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let constants = constants();
        for cut_after in [3, 14, 29] {
            let cancellation = CancellationToken::default();
            let scored = AtomicUsize::new(log(folder.path()).trials().len());
            let cut = |config: &AssociationConfig| {
                if scored.fetch_add(1, Ordering::Relaxed) + 1 >= cut_after {
                    cancellation.cancel();
                }
                score(config)
            };
            let search = Search { constants: &constants, method: SearchMethod::Tpe, seed: 5, trials: 40 };
            let error = search.run(log(folder.path()), cut, &cancellation).unwrap_err().to_string();
            assert!(error.contains("of 40 trials") && error.contains("--resume"), "{error}");
        }
        assert_eq!(search(folder.path(), 40, &CancellationToken::default()).unwrap(), expected);
        let file = |folder: &Path| std::fs::read(folder.join("trials.csv")).unwrap();
        assert_eq!(file(folder.path()), file(whole.path()));
    }

    #[test]
    fn more_trials_can_be_added_to_a_search_that_is_over() {
        let (folder, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        search(folder.path(), 27, &CancellationToken::default()).unwrap();
        let longer = search(folder.path(), 40, &CancellationToken::default()).unwrap();
        assert_eq!(longer, search(whole.path(), 40, &CancellationToken::default()).unwrap());
    }

    #[test]
    fn an_error_in_a_trial_ends_the_search_and_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let constants = constants();
        let search = Search { constants: &constants, method: SearchMethod::Random, seed: 0, trials: 9 };
        let error = search
            .run(log(folder.path()), |_| bail!("no frames"), &CancellationToken::default())
            .unwrap_err();
        assert!(format!("{error:#}").starts_with("trial ") && format!("{error:#}").ends_with("no frames"));
        let error =
            search.run(log(folder.path()), |_| panic!("inside"), &CancellationToken::default()).unwrap_err();
        assert!(format!("{error:#}").contains("inside"));
    }

    #[test]
    fn ranges_without_a_valid_value_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let range = ["track_low_thresh=2..3".parse().unwrap()];
        let constants =
            Constants::choose(AssociationConfig::default(), &["track_low_thresh".to_owned()], &range)
                .unwrap();
        let search = Search { constants: &constants, method: SearchMethod::Random, seed: 0, trials: 9 };
        let log =
            TrialLog::open(&folder.path().join("trials.csv"), &["hall"], &["track_low_thresh"]).unwrap();
        let error = format!("{:#}", search.run(log, score, &CancellationToken::default()).unwrap_err());
        assert!(error.contains("association.track_low_thresh"), "{error}");
    }
}

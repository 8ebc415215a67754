//! The constants that a trial tries.
//!
//! ```text
//! trial 0        the configuration as it is: the best trial is never worse
//! 1 to 23        random
//! from 24 on     the estimator of tpe.rs and, two in eight, still random: the estimator may be stuck, and the importance
//!                of constants can only be measured on random trials
//! ```
//!
//! With `--search random` all trials are random.

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use mvmhat_association::AssociationConfig;
use mvmhat_console::usage;
use mvmhat_random::Random;

use crate::search::{BATCH, Search};
use crate::tpe::{self, ScoredPoint};
use crate::trial_log::{Proposer, Trial};

/// Random trials before the estimator is used.
pub(crate) const RANDOM_FIRST: usize = 3 * BATCH;
/// Random trials of a batch after that.
const RANDOM_PER_BATCH: usize = 2;
/// Proposals in a row that may be invalid.
const TRIES: usize = 1000;
/// After so many of them the estimator is no longer asked: what it likes best may lie where nothing is valid.
const GUIDED_TRIES: usize = 100;

/// What proposes the trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SearchMethod {
    /// A tree-structured Parzen estimator, and random for a part of the trials
    #[default]
    Tpe,
    /// Random
    Random,
}

impl SearchMethod {
    /// As `tune.json` and the command line name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tpe => "tpe",
            Self::Random => "random",
        }
    }
}

/// The constants of a trial.
#[derive(Clone)]
pub(crate) struct Proposal {
    pub(crate) number: usize,
    pub(crate) proposer: Proposer,
    pub(crate) values: Vec<f64>,
    pub(crate) config: AssociationConfig,
}

impl Proposal {
    /// That of trial `number` of a search, given all trials of the batches before its own.
    ///
    /// # Errors
    /// Ranges without valid constants.
    pub(crate) fn new(search: &Search<'_>, number: usize, finished: &[Trial]) -> Result<Self> {
        if number == 0 {
            let values = search.constants.configured()?;
            let config = search.constants.configuration(&values)?;
            return Ok(Self { number, proposer: Proposer::Configured, values, config });
        }
        let searched = &search.constants.searched;
        let is_guided = search.method == SearchMethod::Tpe
            && number >= RANDOM_FIRST
            && number % BATCH >= RANDOM_PER_BATCH;
        let point = |trial: &Trial| -> Vec<f64> {
            searched.iter().zip(&trial.values).map(|(parameter, value)| parameter.fraction(*value)).collect()
        };
        let tried: Vec<ScoredPoint> =
            finished.iter().map(|trial| ScoredPoint { point: point(trial), score: trial.score() }).collect();
        let mut random = Random::new(search.seed, &format!("trial {number}"));
        let mut refused = anyhow!("nothing can be searched");
        for attempt in 0..TRIES {
            let (proposer, fractions) = if is_guided && attempt < GUIDED_TRIES {
                (Proposer::Tpe, tpe::propose(&tried, &mut random))
            } else {
                (Proposer::Random, searched.iter().map(|_| random.uniform()).collect())
            };
            let values: Vec<f64> = searched
                .iter()
                .zip(fractions)
                .map(|(parameter, fraction)| parameter.value(fraction))
                .collect();
            match search.constants.configuration(&values) {
                Ok(config) => return Ok(Self { number, proposer, values, config }),
                Err(error) => refused = error,
            }
        }
        Err(usage!("no valid constants were found within the ranges: {refused:#}"))
    }
}

//! The learning rate schedule, a function of the step.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The schedule after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum LrSchedule {
    /// The peak for all steps.
    Constant,
    /// Multiplied by `factor` after every `every` steps.
    Step {
        /// Steps between two multiplications.
        every: u64,
        /// What the learning rate is multiplied by, above 0 and at most 1.
        factor: f64,
    },
    /// Cosine annealing from the peak to `end` times the peak at the last step: Loshchilov and Hutter,
    /// *SGDR* (ICLR 2017, arXiv 1608.03983), equation 5, without restarts.
    Cosine {
        /// The final learning rate as a fraction of the peak, 0 to 1.
        end: f64,
    },
}

/// The learning rate of every step: a linear warm-up to the peak, then an [`LrSchedule`]. It has no state: it is a
/// function of the step, so that a resumed run needs no checkpoint of it.
///
/// ```
/// use mvmhat_learning::{LearningRate, LrSchedule};
///
/// let lr = LearningRate { peak: 0.1, warmup_steps: 2, schedule: LrSchedule::Cosine { end: 0.0 } };
/// let values: Vec<_> = (0..6).map(|step| (1e3 * lr.value(step, 6)).round() / 1e3).collect();
/// assert_eq!(values, [0.05, 0.1, 0.1, 0.085, 0.05, 0.015]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningRate {
    /// The largest learning rate.
    pub peak: f64,
    /// Length of the linear warm-up; 0 for none.
    #[serde(default)]
    pub warmup_steps: u64,
    /// The schedule after the warm-up.
    #[serde(default = "LearningRate::constant")]
    pub schedule: LrSchedule,
}

impl LearningRate {
    /// The same learning rate for all steps.
    pub fn new(peak: f64) -> Self {
        Self { peak, warmup_steps: 0, schedule: LrSchedule::Constant }
    }

    fn constant() -> LrSchedule {
        LrSchedule::Constant
    }

    /// Checks all values: the first invalid key, and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if !(self.peak.is_finite() && self.peak > 0.0) {
            return Err(("lr.peak", format!("must be above 0 and finite, and is {}", self.peak)));
        }
        match self.schedule {
            LrSchedule::Step { every: 0, .. } => Err(("lr.schedule.every", "must be at least 1 step".into())),
            LrSchedule::Step { factor, .. } if !(factor > 0.0 && factor <= 1.0) => {
                Err(("lr.schedule.factor", format!("must be above 0 and at most 1, and is {factor}")))
            }
            LrSchedule::Cosine { end } if !(0.0..=1.0).contains(&end) => {
                Err(("lr.schedule.end", format!("must be from 0 to 1, and is {end}")))
            }
            LrSchedule::Constant | LrSchedule::Step { .. } | LrSchedule::Cosine { .. } => Ok(()),
        }
    }

    /// The learning rate of a step, after `taken` of `total` steps.
    pub fn value(&self, taken: u64, total: u64) -> f64 {
        let Some(after) = taken.checked_sub(self.warmup_steps) else {
            return self.peak * (taken + 1) as f64 / self.warmup_steps as f64;
        };
        self.peak
            * match self.schedule {
                LrSchedule::Constant => 1.0,
                LrSchedule::Step { every, factor } => factor.powf((after / every.max(1)) as f64),
                LrSchedule::Cosine { end } => {
                    let progress = after as f64 / total.saturating_sub(self.warmup_steps).max(1) as f64;
                    end + (1.0 - end) * 0.5 * (1.0 + (PI * progress.min(1.0)).cos())
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(lr: LearningRate, total: u64) -> Vec<f64> {
        (0..total).map(|step| lr.value(step, total)).collect()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} for {expected:?}");
    }

    #[test]
    fn constant_stays() {
        assert_eq!(values(LearningRate::new(0.3), 3), [0.3; 3]);
    }

    #[test]
    fn warmup_rises_in_equal_steps_and_reaches_the_peak() {
        let lr = LearningRate { warmup_steps: 4, ..LearningRate::new(0.4) };
        assert_close(&values(lr, 6), &[0.1, 0.2, 0.3, 0.4, 0.4, 0.4]);
    }

    #[test]
    fn steps_fall_by_their_factor() {
        let schedule = LrSchedule::Step { every: 2, factor: 0.1 };
        let lr = LearningRate { peak: 1.0, warmup_steps: 1, schedule };
        assert_close(&values(lr, 6), &[1.0, 1.0, 1.0, 0.1, 0.1, 0.01]);
    }

    #[test]
    fn a_cosine_ends_where_it_should() {
        // cos(0) = 1, cos(pi/3) = 1/2, cos(2 pi/3) = -1/2, cos(pi) = -1: 1, 3/4, 1/4, 0 of the way from 0.2 to 1.
        let lr = LearningRate { peak: 1.0, warmup_steps: 0, schedule: LrSchedule::Cosine { end: 0.2 } };
        let found: Vec<_> = [0, 1, 2, 3, 9].iter().map(|&step| lr.value(step, 3)).collect();
        assert_close(&found, &[1.0, 0.8, 0.4, 0.2, 0.2]);
    }
}

//! How long the steps of training are, as a function of how many were taken.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the rate falls from its peak after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decline {
    /// It does not.
    Constant,
    /// It is multiplied by `factor` after every `every` steps.
    Step {
        /// Steps of one rate.
        every: u64,
        /// What the rate is multiplied by, above 0 and at most 1.
        factor: f64,
    },
    /// Half a period of a cosine, from the peak to `end` times the peak at the last step: Loshchilov and Hutter,
    /// *SGDR* (ICLR 2017, arXiv 1608.03983), equation 5, without restarts.
    Cosine {
        /// What is left of the peak at the end, 0 to 1.
        end: f64,
    },
}

/// The learning rate of every step: a linear warm-up to the peak, then a [`Decline`]. It has no state: the rate of a
/// step can be told from its number, so a run that goes on after a crash needs to remember nothing of it.
///
/// ```
/// use mvmhat_learning::{Decline, Schedule};
///
/// let schedule = Schedule { peak: 0.1, warmup: 2, decline: Decline::Cosine { end: 0.0 } };
/// let rates: Vec<_> = (0..6).map(|step| (1e3 * schedule.rate(step, 6)).round() / 1e3).collect();
/// assert_eq!(rates, [0.05, 0.1, 0.1, 0.085, 0.05, 0.015]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The largest rate.
    pub peak: f64,
    /// Steps until the peak is reached; 0 for none.
    #[serde(default)]
    pub warmup: u64,
    /// How it goes on.
    #[serde(default = "Schedule::constant")]
    pub decline: Decline,
}

impl Schedule {
    /// The same rate for all steps.
    pub fn new(peak: f64) -> Self {
        Self { peak, warmup: 0, decline: Decline::Constant }
    }

    fn constant() -> Decline {
        Decline::Constant
    }

    /// The first key whose value makes no sense, and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if !(self.peak.is_finite() && self.peak > 0.0) {
            return Err(("rate.peak", format!("must be above 0 and finite, and is {}", self.peak)));
        }
        match self.decline {
            Decline::Step { every: 0, .. } => Err(("rate.decline.every", "must be at least 1 step".into())),
            Decline::Step { factor, .. } if !(factor > 0.0 && factor <= 1.0) => {
                Err(("rate.decline.factor", format!("must be above 0 and at most 1, and is {factor}")))
            }
            Decline::Cosine { end } if !(0.0..=1.0).contains(&end) => {
                Err(("rate.decline.end", format!("must be from 0 to 1, and is {end}")))
            }
            _ => Ok(()),
        }
    }

    /// The rate of the step before which `taken` were taken, of `total`.
    pub fn rate(&self, taken: u64, total: u64) -> f64 {
        let Some(after) = taken.checked_sub(self.warmup) else {
            return self.peak * (taken + 1) as f64 / self.warmup as f64;
        };
        self.peak
            * match self.decline {
                Decline::Constant => 1.0,
                Decline::Step { every, factor } => factor.powf((after / every.max(1)) as f64),
                Decline::Cosine { end } => {
                    let share = after as f64 / total.saturating_sub(self.warmup).max(1) as f64;
                    end + (1.0 - end) * 0.5 * (1.0 + (PI * share.min(1.0)).cos())
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, total: u64) -> Vec<f64> {
        (0..total).map(|step| schedule.rate(step, total)).collect()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} for {expected:?}");
    }

    #[test]
    fn constant_stays() {
        assert_eq!(rates(Schedule::new(0.3), 3), [0.3; 3]);
    }

    #[test]
    fn warmup_rises_in_equal_steps_and_reaches_the_peak() {
        let schedule = Schedule { warmup: 4, ..Schedule::new(0.4) };
        assert_close(&rates(schedule, 6), &[0.1, 0.2, 0.3, 0.4, 0.4, 0.4]);
    }

    #[test]
    fn steps_fall_by_their_factor() {
        let decline = Decline::Step { every: 2, factor: 0.1 };
        assert_close(&rates(Schedule { peak: 1.0, warmup: 1, decline }, 6), &[1.0, 1.0, 1.0, 0.1, 0.1, 0.01]);
    }

    #[test]
    fn a_cosine_ends_where_it_should() {
        // cos(0) = 1, cos(pi/3) = 1/2, cos(2 pi/3) = -1/2, cos(pi) = -1: 1, 3/4, 1/4, 0 of the way from 0.2 to 1.
        let schedule = Schedule { peak: 1.0, warmup: 0, decline: Decline::Cosine { end: 0.2 } };
        let found: Vec<_> = [0, 1, 2, 3, 9].iter().map(|&step| schedule.rate(step, 3)).collect();
        assert_close(&found, &[1.0, 0.8, 0.4, 0.2, 0.2]);
    }
}

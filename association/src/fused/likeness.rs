//! What a cosine means: the scale from strangers to the same person, estimated from the footage itself.
//!
//! Nobody has to label anything for it. *Strangers* are known for sure: two tracklets that one camera sees at one time are
//! two people. *The same person* is not, but where two sightings of different views are each the other's best match,
//! they mostly are one. Where a likeness is as far from the one as from the other, in standard deviations, lies the
//! threshold. A few made-up pairs stand for what is usual of re-ID embeddings until the footage has spoken.

use super::tracklet::Sighting;

/// The distributions of likeness (mean cosines) among strangers and of the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// Mean and standard deviation of two people in one view.
    strangers: f64,
    strangers_deviation: f64,
    /// Mean and standard deviation of one person in two views.
    same: f64,
    same_deviation: f64,
    /// The likeness of a person with themself in one view.
    constancy: f64,
}

/// What is usual, and how many pairs that is worth.
const USUAL: Scale =
    Scale { strangers: 0.3, strangers_deviation: 0.1, same: 0.7, same_deviation: 0.1, constancy: 0.8 };
const USUAL_PAIRS: f64 = 3.0;

/// Observations from which a sighting knows its own constancy.
const MATURE: f32 = 10.0;

impl Default for Scale {
    fn default() -> Self {
        USUAL
    }
}

impl Scale {
    /// The scale of these sightings, of which `likeness(i, j)` is known or not.
    pub(crate) fn estimate(
        sightings: &[&mut Sighting],
        likeness: impl Fn(usize, usize) -> Option<f64>,
    ) -> Self {
        let n = sightings.len();
        let strangers = || {
            (0..n)
                .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
                .filter(|&(i, j)| sightings[i].met(sightings[j]))
                .filter_map(|(i, j)| likeness(i, j))
        };
        let mean = usual_mean(USUAL.strangers, strangers());
        let variance = usual_mean(USUAL.strangers_deviation.powi(2), strangers().map(|c| (c - mean).powi(2)));
        let best = |i: usize, view: usize| {
            let there = (0..n).filter(|&j| sightings[j].view == view);
            let known = there.filter_map(|j| Some((j, likeness(i, j)?)));
            known.max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let views = sightings.iter().map(|s| s.view + 1).max().unwrap_or(0);
        let mutual = || {
            (0..n).flat_map(|i| (sightings[i].view + 1..views).map(move |view| (i, view))).filter_map(
                |(i, view)| {
                    let (j, likeness) = best(i, view)?;
                    (best(j, sightings[i].view)?.0 == i).then_some(likeness)
                },
            )
        };
        let same = usual_mean(USUAL.same, mutual()).max(mean + variance.sqrt());
        let same_variance = usual_mean(USUAL.same_deviation.powi(2), mutual().map(|c| (c - same).powi(2)));
        let mature = sightings.iter().filter(|s| s.looks.weight() >= MATURE);
        let constancy = usual_mean(USUAL.constancy, mature.map(|s| s.looks.constancy().into())).max(same);
        Self {
            strangers: mean,
            strangers_deviation: variance.sqrt(),
            same,
            same_deviation: same_variance.sqrt(),
            constancy,
        }
    }

    /// How likely a detection is a stranger to a tracklet of its view, with which it has this likeness, where both were as
    /// likely before: the logistic function of the log-likelihood ratio of two normal distributions of one deviation.
    pub(crate) fn strangeness(&self, likeness: f64) -> f64 {
        let distance = (self.constancy - self.strangers) / self.strangers_deviation;
        let share = (self.constancy - likeness) / (self.constancy - self.strangers);
        1.0 / (1.0 + (distance.powi(2) * (0.5 - share)).exp())
    }

    /// How much a likeness speaks for the same person: in units of the distance between strangers and the same, over 0 for
    /// rather the same. The threshold is where both errors are as likely, were the distributions normal, but at least
    /// `min_deviations` above strangers.
    pub(crate) fn affinity(&self, likeness: f64, min_deviations: f64) -> f64 {
        let balanced = (self.strangers * self.same_deviation + self.same * self.strangers_deviation)
            / (self.strangers_deviation + self.same_deviation);
        let threshold = balanced.max(self.strangers + min_deviations * self.strangers_deviation);
        (likeness - threshold) / (self.same - self.strangers)
    }
}

/// The mean of `values` and of what is usual.
fn usual_mean(usual: f64, values: impl Iterator<Item = f64>) -> f64 {
    let (count, deviations) = values.fold((USUAL_PAIRS, 0.0), |(n, sum), v| (n + 1.0, sum + (v - usual)));
    usual + deviations / count
}

#[cfg(test)]
mod tests {
    use super::super::looks::Looks;
    use super::*;

    #[test]
    fn the_threshold_is_as_far_from_both_in_deviations() {
        let scale = Scale {
            strangers: 0.2,
            strangers_deviation: 0.1,
            same: 0.8,
            same_deviation: 0.2,
            constancy: 0.9,
        };
        // Two deviations from either: 0.2 + 2 * 0.1 = 0.8 - 2 * 0.2.
        assert!(scale.affinity(0.4, 0.0).abs() < 1e-12);
        assert!((scale.affinity(1.0, 0.0) - 1.0).abs() < 1e-12, "0.6 above, the distance of the means");
        assert!(scale.affinity(0.5, 3.0).abs() < 1e-12, "three deviations above strangers");
    }

    #[test]
    fn strangeness_by_hand() {
        let scale = Scale {
            strangers: 0.5,
            strangers_deviation: 0.2,
            same: 0.8,
            same_deviation: 0.1,
            constancy: 0.9,
        };
        // The means are two deviations apart: log-likelihood ratios of -2, 0 and 2.
        assert!((scale.strangeness(0.9) - 1.0 / (1.0 + 2.0f64.exp())).abs() < 1e-12);
        assert!((scale.strangeness(0.7) - 0.5).abs() < 1e-12);
        assert!((scale.strangeness(0.5) - 1.0 / (1.0 + (-2.0f64).exp())).abs() < 1e-12);
    }

    fn sighting(view: usize) -> Sighting {
        let looks = Looks::default();
        Sighting { person: None, view, looks, first: 0, last: 9, hits: 10 }
    }

    #[test]
    fn the_footage_tells_strangers_from_the_same() {
        // Two views with the same two people: 0.4 among strangers, 0.9 and 0.7 for the same.
        let mut sightings = [sighting(0), sighting(0), sighting(1), sighting(1)];
        let likeness =
            [[1.0, 0.4, 0.9, 0.3], [0.4, 1.0, 0.3, 0.7], [0.9, 0.3, 1.0, 0.4], [0.3, 0.7, 0.4, 1.0]];
        let scale = Scale::estimate(&sightings.each_mut(), |i, j| Some(likeness[i][j]));
        // With three usual pairs: (3 * 0.3 + 2 * 0.4) / 5 and (3 * 0.7 + 0.9 + 0.7) / 5.
        assert!((scale.strangers - 0.34).abs() < 1e-12);
        assert!((scale.same - 0.74).abs() < 1e-12);
    }

    #[test]
    fn without_footage_there_is_what_is_usual() {
        assert_eq!(Scale::estimate(&[], |_, _| None), USUAL);
        let mut sightings = [sighting(0), sighting(1)];
        assert_eq!(Scale::estimate(&sightings.each_mut(), |_, _| None), USUAL, "nothing known of looks");
    }
}

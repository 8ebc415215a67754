//! What a likeness means: how it is distributed among strangers and for the same person, learned from the footage itself.
//!
//! Nobody has to label anything for it. *Strangers* are known for sure: two tracklets that one camera sees at one time are
//! two people. *The same person* is not, but where two sightings of different views are each the other's best match,
//! they mostly are one; that begins it. Once everybody has been given an identity, identities tell both kinds, and the next
//! decision is made with what they tell (hard expectation maximization). A few made-up pairs stand for what is usual of
//! re-ID embeddings until the footage has spoken.
//!
//! Two sightings in one view are another matter than two in different views: the same camera shows a person much more alike.
//! So each kind has distributions of its own, and a likeness that would be remarkable across views says "a stranger" within
//! one.
//!
//! Evidence is the logarithm of the likelihood ratio, in nats: over 0 for rather the same, and on one scale for both
//! kinds, so that it may be added up.

use super::normal::{Histogram, Normal};
use super::pairs::Pairs;
use super::tracklet::Sighting;

/// How alike strangers are, and the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    same: Normal,
    strangers: Normal,
}

impl Kind {
    /// The logarithm of the likelihood ratio. Between the two means it rises with the likeness; beyond them it stays,
    /// since the tail of the wider distribution would otherwise win in the end.
    fn evidence(&self, likeness: f64) -> f64 {
        let between = likeness.clamp(self.strangers.mean, self.same.mean);
        self.same.log_density(between) - self.strangers.log_density(between)
    }

    /// Keeps the same person at least `deviations` of strangers beyond the point halfway.
    fn separate(&mut self, deviations: f64) {
        let least = self.strangers.mean + 2.0 * deviations * self.strangers.deviation;
        self.same.mean = self.same.mean.max(least);
    }
}

/// The distributions of likeness (mean cosines) in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likelihoods {
    in_view: Kind,
    across: Kind,
    /// The likeness of a person with themself in one view, from one moment to the next.
    constancy: f64,
}

/// What is usual of strangers and of a person from one moment to the next, and how many pairs that is worth.
const STRANGERS: Normal = Normal { mean: 0.3, deviation: 0.1 };
const CONSTANCY: f64 = 0.8;
const USUAL_PAIRS: f64 = 1.0;

/// How far the same person usually is from strangers, where 1 is the constancy: later in the same view, and in another.
const SAME_IN_VIEW: f64 = 0.85;
const SAME_ACROSS: f64 = 0.6;

/// Observations from which a sighting knows its own constancy.
const MATURE: f32 = 10.0;

impl Default for Likelihoods {
    /// What is usual.
    fn default() -> Self {
        Self::estimate(&[], &Pairs::default(), &[], 0.0)
    }
}

impl Likelihoods {
    /// The distributions among these sightings. `identity` tells who each is taken for, where that has been decided.
    pub(crate) fn estimate(
        sightings: &[&mut Sighting],
        likeness: &Pairs,
        identity: &[Option<usize>],
        min_deviations: f64,
    ) -> Self {
        let n = sightings.len();
        let weights: Vec<f64> = sightings.iter().map(|s| s.reliability()).collect();
        let mut strangers_in_view = Histogram::default();
        let mut same_in_view = Histogram::default();
        let mut strangers_across = Histogram::default();
        let mut same_across = Histogram::default();
        let mutual = MutualBest::of(sightings, likeness);
        for i in 0..n {
            for j in i + 1..n {
                let Some(value) = likeness.get(i, j) else { continue };
                let same = identity[i].zip(identity[j]).map(|(a, b)| a == b);
                let in_view = sightings[i].view == sightings[j].view;
                let histogram = match (in_view, same) {
                    (true, Some(true)) => &mut same_in_view,
                    (true, _) if sightings[i].met(sightings[j]) => &mut strangers_in_view,
                    (true, _) => continue,
                    (false, Some(true)) => &mut same_across,
                    (false, Some(false)) => &mut strangers_across,
                    (false, None) if mutual.are(i, j) => &mut same_across,
                    (false, None) => continue,
                };
                histogram.add(value, weights[i] * weights[j]);
            }
        }
        let strangers = STRANGERS.with(&strangers_in_view, USUAL_PAIRS);
        let mature = sightings.iter().filter(|s| s.looks.weight() >= MATURE);
        let (sum, count) =
            mature.fold((0.0, 0.0), |(sum, n), s| (sum + f64::from(s.looks.constancy()), n + 1.0));
        let constancy = (USUAL_PAIRS * CONSTANCY + sum) / (USUAL_PAIRS + count);
        // Where on the way from strangers to themself of a moment ago a person is.
        let usual = |share: f64| Normal {
            mean: strangers.mean + share * (constancy - strangers.mean),
            deviation: strangers.deviation,
        };
        let mut likelihoods = Self {
            in_view: Kind { same: usual(SAME_IN_VIEW).with(&same_in_view, USUAL_PAIRS), strangers },
            across: Kind {
                same: usual(SAME_ACROSS).with(&same_across, USUAL_PAIRS),
                strangers: strangers.with(&strangers_across, USUAL_PAIRS),
            },
            constancy,
        };
        likelihoods.in_view.separate(min_deviations);
        likelihoods.across.separate(min_deviations);
        likelihoods.constancy = constancy.max(likelihoods.in_view.same.mean);
        likelihoods
    }

    /// How much a likeness of two sightings, in one view or across views, speaks for one person, in nats.
    pub(crate) fn evidence(&self, in_view: bool, likeness: f64) -> f64 {
        let kind = if in_view { &self.in_view } else { &self.across };
        kind.evidence(likeness)
    }

    /// How much a likeness speaks for a detection being the person of a tracklet of its view, in nats: both distributions
    /// with the deviation of strangers, since from one moment to the next the same person varies less than is estimated.
    pub(crate) fn continuity(&self, likeness: f64) -> f64 {
        let strangers = self.in_view.strangers;
        let halfway = 0.5 * (self.constancy + strangers.mean);
        (self.constancy - strangers.mean) * (likeness - halfway) / strangers.deviation.powi(2)
    }
}

/// For each sighting the one most like it in each other view.
struct MutualBest {
    views: usize,
    view_of: Vec<usize>,
    /// `n` x `views`.
    best: Vec<Option<usize>>,
}

impl MutualBest {
    fn of(sightings: &[&mut Sighting], likeness: &Pairs) -> Self {
        let view_of: Vec<usize> = sightings.iter().map(|s| s.view).collect();
        let views = view_of.iter().map(|view| view + 1).max().unwrap_or(0);
        let n = view_of.len();
        let mut best = vec![None; n * views];
        let mut value_of = vec![f64::NEG_INFINITY; n * views];
        for i in 0..n {
            for j in (0..n).filter(|&j| view_of[j] != view_of[i]) {
                let at = i * views + view_of[j];
                if let Some(value) = likeness.get(i, j).filter(|value| *value > value_of[at]) {
                    (best[at], value_of[at]) = (Some(j), value);
                }
            }
        }
        Self { views, view_of, best }
    }

    fn are(&self, i: usize, j: usize) -> bool {
        let best = |i: usize, j: usize| self.best[i * self.views + self.view_of[j]] == Some(j);
        best(i, j) && best(j, i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(strangers: f64, same: f64) -> Kind {
        let deviation = 0.1;
        Kind { same: Normal { mean: same, deviation }, strangers: Normal { mean: strangers, deviation } }
    }

    #[test]
    fn evidence_by_hand() {
        // Means four deviations apart: 4^2 / 2 nats at either, nothing halfway.
        let kind = kind(0.2, 0.6);
        assert!((kind.evidence(0.6) - 8.0).abs() < 1e-9);
        assert!(kind.evidence(0.4).abs() < 1e-9);
        assert!((kind.evidence(0.2) + 8.0).abs() < 1e-9);
        assert_eq!(kind.evidence(0.9), kind.evidence(0.6), "no more beyond the mean");
        let wide = Normal { mean: 0.2, deviation: 0.2 };
        let unequal = Kind { strangers: wide, ..kind };
        // At 0.6: ln 2 + (0.4 / 0.2)^2 / 2; at 0.2: ln 2 - (0.4 / 0.1)^2 / 2.
        assert!((unequal.evidence(0.6) - (2f64.ln() + 2.0)).abs() < 1e-9);
        assert!((unequal.evidence(0.2) - (2f64.ln() - 8.0)).abs() < 1e-9);
    }

    #[test]
    fn who_must_look_more_alike_than_strangers_do() {
        let mut close = kind(0.5, 0.55);
        close.separate(1.0);
        assert!(
            (close.same.mean - 0.7).abs() < 1e-12,
            "halfway is one deviation of strangers above their mean"
        );
        let mut apart = kind(0.1, 0.9);
        apart.separate(1.0);
        assert_eq!(apart, kind(0.1, 0.9));
    }

    #[test]
    fn continuity_by_hand() {
        let known = Likelihoods { in_view: kind(0.5, 0.8), across: kind(0.5, 0.6), constancy: 0.9 };
        // Four deviations apart.
        assert!((known.continuity(0.9) - 8.0).abs() < 1e-9);
        assert!(known.continuity(0.7).abs() < 1e-9);
        assert!((known.continuity(0.5) + 8.0).abs() < 1e-9);
        let alike = Likelihoods { constancy: 0.5, ..known };
        assert_eq!(
            alike.continuity(0.4),
            0.0,
            "where a person is as like themself as strangers are, looks say nothing"
        );
    }

    /// A sighting of a view with ten observations.
    fn sighting(view: usize) -> Sighting {
        let mut sighting = Sighting { last: 9, hits: 10, ..Sighting::new(view, 0) };
        (0..10).for_each(|_| sighting.looks.learn(&[1.0], 1.0));
        sighting
    }

    /// Two views with the same four people: 0.4 among strangers of a view, 0.2 of two views, 0.9 for the same.
    fn two_views() -> ([Sighting; 8], Pairs) {
        let likeness = |i: usize, j: usize| match (i / 4 == j / 4, i % 4 == j % 4) {
            (true, _) => 0.4,
            (false, true) => 0.9,
            (false, false) => 0.2,
        };
        let sightings = std::array::from_fn(|i| sighting(i / 4));
        (sightings, Pairs::from_fn(8, |i, j| Some(likeness(i, j))))
    }

    #[test]
    fn the_footage_tells_strangers_from_the_same() {
        let (mut sightings, likeness) = two_views();
        let learned = Likelihoods::estimate(&sightings.each_mut(), &likeness, &[None; 8], 1.0);
        // 12 pairs of strangers of weight 4/9 and one usual pair; mutually best are the four who are the same.
        let share = (16.0 / 3.0) / (16.0 / 3.0 + 1.0);
        assert!((learned.in_view.strangers.mean - (0.3 + share * 0.1)).abs() < 2e-3, "{learned:?}");
        assert!(learned.across.same.mean > 0.8 && learned.evidence(false, 0.9) > 2.0, "{learned:?}");
    }

    #[test]
    fn identities_tell_strangers_of_two_views_too() {
        let (mut sightings, likeness) = two_views();
        let identity = std::array::from_fn::<_, 8, _>(|i| Some(i % 4));
        let learned = Likelihoods::estimate(&sightings.each_mut(), &likeness, &identity, 1.0);
        assert!(learned.across.strangers.mean < 0.27, "{learned:?}");
        assert!((learned.in_view.strangers.mean - learned.across.strangers.mean) > 0.1, "kinds apart");
    }

    #[test]
    fn without_footage_there_is_what_is_usual() {
        let usual = Likelihoods::default();
        assert_eq!(usual.in_view.strangers, STRANGERS);
        assert_eq!(usual.constancy, CONSTANCY);
        assert!(
            (usual.across.same.mean - 0.6).abs() < 1e-12 && (usual.in_view.same.mean - 0.725).abs() < 1e-12
        );
    }
}

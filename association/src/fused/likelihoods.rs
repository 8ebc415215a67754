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
        let distance = (self.constancy - strangers.mean) / strangers.deviation;
        let share = (self.constancy - likeness) / (self.constancy - strangers.mean);
        distance.powi(2) * (0.5 - share)
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

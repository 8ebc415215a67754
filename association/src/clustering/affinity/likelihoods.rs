//! What a similarity means: its distributions among negative pairs (two people) and positive pairs (one person), learned
//! from the sequence itself.
//!
//! No labels are needed. *Negative pairs* are certain: two tracklets that overlap in time in one view are two people.
//! *Positive pairs* are not, but where two tracklets of different views are mutual nearest neighbors, they mostly are one
//! person; that is the initialization. Once everybody has an identity, identities give both kinds of pairs, and the next
//! decision is made with what they give (hard expectation maximization). Priors that are usual of re-ID embeddings count
//! as a few pairs until the sequence has enough of its own.
//!
//! Pairs within one view and pairs across views have distributions of their own: one camera makes a person look much more
//! similar to themself, so a similarity that would be remarkable across views speaks for two people within one.
//!
//! Evidence is the logarithm of the likelihood ratio, in nats: over 0 for rather the same person, and on one scale for
//! both kinds of pairs, so that it may be added up.

use super::normal::{Histogram, Normal};
use super::pair_matrix::PairMatrix;
use crate::clustering::detections_to_tracklets::TrackletDescriptor;

/// The similarity of positive and of negative pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PairDistributions {
    positive: Normal,
    negative: Normal,
}

impl PairDistributions {
    /// The logarithm of the likelihood ratio. Between the two means it rises with the similarity; beyond them it is
    /// constant, since the tail of the wider distribution would otherwise win eventually.
    fn evidence(&self, similarity: f64) -> f64 {
        let between = similarity.clamp(self.negative.mean, self.positive.mean);
        self.positive.log_density(between) - self.negative.log_density(between)
    }

    /// Keeps the point halfway between the means at least `deviations` standard deviations of negative pairs above their
    /// mean.
    fn separate(&mut self, deviations: f64) {
        let least = self.negative.mean + 2.0 * deviations * self.negative.deviation;
        self.positive.mean = self.positive.mean.max(least);
    }
}

/// The distributions of similarity (mean cosines) in a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likelihoods {
    within_view: PairDistributions,
    across_views: PairDistributions,
    /// The similarity of a person to themself in one view, from one timestep to the next.
    self_similarity: f64,
}

/// The prior of negative pairs, the prior self-similarity, and how many pairs a prior counts as.
const NEGATIVE_PRIOR: Normal = Normal { mean: 0.3, deviation: 0.1 };
const SELF_SIMILARITY_PRIOR: f64 = 0.8;
const PRIOR_PAIRS: f64 = 1.0;

/// Where the prior mean of positive pairs lies between that of negative pairs (0) and the self-similarity (1): later in the
/// same view, and in another view.
const POSITIVE_WITHIN_VIEW: f64 = 0.85;
const POSITIVE_ACROSS_VIEWS: f64 = 0.6;

/// Observations from which a tracklet counts for the self-similarity.
const MATURE: f32 = 10.0;

impl Default for Likelihoods {
    /// The priors.
    fn default() -> Self {
        Self::estimate(&[], &PairMatrix::default(), &[], 0.0)
    }
}

impl Likelihoods {
    /// The distributions among these tracklets. `identity` has the cluster of each, where that has been decided.
    pub(crate) fn estimate(
        descriptors: &[&mut TrackletDescriptor],
        similarities: &PairMatrix,
        identity: &[Option<usize>],
        min_deviations: f64,
    ) -> Self {
        let n = descriptors.len();
        let weights: Vec<f64> = descriptors.iter().map(|d| d.reliability()).collect();
        let mut negative_within_view = Histogram::default();
        let mut positive_within_view = Histogram::default();
        let mut negative_across_views = Histogram::default();
        let mut positive_across_views = Histogram::default();
        let neighbors = NearestNeighbors::new(descriptors, similarities);
        for i in 0..n {
            for j in i + 1..n {
                let Some(value) = similarities.get(i, j) else { continue };
                let same = identity[i].zip(identity[j]).map(|(a, b)| a == b);
                let within_view = descriptors[i].view == descriptors[j].view;
                let histogram = match (within_view, same) {
                    (true, Some(true)) => &mut positive_within_view,
                    (true, _) if descriptors[i].cannot_link(descriptors[j]) => &mut negative_within_view,
                    (true, _) => continue,
                    (false, Some(true)) => &mut positive_across_views,
                    (false, Some(false)) => &mut negative_across_views,
                    (false, None) if neighbors.are_mutual(i, j) => &mut positive_across_views,
                    (false, None) => continue,
                };
                histogram.add(value, weights[i] * weights[j]);
            }
        }
        let negative = NEGATIVE_PRIOR.posterior(&negative_within_view, PRIOR_PAIRS);
        let self_similarity = estimate_self_similarity(descriptors);
        let positive_prior = |fraction: f64| Normal {
            mean: negative.mean + fraction * (self_similarity - negative.mean),
            deviation: negative.deviation,
        };
        let mut likelihoods = Self {
            within_view: PairDistributions {
                positive: positive_prior(POSITIVE_WITHIN_VIEW).posterior(&positive_within_view, PRIOR_PAIRS),
                negative,
            },
            across_views: PairDistributions {
                positive: positive_prior(POSITIVE_ACROSS_VIEWS)
                    .posterior(&positive_across_views, PRIOR_PAIRS),
                negative: negative.posterior(&negative_across_views, PRIOR_PAIRS),
            },
            self_similarity,
        };
        likelihoods.within_view.separate(min_deviations);
        likelihoods.across_views.separate(min_deviations);
        likelihoods.self_similarity = self_similarity.max(likelihoods.within_view.positive.mean);
        likelihoods
    }

    /// How much a similarity of two tracklets, within one view or across views, speaks for one person, in nats.
    pub(crate) fn evidence(&self, within_view: bool, similarity: f64) -> f64 {
        let distributions = if within_view { &self.within_view } else { &self.across_views };
        distributions.evidence(similarity)
    }

    /// How much a similarity speaks for a detection continuing a tracklet of its view, in nats: both distributions with the
    /// deviation of negative pairs, since from one timestep to the next a person varies less than is estimated.
    pub(crate) fn continuity(&self, similarity: f64) -> f64 {
        let negative = self.within_view.negative;
        let halfway = 0.5 * (self.self_similarity + negative.mean);
        (self.self_similarity - negative.mean) * (similarity - halfway) / negative.deviation.powi(2)
    }
}

/// The mean self-similarity of tracklets with enough observations, together with the prior.
fn estimate_self_similarity(descriptors: &[&mut TrackletDescriptor]) -> f64 {
    let mature = descriptors.iter().filter(|d| d.appearance.weight() >= MATURE);
    let (sum, count) =
        mature.fold((0.0, 0.0), |(sum, n), d| (sum + f64::from(d.appearance.self_similarity()), n + 1.0));
    (PRIOR_PAIRS * SELF_SIMILARITY_PRIOR + sum) / (PRIOR_PAIRS + count)
}

/// For each tracklet its nearest neighbor in each other view.
struct NearestNeighbors {
    views: usize,
    view_of: Vec<usize>,
    /// `n` x `views`.
    nearest: Vec<Option<usize>>,
}

impl NearestNeighbors {
    fn new(descriptors: &[&mut TrackletDescriptor], similarities: &PairMatrix) -> Self {
        let view_of: Vec<usize> = descriptors.iter().map(|d| d.view).collect();
        let views = view_of.iter().map(|view| view + 1).max().unwrap_or(0);
        let n = view_of.len();
        let mut nearest = vec![None; n * views];
        let mut similarity_of = vec![f64::NEG_INFINITY; n * views];
        for i in 0..n {
            for j in (0..n).filter(|&j| view_of[j] != view_of[i]) {
                let entry = i * views + view_of[j];
                if let Some(value) = similarities.get(i, j).filter(|value| *value > similarity_of[entry]) {
                    (nearest[entry], similarity_of[entry]) = (Some(j), value);
                }
            }
        }
        Self { views, view_of, nearest }
    }

    /// Whether each of the two is the other's nearest neighbor in that view.
    fn are_mutual(&self, i: usize, j: usize) -> bool {
        let is_nearest = |i: usize, j: usize| self.nearest[i * self.views + self.view_of[j]] == Some(j);
        is_nearest(i, j) && is_nearest(j, i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distributions(negative: f64, positive: f64) -> PairDistributions {
        let normal = |mean| Normal { mean, deviation: 0.1 };
        PairDistributions { positive: normal(positive), negative: normal(negative) }
    }

    #[test]
    fn evidence_by_hand() {
        // Means four deviations apart: 4^2 / 2 nats at either, nothing halfway.
        let equal = distributions(0.2, 0.6);
        assert!((equal.evidence(0.6) - 8.0).abs() < 1e-9);
        assert!(equal.evidence(0.4).abs() < 1e-9);
        assert!((equal.evidence(0.2) + 8.0).abs() < 1e-9);
        assert_eq!(equal.evidence(0.9), equal.evidence(0.6), "no more beyond the mean");
        let wide = Normal { mean: 0.2, deviation: 0.2 };
        let unequal = PairDistributions { negative: wide, ..equal };
        // At 0.6: ln 2 + (0.4 / 0.2)^2 / 2; at 0.2: ln 2 - (0.4 / 0.1)^2 / 2.
        assert!((unequal.evidence(0.6) - (2f64.ln() + 2.0)).abs() < 1e-9);
        assert!((unequal.evidence(0.2) - (2f64.ln() - 8.0)).abs() < 1e-9);
    }

    #[test]
    fn positive_pairs_must_be_more_similar_than_negative_ones() {
        let mut close = distributions(0.5, 0.55);
        close.separate(1.0);
        assert!(
            (close.positive.mean - 0.7).abs() < 1e-12,
            "halfway is one deviation of negative pairs above their mean"
        );
        let mut apart = distributions(0.1, 0.9);
        apart.separate(1.0);
        assert_eq!(apart, distributions(0.1, 0.9));
    }

    #[test]
    fn continuity_by_hand() {
        let known = Likelihoods {
            within_view: distributions(0.5, 0.8),
            across_views: distributions(0.5, 0.6),
            self_similarity: 0.9,
        };
        // Four deviations apart.
        assert!((known.continuity(0.9) - 8.0).abs() < 1e-9);
        assert!(known.continuity(0.7).abs() < 1e-9);
        assert!((known.continuity(0.5) + 8.0).abs() < 1e-9);
        let similar = Likelihoods { self_similarity: 0.5, ..known };
        assert_eq!(
            similar.continuity(0.4),
            0.0,
            "where people are as similar to others as to themselves, appearance is no evidence"
        );
    }

    /// The descriptor of a tracklet with ten observations.
    fn descriptor(view: usize) -> TrackletDescriptor {
        let mut descriptor = TrackletDescriptor { last: 9, hits: 10, ..TrackletDescriptor::new(view, 0) };
        (0..10).for_each(|_| descriptor.appearance.add(&[1.0], 1.0));
        descriptor
    }

    /// Two views with the same four people: 0.4 for two people of a view, 0.2 for two people of two views, 0.9 for one.
    fn two_views() -> ([TrackletDescriptor; 8], PairMatrix) {
        let similarity = |i: usize, j: usize| match (i / 4 == j / 4, i % 4 == j % 4) {
            (true, _) => 0.4,
            (false, true) => 0.9,
            (false, false) => 0.2,
        };
        let descriptors = std::array::from_fn(|i| descriptor(i / 4));
        (descriptors, PairMatrix::from_fn(8, |i, j| Some(similarity(i, j))))
    }

    #[test]
    fn the_sequence_tells_negative_from_positive_pairs() {
        let (mut descriptors, similarities) = two_views();
        let learned = Likelihoods::estimate(&descriptors.each_mut(), &similarities, &[None; 8], 1.0);
        // 12 negative pairs of weight 4/9 and the prior's one; mutual nearest neighbors are the four positive pairs.
        let fraction = (16.0 / 3.0) / (16.0 / 3.0 + 1.0);
        assert!((learned.within_view.negative.mean - (0.3 + fraction * 0.1)).abs() < 2e-3, "{learned:?}");
        assert!(
            learned.across_views.positive.mean > 0.8 && learned.evidence(false, 0.9) > 2.0,
            "{learned:?}"
        );
    }

    #[test]
    fn identities_give_negative_pairs_across_views_too() {
        let (mut descriptors, similarities) = two_views();
        let identity = std::array::from_fn::<_, 8, _>(|i| Some(i % 4));
        let learned = Likelihoods::estimate(&descriptors.each_mut(), &similarities, &identity, 1.0);
        let [within_view, across_views] =
            [learned.within_view, learned.across_views].map(|d| d.negative.mean);
        assert!(across_views < 0.27, "{learned:?}");
        assert!(within_view - across_views > 0.1, "each kind of pair for itself");
    }

    #[test]
    fn without_tracklets_there_are_the_priors() {
        let priors = Likelihoods::default();
        assert_eq!(priors.within_view.negative, NEGATIVE_PRIOR);
        assert_eq!(priors.self_similarity, SELF_SIMILARITY_PRIOR);
        assert!((priors.across_views.positive.mean - 0.6).abs() < 1e-12);
        assert!((priors.within_view.positive.mean - 0.725).abs() < 1e-12);
    }
}

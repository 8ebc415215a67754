//! How much each two tracklets speak for being one person, in nats: over 0 for rather the same, below 0 for rather two.
//!
//! What counts are log-likelihood ratios, so they add up: of how similar the two appear ([`appearance_similarity`],
//! [`csls`], [`likelihoods`]), of where they stand and what an assignment model says while they co-occur
//! ([`co_occurrence`]), and a little for the previous decision (hysteresis), so that identities do not flicker.

mod appearance_similarity;
mod co_occurrence;
mod csls;
mod likelihoods;
mod normal;
mod pair_matrix;

pub(super) use appearance_similarity::appearance_similarities;
pub(super) use co_occurrence::{CoOccurrences, VisiblePerson};
pub(super) use likelihoods::Likelihoods;
pub(super) use pair_matrix::PairMatrix;

use super::detections_to_tracklets::TrackletDescriptor;
use crate::ClusteringConfig;

/// The affinity of two tracklets that cannot be one person.
pub(super) const CANNOT_LINK: f64 = f64::NEG_INFINITY;

/// The affinity of each two tracklets.
pub(super) fn affinities(
    descriptors: &[&mut TrackletDescriptor],
    similarities: &PairMatrix,
    likelihoods: &Likelihoods,
    co_occurrences: &CoOccurrences,
    config: &ClusteringConfig,
) -> PairMatrix {
    // The less reliable an appearance, the nearer its evidence to 0.
    let reliability: Vec<f64> = descriptors.iter().map(|d| d.reliability()).collect();
    let most = config.max_evidence;
    PairMatrix::from_fn(descriptors.len(), |i, j| {
        let (a, b) = (&descriptors[i], &descriptors[j]);
        if a.cannot_link(b) {
            return Some(CANNOT_LINK);
        }
        let evidence = |similarity| likelihoods.evidence(a.view == b.view, similarity).clamp(-most, most);
        let linked_before = a.person.is_some() && a.person == b.person;
        let hysteresis = if linked_before { config.hysteresis } else { 0.0 };
        let appearance =
            reliability[i] * reliability[j] * (similarities.get(i, j).map_or(0.0, evidence) + hysteresis);
        Some(appearance + co_occurrences.evidence(a, b))
    })
}

//! Transitive consistency: who goes from one frame-set to another by way of a third should come home.
//!
//! The mean over all pairs i < j and every other k of the [`deviation`] of `C = softmax(tau S) softmax(tau S^T)`, where
//! `S = F_i F_k^T F_k F_j^T` is the similarity by way of k, with the larger set as its rows (Gan et al., section 3.3).
//!
//! In MvMHAT++ both ways out of a set must have a partner, the one to k and the one to j: who is not in all three sets
//! is judged as somebody without partner.

use tch::Tensor;

use super::FrameSets;
use super::consistency::{Partners, deviation, mean, there_and_back};
use super::temperature::Temperature;

/// The transitive consistency loss, a number; 0 where there are no three frame-sets with boxes.
///
/// With `partners` people whom one of the other two sets does not see are judged as in MvMHAT++.
pub fn transitive_consistency(
    sets: &FrameSets,
    temperature: &Temperature,
    margin: f64,
    partners: Option<&Partners>,
) -> Tensor {
    let triples = sets.triples();
    let routes = sets.through(&triples);
    let cycles = there_and_back(&routes, temperature);
    let partnerless = partners.map(|partners| {
        let best = |end: usize| sets.best(triples.iter().map(|triple| [triple[0], triple[end]]), temperature);
        let without = |end| best(end).lt(partners.threshold);
        (without(1).logical_or(&without(2)), partners)
    });
    let partnerless = partnerless.as_ref().map(|(marks, partners)| (marks, *partners));
    mean(&deviation(&cycles, &routes.rows, margin, partnerless))
}

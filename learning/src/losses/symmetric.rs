//! Symmetric consistency: who goes from one frame-set to another and back should come home.
//!
//! The mean over all pairs i < j of the [`deviation`] of `C = softmax(tau S) softmax(tau S^T)`, `S = F_i F_j^T` with the
//! larger set as its rows (Gan et al., section 3.2). Which of two equally large sets is the rows is decided by their
//! order; all else about the order of sets and of their boxes does not matter.

use tch::Tensor;

use super::FrameSets;
use super::consistency::{Partners, deviation, mean, there_and_back};
use super::temperature::Temperature;

/// The symmetric consistency loss, a number; 0 where there are no two frame-sets with boxes.
///
/// With `partners` people whom the other set does not see are judged as in MvMHAT++.
pub fn symmetric_consistency(
    sets: &FrameSets,
    temperature: &Temperature,
    margin: f64,
    partners: Option<&Partners>,
) -> Tensor {
    let pairs = sets.pairs();
    let routes = sets.direct(&pairs);
    let cycles = there_and_back(&routes, temperature);
    let partnerless = partners
        .map(|partners| (sets.best(pairs.iter().copied(), temperature).lt(partners.threshold), partners));
    let partnerless = partnerless.as_ref().map(|(marks, partners)| (marks, *partners));
    mean(&deviation(&cycles, &routes.rows, margin, partnerless))
}

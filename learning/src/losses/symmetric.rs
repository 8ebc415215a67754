//! Symmetric cycle consistency: a person matched from one view to another and back should be matched to themselves.
//!
//! The mean over all pairs of views i < j of the [`cycle_loss`] of `C = softmax(tau S) softmax(tau S^T)`,
//! `S = F_i F_j^T` with the larger set as its rows (Gan et al., section 3.2). Which of two equally large sets is the rows
//! is decided by their order; all else about the order of views and of their boxes does not matter.

use tch::Tensor;

use super::ViewEmbeddings;
use super::cycle::{Unmatched, cycle_loss, cycles, mean};
use super::temperature::Temperature;

/// The symmetric consistency loss, a number; 0 where there are no two views with boxes.
///
/// With `unmatched`, people who are not in the other view have the loss of MvMHAT++.
pub fn symmetric_consistency(
    views: &ViewEmbeddings,
    temperature: &Temperature,
    margin: f64,
    unmatched: Option<&Unmatched>,
) -> Tensor {
    let pairs = views.pairs();
    let similarities = views.direct_similarities(&pairs);
    let cycles = cycles(&similarities, temperature);
    let unmatched = unmatched.map(|unmatched| {
        (views.best_match(pairs.iter().copied(), temperature).lt(unmatched.match_threshold), unmatched)
    });
    let unmatched = unmatched.as_ref().map(|(marks, unmatched)| (marks, *unmatched));
    mean(&cycle_loss(&cycles, &similarities.rows, margin, unmatched))
}

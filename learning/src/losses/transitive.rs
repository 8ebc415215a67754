//! Transitive cycle consistency: a person matched from one view to another through a third, and back, should be matched to
//! themselves.
//!
//! The mean over all pairs of views i < j and every other view k of the [`cycle_loss`] of
//! `C = softmax(tau S) softmax(tau S^T)`, where `S = F_i F_k^T F_k F_j^T` is the similarity through k, with the larger set
//! as its rows (Gan et al., section 3.3).
//!
//! In MvMHAT++ a person must have a match both in k and in j: people who are not in all three views are unmatched.

use tch::Tensor;

use super::ViewEmbeddings;
use super::cycle::{Unmatched, cycle_loss, cycles, mean};
use super::temperature::Temperature;

/// The transitive consistency loss, a number; 0 where there are no three views with boxes.
///
/// With `unmatched`, people who are not in one of the other two views have the loss of MvMHAT++.
pub fn transitive_consistency(
    views: &ViewEmbeddings,
    temperature: &Temperature,
    margin: f64,
    unmatched: Option<&Unmatched>,
) -> Tensor {
    let triples = views.triples();
    let similarities = views.transitive_similarities(&triples);
    let cycles = cycles(&similarities, temperature);
    let unmatched = unmatched.map(|unmatched| {
        let best =
            |end: usize| views.best_match(triples.iter().map(|triple| [triple[0], triple[end]]), temperature);
        let without = |end| best(end).lt(unmatched.match_threshold);
        (without(1).logical_or(&without(2)), unmatched)
    });
    let unmatched = unmatched.as_ref().map(|(marks, unmatched)| (marks, *unmatched));
    mean(&cycle_loss(&cycles, &similarities.rows, margin, unmatched))
}

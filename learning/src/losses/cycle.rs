//! Cycle consistency: how far the cycle from one view to another and back is from the identity. Shared by the symmetric and
//! the transitive loss.
//!
//! With S the matrix of similarities between a set of n people and another (n the larger set), the cycle is
//! `C = softmax(tau S) softmax(tau S^T)`, n x n. It should be the identity, by a margin m:
//!
//! ```text
//! L = 1 / (2n) sum_r [ relu(max_{c != r} C_rc + m - C_rr) + relu(max_{c != r} C_cr + m - C_rr) ]
//! ```
//!
//! [`Unmatched`] is MvMHAT++'s extension: a person who is not in the other view has no match there, so the diagonal entry
//! should be neither much larger nor much smaller than the others. The loss of such a row, and of the column of the same
//! person, is instead, with its own margin m' and weight w,
//!
//! ```text
//! w [ relu(C_rr - max_{c != r} C_rc - m') + relu(min_{c != r} C_rc - C_rr - m') ], and the same along the column.
//! ```
//!
//! A single person is matched to themselves whatever the embeddings: there the loss is 0.

use tch::{Kind, Tensor};

use super::temperature::Temperature;
use super::view_embeddings::Similarities;

/// The loss of people without a match in the other view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unmatched {
    /// Smallest best entry of a soft assignment that counts as a match, 0 to 1.
    pub match_threshold: f64,
    /// m', by how much the diagonal entry of an unmatched person may differ from the others.
    pub margin: f64,
    /// w, the weight of an unmatched person.
    pub weight: f64,
}

impl Default for Unmatched {
    /// The published values.
    fn default() -> Self {
        Self { match_threshold: 0.5, margin: 0.4, weight: 0.5 }
    }
}

/// C for each matrix of similarities, B x n x n. Entries outside the real rows and columns are undefined.
pub(super) fn cycles(similarities: &Similarities, temperature: &Temperature) -> Tensor {
    let forward = temperature.soft_assignment(&similarities.matrices, &similarities.columns);
    let backward = temperature.soft_assignment(&similarities.matrices.transpose(1, 2), &similarities.rows);
    forward.bmm(&backward)
}

/// L of each of the `cycles` (B x n x n, of which the first `rows` rows and columns are real): B.
///
/// `unmatched` (B x n) marks the people without a match.
pub(super) fn cycle_loss(
    cycles: &Tensor,
    rows: &Tensor,
    margin: f64,
    unmatched: Option<(&Tensor, &Unmatched)>,
) -> Tensor {
    let size = cycles.size()[2];
    let options = (Kind::Int64, cycles.device());
    let real = Tensor::arange(size, options).lt_tensor(&rows.unsqueeze(-1));
    let itself = Tensor::eye(size, (Kind::Bool, cycles.device()));
    let hidden = real.unsqueeze(1).logical_and(&real.unsqueeze(2)).logical_not().logical_or(&itself);
    let diagonal = cycles.diagonal(0, 1, 2);

    let highest = cycles.masked_fill(&hidden, f64::NEG_INFINITY);
    let along = [2, 1].map(|dim| highest.amax([dim], false));
    // For a single person the maximum is minus infinity and the loss 0.
    let mut losses = along.iter().map(|most| (most + margin - &diagonal).relu()).sum::<Tensor>();

    if let Some((marks, unmatched)) = unmatched {
        let lowest = cycles.masked_fill(&hidden, f64::INFINITY);
        let most = along.iter().map(|most| (&diagonal - most - unmatched.margin).relu());
        let least = [2, 1].map(|dim| (lowest.amin([dim], false) - &diagonal - unmatched.margin).relu());
        // Here a single person would have an infinite loss.
        let alone = real.logical_not().logical_or(&rows.le(1).unsqueeze(-1));
        let undecided = most.chain(least).sum::<Tensor>().masked_fill(&alone, 0.0) * unmatched.weight;
        losses = undecided.where_self(marks, &losses);
    }
    losses.sum_dim_intlist([1i64].as_slice(), false, cycles.kind()) / (rows.to_kind(cycles.kind()) * 2.0)
}

/// The mean of the losses of all cycles, 0 where there is none.
pub(super) fn mean(losses: &Tensor) -> Tensor {
    losses.sum(losses.kind()) / losses.size()[0].max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(cycles: &[f64], rows: i64, unmatched: Option<&[bool]>) -> f64 {
        let size = cycles.len().isqrt() as i64;
        let cycles = Tensor::from_slice(cycles).view([1, size, size]);
        let unmatched = unmatched.map(|marks| Tensor::from_slice(marks).view([1, -1]));
        let constants = Unmatched::default();
        let unmatched = unmatched.as_ref().map(|marks| (marks, &constants));
        cycle_loss(&cycles, &Tensor::from_slice(&[rows]), 0.5, unmatched).double_value(&[0])
    }

    #[test]
    fn an_identity_by_a_margin_has_no_loss() {
        assert_eq!(loss(&[1.0, 0.0, 0.0, 1.0], 2, None), 0.0);
        assert_eq!(loss(&[0.8, 0.2, 0.3, 0.9], 2, None), 0.0);
        assert_eq!(loss(&[0.2], 1, None), 0.0, "nobody else to be matched to");
    }

    #[test]
    fn a_margin_loss_by_hand() {
        // Rows: relu(0.4 + 0.5 - 0.6) + relu(0.7 + 0.5 - 0.3) = 0.3 + 0.9
        // Columns: relu(0.7 + 0.5 - 0.6) + relu(0.4 + 0.5 - 0.3) = 0.6 + 0.6; all together / 4.
        assert!((loss(&[0.6, 0.4, 0.7, 0.3], 2, None) - 2.4 / 4.0).abs() < 1e-12);
    }

    #[test]
    fn padding_has_no_influence() {
        let padded = [0.6, 0.4, 0.9, 0.7, 0.3, 0.9, 0.9, 0.9, 0.9];
        assert!((loss(&padded, 2, None) - 2.4 / 4.0).abs() < 1e-12);
        let marked = Some([true, true, true].as_slice());
        assert_eq!(loss(&padded, 2, marked), loss(&[0.6, 0.4, 0.7, 0.3], 2, Some(&[true; 2])));
    }

    #[test]
    fn unmatched_people_by_hand() {
        // The first has a match: row and column each relu(0.6 + 0.5 - 0.8) = 0.3.
        // The second has none: 0.9 is the largest of its row by 0.8, 0.4 too much, and of its column by 0.7, 0.3 too
        // much; half of 0.7. The third has none: 0.1 is the smallest of its row by 0.1 and of its column by 0.
        let large_diagonal = [0.8, 0.1, 0.6, 0.1, 0.9, 0.1, 0.6, 0.2, 0.1];
        let marks = Some([false, true, true].as_slice());
        assert!((loss(&large_diagonal, 3, marks) - (0.6 + 0.5 * 0.7) / 6.0).abs() < 1e-12);
        // Now the second is the largest by 0.3 only, and the third the smallest by 0.5, 0.1 too much, twice.
        let small_diagonal = [0.8, 0.1, 0.6, 0.1, 0.9, 0.6, 0.6, 0.6, 0.1];
        assert!((loss(&small_diagonal, 3, marks) - (0.6 + 0.5 * 0.2) / 6.0).abs() < 1e-12);
        assert_eq!(loss(&[1.0], 1, Some(&[true])), 0.0);
    }
}

//! How far going there and back is from coming home, the common part of the symmetric and the transitive loss.
//!
//! With S a matrix of similarity between a set of n people and another (n the larger set) there is
//! `C = softmax(tau S) softmax(tau S^T)`, n x n. It should be the identity, by a margin m:
//!
//! ```text
//! L = 1 / (2n) sum_r [ relu(max_{c != r} C_rc + m - C_rr) + relu(max_{c != r} C_cr + m - C_rr) ]
//! ```
//!
//! [`Partners`] is MvMHAT++'s amendment: somebody whom the other set does not see has no way home, and should neither be
//! sure of one nor be sure of none. Such a row, and the column of the same person, has instead, with its own margin m'
//! and weight w,
//!
//! ```text
//! w [ relu(C_rr - max_{c != r} C_rc - m') + relu(min_{c != r} C_rc - C_rr - m') ], and the same along the column.
//! ```
//!
//! A single person comes home whatever the embeddings: there the loss is 0.

use tch::{Kind, Tensor};

use super::frame_sets::Routes;
use super::temperature::Temperature;

/// What becomes of people without partner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partners {
    /// Smallest best entry of a soft assignment that counts as a partner, 0 to 1.
    pub threshold: f64,
    /// m', by how much the diagonal of somebody without partner may stand out.
    pub margin: f64,
    /// w, what they count.
    pub weight: f64,
}

impl Default for Partners {
    /// The published values.
    fn default() -> Self {
        Self { threshold: 0.5, margin: 0.4, weight: 0.5 }
    }
}

/// C for each of the routes, B x n x n. Entries outside the real rows and columns mean nothing.
pub(super) fn there_and_back(routes: &Routes, temperature: &Temperature) -> Tensor {
    let there = temperature.soft_assignment(&routes.similarity, &routes.columns);
    let back = temperature.soft_assignment(&routes.similarity.transpose(1, 2), &routes.rows);
    there.bmm(&back)
}

/// L of each of the `cycles` (B x n x n, of which the first `rows` rows and columns are real): B.
///
/// `partnerless` (B x n) marks those who are to be judged as people without partner.
pub(super) fn deviation(
    cycles: &Tensor,
    rows: &Tensor,
    margin: f64,
    partnerless: Option<(&Tensor, &Partners)>,
) -> Tensor {
    let size = cycles.size()[2];
    let options = (Kind::Int64, cycles.device());
    let real = Tensor::arange(size, options).lt_tensor(&rows.unsqueeze(-1));
    let itself = Tensor::eye(size, (Kind::Bool, cycles.device()));
    let hidden = real.unsqueeze(1).logical_and(&real.unsqueeze(2)).logical_not().logical_or(&itself);
    let home = cycles.diagonal(0, 1, 2);

    let highest = cycles.masked_fill(&hidden, f64::NEG_INFINITY);
    let along = [2, 1].map(|dim| highest.amax([dim], false));
    // Where nobody else is, the maximum is minus infinity and nothing is lost.
    let mut losses = along.iter().map(|most| (most + margin - &home).relu()).sum::<Tensor>();

    if let Some((partnerless, partners)) = partnerless {
        let lowest = cycles.masked_fill(&hidden, f64::INFINITY);
        let most = along.iter().map(|most| (&home - most - partners.margin).relu());
        let least = [2, 1].map(|dim| (lowest.amin([dim], false) - &home - partners.margin).relu());
        // Here nobody else would mean an infinite loss.
        let alone = real.logical_not().logical_or(&rows.le(1).unsqueeze(-1));
        let unsure = most.chain(least).sum::<Tensor>().masked_fill(&alone, 0.0) * partners.weight;
        losses = unsure.where_self(partnerless, &losses);
    }
    losses.sum_dim_intlist([1i64].as_slice(), false, cycles.kind()) / (rows.to_kind(cycles.kind()) * 2.0)
}

/// The mean of the losses of all routes, 0 where there is no route.
pub(super) fn mean(losses: &Tensor) -> Tensor {
    losses.sum(losses.kind()) / losses.size()[0].max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(cycles: &[f64], rows: i64, partnerless: Option<&[bool]>) -> f64 {
        let size = cycles.len().isqrt() as i64;
        let cycles = Tensor::from_slice(cycles).view([1, size, size]);
        let partnerless = partnerless.map(|marks| Tensor::from_slice(marks).view([1, -1]));
        let partners = Partners::default();
        let partnerless = partnerless.as_ref().map(|marks| (marks, &partners));
        deviation(&cycles, &Tensor::from_slice(&[rows]), 0.5, partnerless).double_value(&[0])
    }

    #[test]
    fn coming_home_by_a_margin_costs_nothing() {
        assert_eq!(loss(&[1.0, 0.0, 0.0, 1.0], 2, None), 0.0);
        assert_eq!(loss(&[0.8, 0.2, 0.3, 0.9], 2, None), 0.0);
        assert_eq!(loss(&[0.2], 1, None), 0.0, "nobody else to go home to");
    }

    #[test]
    fn a_margin_loss_by_hand() {
        // Rows: relu(0.4 + 0.5 - 0.6) + relu(0.7 + 0.5 - 0.3) = 0.3 + 0.9
        // Columns: relu(0.7 + 0.5 - 0.6) + relu(0.4 + 0.5 - 0.3) = 0.6 + 0.6; all together / 4.
        assert!((loss(&[0.6, 0.4, 0.7, 0.3], 2, None) - 2.4 / 4.0).abs() < 1e-12);
    }

    #[test]
    fn padding_has_no_part() {
        let padded = [0.6, 0.4, 0.9, 0.7, 0.3, 0.9, 0.9, 0.9, 0.9];
        assert!((loss(&padded, 2, None) - 2.4 / 4.0).abs() < 1e-12);
        let marked = Some([true, true, true].as_slice());
        assert_eq!(loss(&padded, 2, marked), loss(&[0.6, 0.4, 0.7, 0.3], 2, Some(&[true; 2])));
    }

    #[test]
    fn people_without_partner_by_hand() {
        // The first has a partner: row and column each relu(0.6 + 0.5 - 0.8) = 0.3.
        // The second has none: 0.9 is the largest of its row by 0.8, 0.4 too much, and of its column by 0.7, 0.3 too
        // much; half of 0.7. The third has none: 0.1 is the smallest of its row by 0.1 and of its column by 0.
        let sure_of_home = [0.8, 0.1, 0.6, 0.1, 0.9, 0.1, 0.6, 0.2, 0.1];
        let marks = Some([false, true, true].as_slice());
        assert!((loss(&sure_of_home, 3, marks) - (0.6 + 0.5 * 0.7) / 6.0).abs() < 1e-12);
        // Now the second is the largest by 0.3 only, and the third the smallest by 0.5, 0.1 too much, twice.
        let sure_of_none = [0.8, 0.1, 0.6, 0.1, 0.9, 0.6, 0.6, 0.6, 0.1];
        assert!((loss(&sure_of_none, 3, marks) - (0.6 + 0.5 * 0.2) / 6.0).abs() < 1e-12);
        assert_eq!(loss(&[1.0], 1, Some(&[true])), 0.0);
    }
}

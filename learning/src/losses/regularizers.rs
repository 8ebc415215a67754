//! Regularizers: properties of every assignment matrix P (N x N, over all boxes of all views), whatever the identities:
//!
//! * symmetric, `||P - P^T||_F`;
//! * of low rank, one for each person: the nuclear norm `||P||_*`, the sum of the singular values, is the convex
//!   measure of rank;
//! * each box is matched to itself, and at most once in each of M views:
//!   `sum over all row and column sums s of relu(1 - s) + relu(s - M)`.
//!
//! From MvMHAT++ (Feng et al.).

use tch::Tensor;

/// Frobenius norm of `P - P^T`. Where P is symmetric the gradient is 0.
pub fn asymmetry(assignment: &Tensor) -> Tensor {
    (assignment - assignment.tr()).norm()
}

/// Sum of the singular values. Its gradient is `U V^T`, also where singular values are equal or 0.
pub fn nuclear_norm(assignment: &Tensor) -> Tensor {
    let (_, values, _) = assignment.svd(true, true);
    values.sum(assignment.kind())
}

/// The sum of how much row and column sums exceed the range from 1 to `views`.
pub fn sum_excess(assignment: &Tensor, views: usize) -> Tensor {
    let kind = assignment.kind();
    let excess = |dim: i64| {
        let sums = assignment.sum_dim_intlist([dim].as_slice(), false, kind);
        let (missing, above): (Tensor, Tensor) = (1.0 - &sums, sums - views as f64);
        (missing.relu() + above.relu()).sum(kind)
    };
    excess(0) + excess(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn matrix(values: &[f64]) -> Tensor {
        let side = values.len().isqrt() as i64;
        Tensor::from_slice(values).view([side, side])
    }

    fn gradient(loss: impl Fn(&Tensor) -> Tensor, at: &Tensor) -> Tensor {
        let at = at.copy().set_requires_grad(true);
        loss(&at).backward();
        at.grad()
    }

    #[test]
    fn asymmetry_by_hand() {
        // P - P^T = [[0, 0.3], [-0.3, 0]]: sqrt(2 * 0.09)
        assert!((asymmetry(&matrix(&[1.0, 0.5, 0.2, 1.0])).double_value(&[]) - 0.18f64.sqrt()).abs() < 1e-12);
        let symmetric = matrix(&[1.0, 0.5, 0.5, 1.0]);
        assert_eq!(asymmetry(&symmetric).double_value(&[]), 0.0);
        assert_eq!(gradient(asymmetry, &symmetric), matrix(&[0.0; 4]));
    }

    #[test]
    fn nuclear_norms_by_hand() {
        // Singular values of [[3, 0], [4, 5]] are sqrt(45) and sqrt(5).
        let expected = 45f64.sqrt() + 5f64.sqrt();
        assert!((nuclear_norm(&matrix(&[3.0, 0.0, 4.0, 5.0])).double_value(&[]) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_nuclear_norm_has_a_gradient_at_equal_singular_values_and_at_rank_one() {
        // Of the identity U V^T is the identity, whatever basis is chosen.
        let identity = Tensor::eye(3, (Kind::Double, Device::Cpu));
        assert!(gradient(nuclear_norm, &identity).allclose(&identity, 0.0, 1e-12, false));
        // All ones: rank one, two singular values are 0. The part within the rank is known: 1/3 everywhere; what comes
        // on top is orthogonal to it.
        let ones = Tensor::ones([3, 3], (Kind::Double, Device::Cpu));
        let gradient = gradient(nuclear_norm, &ones);
        assert!((gradient.sum(Kind::Double).double_value(&[]) - 3.0).abs() < 1e-9, "{gradient:?}");
        assert!(gradient.isfinite().all().double_value(&[]) == 1.0);
    }

    #[test]
    fn sums_by_hand() {
        // Row sums 2.5 and 0.4, column sums 1.2 and 1.7, two views: 0.5 too much and 0.6 too little.
        assert!((sum_excess(&matrix(&[1.0, 1.5, 0.2, 0.2]), 2).double_value(&[]) - 1.1).abs() < 1e-12);
    }
}

//! A map of embeddings: their two principal components.
//!
//! PCA rotates the cloud of embeddings so that its first axis has as much of their variance as one axis can, the second as
//! much of the rest. Distances on the map are never greater than those between embeddings: who is apart on the map is apart,
//! who is together may not be.
//!
//! The axes are eigenvectors of the D x D covariance, found by subspace iteration (Golub and Van Loan, *Matrix
//! Computations*, 8.2.4): a handful of vectors, multiplied by the covariance and made orthonormal again and again, then
//! turned to the eigenvectors within their span. That is much less work than all D eigenvectors.

use nalgebra::{DMatrix, DVector};

use super::Crops;

/// Vectors that are iterated: the two wanted, and more, so that they are found fast. The error falls by the ratio of the
/// ninth eigenvalue to the second in every step.
const VECTORS: usize = 8;
/// Steps at most.
const STEPS: usize = 300;
/// The change of the explained share at which the axes are found.
const CHANGE: f64 = 1e-10;

/// The places of crops on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    /// Of each crop in the order of [`Crops::as_slice`], from the mean of all.
    pub points: Vec<[f64; 2]>,
    /// Share of the variance that each axis shows, 0 to 1; 0 where nothing varies.
    pub explained: [f64; 2],
}

impl PrincipalComponents {
    /// Makes the map of all crops. An axis points to where its longest component is positive.
    pub fn new(crops: &Crops) -> Self {
        let embeddings = crops.embeddings();
        let count = embeddings.ncols().max(1) as f64;
        let mean = embeddings.column_sum() / count as f32;
        let mut centred = embeddings.clone();
        centred.column_iter_mut().for_each(|mut column| column -= &mean);
        let covariance = (&centred * centred.transpose()).cast::<f64>() / count;
        let variance = covariance.trace();
        let (axes, values) = leading(&covariance);
        let explained = values.map(|value| if variance > 0.0 { value / variance } else { 0.0 });
        let points = axes.transpose() * centred.cast::<f64>();
        Self { points: points.column_iter().map(|point| [point[0], point[1]]).collect(), explained }
    }
}

/// The two leading eigenvectors, D x 2, and their eigenvalues; zeros for axes there are not.
fn leading(covariance: &DMatrix<f64>) -> (DMatrix<f64>, [f64; 2]) {
    let dimension = covariance.nrows();
    let vectors = VECTORS.min(dimension);
    // Any start will do that is not orthogonal to what is looked for.
    let mut basis = DMatrix::from_fn(dimension, vectors, |row, column| {
        ((1 + row * (2 * column + 1)) as f64 * 0.618_033_988_749_895).fract() - 0.5
    });
    let mut before = f64::NEG_INFINITY;
    let mut found = (DMatrix::zeros(dimension, 2), [0.0; 2]);
    if vectors == 0 {
        return found;
    }
    for _ in 0..STEPS {
        basis = (covariance * basis).qr().q();
        let within = basis.transpose() * covariance * &basis;
        let eigen = within.symmetric_eigen();
        let mut order: Vec<usize> = (0..vectors).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        for (place, of_span) in order.into_iter().take(2).enumerate() {
            found.1[place] = eigen.eigenvalues[of_span].max(0.0);
            let axis = &basis * eigen.eigenvectors.column(of_span);
            found.0.set_column(place, &upright(axis));
        }
        let now = found.1[0] + found.1[1];
        if now - before <= CHANGE * now {
            break;
        }
        before = now;
    }
    found
}

/// An eigenvector and its opposite are equally good: the one whose longest component is positive.
fn upright(axis: DVector<f64>) -> DVector<f64> {
    let longest = axis[axis.iamax()];
    if longest < 0.0 { -axis } else { axis }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::crops::tests::crop;

    #[test]
    fn the_axes_of_a_small_covariance_by_hand() {
        // Eigenvalues 3 and 1 with the diagonals as axes, and 0.5.
        let covariance = DMatrix::from_row_slice(3, 3, &[2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.5]);
        let (axes, values) = leading(&covariance);
        assert!((values[0] - 3.0).abs() < 1e-9 && (values[1] - 1.0).abs() < 1e-9, "{values:?}");
        let diagonal = 0.5f64.sqrt();
        let expected = DMatrix::from_row_slice(3, 2, &[diagonal, diagonal, diagonal, -diagonal, 0.0, 0.0]);
        assert!((axes.map(f64::abs) - expected.map(f64::abs)).amax() < 1e-6, "{axes}");
        assert!(axes[(0, 0)] > 0.0 && axes[(0, 1)] * axes[(1, 1)] < 0.0);
    }

    #[test]
    fn it_finds_what_the_whole_decomposition_finds() {
        // A covariance of 40 dimensions whose eigenvalues fall slowly.
        let mixed =
            DMatrix::from_fn(40, 60, |r, c| ((r * 31 + c * 17) as f64).sin() * 0.97f64.powi(r as i32));
        let covariance = &mixed * mixed.transpose();
        let (axes, values) = leading(&covariance);
        let whole = covariance.clone().symmetric_eigen();
        let mut expected: Vec<f64> = whole.eigenvalues.iter().copied().collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        for place in 0..2 {
            assert!((values[place] / expected[place] - 1.0).abs() < 1e-6, "{values:?} {expected:?}");
            let axis = axes.column(place);
            assert!((axis.norm() - 1.0).abs() < 1e-9);
            assert!((&covariance * axis - axis * values[place]).norm() < 1e-3 * values[0]);
        }
    }

    #[test]
    fn a_map_of_crops() {
        let crops = Crops::new(vec![
            crop(0, 1, 1, &[1.0, 0.0, 0.0]),
            crop(1, 1, 1, &[1.0, 0.0, 0.0]),
            crop(0, 1, 2, &[0.0, 1.0, 0.0]),
            crop(1, 1, 2, &[0.0, 1.0, 0.0]),
        ]);
        let map = PrincipalComponents::new(&crops.unwrap());
        // Two places sqrt(2) apart, all variance on one axis.
        assert!((map.explained[0] - 1.0).abs() < 1e-6 && map.explained[1] < 1e-6, "{map:?}");
        let [a, b, c, d] = map.points[..] else { panic!("four points") };
        assert!((a[0] - c[0]).abs() < 1e-6 && (b[0] - d[0]).abs() < 1e-6, "sorted by camera: {map:?}");
        assert!(((a[0] - b[0]).abs() - 2f64.sqrt()).abs() < 1e-6, "{map:?}");
    }

    #[test]
    fn nothing_to_show_is_a_point() {
        for embedding in [&[0.0, 0.0][..], &[1.0], &[]] {
            let crops = Crops::new(vec![crop(0, 1, 1, embedding), crop(1, 1, 1, embedding)]).unwrap();
            let map = PrincipalComponents::new(&crops);
            assert_eq!((map.points.as_slice(), map.explained), (&[[0.0; 2]; 2][..], [0.0; 2]));
        }
    }
}

//! The closed-form LDA head: a linear layer by linear discriminant analysis (LDA) with shrinkage. Its directions maximize the
//! variance between people relative to the variance within people.
//!
//! Fisher, *The Use of Multiple Measurements in Taxonomic Problems* (1936); Rao (1948) for many classes. With features x of
//! classes c, their means m_c and the mean m of all:
//!
//! ```text
//! W = mean over all x of (x - m_c)(x - m_c)'      within classes
//! B = mean over classes of (m_c - m)(m_c - m)'    between classes
//! T = mean over all x of (x - m)(x - m)'          in total
//! W* = W + shrinkage * trace(W) / F * I
//! ```
//!
//! the projection is `U' W*^(-1/2)`, with U the D leading eigenvectors of `W*^(-1/2) (B + total_scatter * T) W*^(-1/2)`.
//!
//! Two terms are added to the textbook. *Shrinkage*: W of a network's features is nearly singular, and directions with little
//! variance among the training identities may have more among others. *A fraction of T*: B of C classes has rank C - 1, too
//! low for an embedding when there are twelve people; the remaining directions come from the total scatter.

use serde::{Deserialize, Serialize};
use tch::{Kind, TchError, Tensor};
use thiserror::Error;

use crate::LossConfigError;

/// Constants of the LDA head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LdaHeadConfig {
    /// Shrinkage: the fraction of the mean within-class variance that is added to that of every direction, over 0.
    pub shrinkage: f64,
    /// The weight of the total scatter relative to that between classes, over 0.
    pub total_scatter: f64,
}

impl Default for LdaHeadConfig {
    fn default() -> Self {
        Self { shrinkage: 4.0, total_scatter: 0.3 }
    }
}

/// Why an LDA head cannot be fitted.
#[derive(Debug, Error)]
pub enum LdaHeadError {
    /// Too few classes or samples.
    #[error("it takes two classes or more with two samples or more each, and there are {0}")]
    Classes(usize),
    /// More directions than the features have dimensions.
    #[error("{dimension} directions are asked for, but features have only {features} dimensions")]
    Dimension {
        /// The requested directions.
        dimension: i64,
        /// The dimensions of a feature.
        features: i64,
    },
    /// There is no variance within classes.
    #[error("within each class all samples are the same, or they have numbers that are not finite")]
    NoVariance,
    /// libtorch failed.
    #[error(transparent)]
    Torch(#[from] TchError),
}

/// An affine map from features to embeddings.
///
/// # Shapes
/// `weight` is D x F, `mean` F: x becomes `weight (x - mean)`.
#[derive(Debug)]
pub struct LdaHead {
    /// The directions, one per row.
    pub weight: Tensor,
    /// The mean, which is mapped to zero.
    pub mean: Tensor,
}

impl LdaHeadConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        for (key, value) in [("shrinkage", self.shrinkage), ("total_scatter", self.total_scatter)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(LossConfigError { section: "lda_head", key, value, allowed: "above 0" });
            }
        }
        Ok(())
    }

    /// The head of `features` (N x F) of `classes` (N; negative: of no class, left out). Classes of a single sample are left
    /// out, too.
    ///
    /// # Errors
    /// Fewer than two classes, a larger `dimension` than F, or samples that do not differ within any class.
    pub fn fit(&self, features: &Tensor, classes: &[i64], dimension: i64) -> Result<LdaHead, LdaHeadError> {
        let width = features.size()[1];
        if dimension > width {
            return Err(LdaHeadError::Dimension { dimension, features: width });
        }
        let members = members(classes);
        if members.len() < 2 {
            return Err(LdaHeadError::Classes(members.len()));
        }
        let options = (Kind::Double, features.device());
        let count = members.iter().map(Vec::len).sum::<usize>() as f64;
        let rows = |samples: &[i64]| -> Result<Tensor, TchError> {
            let indices = Tensor::from_slice(samples).to_device(features.device());
            features.f_index_select(0, &indices)?.f_to_kind(Kind::Double)
        };
        let mut sum = Tensor::f_zeros([width], options)?;
        let mut within = Tensor::f_zeros([width, width], options)?;
        let mut means = Vec::with_capacity(members.len());
        let mut weights = Vec::with_capacity(members.len());
        for class in &members {
            let samples = rows(class)?;
            let mean = samples.f_mean_dim([0i64].as_slice(), false, Kind::Double)?;
            let apart = samples.f_sub(&mean)?;
            within = within.f_add(&apart.f_tr()?.f_matmul(&apart)?)?;
            sum = sum.f_add(&samples.f_sum_dim_intlist([0i64].as_slice(), false, Kind::Double)?)?;
            means.push(mean);
            weights.push(class.len() as f64 / count);
        }
        let within = within / count;
        let mean = sum / count;
        let apart = Tensor::f_stack(&means, 0)?.f_sub(&mean)?;
        let between = apart.f_tr()?.f_matmul(&apart)? / members.len() as f64;
        // T is W and the scatter of the classes, each as often as it has samples.
        let weights = Tensor::from_slice(&weights).to_device(features.device()).f_unsqueeze(1)?;
        let total = apart.f_tr()?.f_matmul(&(&apart * weights))?.f_add(&within)?;

        let variance = within.f_trace()?.f_double_value(&[])? / width as f64;
        if !(variance.is_finite() && variance > 0.0) {
            return Err(LdaHeadError::NoVariance);
        }
        let ridge = Tensor::f_eye(width, options)? * (self.shrinkage * variance);
        let (variances, axes) = (within + ridge).f_linalg_eigh("L")?;
        let whitening = (&axes * variances.f_rsqrt()?).f_matmul(&axes.f_tr()?)?;
        let scatter = (between + total * self.total_scatter).f_matmul(&whitening)?;
        let (_, directions) = whitening.f_matmul(&scatter)?.f_linalg_eigh("L")?;
        // Eigenvalues come in ascending order.
        let leading = directions.f_narrow(1, width - dimension, dimension)?.f_flip([1i64].as_slice())?;
        let weight = leading.f_tr()?.f_matmul(&whitening)?;
        let kind = features.kind();
        Ok(LdaHead { weight: weight.f_to_kind(kind)?, mean: mean.f_to_kind(kind)? })
    }
}

impl LdaHead {
    /// Projects `features` (N x F): N x D.
    pub fn project(&self, features: &Tensor) -> Tensor {
        (features - &self.mean).matmul(&self.weight.tr())
    }
}

/// The samples of each class that has two or more.
fn members(classes: &[i64]) -> Vec<Vec<i64>> {
    let mut members = std::collections::BTreeMap::<i64, Vec<i64>>::new();
    for (index, class) in classes.iter().enumerate().filter(|(_, class)| **class >= 0) {
        members.entry(*class).or_default().push(index as i64);
    }
    members.into_values().filter(|class| class.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tch::Device;

    use super::*;

    const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn almost_textbook() -> LdaHeadConfig {
        LdaHeadConfig { shrinkage: 1e-9, total_scatter: 1e-12 }
    }

    #[test]
    fn a_head_by_hand() {
        // Two classes, 2 apart in x and 1 in y; within them x varies with variance 4, y with 1/4, uncorrelated.
        // Fisher's direction is W^-1 (m_1 - m_2) = (2 / 4, 1 / 0.25) = (0.5, 4).
        let around = [[2.0, 0.5], [2.0, -0.5], [-2.0, 0.5], [-2.0, -0.5]];
        let moved = |by: [f64; 2]| around.map(|[x, y]| [x + by[0], y + by[1]]);
        let samples = [moved([10.0, 3.0]), moved([12.0, 4.0])].concat();
        let found =
            almost_textbook().fit(&Tensor::from_slice2(&samples), &[5, 5, 5, 5, 9, 9, 9, 9], 1).unwrap();
        assert_eq!(found.weight.size(), [1, 2]);
        let slope = found.weight.double_value(&[0, 1]) / found.weight.double_value(&[0, 0]);
        assert!((slope - 8.0).abs() < 1e-6, "{slope}");
        assert!(found.mean.allclose(&Tensor::from_slice(&[11.0, 3.5]), 0.0, 1e-12, false));
        // Along it a class has unit variance: (0.5, 4) has 0.25 * 4 + 16 / 4 = 5, so it is divided by the root of 5.
        let first = found.weight.double_value(&[0, 0]).abs();
        assert!((first - 0.5 / 5f64.sqrt()).abs() < 1e-6, "{first}");
    }

    #[test]
    fn it_agrees_with_scipy() {
        // The generalized eigenvectors of SciPy 1.17.1, `scipy.linalg.eigh(B + 0.3 * T, W + 4 * trace(W) / 5 * I)`, two leading
        // ones v with v' W* v = 1; the sum of v v' does not know their signs.
        let value = |i: i32, j: i32| {
            let (i, j, class) = (f64::from(i), f64::from(j), f64::from(i % 6));
            (1.7 * i + 2.3 * j).sin() + class * (1.1 * j * class).cos()
        };
        let features: Vec<[f64; 5]> = (0..24).map(|i| [0, 1, 2, 3, 4].map(|j| value(i, j))).collect();
        let classes: Vec<i64> = (0..24).map(|i| i % 6).collect();
        let config = LdaHeadConfig { shrinkage: 4.0, total_scatter: 0.3 };
        let weight = config.fit(&Tensor::from_slice2(&features), &classes, 2).unwrap().weight;
        let expected = Tensor::from_slice2(&[
            [0.028779652191, 0.059854582938, 0.023802880251, -0.071603091505, -0.071405681911],
            [0.059854582938, 0.182277558258, -0.038055221001, -0.074999353541, -0.224386695609],
            [0.023802880251, -0.038055221001, 0.152339519636, -0.171206230927, 0.055901529370],
            [-0.071603091505, -0.074999353541, -0.171206230927, 0.272684504369, 0.080607260343],
            [-0.071405681911, -0.224386695609, 0.055901529370, 0.080607260343, 0.276791572221],
        ]);
        assert!(weight.tr().matmul(&weight).allclose(&expected, 0.0, 1e-10, false));
    }

    #[test]
    fn directions_beyond_those_between_classes_are_those_of_all_that_differs() {
        // Two classes apart along the first axis, which is all that B has. Within them the second axis varies, the third
        // and fourth a tenth as much: the second direction is the second axis, and it takes T to know that.
        let (mut features, mut classes) = (Vec::new(), Vec::new());
        for class in [0, 1] {
            for axis in 1..4 {
                for sign in [1.0, -1.0] {
                    let mut sample = [4.0 * f64::from(class), 0.0, 0.0, 0.0];
                    sample[axis] = sign * if axis == 1 { 1.0 } else { 0.1 };
                    features.push(sample);
                    classes.push(i64::from(class));
                }
            }
        }
        let weight =
            LdaHeadConfig::default().fit(&Tensor::from_slice2(&features), &classes, 2).unwrap().weight;
        for (direction, axis) in [(0, 0), (1, 1)] {
            let row = weight.get(direction).abs();
            assert_eq!(row.argmax(None, false).int64_value(&[]), axis, "{weight}");
            let along = row.double_value(&[axis]);
            assert!((row.sum(Kind::Double).double_value(&[]) - along).abs() < 1e-9 * along, "{weight}");
        }
    }

    #[test]
    fn inseparable_samples_are_refused_with_the_reason() {
        let features = Tensor::ones([4, 3], DOUBLE);
        let message = |classes: &[i64], dimension| {
            let config = LdaHeadConfig::default();
            config.fit(&features, classes, dimension).unwrap_err().to_string()
        };
        assert!(message(&[1, 1, 2, -1], 2).contains("and there are 1"));
        assert!(message(&[-1; 4], 2).contains("and there are 0"));
        assert!(message(&[1, 1, 2, 2], 4).contains("features have only 3 dimensions"));
        let error = LdaHeadConfig { shrinkage: 0.0, total_scatter: 1.0 }.validate().unwrap_err();
        assert_eq!(error.to_string(), "`train.lda_head.shrinkage` is 0, but must be above 0");
        assert!(message(&[1, 1, 2, 2], 2).contains("all samples are the same"));
        let nan = LdaHeadConfig::default().fit(&(features * f64::NAN), &[1, 1, 2, 2], 2);
        assert!(matches!(nan, Err(LdaHeadError::NoVariance)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Moving all features moves the mean and nothing else, and neither the order of the samples nor the names of the
        /// classes matter.
        #[test]
        fn it_is_of_the_features_alone(seed in 0i64..1000, shift in -50.0f64..50.0) {
            tch::manual_seed(seed);
            let features = Tensor::randn([30, 6], DOUBLE);
            let classes: Vec<i64> = (0..30).map(|place| place % 5).collect();
            let config = LdaHeadConfig::default();
            let plain = config.fit(&features, &classes, 3).unwrap().project(&features);
            let cosines = |embedded: &Tensor| embedded.matmul(&embedded.tr());
            let moved = &features + shift;
            let moved = config.fit(&moved, &classes, 3).unwrap().project(&moved);
            prop_assert!(cosines(&plain).allclose(&cosines(&moved), 1e-6, 1e-8, false));
            let renamed: Vec<i64> = classes.iter().rev().map(|class| 100 - class).collect();
            let turned = features.flip([0i64]);
            let turned = config.fit(&turned, &renamed, 3).unwrap().project(&features);
            prop_assert!(cosines(&plain).allclose(&cosines(&turned), 1e-6, 1e-8, false));
        }
    }
}

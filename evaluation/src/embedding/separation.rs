//! How far apart the cosines of same and of different people are, over all pairs of crops of different cameras.
//!
//! * `AUC`: the chance that a pair of one person is more alike than a pair of two, equal ones counting half;
//! * `EER`: the error rate of the threshold at which as many different people pass as same people fail;
//! * `d'`: the difference of the means, in units of the deviations' quadratic mean: sqrt((s1^2 + s2^2) / 2).
//!
//! Two embeddings of one `AUC` can differ in `EER`, and an embedding that ranks well can still need a threshold of its own
//! in each place: this tells what [`Retrieval`](super::Retrieval) does not see.
//!
//! Cosines are counted in bins of 0.0001, which costs the first two less than a tenth of a percent point.

use std::ops::AddAssign;

/// Bins from -1 to 1 that cosines are counted in.
const BINS: usize = 20_000;
/// Bins of the histogram that is given out.
const SHOWN: usize = 100;

/// Counts and sums of one kind of pairs.
#[derive(Clone, Debug, PartialEq)]
struct Cosines {
    bins: Vec<u64>,
    pairs: u64,
    sum: f64,
    squares: f64,
}

impl Default for Cosines {
    fn default() -> Self {
        Self { bins: vec![0; BINS], pairs: 0, sum: 0.0, squares: 0.0 }
    }
}

impl Cosines {
    fn add(&mut self, cosine: f32) {
        let bin = (cosine + 1.0) * (BINS / 2) as f32;
        self.bins[(bin as usize).min(BINS - 1)] += 1;
        self.pairs += 1;
        let cosine = f64::from(cosine);
        self.sum += cosine;
        self.squares += cosine * cosine;
    }

    fn mean(&self) -> f64 {
        self.sum / self.pairs.max(1) as f64
    }

    fn variance(&self) -> f64 {
        (self.squares / self.pairs.max(1) as f64 - self.mean().powi(2)).max(0.0)
    }

    fn shown(&self) -> Vec<u64> {
        self.bins.chunks(BINS / SHOWN).map(|bins| bins.iter().sum()).collect()
    }
}

impl AddAssign<&Self> for Cosines {
    fn add_assign(&mut self, other: &Self) {
        self.bins.iter_mut().zip(&other.bins).for_each(|(sum, count)| *sum += count);
        self.pairs += other.pairs;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// Counts of pairs by their cosine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Pairs of one person: bins of equal width from -1 to 1.
    pub same: Vec<u64>,
    /// Pairs of two people, in the same bins.
    pub different: Vec<u64>,
}

/// Cosines of same and different people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Separation {
    same: Cosines,
    different: Cosines,
}

impl Separation {
    /// Counts a pair.
    pub(super) fn add(&mut self, cosine: f32, is_same: bool) {
        if is_same { self.same.add(cosine) } else { self.different.add(cosine) }
    }

    /// How many pairs of one person and of two there are.
    pub fn pairs(&self) -> (u64, u64) {
        (self.same.pairs, self.different.pairs)
    }

    /// Mean cosine of one person and of two; 0 where there is no pair.
    pub fn means(&self) -> (f64, f64) {
        (self.same.mean(), self.different.mean())
    }

    /// Standard deviations of the two, of all pairs there are.
    pub fn deviations(&self) -> (f64, f64) {
        (self.same.variance().sqrt(), self.different.variance().sqrt())
    }

    /// The area under the ROC curve, 0 to 1; 0 where either kind of pairs is missing.
    pub fn auc(&self) -> f64 {
        let (mut below, mut sum) = (0.0, 0.0);
        for (same, different) in self.same.bins.iter().zip(&self.different.bins) {
            let (same, different) = (*same as f64, *different as f64);
            sum += same * (below + different / 2.0);
            below += different;
        }
        sum / (self.same.pairs as f64 * below).max(1.0)
    }

    /// The equal error rate, 0 to 1, and the threshold that has it; between two bins the rates are taken to be straight.
    /// (0, 0) where either kind of pairs is missing.
    pub fn equal_error(&self) -> (f64, f64) {
        let (all_same, all_different) = (self.same.pairs as f64, self.different.pairs as f64);
        if all_same == 0.0 || all_different == 0.0 {
            return (0.0, 0.0);
        }
        // At the lowest threshold everybody passes.
        let (mut fail, mut pass) = (0.0, 1.0);
        for (bin, (same, different)) in self.same.bins.iter().zip(&self.different.bins).enumerate() {
            let (next_fail, next_pass) =
                (fail + *same as f64 / all_same, pass - *different as f64 / all_different);
            if next_fail >= next_pass {
                let part = (pass - fail) / ((pass - fail) - (next_pass - next_fail));
                let threshold = (bin as f64 + part) / (BINS / 2) as f64 - 1.0;
                return (fail + part * (next_fail - fail), threshold);
            }
            (fail, pass) = (next_fail, next_pass);
        }
        (fail, 1.0)
    }

    /// The distance of the means in deviations; 0 where nothing varies.
    pub fn d_prime(&self) -> f64 {
        let deviation = ((self.same.variance() + self.different.variance()) / 2.0).sqrt();
        if deviation > 0.0 { (self.same.mean() - self.different.mean()) / deviation } else { 0.0 }
    }

    /// The counts to look at.
    pub fn histogram(&self) -> Histogram {
        Histogram { same: self.same.shown(), different: self.different.shown() }
    }
}

impl AddAssign<&Self> for Separation {
    fn add_assign(&mut self, other: &Self) {
        self.same += &other.same;
        self.different += &other.different;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separation(same: &[f32], different: &[f32]) -> Separation {
        let mut separation = Separation::default();
        same.iter().for_each(|cosine| separation.add(*cosine, true));
        different.iter().for_each(|cosine| separation.add(*cosine, false));
        separation
    }

    #[test]
    fn a_small_case_by_hand() {
        // Of the 3 x 4 pairs of pairs: 0.9 beats all 4, 0.5 beats 0.1, 0.2 and 0.4, 0.3 beats 0.1 and 0.2: 9 of 12.
        let found = separation(&[0.9, 0.5, 0.3], &[0.1, 0.2, 0.4, 0.6]);
        assert!((found.auc() - 0.75).abs() < 1e-12);
        // Between 0.4 and 0.5 one of three same ones fails and one of four different ones passes; below 0.4 two of four
        // pass. Failing and passing are equal while 0.4 is crossed, a third failing.
        let (rate, threshold) = found.equal_error();
        assert!((rate - 1.0 / 3.0).abs() < 1e-12 && (threshold - 0.4).abs() < 2e-4, "{rate} {threshold}");
        // Means 17/30 and 13/40; variances 14/225 and 59/1600; (17/30 - 13/40) / sqrt(their mean) = 1.0856.
        let expected = (17.0 / 30.0 - 13.0 / 40.0) / ((14.0 / 225.0 + 59.0 / 1600.0) / 2.0f64).sqrt();
        assert!((found.d_prime() - expected).abs() < 1e-5, "{} {expected}", found.d_prime());
        assert_eq!(found.pairs(), (3, 4));
    }

    #[test]
    fn apart_and_alike() {
        let apart = separation(&[0.8, 0.7], &[0.1, 0.2]);
        assert_eq!((apart.auc(), apart.equal_error().0), (1.0, 0.0));
        let alike = separation(&[0.5, 0.5], &[0.5]);
        assert_eq!((alike.auc(), alike.equal_error().0, alike.d_prime()), (0.5, 0.5, 0.0));
        let swapped = separation(&[0.1], &[0.9]);
        assert_eq!((swapped.auc(), swapped.equal_error().0), (0.0, 1.0));
    }

    #[test]
    fn nothing_is_zero_and_no_number_is_nan() {
        for empty in [separation(&[], &[]), separation(&[0.3], &[]), separation(&[], &[0.3])] {
            assert_eq!((empty.auc(), empty.equal_error(), empty.d_prime()), (0.0, (0.0, 0.0), 0.0));
        }
    }

    #[test]
    fn rounding_beyond_one_stays_in_the_histogram() {
        let found = separation(&[1.000_000_1, 1.0, 0.999], &[-1.000_000_1, 0.0]).histogram();
        assert_eq!(
            (found.same.len(), found.same[99], found.different[0], found.different[50]),
            (100, 3, 1, 1)
        );
    }
}

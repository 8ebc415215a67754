//! A normal distribution, estimated robustly from values of which some are outliers.

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Normal {
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl Normal {
    /// The logarithm of the density, up to a constant that all normal distributions share.
    pub(super) fn log_density(&self, value: f64) -> f64 {
        -0.5 * ((value - self.mean) / self.deviation).powi(2) - self.deviation.ln()
    }

    /// The posterior of this distribution, as a prior of `prior_weight` values, and the values in `histogram`.
    pub(super) fn posterior(&self, histogram: &Histogram, prior_weight: f64) -> Self {
        let Some(estimate) = histogram.robust_normal() else { return *self };
        let fraction = histogram.weight / (histogram.weight + prior_weight);
        let blend = |prior: f64, estimate: f64| prior + fraction * (estimate - prior);
        Self {
            mean: blend(self.mean, estimate.mean),
            deviation: blend(self.deviation.powi(2), estimate.deviation.powi(2)).sqrt(),
        }
    }
}

/// A histogram of weighted values between -1 and 1: what quantiles need, in little memory and one pass.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    bins: Vec<f64>,
    weight: f64,
}

/// Half a bin is 0.001, far below the standard deviation of cosines.
const BINS: usize = 1000;

impl Default for Histogram {
    fn default() -> Self {
        Self { bins: vec![0.0; BINS], weight: 0.0 }
    }
}

impl Histogram {
    /// Adds a value; values outside of -1 to 1 count at the ends.
    pub(super) fn add(&mut self, value: f64, weight: f64) {
        let bin = ((value + 1.0) * 0.5 * BINS as f64).clamp(0.0, BINS as f64 - 1.0);
        self.bins[bin as usize] += weight;
        self.weight += weight;
    }

    /// Median and scaled median absolute deviation as mean and standard deviation: an estimate that withstands up to half
    /// of the values being outliers. `None` without values.
    fn robust_normal(&self) -> Option<Normal> {
        if self.weight <= 0.0 {
            return None;
        }
        let center = |bin: usize| (bin as f64 + 0.5) * 2.0 / BINS as f64 - 1.0;
        let mut below = 0.0;
        let median = self.bins.iter().position(|weight| {
            below += weight;
            below >= 0.5 * self.weight
        })?;
        let mut within = self.bins[median];
        let mut reach = 0;
        while within < 0.5 * self.weight && reach < BINS {
            reach += 1;
            let sides = [median.checked_sub(reach), Some(median + reach)];
            within += sides.iter().flatten().filter_map(|&bin| self.bins.get(bin)).sum::<f64>();
        }
        // 1.4826: the standard deviation of a normal distribution whose median absolute deviation is 1.
        let deviation = 1.4826 * (reach as f64 + 0.5) * 2.0 / BINS as f64;
        Some(Normal { mean: center(median), deviation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = f64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|value| histogram.add(value, 1.0));
        histogram
    }

    #[test]
    fn a_normal_distribution_is_found_behind_outliers() {
        // The quantiles of a normal distribution with mean 0.3 and deviation 0.1 (logistic approximation of its inverse),
        // and a fifth as many outliers.
        let quantile = |p: f64| 0.3 + 0.1 * (p / (1.0 - p)).ln() / 1.702;
        let normal = (1..100).map(|i| quantile(f64::from(i) / 100.0));
        let outliers = (0..20).map(|i| 0.9 + 0.001 * f64::from(i));
        let found = histogram(normal.chain(outliers)).robust_normal().unwrap();
        assert!((found.mean - 0.3).abs() < 0.03 && (found.deviation - 0.1).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn a_few_values_change_the_prior_a_little() {
        let prior = Normal { mean: 0.5, deviation: 0.1 };
        assert_eq!(prior.posterior(&Histogram::default(), 3.0), prior);
        // One value beside a prior of three: a quarter of the way; the bin's center is 0.001 off.
        let posterior = prior.posterior(&histogram([0.9]), 3.0);
        assert!((posterior.mean - 0.6).abs() < 1e-3, "{posterior:?}");
        // Variances: 3/4 of 0.01 and next to nothing.
        assert!((posterior.deviation - 0.0075f64.sqrt()).abs() < 1e-3, "{posterior:?}");
    }

    #[test]
    fn values_outside_count_at_the_ends() {
        assert!((histogram([5.0]).robust_normal().unwrap().mean - 1.0).abs() < 2e-3);
        assert!((histogram([-5.0]).robust_normal().unwrap().mean + 1.0).abs() < 2e-3);
    }
}

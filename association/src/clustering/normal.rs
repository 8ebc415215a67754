//! A normal distribution, estimated from values of which some belong to others.

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Normal {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

impl Normal {
    /// The logarithm of the density, up to a constant that all normal distributions share.
    pub(crate) fn log_density(&self, value: f64) -> f64 {
        -0.5 * ((value - self.mean) / self.deviation).powi(2) - self.deviation.ln()
    }

    /// This distribution for as many values as `worth`, together with those in the histogram.
    pub(crate) fn with(&self, seen: &Histogram, worth: f64) -> Self {
        let Some(estimate) = seen.normal() else { return *self };
        let share = seen.weight / (seen.weight + worth);
        let blend = |usual: f64, seen: f64| usual + share * (seen - usual);
        Self {
            mean: blend(self.mean, estimate.mean),
            deviation: blend(self.deviation.powi(2), estimate.deviation.powi(2)).sqrt(),
        }
    }
}

/// Weighted values between -1 and 1, by the bin: what quantiles need, in little memory and one pass.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    bins: Vec<f64>,
    weight: f64,
}

/// Half a bin is 0.001, far below the scatter of cosines.
const BINS: usize = 1000;

impl Default for Histogram {
    fn default() -> Self {
        Self { bins: vec![0.0; BINS], weight: 0.0 }
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        let bin = ((value + 1.0) * 0.5 * BINS as f64).clamp(0.0, BINS as f64 - 1.0);
        self.bins[bin as usize] += weight;
        self.weight += weight;
    }

    /// Median and scaled median deviation from it: mean and standard deviation of a normal distribution that half
    /// of the values may not belong to. `None` without values.
    fn normal(&self) -> Option<Normal> {
        if self.weight <= 0.0 {
            return None;
        }
        let centre = |bin: usize| (bin as f64 + 0.5) * 2.0 / BINS as f64 - 1.0;
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
        // 1.4826: the standard deviation of a normal distribution whose median deviation is 1.
        let deviation = 1.4826 * (reach as f64 + 0.5) * 2.0 / BINS as f64;
        Some(Normal { mean: centre(median), deviation })
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
        // and a fifth as many strays.
        let quantile = |p: f64| 0.3 + 0.1 * (p / (1.0 - p)).ln() / 1.702;
        let normal = (1..100).map(|i| quantile(f64::from(i) / 100.0));
        let strays = (0..20).map(|i| 0.9 + 0.001 * f64::from(i));
        let found = histogram(normal.chain(strays)).normal().unwrap();
        assert!((found.mean - 0.3).abs() < 0.03 && (found.deviation - 0.1).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn little_that_is_seen_changes_what_is_usual_little() {
        let usual = Normal { mean: 0.5, deviation: 0.1 };
        assert_eq!(usual.with(&Histogram::default(), 3.0), usual);
        // One value for three that are usual: a quarter of the way; the bin's centre is 0.001 aside.
        let seen = usual.with(&histogram([0.9]), 3.0);
        assert!((seen.mean - 0.6).abs() < 1e-3, "{seen:?}");
        // Variances: 3/4 of 0.01 and next to nothing.
        assert!((seen.deviation - 0.0075f64.sqrt()).abs() < 1e-3, "{seen:?}");
    }

    #[test]
    fn values_outside_count_at_the_ends() {
        assert!((histogram([5.0]).normal().unwrap().mean - 1.0).abs() < 2e-3);
        assert!((histogram([-5.0]).normal().unwrap().mean + 1.0).abs() < 2e-3);
    }
}

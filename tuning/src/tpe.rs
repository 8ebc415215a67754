//! The tree-structured Parzen estimator: where to try next, given what was tried (Bergstra, Bardenet, Bengio and Kégl,
//! *Algorithms for Hyper-Parameter Optimization*, NIPS 2011, section 4).
//!
//! The trials so far are split into the good ones and the rest. Of each constant two densities are estimated, `l(x)` from
//! its values in the good trials and `g(x)` from those in the rest; expected improvement grows with `l(x) / g(x)`. So some
//! values are drawn from `l`, and the one with the greatest ratio is tried next: a value that good trials had and the others
//! had not.
//!
//! All values are fractions of their ranges, 0 to 1. The constants here are independent of each other (the tree of the paper
//! is flat), each chosen by its own pair of densities.

use mvmhat_random::Random;

/// The fraction of trials that count as good (gamma of the paper).
const GOOD: f64 = 0.15;
/// No more than this many are good, so that the search does not widen when it goes on for long.
const MOST_GOOD: usize = 25;
/// Values drawn from `l`, of which the best is taken.
const CANDIDATES: usize = 24;

/// A point that was tried.
pub(crate) struct ScoredPoint {
    /// One fraction per constant.
    pub(crate) point: Vec<f64>,
    pub(crate) score: f64,
}

/// The point to try next, one fraction per constant; `tried` are the points so far.
pub(crate) fn propose(tried: &[ScoredPoint], random: &mut Random) -> Vec<f64> {
    let mut order: Vec<&ScoredPoint> = tried.iter().collect();
    // A stable sort: of equal scores the earlier trial is the better one.
    order.sort_by(|a, b| b.score.total_cmp(&a.score));
    let good = ((GOOD * order.len() as f64).ceil() as usize).min(MOST_GOOD);
    let (good, rest) = order.split_at(good);
    let constants = tried.first().map_or(0, |tried| tried.point.len());
    (0..constants)
        .map(|constant| {
            let values = |points: &[&ScoredPoint]| points.iter().map(|tried| tried.point[constant]).collect();
            let (l, g) = (Parzen::new(values(good)), Parzen::new(values(rest)));
            let drawn = (0..CANDIDATES).map(|_| l.sample(random));
            let rated = drawn.map(|x| (x, l.density(x) / g.density(x)));
            rated.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0.5, |(x, _)| x)
        })
        .collect()
}

/// A density on 0 to 1: equal parts of normal distributions around observed values and of a wide one, the prior, each cut
/// off at both ends.
struct Parzen(Vec<Kernel>);

#[derive(Clone, Copy)]
struct Kernel {
    mean: f64,
    deviation: f64,
    /// How much of the normal distribution lies between 0 and 1.
    mass: f64,
}

impl Kernel {
    fn new(mean: f64, deviation: f64) -> Self {
        let below = |x: f64| normal_below((x - mean) / deviation);
        Self { mean, deviation, mass: below(1.0) - below(0.0) }
    }

    fn density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.deviation;
        (-0.5 * z * z).exp() / (self.deviation * std::f64::consts::TAU.sqrt() * self.mass)
    }
}

impl Parzen {
    /// Each value gets the distance to its farther neighbor as its deviation, where the ends of the range are neighbors
    /// too: wide where little is known.
    fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        // However many values agree, some of the neighborhood stays in view.
        let narrowest = 1.0 / (1.0 + values.len() as f64).min(100.0);
        let neighbours = |i: usize| {
            let before = if i == 0 { 0.0 } else { values[i - 1] };
            (before, values.get(i + 1).copied().unwrap_or(1.0))
        };
        let mut kernels: Vec<Kernel> = Vec::with_capacity(values.len() + 1);
        for (i, &value) in values.iter().enumerate() {
            let (before, after) = neighbours(i);
            kernels.push(Kernel::new(value, (value - before).max(after - value).clamp(narrowest, 1.0)));
        }
        kernels.push(Kernel::new(0.5, 1.0));
        Self(kernels)
    }

    fn density(&self, x: f64) -> f64 {
        self.0.iter().map(|kernel| kernel.density(x)).sum::<f64>() / self.0.len() as f64
    }

    fn sample(&self, random: &mut Random) -> f64 {
        let kernel = self.0[random.below(self.0.len())];
        loop {
            let x = kernel.mean + kernel.deviation * random.normal();
            if (0.0..=1.0).contains(&x) {
                return x;
            }
        }
    }
}

/// The standard normal distribution function, to about 1e-7 (Abramowitz and Stegun, *Handbook of Mathematical Functions*,
/// 26.2.17).
fn normal_below(z: f64) -> f64 {
    const B: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let tail = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
        * B.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    if z < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_function_has_its_known_values() {
        // Abramowitz and Stegun, table 26.1.
        for (z, p) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.0, 0.158_655_254), (1.96, 0.975_002_105)] {
            assert!((normal_below(z) - p).abs() < 1e-7, "{z}");
        }
    }

    #[test]
    fn a_density_integrates_to_one_and_is_high_where_values_are() {
        let density = Parzen::new(vec![0.1, 0.12, 0.9]);
        let n = 10_000;
        let sum: f64 = (0..n).map(|i| density.density((f64::from(i) + 0.5) / f64::from(n))).sum();
        assert!((sum / f64::from(n) - 1.0).abs() < 1e-4, "{sum}");
        let piled = Parzen::new(vec![0.2; 30]);
        assert!(piled.density(0.2) > 5.0 * piled.density(0.6));
        assert!(piled.density(0.6) > 0.0);
    }

    #[test]
    fn samples_follow_the_density() {
        let density = Parzen::new(vec![0.25, 0.3]);
        let mut random = Random::new(3, "trial 0");
        let n = 20_000;
        let below = (0..n).filter(|_| density.sample(&mut random) < 0.5).count() as f64 / f64::from(n);
        let steps = 5_000;
        let integral: f64 =
            (0..steps).map(|i| density.density((f64::from(i) + 0.5) / f64::from(steps) / 2.0)).sum();
        let expected = integral / f64::from(steps) / 2.0;
        assert!((below - expected).abs() < 0.015, "{below}, expected {expected}");
    }

    /// The best score after so many trials, the first twenty of them random. Of six constants three matter.
    fn best(seed: u64, trials: usize, guided: bool) -> f64 {
        let score =
            |p: &[f64]| -((p[0] - 0.7).powi(2) + 2.0 * (p[1] - 0.2).powi(2) + 0.5 * (p[2] - 0.9).powi(2));
        let mut tried: Vec<ScoredPoint> = Vec::new();
        for trial in 0..trials {
            let mut random = Random::new(seed, &format!("trial {trial}"));
            let point: Vec<f64> = if guided && trial >= 20 {
                propose(&tried, &mut random)
            } else {
                (0..6).map(|_| random.uniform()).collect()
            };
            let score = score(&point);
            tried.push(ScoredPoint { point, score });
        }
        tried.iter().map(|tried| tried.score).fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn it_finds_more_than_chance_with_as_many_trials() {
        let mean = |guided| (0..20).map(|seed| best(seed, 80, guided)).sum::<f64>() / 20.0;
        let (guided, chance) = (mean(true), mean(false));
        assert!(guided > 0.3 * chance, "guided {guided}, by chance {chance}");
        assert!((0..20).filter(|seed| best(*seed, 80, true) > best(*seed, 80, false)).count() >= 15);
    }

    #[test]
    fn without_constants_there_is_nothing_to_choose() {
        assert!(propose(&[], &mut Random::new(0, "trial 0")).is_empty());
    }
}

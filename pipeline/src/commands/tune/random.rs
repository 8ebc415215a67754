//! Random numbers that depend on a seed and on nothing else: splitmix64 (Steele, Lea and Flood, *Fast Splittable
//! Pseudorandom Number Generators*, OOPSLA 2014).

/// One sequence of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

/// 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The sequence of one trial of the search that is called `seed`.
    pub(super) fn of_trial(seed: u64, trial: usize) -> Self {
        let mut seeds = Self(seed);
        let search = seeds.next();
        Self(search.wrapping_add((trial as u64).wrapping_mul(GAMMA.rotate_left(17))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of the numbers from 0 to below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }

    /// Of the standard normal distribution (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_has_the_same_numbers_again_and_others_than_its_neighbours() {
        let first = |seed, trial| Random::of_trial(seed, trial).next();
        assert_eq!(first(1, 2), first(1, 2));
        let mut all: Vec<u64> = (0..100).flat_map(|seed| (0..100).map(move |t| first(seed, t))).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn the_distributions_have_their_moments() {
        let mut random = Random::of_trial(0, 0);
        let n = 20_000;
        let moments = |numbers: &[f64]| {
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            (mean, numbers.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / numbers.len() as f64)
        };
        let (mean, variance) = moments(&(0..n).map(|_| random.uniform()).collect::<Vec<_>>());
        assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.005, "{mean} {variance}");
        let (mean, variance) = moments(&(0..n).map(|_| random.normal()).collect::<Vec<_>>());
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        assert!((0..n).all(|_| random.below(3) < 3));
    }
}

#![doc = include_str!("../README.md")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// The random stream of one purpose: ChaCha with 8 rounds, keyed by the sha256 of seed and purpose.
#[derive(Debug, Clone)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of a purpose, at its beginning.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let key = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(purpose).finalize();
        Self(ChaCha8Rng::from_seed(key.into()))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `[0, 1)`, a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `[0, 1)`, a multiple of 2^-24.
    pub fn uniform_f32(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// A number from `low` to `high`, each equally likely.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform_f32()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform_f32() < probability
    }

    /// A number of the normal distribution of mean 0 and deviation 1, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Roughly a normal number of mean 0 and deviation 1 that is never beyond 3: twelve uniform numbers summed (Irwin and
    /// Hall), as the sizes of people and the noise of cameras are bounded too.
    pub fn bounded_normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform_f32()).sum::<f32>().clamp(3.0, 9.0) - 6.0
    }

    /// An integer below `end`, each equally likely; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        // The upper half of a 128-bit product; the few bits that would favour some numbers are drawn again
        // (Lemire, *Fast Random Integer Generation in an Interval*, 2019).
        let end = end as u64;
        let unfair = end.wrapping_neg().checked_rem(end).unwrap_or(0);
        loop {
            let product = u128::from(self.bits()) * u128::from(end);
            if product as u64 >= unfair {
                return (product >> 64) as usize;
            }
        }
    }

    /// One of these items, each equally likely.
    ///
    /// # Panics
    /// Without items.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Brings items into a random order, each equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_on_every_machine() {
        // The first 16 bytes of ChaCha8 (zero nonce, block 0), computed in Python from its definition, with the key
        // hashlib.sha256((7).to_bytes(8, "little") + b"coin").digest().
        let mut random = Random::new(7, "coin");
        assert_eq!([random.bits(), random.bits()], [15_430_232_195_535_192_420, 8_640_023_922_214_951_853]);
        // 15430232195535192420 / 2^64
        assert!((Random::new(7, "coin").uniform() - 0.836_474_563_4).abs() < 1e-10);
        assert!((Random::new(7, "coin").uniform_f32() - 0.836_474_5).abs() < 1e-7);
    }

    #[test]
    fn purposes_and_seeds_do_not_share_numbers() {
        let first = |seed, purpose| Random::new(seed, purpose).bits();
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut random = Random::new(1, "moments");
        let n = 100_000;
        let mean = |draws: &[f64]| draws.iter().sum::<f64>() / draws.len() as f64;
        let uniform: Vec<_> = (0..n).map(|_| random.uniform()).collect();
        // The deviation of a mean of 100,000 is 0.0009 for uniform and 0.003 for normal numbers.
        assert!((mean(&uniform) - 0.5).abs() < 0.004);
        assert!(uniform.iter().all(|x| (0.0..1.0).contains(x)));
        let normal: Vec<_> = (0..n).map(|_| random.normal()).collect();
        let squares: Vec<_> = normal.iter().map(|x| x * x).collect();
        let fourths: Vec<_> = squares.iter().map(|x| x * x).collect();
        assert!(mean(&normal).abs() < 0.015);
        assert!((mean(&squares) - 1.0).abs() < 0.02);
        assert!((mean(&fourths) - 3.0).abs() < 0.15);
    }

    #[test]
    fn bounded_normal_numbers_have_their_moments_and_stay_within_three() {
        let mut random = Random::new(1, "bounded");
        let draws: Vec<_> = (0..100_000).map(|_| f64::from(random.bounded_normal())).collect();
        let mean = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / draws.len() as f64;
        assert!(draws.iter().all(|x| x.abs() <= 3.0));
        assert!(mean(1).abs() < 0.015);
        // Slightly below 1: what lies beyond 3 is brought back to it.
        assert!((mean(2) - 1.0).abs() < 0.02);
    }

    #[test]
    fn ranges_chances_and_picks_follow_their_probabilities() {
        let mut random = Random::new(1, "ranges");
        assert!((0..1000).map(|_| random.range(-2.0, 5.0)).all(|x| (-2.0..5.0).contains(&x)));
        let hits = (0..10_000).filter(|_| random.chance(0.3)).count();
        assert!((2800..3200).contains(&hits), "{hits}");
        let picks = (0..9000).filter(|_| random.pick(&['a', 'b', 'c']) == 'b').count();
        assert!((2800..3200).contains(&picks), "{picks}");
    }

    #[test]
    fn every_number_below_the_end_is_as_likely() {
        let mut random = Random::new(1, "below");
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[random.below(7)] += 1);
        assert!(counts.iter().all(|&n: &i32| (n - 10_000).abs() < 500), "{counts:?}");
        assert_eq!(random.below(1), 0);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn shuffling_moves_everything_and_loses_nothing() {
        let mut firsts = [0; 4];
        for seed in 0..4000 {
            let mut items = [0, 1, 2, 3];
            Random::new(seed, "shuffle").shuffle(&mut items);
            firsts[items[0]] += 1;
            items.sort_unstable();
            assert_eq!(items, [0, 1, 2, 3]);
        }
        assert!(firsts.iter().all(|&n: &i32| (n - 1000).abs() < 150), "{firsts:?}");
    }
}

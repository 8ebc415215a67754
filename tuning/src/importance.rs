//! Importance: how much of the differences between trials each constant accounts for.
//!
//! Only random trials count. A guided search moves all constants at once to where scores are good, and each would get the
//! importance of all. The trials are ranked by score, so that a few disasters do not outweigh everything else. For one
//! constant they are then put into groups of about the same size by its value, and its importance is the share of the
//! variance of the ranks that lies between the groups, minus what is expected there by chance: with `n` trials in `k` groups
//!
//! ```text
//! H = (n - 1) * (variance between the groups) / (variance in all),   importance = (H - k + 1) / (n - k), at least 0
//! ```
//!
//! `H` is the statistic of Kruskal and Wallis (*Use of ranks in one-criterion variance analysis*, JASA 1952), the importance
//! its effect size (Tomczak and Tomczak, *The need to report effect size estimates revisited*, 2014). It is 0 for a constant
//! that does not matter and 1 for one that decides everything, whichever values are good: they need not lie at an end.
//! Constants are taken one by one: interactions are not counted.
//!
//! The trend is Spearman's rank correlation of value and score: 1 where larger is better, -1 where smaller is.

/// Trials in a group, at least about.
const GROUP: usize = 10;
/// Groups at most.
const MOST_GROUPS: usize = 8;

/// How one constant and the score are related.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Importance {
    /// Share of the differences between trials that it accounts for, 0 to 1.
    pub(crate) share: f64,
    /// Whether larger is better (1) or smaller (-1).
    pub(crate) trend: f64,
}

impl Importance {
    /// That of a constant with these values in trials with these scores.
    pub(crate) fn new(values: &[f64], scores: &[f64]) -> Self {
        let (values, scores) = (ranks(values), ranks(scores));
        let n = scores.len();
        let mean = (n as f64 + 1.0) / 2.0;
        let covariance =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
        let (all, spread) = (covariance(&scores, &scores), covariance(&values, &values));
        if all <= 0.0 || spread <= 0.0 {
            return Self::default();
        }
        let trend = covariance(&values, &scores) / (all * spread).sqrt();

        // Equal values have equal ranks, so they are in one group.
        let groups = (n / GROUP).clamp(2, MOST_GROUPS);
        let mut sums = vec![(0_usize, 0.0); groups];
        for (value, score) in values.iter().zip(&scores) {
            let group = ((value - 0.5) / n as f64 * groups as f64) as usize;
            let (count, sum) = &mut sums[group.min(groups - 1)];
            *count += 1;
            *sum += score - mean;
        }
        sums.retain(|(count, _)| *count > 0);
        let k = sums.len() as f64;
        let between: f64 = sums.iter().map(|(count, sum)| sum * sum / *count as f64).sum();
        let n = n as f64;
        let h = (n - 1.0) * between / all;
        let share = if n > k { ((h - k + 1.0) / (n - k)).clamp(0.0, 1.0) } else { 0.0 };
        Self { share, trend }
    }
}

/// The rank of each value, 1 for the smallest; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for same in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = start as f64 + (same.len() as f64 + 1.0) / 2.0;
        for &place in same {
            ranks[place] = mean;
        }
        start += same.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use mvmhat_random::Random;

    #[test]
    fn ranks_by_hand() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn two_groups_by_hand() {
        // Ranks 1 to 4 of the scores; groups {1, 2} and {3, 4}: between 2 * 1 + 2 * 1 = 4, all 5, H = 3 * 4 / 5 = 2.4.
        let importance = Importance::new(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 30.0, 400.0]);
        assert!((importance.share - (2.4 - 1.0) / 2.0).abs() < 1e-12, "{importance:?}");
        assert!((importance.trend - 1.0).abs() < 1e-12);
        assert_eq!(
            Importance::new(&[1.0, 1.0], &[1.0, 2.0]),
            Importance::default(),
            "a constant that never changed"
        );
        assert_eq!(Importance::new(&[], &[]), Importance::default());
    }

    #[test]
    fn what_matters_is_told_from_what_does_not_wherever_the_best_value_lies() {
        let mut random = Random::new(1, "trial 1");
        let trials: Vec<[f64; 3]> =
            (0..200).map(|_| [random.uniform(), random.uniform(), random.uniform()]).collect();
        let scores: Vec<f64> = trials.iter().map(|t| -(t[0] - 0.5).powi(2) - 0.1 * t[1]).collect();
        let [middle, end, nothing] =
            [0, 1, 2].map(|i| Importance::new(&trials.iter().map(|t| t[i]).collect::<Vec<_>>(), &scores));
        assert!(middle.share > 0.5 && middle.trend.abs() < 0.2, "{middle:?}");
        assert!((0.03..0.3).contains(&end.share) && end.trend < -0.2, "{end:?}");
        assert!(nothing.share < 0.05 && nothing.trend.abs() < 0.2, "{nothing:?}");
    }
}

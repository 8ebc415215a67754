//! Makes a clustering better by single steps: the last word in who is who.
//!
//! Joining the most alike first decides early what later evidence would decide otherwise. So the result is improved until
//! no step helps: something moves to another cluster or into one of its own, two that cannot be together change places, two
//! clusters become one. A step is taken when it raises the sum of affinities within clusters (the objective of correlation
//! clustering; Bansal, Blum and Chawla, *Correlation Clustering*, Machine Learning 2004). With evidence for affinities
//! that is the log-likelihood of the partition, as far as pairs are independent, and it weighs all views at once.

use super::pairs::Pairs;

/// Passes over all steps. A few are enough mostly; the bound keeps a timestep's time bounded.
const PASSES: usize = 10;
/// A step must help more than rounding does.
const LEAST: f64 = 1e-6;
/// What stands for a forbidden pair: far more than evidence can outweigh, and still a number to add and take away.
const NEVER: f64 = -1e5;

/// Improves the clusters of things, each named by a number below their count. `affinities` as for
/// [`cluster`](super::agglomeration::cluster).
pub(crate) fn refine(affinities: &Pairs, clusters: &mut [usize]) {
    let mut state = State::new(affinities, clusters);
    for _ in 0..PASSES {
        let steps = state.steps;
        state.move_each();
        state.exchange();
        state.merge();
        if state.steps == steps {
            break;
        }
    }
}

struct State<'a> {
    n: usize,
    affinities: &'a Pairs,
    clusters: &'a mut [usize],
    /// `n` x `n`: affinities of each thing to the members of each cluster, summed.
    sums: Vec<f64>,
    sizes: Vec<usize>,
    /// Pairs that cannot be together.
    forbidden: Vec<(usize, usize)>,
    steps: usize,
}

impl<'a> State<'a> {
    fn new(affinities: &'a Pairs, clusters: &'a mut [usize]) -> Self {
        let n = affinities.len();
        let mut sums = vec![0.0; n * n];
        let mut forbidden = Vec::new();
        for i in 0..n {
            for j in (0..n).filter(|&j| j != i) {
                let value = finite(affinities, i, j);
                sums[i * n + clusters[j]] += value;
                if i < j && value == NEVER {
                    forbidden.push((i, j));
                }
            }
        }
        let mut sizes = vec![0; n];
        clusters.iter().for_each(|&cluster| sizes[cluster] += 1);
        Self { n, affinities, clusters, sums, sizes, forbidden, steps: 0 }
    }

    /// Lets each thing go where it belongs best: another cluster, or one of its own.
    fn move_each(&mut self) {
        for i in 0..self.n {
            let own = self.clusters[i];
            let row = &self.sums[i * self.n..][..self.n];
            let there = (0..self.n).filter(|&c| c != own && self.sizes[c] > 0).map(|c| (c, row[c]));
            let alone = self.sizes.iter().position(|&size| size == 0).map(|empty| (empty, 0.0));
            let best = there.chain(alone).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((cluster, _)) = best.filter(|(_, sum)| *sum > row[own] + LEAST) {
                self.put(i, cluster);
                self.steps += 1;
            }
        }
    }

    /// Lets two that cannot be together take each other's place.
    fn exchange(&mut self) {
        for at in 0..self.forbidden.len() {
            let (i, j) = self.forbidden[at];
            let (a, b) = (self.clusters[i], self.clusters[j]);
            if a == b {
                continue;
            }
            let sum = |thing: usize, cluster: usize| self.sums[thing * self.n + cluster];
            // Each counts among those in the way of the other, and will not be there.
            let gain = sum(i, b) + sum(j, a) - 2.0 * NEVER - sum(i, a) - sum(j, b);
            if gain > LEAST {
                self.put(i, b);
                self.put(j, a);
                self.steps += 1;
            }
        }
    }

    /// Makes one of two clusters that are rather the same, the most alike first.
    fn merge(&mut self) {
        let n = self.n;
        let used: Vec<usize> = (0..n).filter(|&c| self.sizes[c] > 0).collect();
        let mut place = vec![0; n];
        used.iter().enumerate().for_each(|(at, &cluster)| place[cluster] = at);
        // Between each two clusters, summed over members.
        let mut between = vec![0.0; used.len() * used.len()];
        for i in 0..n {
            let row = place[self.clusters[i]] * used.len();
            for (at, &cluster) in used.iter().enumerate() {
                between[row + at] += self.sums[i * n + cluster];
            }
        }
        let pairs = (0..used.len()).flat_map(|a| (a + 1..used.len()).map(move |b| (a, b)));
        let mut gains: Vec<_> = pairs.map(|(a, b)| (between[a * used.len() + b], used[a], used[b])).collect();
        gains.retain(|(gain, ..)| *gain > LEAST);
        gains.sort_by(|x, y| y.0.total_cmp(&x.0));
        let mut touched = vec![false; n];
        for (_, a, b) in gains {
            if touched[a] || touched[b] {
                continue;
            }
            (touched[a], touched[b]) = (true, true);
            for i in (0..n).filter(|&i| self.clusters[i] == b).collect::<Vec<_>>() {
                self.put(i, a);
            }
            self.steps += 1;
        }
    }

    fn put(&mut self, i: usize, cluster: usize) {
        let from = std::mem::replace(&mut self.clusters[i], cluster);
        self.sizes[from] -= 1;
        self.sizes[cluster] += 1;
        for k in (0..self.n).filter(|&k| k != i) {
            let value = finite(self.affinities, i, k);
            self.sums[k * self.n + from] -= value;
            self.sums[k * self.n + cluster] += value;
        }
    }
}

fn finite(affinities: &Pairs, i: usize, j: usize) -> f64 {
    affinities.get(i, j).unwrap_or(0.0).max(NEVER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::agglomeration::FORBIDDEN;
    use super::*;

    const X: f64 = FORBIDDEN;

    fn refined<const N: usize>(affinities: [[f64; N]; N], start: [usize; N]) -> Vec<usize> {
        let pairs = Pairs::from_fn(N, |i, j| Some(affinities[i][j]));
        let mut clusters = start.to_vec();
        refine(&pairs, &mut clusters);
        // Named by the first member.
        clusters.iter().map(|c| clusters.iter().position(|other| other == c).unwrap()).collect()
    }

    #[test]
    fn what_belongs_elsewhere_moves() {
        let affinities = [[0.0, 2.0, -1.5], [2.0, 0.0, 1.0], [-1.5, 1.0, 0.0]];
        assert_eq!(refined(affinities, [0, 1, 1]), [0, 0, 2], "0 joins by 2 - 1.5, then 2 leaves by 1.5 - 1");
        assert_eq!(refined([[0.0, -1.0], [-1.0, 0.0]], [0, 0]), [0, 1], "into a cluster of its own");
    }

    #[test]
    fn two_that_are_in_each_others_way_change_places() {
        // 0 belongs to 2 and 1 to 3, but each is where the other should be.
        let affinities = [[0.0, X, 3.0, 1.0], [X, 0.0, 1.0, 3.0], [3.0, 1.0, 0.0, X], [1.0, 3.0, X, 0.0]];
        assert_eq!(refined(affinities, [0, 1, 1, 0]), [0, 1, 0, 1]);
    }

    #[test]
    fn two_halves_become_one() {
        // No single move helps (each would leave its half), the merge does: 4 * 0.5.
        let affinities =
            [[0.0, 3.0, 0.5, 0.5], [3.0, 0.0, 0.5, 0.5], [0.5, 0.5, 0.0, 3.0], [0.5, 0.5, 3.0, 0.0]];
        assert_eq!(refined(affinities, [0, 0, 2, 2]), [0, 0, 0, 0]);
    }

    fn objective(pairs: &Pairs, clusters: &[usize]) -> f64 {
        let n = pairs.len();
        let together =
            (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).filter(|&(i, j)| clusters[i] == clusters[j]);
        together.filter_map(|(i, j)| pairs.get(i, j)).sum()
    }

    proptest! {
        #[test]
        fn it_never_gets_worse_and_never_puts_together_what_cannot_be(
            values in prop::collection::vec(prop_oneof![4 => -5.0..5.0, 1 => Just(X)], 36),
            start in prop::collection::vec(0usize..9, 9),
        ) {
            let mut values = values.into_iter();
            let pairs = Pairs::from_fn(9, |_, _| values.next());
            let mut clusters = start.clone();
            refine(&pairs, &mut clusters);
            let after = objective(&pairs, &clusters);
            prop_assert!(after > X, "{clusters:?}");
            let before = objective(&pairs, &start);
            prop_assert!(after >= before - 1e-4, "{before} {after}");
        }
    }
}

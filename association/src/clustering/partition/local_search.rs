//! Local search: improves a clustering by single steps.
//!
//! Agglomerative clustering decides early what later merges would decide otherwise. So its result is improved until no step
//! helps: a thing moves to another cluster or into one of its own, two that cannot link swap clusters, two clusters are
//! merged. A step is taken when it raises the sum of affinities within clusters (the objective of correlation
//! clustering; Bansal, Blum and Chawla, *Correlation Clustering*, Machine Learning 2004). With log-likelihood ratios as
//! affinities that is the log-likelihood of the partition, as far as pairs are independent, over all views at once.

use crate::clustering::affinity::PairMatrix;

/// Passes over all steps. A few are mostly enough; the limit bounds the time of a timestep.
const MAX_PASSES: usize = 10;
/// The least gain of a step: more than rounding errors.
const MIN_GAIN: f64 = 1e-6;
/// The affinity of a pair that cannot link: far more than evidence can outweigh, and still finite, to be added and
/// subtracted.
const CANNOT_LINK_PENALTY: f64 = -1e5;

/// Improves the clusters of things, each named by a number below their count. `affinities` as for
/// [`average_linkage`](super::average_linkage::average_linkage).
pub(super) fn local_search(affinities: &PairMatrix, clusters: &mut [usize]) {
    let mut search = LocalSearch::new(affinities, clusters);
    for _ in 0..MAX_PASSES {
        let steps = search.steps;
        search.move_each();
        search.swap_pairs();
        search.merge_clusters();
        if search.steps == steps {
            break;
        }
    }
}

struct LocalSearch<'a> {
    n: usize,
    affinities: &'a PairMatrix,
    clusters: &'a mut [usize],
    /// `n` x `n`: affinities of each thing to the members of each cluster, summed.
    sums: Vec<f64>,
    sizes: Vec<usize>,
    /// Pairs that cannot link.
    cannot_link: Vec<(usize, usize)>,
    steps: usize,
}

impl<'a> LocalSearch<'a> {
    fn new(affinities: &'a PairMatrix, clusters: &'a mut [usize]) -> Self {
        let n = affinities.len();
        let mut sums = vec![0.0; n * n];
        let mut cannot_link = Vec::new();
        for i in 0..n {
            for j in (0..n).filter(|&j| j != i) {
                let value = finite(affinities, i, j);
                sums[i * n + clusters[j]] += value;
                if i < j && value == CANNOT_LINK_PENALTY {
                    cannot_link.push((i, j));
                }
            }
        }
        let mut sizes = vec![0; n];
        clusters.iter().for_each(|&cluster| sizes[cluster] += 1);
        Self { n, affinities, clusters, sums, sizes, cannot_link, steps: 0 }
    }

    /// Moves each thing to the cluster it belongs to best: another one, or one of its own.
    fn move_each(&mut self) {
        for i in 0..self.n {
            let own = self.clusters[i];
            let row = &self.sums[i * self.n..][..self.n];
            let others = (0..self.n).filter(|&c| c != own && self.sizes[c] > 0).map(|c| (c, row[c]));
            let alone = self.sizes.iter().position(|&size| size == 0).map(|empty| (empty, 0.0));
            let best = others.chain(alone).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((cluster, _)) = best.filter(|(_, sum)| *sum > row[own] + MIN_GAIN) {
                self.move_to(i, cluster);
                self.steps += 1;
            }
        }
    }

    /// Swaps the clusters of two that cannot link.
    fn swap_pairs(&mut self) {
        for pair in 0..self.cannot_link.len() {
            let (i, j) = self.cannot_link[pair];
            let (a, b) = (self.clusters[i], self.clusters[j]);
            if a == b {
                continue;
            }
            let sum = |thing: usize, cluster: usize| self.sums[thing * self.n + cluster];
            // Each of the two penalizes the move of the other, but will be gone from there.
            let gain = sum(i, b) + sum(j, a) - 2.0 * CANNOT_LINK_PENALTY - sum(i, a) - sum(j, b);
            if gain > MIN_GAIN {
                self.move_to(i, b);
                self.move_to(j, a);
                self.steps += 1;
            }
        }
    }

    /// Merges pairs of clusters that are rather one, the highest gain first.
    fn merge_clusters(&mut self) {
        let n = self.n;
        let used: Vec<usize> = (0..n).filter(|&c| self.sizes[c] > 0).collect();
        let mut row_of = vec![0; n];
        used.iter().enumerate().for_each(|(row, &cluster)| row_of[cluster] = row);
        // Between each two clusters, summed over members.
        let mut between = vec![0.0; used.len() * used.len()];
        for i in 0..n {
            let row = row_of[self.clusters[i]] * used.len();
            for (column, &cluster) in used.iter().enumerate() {
                between[row + column] += self.sums[i * n + cluster];
            }
        }
        let pairs = (0..used.len()).flat_map(|a| (a + 1..used.len()).map(move |b| (a, b)));
        let mut gains: Vec<_> = pairs.map(|(a, b)| (between[a * used.len() + b], used[a], used[b])).collect();
        gains.retain(|(gain, ..)| *gain > MIN_GAIN);
        gains.sort_by(|x, y| y.0.total_cmp(&x.0));
        let mut touched = vec![false; n];
        for (_, a, b) in gains {
            if touched[a] || touched[b] {
                continue;
            }
            (touched[a], touched[b]) = (true, true);
            for i in (0..n).filter(|&i| self.clusters[i] == b).collect::<Vec<_>>() {
                self.move_to(i, a);
            }
            self.steps += 1;
        }
    }

    fn move_to(&mut self, i: usize, cluster: usize) {
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

/// The affinity of a pair as a finite number.
fn finite(affinities: &PairMatrix, i: usize, j: usize) -> f64 {
    affinities.get(i, j).unwrap_or(0.0).max(CANNOT_LINK_PENALTY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clustering::affinity::CANNOT_LINK;

    const X: f64 = CANNOT_LINK;

    fn improved<const N: usize>(affinities: [[f64; N]; N], start: [usize; N]) -> Vec<usize> {
        let pairs = PairMatrix::from_fn(N, |i, j| Some(affinities[i][j]));
        let mut clusters = start.to_vec();
        local_search(&pairs, &mut clusters);
        // Named by the first member.
        clusters.iter().map(|c| clusters.iter().position(|other| other == c).unwrap()).collect()
    }

    #[test]
    fn a_thing_moves_to_where_it_belongs() {
        let affinities = [[0.0, 2.0, -1.5], [2.0, 0.0, 1.0], [-1.5, 1.0, 0.0]];
        assert_eq!(
            improved(affinities, [0, 1, 1]),
            [0, 0, 2],
            "0 moves by 2 - 1.5, then 2 leaves by 1.5 - 1"
        );
        assert_eq!(improved([[0.0, -1.0], [-1.0, 0.0]], [0, 0]), [0, 1], "into a cluster of its own");
    }

    #[test]
    fn two_that_cannot_link_swap_clusters() {
        // 0 belongs to 2 and 1 to 3, but each is where the other should be.
        let affinities = [[0.0, X, 3.0, 1.0], [X, 0.0, 1.0, 3.0], [3.0, 1.0, 0.0, X], [1.0, 3.0, X, 0.0]];
        assert_eq!(improved(affinities, [0, 1, 1, 0]), [0, 1, 0, 1]);
    }

    #[test]
    fn two_clusters_are_merged() {
        // No single move helps (each would leave its half), the merge does: 4 * 0.5.
        let affinities =
            [[0.0, 3.0, 0.5, 0.5], [3.0, 0.0, 0.5, 0.5], [0.5, 0.5, 0.0, 3.0], [0.5, 0.5, 3.0, 0.0]];
        assert_eq!(improved(affinities, [0, 0, 2, 2]), [0, 0, 0, 0]);
    }

    fn objective(pairs: &PairMatrix, clusters: &[usize]) -> f64 {
        let n = pairs.len();
        let together =
            (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).filter(|&(i, j)| clusters[i] == clusters[j]);
        together.filter_map(|(i, j)| pairs.get(i, j)).sum()
    }

    proptest! {
        #[test]
        fn it_never_gets_worse_and_never_links_what_cannot_link(
            values in prop::collection::vec(prop_oneof![4 => -5.0..5.0, 1 => Just(X)], 36),
            start in prop::collection::vec(0usize..9, 9),
        ) {
            let mut values = values.into_iter();
            let pairs = PairMatrix::from_fn(9, |_, _| values.next());
            let mut clusters = start.clone();
            local_search(&pairs, &mut clusters);
            let after = objective(&pairs, &clusters);
            prop_assert!(after > X, "{clusters:?}");
            let before = objective(&pairs, &start);
            prop_assert!(after >= before - 1e-4, "{before} {after}");
        }
    }
}

//! Constrained agglomerative clustering with average linkage (UPGMA).
//!
//! The two clusters with the highest mean affinity between their members are merged, again and again, as long as that mean
//! is positive; a pair that cannot be linked makes it infinitely negative. As all members of both clusters count, the
//! result is consistent over more than two views: there is no chain of pairwise matches that could contradict itself.

use crate::clustering::affinity::PairMatrix;

/// The cluster of each thing, named by one of its members. `affinities` are positive where two are rather the same; an
/// unknown one counts as 0.
pub(super) fn average_linkage(affinities: &PairMatrix) -> Vec<usize> {
    let n = affinities.len();
    let averages = (0..n * n).map(|k| affinities.get(k / n, k % n).unwrap_or(0.0)).collect();
    Linkage { sizes: vec![1.0; n], averages }.cluster()
}

struct Linkage {
    /// Members of each cluster; at first one.
    sizes: Vec<f64>,
    /// `n` x `n`: mean affinities between the members of two clusters.
    averages: Vec<f64>,
}

impl Linkage {
    fn cluster(mut self) -> Vec<usize> {
        let n = self.sizes.len();
        let mut cluster: Vec<usize> = (0..n).collect();
        let mut roots = cluster.clone();
        let mut nearest: Vec<(f64, usize)> = (0..n).map(|i| self.nearest(i, &roots)).collect();
        while let Some(a) = roots.iter().copied().max_by(|&a, &b| nearest[a].0.total_cmp(&nearest[b].0)) {
            let (average, b) = nearest[a];
            if average <= 0.0 {
                break;
            }
            self.merge(a, b, &roots);
            roots.retain(|&root| root != b);
            cluster.iter_mut().filter(|c| **c == b).for_each(|c| *c = a);
            for &root in &roots {
                // Clusters whose nearest was `a` or `b` may have another one now; to the others, the merged cluster is
                // never nearer than the nearer of its halves was.
                let (_, near) = nearest[root];
                if root == a || near == a || near == b {
                    nearest[root] = self.nearest(root, &roots);
                }
            }
        }
        cluster
    }

    /// The highest mean affinity of `a` to another cluster, and that cluster.
    fn nearest(&self, a: usize, roots: &[usize]) -> (f64, usize) {
        let row = &self.averages[a * self.sizes.len()..][..self.sizes.len()];
        let others = roots.iter().copied().filter(|&b| b != a).map(|b| (row[b], b));
        others.max_by(|x, y| x.0.total_cmp(&y.0)).unwrap_or((f64::NEG_INFINITY, a))
    }

    /// Merges `b` into `a`.
    fn merge(&mut self, a: usize, b: usize, roots: &[usize]) {
        let n = self.sizes.len();
        let size = self.sizes[a] + self.sizes[b];
        let (of_a, of_b) = (self.sizes[a] / size, self.sizes[b] / size);
        for &c in roots.iter().filter(|&&c| c != a && c != b) {
            let average = of_a * self.averages[a * n + c] + of_b * self.averages[b * n + c];
            (self.averages[a * n + c], self.averages[c * n + a]) = (average, average);
        }
        self.sizes[a] = size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: f64 = crate::clustering::affinity::CANNOT_LINK;

    fn clusters<const N: usize>(affinities: [[f64; N]; N]) -> Vec<usize> {
        let clusters = average_linkage(&PairMatrix::from_fn(N, |i, j| Some(affinities[i][j])));
        // Named by the first member, whichever the algorithm chose.
        clusters.iter().map(|c| clusters.iter().position(|other| other == c).unwrap()).collect()
    }

    #[test]
    fn similar_things_are_merged() {
        assert_eq!(clusters([[0.0, 0.5, -1.0], [0.5, 0.0, -1.0], [-1.0, -1.0, 0.0]]), [0, 0, 2]);
        assert_eq!(clusters([]), [0usize; 0]);
    }

    #[test]
    fn clusters_are_merged_by_the_mean_affinity() {
        // 2 is similar to 1 but not to 0, which is more similar to 1: on average (0.3 - 0.4) / 2 it does not belong.
        assert_eq!(clusters([[0.0, 0.5, -0.4], [0.5, 0.0, 0.3], [-0.4, 0.3, 0.0]]), [0, 0, 2]);
        // With (0.45 - 0.4) / 2 it does.
        assert_eq!(clusters([[0.0, 0.5, -0.4], [0.5, 0.0, 0.45], [-0.4, 0.45, 0.0]]), [0, 0, 0]);
    }

    #[test]
    fn two_that_cannot_link_are_kept_apart_through_others() {
        // 0 and 1 are both similar to 2 but cannot link; the more similar one gets it.
        assert_eq!(clusters([[0.0, X, 0.8], [X, 0.0, 0.9], [0.8, 0.9, 0.0]]), [0, 1, 1]);
    }
}

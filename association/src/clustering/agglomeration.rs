//! Constrained clustering: which sightings are one person, all views at once.
//!
//! Average linkage (UPGMA): the two clusters whose members are most alike on average are joined, again and again, as
//! long as that average is positive and no two members are forbidden to be together. So a join must convince the
//! members of both clusters together, which is what makes the result consistent over more than two views: there is no
//! chain of pairwise matches that could contradict itself.

use super::pairs::Pairs;

/// What two things that are surely not the same have for affinity.
pub(crate) const FORBIDDEN: f64 = f64::NEG_INFINITY;

/// The cluster of each thing, named by one of its members. `affinities` are positive where two are rather the same; where
/// they are not known, nothing speaks for or against it.
pub(crate) fn cluster(affinities: &Pairs) -> Vec<usize> {
    let n = affinities.len();
    let averages = (0..n * n).map(|at| affinities.get(at / n, at % n).unwrap_or(0.0)).collect();
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
            self.join(a, b, &roots);
            roots.retain(|&root| root != b);
            cluster.iter_mut().filter(|c| **c == b).for_each(|c| *c = a);
            for &root in &roots {
                // Who was nearest to either may have somebody else now; to the others the union is never nearer than
                // both of its halves were.
                let (_, near) = nearest[root];
                if root == a || near == a || near == b {
                    nearest[root] = self.nearest(root, &roots);
                }
            }
        }
        cluster
    }

    /// The cluster nearest to `a` and how near it is.
    fn nearest(&self, a: usize, roots: &[usize]) -> (f64, usize) {
        let row = &self.averages[a * self.sizes.len()..][..self.sizes.len()];
        let others = roots.iter().copied().filter(|&b| b != a).map(|b| (row[b], b));
        others.max_by(|x, y| x.0.total_cmp(&y.0)).unwrap_or((f64::NEG_INFINITY, a))
    }

    /// Puts `b` into `a`.
    fn join(&mut self, a: usize, b: usize, roots: &[usize]) {
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

    const X: f64 = FORBIDDEN;

    fn clusters<const N: usize>(affinities: [[f64; N]; N]) -> Vec<usize> {
        let clusters = cluster(&Pairs::from_fn(N, |i, j| Some(affinities[i][j])));
        // Named by the first member, whichever the algorithm chose.
        clusters.iter().map(|c| clusters.iter().position(|other| other == c).unwrap()).collect()
    }

    #[test]
    fn what_is_alike_comes_together() {
        assert_eq!(clusters([[0.0, 0.5, -1.0], [0.5, 0.0, -1.0], [-1.0, -1.0, 0.0]]), [0, 0, 2]);
        assert_eq!(clusters([]), [0usize; 0]);
    }

    #[test]
    fn a_join_must_convince_on_average() {
        // 2 is like 1, but unlike 0, which is more like 1: on average (0.3 - 0.4) / 2 it does not belong.
        assert_eq!(clusters([[0.0, 0.5, -0.4], [0.5, 0.0, 0.3], [-0.4, 0.3, 0.0]]), [0, 0, 2]);
        // With (0.45 - 0.4) / 2 it does.
        assert_eq!(clusters([[0.0, 0.5, -0.4], [0.5, 0.0, 0.45], [-0.4, 0.45, 0.0]]), [0, 0, 0]);
    }

    #[test]
    fn who_cannot_be_the_same_is_kept_apart_through_others() {
        // 0 and 1 are both like 2, but cannot be one; the one more alike gets it.
        assert_eq!(clusters([[0.0, X, 0.8], [X, 0.0, 0.9], [0.8, 0.9, 0.0]]), [0, 1, 1]);
    }
}

//! Similarity relative to how similar somebody is to everybody.
//!
//! Some people are similar to many others (hubs), and some cameras make everybody similar. What counts is how much more
//! similar two people are than each of them is to the rest of the other's view: cross-domain similarity local scaling
//! (CSLS), `cos - r/2 - r'/2` (Conneau et al., *Word Translation Without Parallel Data*, ICLR 2018, section 2.3). Here
//! `r` is the mean over the whole other view, weighted by how many people there are to tell, and the usual mean is added
//! back, so that similarities stay on their scale.

use super::pair_matrix::PairMatrix;

/// People in a view at which the scaling has half its weight.
const HALF_TRUST: f64 = 3.0;

/// A sum and the number of its terms.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn value(self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }
}

/// Scales the similarity of each two by that of each of them to the view of the other. `view_of` has the view of each.
pub(super) fn apply_csls(similarities: &mut PairMatrix, view_of: &[usize]) {
    let n = view_of.len();
    let views = view_of.iter().map(|view| view + 1).max().unwrap_or(0);
    let mut to_view = vec![Mean::default(); n * views];
    let mut between_views = vec![Mean::default(); views * views];
    let mut all = Mean::default();
    for i in 0..n {
        for j in 0..n {
            if let Some(sum) = similarities.get(i, j) {
                let one = Mean { sum, count: 1.0 };
                to_view[i * views + view_of[j]].add(one);
                between_views[view_of[i] * views + view_of[j]].add(one);
                all.add(one);
            }
        }
    }
    for i in 0..n {
        for j in i + 1..n {
            let Some(value) = similarities.get(i, j) else { continue };
            let (a, b) = (to_view[i * views + view_of[j]], to_view[j * views + view_of[i]]);
            let usual = between_views[view_of[i] * views + view_of[j]].value() + all.value();
            let people = a.count.min(b.count);
            let trust = people / (people + HALF_TRUST);
            similarities.set(i, j, value - trust * (a.value() + b.value() - usual) / 2.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_similar_to_everybody_becomes_less_similar_to_each() {
        // Two views of two people; the second of each is 0.2 more similar to everybody of the other view.
        let similarity = |i: usize, j: usize| match (i, j) {
            (0, 2) => Some(0.6),
            (1, 3) => Some(1.0),
            (0, 3) | (1, 2) => Some(0.4),
            _ => None,
        };
        let mut scaled = PairMatrix::from_fn(4, similarity);
        apply_csls(&mut scaled, &[0, 0, 1, 1]);
        // Means to the other view: 0.5 and 0.7, of all 0.6; trust 2 / 5.
        let expected = |value: f64, a: f64, b: f64| value - 0.4 * (a + b - 1.2) / 2.0;
        for (i, j, value) in [
            (0, 2, expected(0.6, 0.5, 0.5)),
            (1, 3, expected(1.0, 0.7, 0.7)),
            (0, 3, expected(0.4, 0.5, 0.7)),
        ] {
            assert!((scaled.get(i, j).unwrap() - value).abs() < 1e-6, "{i} {j}: {scaled:?}");
        }
        assert_eq!(scaled.get(0, 1), None);
    }

    #[test]
    fn where_nobody_stands_out_nothing_changes() {
        let mut similarities = PairMatrix::from_fn(3, |_, _| Some(0.5));
        apply_csls(&mut similarities, &[0, 1, 1]);
        assert_eq!([(0, 1), (0, 2), (1, 2)].map(|(i, j)| similarities.get(i, j)), [Some(0.5); 3]);
        apply_csls(&mut PairMatrix::default(), &[]);
    }
}

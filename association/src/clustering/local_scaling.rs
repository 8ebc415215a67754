//! Likeness relative to how alike somebody is to everybody.
//!
//! Some people look like many others (hubs), and some cameras make all look alike. What tells is how much more alike
//! two are than each of them is to the rest of the other's view: cross-domain similarity local scaling,
//! `cos - r/2 - r'/2` (Conneau et al., *Word Translation Without Parallel Data*, ICLR 2018, section 2.3), here with `r`
//! the mean over the whole other view, by as much as there are people in it to tell, and with what is usual put back,
//! so that likeness stays on its scale.

use super::pairs::Pairs;

/// People in a view at which half of the scaling is trusted.
const HALF_TRUST: f64 = 3.0;

/// A sum and of how many.
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

/// Scales the `likeness` of each two by that of each of them to the view of the other. `view_of` tells the views of all.
pub(crate) fn scale_locally(likeness: &mut Pairs, view_of: &[usize]) {
    let n = view_of.len();
    let views = view_of.iter().map(|view| view + 1).max().unwrap_or(0);
    let mut to_view = vec![Mean::default(); n * views];
    let mut between_views = vec![Mean::default(); views * views];
    let mut all = Mean::default();
    for i in 0..n {
        for j in 0..n {
            if let Some(sum) = likeness.get(i, j) {
                let one = Mean { sum, count: 1.0 };
                to_view[i * views + view_of[j]].add(one);
                between_views[view_of[i] * views + view_of[j]].add(one);
                all.add(one);
            }
        }
    }
    for i in 0..n {
        for j in i + 1..n {
            let Some(value) = likeness.get(i, j) else { continue };
            let (a, b) = (to_view[i * views + view_of[j]], to_view[j * views + view_of[i]]);
            let usual = between_views[view_of[i] * views + view_of[j]].value() + all.value();
            let people = a.count.min(b.count);
            let trust = people / (people + HALF_TRUST);
            likeness.set(i, j, value - trust * (a.value() + b.value() - usual) / 2.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_like_everybody_is_less_like_each() {
        // Two views of two people; the second of each is 0.2 more like everybody of the other view.
        let likeness = |i: usize, j: usize| match (i, j) {
            (0, 2) => Some(0.6),
            (1, 3) => Some(1.0),
            (0, 3) | (1, 2) => Some(0.4),
            _ => None,
        };
        let mut scaled = Pairs::from_fn(4, likeness);
        scale_locally(&mut scaled, &[0, 0, 1, 1]);
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
        let mut likeness = Pairs::from_fn(3, |_, _| Some(0.5));
        scale_locally(&mut likeness, &[0, 1, 1]);
        assert_eq!([(0, 1), (0, 2), (1, 2)].map(|(i, j)| likeness.get(i, j)), [Some(0.5); 3]);
        scale_locally(&mut Pairs::default(), &[]);
    }
}

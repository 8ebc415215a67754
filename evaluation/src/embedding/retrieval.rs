//! Finding a person again: in other cameras, at other times.
//!
//! The query is a crop, the gallery all crops of **other cameras at other timesteps**. What the query's own camera has is
//! left out, as Market-1501 leaves out its junk, and so is what the others have at the same timestep, which is what
//! [`CrossViewAccuracy`](super::CrossViewAccuracy) asks about. A query whose person is not in its gallery is none. The
//! gallery is sorted by cosine:
//!
//! * `rank1`: fraction of the queries whose most similar crop shows their person;
//! * `mAP`: mean over queries of the average precision, which is the mean over the right crops of the fraction of right
//!   ones among all crops at least as similar (without interpolation, as in torchreid).
//!
//! Equally similar wrong crops count as before the right one.

use std::ops::AddAssign;

use crate::clear_mot::at_least_one;

/// Sums over queries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retrieval {
    /// Crops whose person is in their gallery.
    pub queries: u64,
    /// Those of them whose most similar crop shows their person.
    pub first: u64,
    /// Sum of their average precisions.
    pub precision: f64,
}

impl Retrieval {
    /// Fraction of the queries with a right crop first, 0 to 1.
    pub fn rank1(&self) -> f64 {
        self.first as f64 / at_least_one(self.queries)
    }

    /// Mean average precision, 0 to 1.
    pub fn mean_average_precision(&self) -> f64 {
        self.precision / at_least_one(self.queries)
    }
}

impl AddAssign<&Self> for Retrieval {
    fn add_assign(&mut self, other: &Self) {
        self.queries += other.queries;
        self.first += other.first;
        self.precision += other.precision;
    }
}

/// Answers one query after the other and keeps its memory between them.
#[derive(Debug, Default)]
pub(super) struct Ranker {
    right: Vec<f32>,
    /// Wrong crops that are at least as similar as the right one of that place and less than the one before it.
    wrong: Vec<u32>,
}

impl Ranker {
    /// Answers a query whose gallery is given twice: cosines, and whether it is the query's person.
    pub(super) fn answer(&mut self, gallery: impl Iterator<Item = (f32, bool)> + Clone) -> Retrieval {
        self.right.clear();
        self.right.extend(gallery.clone().filter(|(_, right)| *right).map(|(cosine, _)| cosine));
        if self.right.is_empty() {
            return Retrieval::default();
        }
        self.right.sort_unstable_by(|a, b| b.total_cmp(a));
        self.wrong.clear();
        self.wrong.resize(self.right.len() + 1, 0);
        for (cosine, _) in gallery.filter(|(_, right)| !right) {
            self.wrong[self.right.partition_point(|right| *right > cosine)] += 1;
        }
        let (mut before, mut ahead, mut sum) = (0usize, 0u32, 0.0);
        let mut wrong = self.wrong.iter();
        // Right crops of one cosine share a rank.
        for equal in self.right.chunk_by(|a, b| a == b) {
            before += equal.len();
            ahead += wrong.by_ref().take(equal.len()).sum::<u32>();
            sum += equal.len() as f64 * before as f64 / (before as f64 + f64::from(ahead));
        }
        let first = u64::from(self.wrong[0] == 0);
        Retrieval { queries: 1, first, precision: sum / self.right.len() as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(gallery: &[(f32, bool)]) -> Retrieval {
        Ranker::default().answer(gallery.iter().copied())
    }

    #[test]
    fn average_precision_by_hand() {
        // Right at the ranks 1, 3 and 6: (1/1 + 2/3 + 3/6) / 3 = 0.7222, as scikit-learn 1.5's
        // average_precision_score([1, 0, 1, 0, 0, 1], [.9, .8, .7, .6, .5, .4]).
        let order = [true, false, true, false, false, true];
        let mut gallery: Vec<_> =
            order.iter().zip([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]).map(|(r, c)| (c, *r)).collect();
        let expected = (1.0 + 2.0 / 3.0 + 0.5) / 3.0;
        let found = answer(&gallery);
        assert_eq!((found.queries, found.first), (1, 1));
        assert!((found.precision - expected).abs() < 1e-12, "{found:?}");
        gallery.reverse();
        assert_eq!(answer(&gallery), found, "the order of the gallery means nothing");
        // Wrong first, then right: 1/2.
        let found = answer(&[(0.5, true), (0.6, false)]);
        assert_eq!((found.first, found.precision), (0, 0.5));
    }

    #[test]
    fn equals_count_against() {
        let found = answer(&[(0.5, true), (0.5, false), (0.5, true), (0.5, false), (0.4, false)]);
        assert_eq!((found.first, found.precision), (0, 0.5), "two right ones of four at least as similar");
    }

    #[test]
    fn without_a_right_crop_there_is_no_query() {
        assert_eq!(answer(&[(0.9, false)]), Retrieval::default());
        assert_eq!(answer(&[]), Retrieval::default());
        assert_eq!(answer(&[(-0.9, true)]), Retrieval { queries: 1, first: 1, precision: 1.0 });
    }
}

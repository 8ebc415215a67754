//! Counting how often a number occurs, with the statistics of pairs kept up to date.

/// How often each of the numbers `0..n` occurs.
#[derive(Debug)]
pub(crate) struct PairCounter {
    counts: Vec<u32>,
    squares: u64,
}

impl PairCounter {
    pub(crate) fn new(n: usize) -> Self {
        Self { counts: vec![0; n], squares: 0 }
    }

    /// Counts `number`, and gives back how often it was there already.
    pub(crate) fn add(&mut self, number: u32) -> u32 {
        let count = &mut self.counts[number as usize];
        self.squares += u64::from(*count) * 2 + 1;
        *count += 1;
        *count - 1
    }

    /// Takes back one [`add`](Self::add) of `number`.
    pub(crate) fn remove(&mut self, number: u32) {
        let count = &mut self.counts[number as usize];
        self.squares -= u64::from(*count) * 2 - 1;
        *count -= 1;
    }

    /// The sum of the squares of the counts: how many ordered pairs of equal numbers there are, each with itself too.
    pub(crate) fn squares(&self) -> u64 {
        self.squares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_by_hand() {
        let mut counts = PairCounter::new(3);
        assert_eq!([counts.add(0), counts.add(0), counts.add(2)], [0, 1, 0]);
        assert_eq!(counts.squares(), 4 + 1);
        counts.remove(0);
        assert_eq!(counts.squares(), 1 + 1);
    }
}

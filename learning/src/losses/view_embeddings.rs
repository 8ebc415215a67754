//! The embeddings of one training sample: one *embedding set* per view, of the boxes of the view at one timestep.
//!
//! The losses compare every set with every other. They differ in size, so they are kept padded with zeros to the
//! largest of them, M x n x d: all pairs and triples are then computed in a few batched operations instead of a loop.
//! Padding has no influence on results: it is masked in every softmax, maximum and sum.
//!
//! A view without boxes stays in the sample, but is part of no pair and no triple.

use tch::{Device, Kind, Tensor, no_grad};

use super::LossError;
use super::temperature::Temperature;

/// The embedding sets F_1 … F_M of the views of a sample, each n_i x d with L2-normalized rows.
#[derive(Debug)]
pub struct ViewEmbeddings {
    /// M x n x d, zeros below the rows of each set.
    padded: Tensor,
    sizes: Vec<i64>,
}

/// Padded matrices of similarities between two views each, from which cycles are computed.
pub(super) struct Similarities {
    /// B x n x n.
    pub(super) matrices: Tensor,
    /// How many rows of each are real: B.
    pub(super) rows: Tensor,
    /// How many columns of each are real: B.
    pub(super) columns: Tensor,
}

impl ViewEmbeddings {
    /// The sample whose views have the embeddings `sets`, each n_i x d; n_i may be 0.
    ///
    /// # Errors
    /// A set that is not a matrix, or not as wide as the first.
    pub fn new(sets: &[Tensor]) -> Result<Self, LossError> {
        let width = sets.first().and_then(|set| set.size().get(1).copied()).unwrap_or(0);
        let mut sizes = Vec::with_capacity(sets.len());
        for (set, tensor) in sets.iter().enumerate() {
            match tensor.size()[..] {
                [rows, columns] if columns == width => sizes.push(rows),
                _ => return Err(LossError::Shape { set, shape: tensor.size(), width }),
            }
        }
        // At least one row, so that maxima are defined.
        let largest = sizes.iter().copied().max().unwrap_or(0).max(1);
        let padded: Vec<Tensor> = sets
            .iter()
            .zip(&sizes)
            .map(|(set, rows)| set.constant_pad_nd([0, 0, 0, largest - rows]))
            .collect();
        let padded = if padded.is_empty() {
            Tensor::zeros([0, largest, width], (Kind::Float, Device::Cpu))
        } else {
            Tensor::stack(&padded, 0)
        };
        Ok(Self { padded, sizes })
    }

    /// Boxes of each view.
    pub fn sizes(&self) -> &[i64] {
        &self.sizes
    }

    /// Boxes of all views together, N.
    pub fn boxes(&self) -> i64 {
        self.sizes.iter().sum()
    }

    /// The soft assignments X_ij of all views to all, themselves included, as one N x N block matrix:
    /// `X_ij = row-softmax(tau(n_j) F_i F_j^T)`. Each row sums to 1 in each block.
    pub fn soft_assignments(&self, temperature: &Temperature) -> Tensor {
        let (sets, largest) = (self.sizes.len() as i64, self.largest());
        let blocks = self.soft_blocks(temperature).permute([0, 2, 1, 3]);
        let flat = blocks.reshape([sets * largest, sets * largest]);
        let real =
            self.sizes.iter().zip(0..).flat_map(|(size, set)| (0..*size).map(move |row| set * largest + row));
        let real = self.indices(real);
        flat.index_select(0, &real).index_select(1, &real)
    }

    /// A zero with a gradient, for terms with nothing to compare.
    pub(super) fn zero(&self) -> Tensor {
        self.padded.sum(self.padded.kind()) * 0.0
    }

    /// All pairs of views, the one with more boxes as rows (of equals the first).
    pub(super) fn pairs(&self) -> Vec<[i64; 2]> {
        let occupied = self.occupied();
        let pairs =
            occupied.iter().enumerate().flat_map(|(k, &i)| occupied[k + 1..].iter().map(move |&j| (i, j)));
        pairs
            .map(|(i, j)| if self.sizes[i] >= self.sizes[j] { [i, j] } else { [j, i] }.map(|s| s as i64))
            .collect()
    }

    /// All triples: a pair as in [`pairs`](Self::pairs), in between each other view.
    pub(super) fn triples(&self) -> Vec<[i64; 3]> {
        let occupied = self.occupied();
        let between = |[rows, columns]: [i64; 2]| {
            let others = occupied.iter().map(|&k| k as i64).filter(move |k| *k != rows && *k != columns);
            others.map(move |through| [rows, through, columns])
        };
        self.pairs().into_iter().flat_map(between).collect()
    }

    /// The similarities `F_i F_j^T` of `pairs`.
    pub(super) fn direct_similarities(&self, pairs: &[[i64; 2]]) -> Similarities {
        let [rows, columns] = [0, 1].map(|side| self.indices(pairs.iter().map(|pair| pair[side])));
        Similarities {
            matrices: self.similarity(&rows, &columns),
            rows: self.sizes_of(&rows),
            columns: self.sizes_of(&columns),
        }
    }

    /// The similarities through a third view, `F_i F_k^T F_k F_j^T`, of `triples`.
    pub(super) fn transitive_similarities(&self, triples: &[[i64; 3]]) -> Similarities {
        let [rows, through, columns] = [0, 1, 2].map(|side| self.indices(triples.iter().map(|t| t[side])));
        let matrices = self.similarity(&rows, &through).bmm(&self.similarity(&through, &columns));
        Similarities { matrices, rows: self.sizes_of(&rows), columns: self.sizes_of(&columns) }
    }

    /// The largest entry of each row of X_ij, for each `[i, j]`, as a constant: B x n.
    pub(super) fn best_match(
        &self,
        pairs: impl Iterator<Item = [i64; 2]>,
        temperature: &Temperature,
    ) -> Tensor {
        let sets = self.sizes.len() as i64;
        let best = no_grad(|| self.soft_blocks(temperature).amax([-1], false));
        let best = best.view([sets * sets, self.largest()]);
        best.index_select(0, &self.indices(pairs.map(|[i, j]| i * sets + j)))
    }

    /// X_ij for all i and j: M x M x n x n.
    fn soft_blocks(&self, temperature: &Temperature) -> Tensor {
        let (sets, largest) = (self.sizes.len() as i64, self.largest());
        let flat = self.padded.reshape([sets * largest, self.padded.size()[2]]);
        let blocks = flat.matmul(&flat.tr()).view([sets, largest, sets, largest]).permute([0, 2, 1, 3]);
        // An empty set has a column of padding here, which nothing reads.
        let columns = self.sizes_of(&self.indices(0..sets)).clamp_min(1).repeat([sets]);
        let flat_blocks = blocks.reshape([sets * sets, largest, largest]);
        temperature.soft_assignment(&flat_blocks, &columns).view([sets, sets, largest, largest])
    }

    fn similarity(&self, rows: &Tensor, columns: &Tensor) -> Tensor {
        let [rows, columns] = [rows, columns].map(|sets| self.padded.index_select(0, sets));
        rows.bmm(&columns.transpose(1, 2))
    }

    fn sizes_of(&self, sets: &Tensor) -> Tensor {
        self.indices(self.sizes.iter().copied()).index_select(0, sets)
    }

    fn indices(&self, values: impl Iterator<Item = i64>) -> Tensor {
        Tensor::from_slice(&values.collect::<Vec<_>>()).to_device(self.padded.device())
    }

    fn occupied(&self) -> Vec<usize> {
        (0..self.sizes.len()).filter(|&set| self.sizes[set] > 0).collect()
    }

    fn largest(&self) -> i64 {
        self.padded.size()[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sizes: &[i64]) -> ViewEmbeddings {
        let sets: Vec<_> = sizes.iter().map(|&n| Tensor::ones([n, 2], (Kind::Double, Device::Cpu))).collect();
        ViewEmbeddings::new(&sets).unwrap()
    }

    #[test]
    fn the_larger_set_is_the_rows_and_empty_ones_take_no_part() {
        let sets = sets(&[2, 0, 3, 3]);
        assert_eq!(sets.pairs(), [[2, 0], [3, 0], [2, 3]]);
        assert_eq!(sets.triples(), [[2, 3, 0], [3, 2, 0], [2, 0, 3]]);
        assert_eq!(sets.boxes(), 8);
    }

    #[test]
    fn soft_assignments_are_a_block_matrix_without_padding() {
        // All embeddings are equal, so X_ij is 1 / n_j everywhere.
        let blocks = sets(&[2, 0, 1]).soft_assignments(&Temperature::default());
        let expected = Tensor::from_slice(&[0.5, 0.5, 1.0]).repeat([3, 1]);
        assert!(blocks.allclose(&expected, 1e-12, 1e-12, false), "{blocks:?}");
        assert_eq!(sets(&[0, 0]).soft_assignments(&Temperature::default()).size(), [0, 0]);
        assert_eq!(sets(&[]).soft_assignments(&Temperature::default()).size(), [0, 0]);
    }

    #[test]
    fn sets_of_other_width_are_refused_with_their_place() {
        let set = |rows, columns| Tensor::zeros([rows, columns], (Kind::Float, Device::Cpu));
        let error = ViewEmbeddings::new(&[set(2, 4), set(1, 3)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "embedding set 1 has the shape [1, 3], but must be a matrix with 4 columns"
        );
        assert!(ViewEmbeddings::new(&[set(2, 4).view([8])]).is_err());
    }
}

//! Pseudo-labels: the matches according to the current embeddings, one to one in each pair of views.
//!
//! Every block X_ij of the soft assignments is solved as a linear assignment (the most likely way to pair its rows with
//! its columns); pairs below a threshold are dropped. The remaining pairs are 1, all other entries 0: targets for the assignment network
//! (Feng et al., MvMHAT++). Labels are constants without a gradient.
//!
//! With a single candidate, the soft assignment is 1 for all rows and does not tell which of them to match.
//! Ties are therefore broken by the reverse direction, X_ji, so that labels do not depend on the order of boxes.

use mvmhat_assignment::{CostMatrix, LinearAssignment};
use tch::{Kind, Tensor, no_grad};

use super::{LossError, ViewEmbeddings};

/// The weight of the reverse direction: enough to break ties, too little for anything else.
const TIE_BREAK: f64 = 1e-4;

/// The labels, N x N of zeros and ones, of `soft_assignments` (N x N, as [`ViewEmbeddings::soft_assignments`] gives them).
///
/// # Errors
/// Soft assignments that are not numbers.
pub fn pseudo_labels(
    views: &ViewEmbeddings,
    soft_assignments: &Tensor,
    threshold: f64,
) -> Result<Tensor, LossError> {
    let boxes = views.boxes() as usize;
    let mut soft = vec![0f64; boxes * boxes];
    let source = no_grad(|| soft_assignments.to_kind(Kind::Double).contiguous());
    source.copy_data(&mut soft, boxes * boxes);
    let mut labels = vec![0f64; boxes * boxes];
    let starts = views.sizes().iter().scan(0, |next, &size| {
        let start = *next;
        *next += size as usize;
        Some((start, size as usize))
    });
    let blocks: Vec<_> = starts.collect();
    let (mut costs, mut solver) = (CostMatrix::default(), LinearAssignment::default());
    for &(top, rows) in &blocks {
        for &(left, columns) in &blocks {
            let entry = |row: usize, column: usize| (top + row) * boxes + left + column;
            let reverse = |row: usize, column: usize| (left + column) * boxes + top + row;
            costs.fill(rows, columns, |row, column| {
                -(soft[entry(row, column)] + TIE_BREAK * soft[reverse(row, column)]) as f32
            });
            for (row, column) in solver.solve(&costs)?.iter().enumerate() {
                if let Some(entry) = column.map(|column| entry(row, column))
                    && soft[entry] >= threshold
                {
                    labels[entry] = 1.0;
                }
            }
        }
    }
    let shape = [boxes as i64; 2];
    Ok(Tensor::from_slice(&labels)
        .view(shape)
        .to_kind(soft_assignments.kind())
        .to_device(soft_assignments.device()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn each_block_is_paired_one_to_one_and_the_unlikely_dropped() {
        // Two views of two and three boxes; only the block from the first to the second is of interest.
        let sets = [2, 3].map(|n| Tensor::zeros([n, 1], (Kind::Double, Device::Cpu)));
        let sets = ViewEmbeddings::new(&sets).unwrap();
        let labels = |block: [f64; 6]| {
            let soft = Tensor::zeros([5, 5], (Kind::Double, Device::Cpu));
            let block = Tensor::from_slice(&block).view([2, 3]);
            soft.narrow(0, 0, 2).narrow(1, 2, 3).copy_(&block);
            let labels = pseudo_labels(&sets, &soft, 0.5).unwrap();
            assert_eq!(labels.sum(Kind::Double), labels.narrow(0, 0, 2).narrow(1, 2, 3).sum(Kind::Double));
            Vec::<f64>::try_from(labels.narrow(0, 0, 2).narrow(1, 2, 3).reshape([-1])).unwrap()
        };
        // 0.6 + 0.9 would be best but takes a column twice; 0.9 + 0.3 beats 0.6 + 0.1, and 0.3 is dropped.
        assert_eq!(labels([0.6, 0.3, 0.1, 0.9, 0.05, 0.05]), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(labels([0.1, 0.5, 0.4, 0.7, 0.2, 0.1]), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(labels([0.4, 0.3, 0.3, 0.4, 0.3, 0.3]), [0.0; 6]);
    }

    #[test]
    fn of_several_with_the_same_single_candidate_its_own_favourite_is_taken() {
        // Three boxes and one, which itself finds the second most alike.
        let sets = [3, 1].map(|n| Tensor::zeros([n, 1], (Kind::Double, Device::Cpu)));
        let soft = Tensor::zeros([4, 4], (Kind::Double, Device::Cpu));
        let _ = soft.narrow(0, 0, 3).narrow(1, 3, 1).fill_(1.0);
        soft.get(3).narrow(0, 0, 3).copy_(&Tensor::from_slice(&[0.2, 0.5, 0.3]));
        let labels = pseudo_labels(&ViewEmbeddings::new(&sets).unwrap(), &soft, 0.5).unwrap();
        assert_eq!(labels.select(1, 3), Tensor::from_slice(&[0.0, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let sets = ViewEmbeddings::new(&[Tensor::zeros([1, 1], (Kind::Float, Device::Cpu))]).unwrap();
        let error = pseudo_labels(&sets, &Tensor::from_slice(&[f32::NAN]).view([1, 1]), 0.5).unwrap_err();
        assert!(error.to_string().starts_with("the embeddings are not finite numbers"), "{error}");
    }
}

//! Errors of the inputs of a loss.

use mvmhat_assignment::AssignmentError;

/// A sample for which no loss can be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LossError {
    /// An embedding set that is not n x d.
    #[error("embedding set {set} has the shape {shape:?}, but must be a matrix with {width} columns")]
    Shape {
        /// Which embedding set.
        set: usize,
        /// Its shape.
        shape: Vec<i64>,
        /// Width of the first embedding set.
        width: i64,
    },
    /// Soft assignments that are not numbers.
    #[error(
        "the embeddings are not finite numbers (the training diverged?): {0}; try a smaller learning rate"
    )]
    NotFinite(#[from] AssignmentError),
}

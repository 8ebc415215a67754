//! Rectangular linear assignment: the cheapest way to pair the rows of a cost matrix with its columns.

mod cost_matrix;
mod linear_assignment;
mod scipy;

pub use cost_matrix::CostMatrix;
pub use linear_assignment::{AssignmentError, LinearAssignment};
pub use scipy::Assignment;

#![doc = include_str!("../README.md")]

mod cost;
mod cost_matrix;
mod linear_assignment;
mod shortest_paths;

pub use cost::Cost;
pub use cost_matrix::CostMatrix;
pub use linear_assignment::{AssignmentError, LinearAssignment};
pub use shortest_paths::TieBreaking;

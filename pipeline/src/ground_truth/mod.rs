//! Ground truth as it is read for scores: which rows count, which frames are labelled, which tracks belong to them.
//!
//! [`labelled_cameras`] gives the labelled rows of every camera, [`LabelledImages`] the images of the frames they are of.
//! [`gt_and_tracks`] pairs ground truth with files of tracks, for `mvmhat eval`; [`Groups`] is a dataset's own say in what
//! is scored.

mod groups;
mod images;
mod rows;
mod tracks;

pub use groups::{Group, Groups};
pub use images::LabelledImages;
pub use rows::{LabelledCamera, RowSelection, counts, is_scored, labelled_cameras};
pub use tracks::{ground_positions, gt_and_tracks, labelled_window, observations, scored_window};

use std::path::Path;

/// What a folder is called, also where its path is `.`.
pub fn folder_name(folder: &Path) -> String {
    let absolute = std::path::absolute(folder).unwrap_or_default();
    absolute.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

//! What a recipe keeps of the frames of a camera in a file on disk.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use mvmhat_detectors::Image;
use mvmhat_scene::{Detection, FrameNumber, mot};
use serde::Serialize;
use serde_json::Value;

/// The frames of one camera that are learned from, with their labels; default labels where a detector is to find them.
pub(crate) type LabelledFrames<L> = BTreeMap<FrameNumber, L>;

/// What a recipe keeps of the frames of a camera.
pub(crate) trait CameraCache: Sync {
    /// What is known of a frame.
    type Labels: Clone + Default + Serialize + Sync;
    /// Writes the file of a camera.
    type Writer: CameraWriter<Self::Labels>;
    /// How the names of its files end.
    const SUFFIX: &'static str;

    /// The labels that rows of ground truth give, by frame.
    fn labels_of_ground_truth(&self, rows: &[mot::Row]) -> LabelledFrames<Self::Labels>;

    /// The labels that the detections of a frame give.
    fn labels_of_detections(&self, detections: &[Detection]) -> Self::Labels;

    /// What the content of a file depends on, beside images and labels.
    fn identity(&self) -> Value;

    /// Begins the file of a camera.
    ///
    /// # Errors
    /// If it cannot be written.
    fn create(&self, path: &Path) -> Result<Self::Writer>;
}

/// The file of a camera that is being written.
pub(crate) trait CameraWriter<L> {
    /// Adds a frame.
    ///
    /// # Errors
    /// If it cannot be encoded or written.
    fn push(&mut self, number: FrameNumber, image: &Image, labels: &L) -> Result<()>;

    /// Counts a labelled frame that has no image.
    fn missing_image(&mut self) {}

    /// Makes the file appear.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(self) -> Result<()>;
}

//! The images of labelled frames that a recipe validates on, camera by camera.

use anyhow::{Context, Result};
use mvmhat_detectors::Image;
use mvmhat_pipeline::ground_truth::LabelledImages;
use mvmhat_scene::{CameraId, FrameNumber, Sequence};

/// Hands over the image of each frame with its labels. `labels` are sorted by camera and time; `frame_of` tells which frame a
/// label belongs to.
///
/// # Errors
/// A frame without an image that can be read, and the errors of `visit`.
pub(crate) fn for_each_image<L>(
    sequence: &Sequence,
    labels: &[L],
    frame_of: impl Fn(&L) -> (CameraId, FrameNumber),
    mut visit: impl FnMut(Image, &[L]) -> Result<()>,
) -> Result<()> {
    for labels in labels.chunk_by(|a, b| frame_of(a).0 == frame_of(b).0) {
        let camera = &sequence.cameras[frame_of(&labels[0]).0.index()];
        let wanted = labels.iter().map(|label| frame_of(label).1).collect();
        let mut images = LabelledImages::required(camera, wanted)?;
        for labels in labels.chunk_by(|a, b| frame_of(a).1 == frame_of(b).1) {
            let image = images.image(frame_of(&labels[0]).1);
            if let Some(image) = image.with_context(|| format!("camera {}", camera.name))? {
                visit(image, labels)?;
            }
        }
    }
    Ok(())
}

//! Everything that all cameras have at one timestep.

use serde::{Deserialize, Serialize};

use crate::{CameraId, FrameIndex, FrameNumber};

/// What one camera has at one timestep: an image, its detections or its tracked boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewFrame<T> {
    /// What the source calls this frame; outputs are numbered by it.
    pub number: FrameNumber,
    /// The image, the detections or the tracked boxes.
    pub content: T,
}

/// What all cameras have at one timestep of the common clock.
///
/// The same shape all along the way of a frame: of images, of detections, of tracked boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameSet<T> {
    /// The timestep on the common clock.
    pub index: FrameIndex,
    /// The timestep in seconds, counted as the starts of the cameras are.
    pub seconds: f64,
    /// One entry per camera, in the order of [`CameraId`]; `None` where the camera has no frame at this timestep.
    pub views: Vec<Option<ViewFrame<T>>>,
}

impl<T> FrameSet<T> {
    /// The view of one camera, if it has one at this timestep.
    pub fn view(&self, camera: CameraId) -> Option<&ViewFrame<T>> {
        self.views.get(camera.index()).and_then(Option::as_ref)
    }

    /// The views there are, with their cameras, in the order of the cameras.
    pub fn present(&self) -> impl Iterator<Item = (CameraId, &ViewFrame<T>)> {
        self.views.iter().enumerate().filter_map(|(i, v)| Some((CameraId(i as u16), v.as_ref()?)))
    }

    /// The same timestep and frames with other contents.
    pub fn map<U>(self, mut f: impl FnMut(CameraId, T) -> U) -> FrameSet<U> {
        let views = self.views.into_iter().enumerate().map(|(i, view)| {
            view.map(|v| ViewFrame { number: v.number, content: f(CameraId(i as u16), v.content) })
        });
        FrameSet { index: self.index, seconds: self.seconds, views: views.collect() }
    }
}

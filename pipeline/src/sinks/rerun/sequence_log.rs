//! What every file for the viewer shows: the cameras with their images, people and trails, and the ground.

use anyhow::Result;
use mvmhat_scene::{BBox, CameraId, FrameIndex, FrameSet, Sequence, TrackedBox, ViewFrame};
use rerun::{
    Boxes2D, Color, EntityPath, LineStrips2D, Radius, RecordingStream, Scalars, SeriesLines, entity_path,
};

use super::ground::Ground;
use super::image::Images;
use super::{FRAME, TIME, camera_path};
use crate::sinks::mosaic::Size;
use crate::sinks::palette::{Rgb, color};
use crate::sinks::trails::Trails;

/// The plots of how many people each camera sees.
pub(super) const PEOPLE: &str = "/plots/people/**";
/// The edge of an image that is not there.
const EDGE: Rgb = Rgb { r: 90, g: 90, b: 90 };

/// A recording on its way to the viewer.
pub(super) struct SequenceLog {
    stream: RecordingStream,
    cameras: Vec<CameraLog>,
    ground: Option<Ground>,
}

/// What is logged of one camera.
struct CameraLog {
    path: EntityPath,
    count: EntityPath,
    images: Images,
    trails: Trails<[f32; 2]>,
}

impl SequenceLog {
    /// Logs what never changes. A camera without images shows the edge of one, if its size is known; trails go back
    /// `trail` timesteps.
    pub(super) fn open(
        stream: &RecordingStream,
        sequence: &Sequence,
        sizes: &[Option<Size>],
        trail: usize,
    ) -> Result<Self> {
        // Our own two timelines say it all.
        stream.set_log_tick_enabled(false);
        stream.set_log_time_enabled(false);
        let mut cameras = Vec::new();
        for (camera, size) in sequence.cameras.iter().zip(sizes) {
            let path = camera_path(&camera.name);
            let image = path.join(&entity_path!("image"));
            let images = Images::open(camera, stream, &image)?;
            if let (Images::None, Some(size)) = (&images, size) {
                let edge = BBox::new(0.0, 0.0, f64::from(size.width), f64::from(size.height));
                stream.log_static(image, &boxes_2d([edge], 1.0).with_colors([Color::from(EDGE)]))?;
            }
            let count = entity_path!("plots", "people", camera.name);
            stream.log_static(count.clone(), &SeriesLines::new().with_names([camera.name.as_str()]))?;
            cameras.push(CameraLog { path, count, images, trails: Trails::new(trail) });
        }
        let scales: Vec<f64> = cameras.iter().map(|camera| camera.images.scale()).collect();
        let ground = Ground::open(sequence, trail, &scales, stream)?;
        Ok(Self { stream: stream.clone(), cameras, ground })
    }

    /// Logs a timestep; what is logged to the stream from now on belongs to it, too.
    pub(super) fn write(&mut self, frames: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        self.stream.set_time_sequence(FRAME, i64::try_from(frames.index.0)?);
        self.stream.set_duration_secs(TIME, frames.seconds);
        for (i, camera) in self.cameras.iter_mut().enumerate() {
            camera.log(&self.stream, frames.index, frames.view(CameraId(i as u16)))?;
        }
        if let Some(ground) = &mut self.ground {
            ground.log(&self.stream, frames)?;
        }
        Ok(())
    }

    /// Where each camera is logged, and its pixels shown a pixel of the source.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (&EntityPath, f64)> {
        self.cameras.iter().map(|camera| (&camera.path, camera.images.scale()))
    }
}

impl CameraLog {
    fn log(
        &mut self,
        stream: &RecordingStream,
        now: FrameIndex,
        view: Option<&ViewFrame<Vec<TrackedBox>>>,
    ) -> Result<()> {
        let below = |name: &str| self.path.join(&entity_path!(name));
        self.images.log(stream, &below("image"), view.map(|view| view.number))?;

        let scale = self.images.scale();
        let boxes = view.map_or(&[][..], |view| &view.content[..]);
        let people = boxes_2d(boxes.iter().map(|b| b.bbox), scale)
            .with_colors(boxes.iter().map(|b| Color::from(color(b.person))))
            .with_labels(boxes.iter().map(|b| b.person.to_string()))
            .with_show_labels(true);
        stream.log(below("people"), &people)?;
        stream.log(self.count.clone(), &Scalars::single(boxes.len() as f64))?;

        let foot = |b: &BBox| [b.foot().0, b.foot().1].map(|v| (v * scale) as f32);
        self.trails.extend(now, boxes.iter().map(|b| (b.person, foot(&b.bbox))));
        let (colors, strips): (Vec<_>, Vec<Vec<_>>) =
            self.trails.iter().map(|(person, way)| (Color::from(color(person)), way.collect())).unzip();
        let width = strips.iter().map(|_| Radius::new_ui_points(1.0));
        let trails = LineStrips2D::new(strips.iter()).with_colors(colors).with_radii(width);
        Ok(stream.log(below("trails"), &trails)?)
    }
}

/// Boxes in an image that is shown at `scale` times its size.
pub(super) fn boxes_2d(boxes: impl IntoIterator<Item = BBox>, scale: f64) -> Boxes2D {
    let shown = |b: BBox| ([b.x, b.y].map(|v| (v * scale) as f32), [b.w, b.h].map(|v| (v * scale) as f32));
    let (corners, sizes): (Vec<_>, Vec<_>) = boxes.into_iter().map(shown).unzip();
    Boxes2D::from_mins_and_sizes(corners, sizes)
}

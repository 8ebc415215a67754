//! One video of all cameras side by side, with boxes and identities.

mod drawing;

use std::path::Path;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::Image;
use mvmhat_scene::{BBox, CameraId, FrameSet, Sequence, TrackedBox, ViewFrame};
use opencv::core::{CV_8UC3, Mat, Rect, Scalar};
use opencv::imgproc::{self, INTER_AREA};
use opencv::prelude::*;

use super::Sink;
use super::mosaic::{Mosaic, Size, Tile};
use super::replay::{self, Replay};
use super::trails::Trails;
use crate::config::OutputConfig;
use crate::video_file::{Codec, VideoFile};
pub(super) use drawing::scalar;
use drawing::{DARK, Pen};

/// Draws every timestep into one frame of `overlay.mp4`.
///
/// Images are read from the recording again and scaled down before anything is drawn. A camera that has no frame
/// at a timestep, or one that cannot be read again, is a dark tile.
pub struct OverlaySink {
    cameras: Vec<CameraTile>,
    canvas: Mat,
    /// `None` once finished.
    video: Option<VideoFile>,
}

struct CameraTile {
    name: String,
    replay: Replay,
    tile: Tile,
    /// Pixels of the tile a pixel of the camera's image.
    scale: (f64, f64),
    image: Mat,
    pen: Pen,
    trails: Trails<(f64, f64)>,
}

impl OverlaySink {
    /// Begins the video that will be `path`.
    ///
    /// # Errors
    /// A recording without images; no video encoder; a folder that cannot be written.
    pub fn create(path: &Path, sequence: &Sequence, config: &OutputConfig) -> Result<Self> {
        let known: Vec<_> = sequence.cameras.iter().map(replay::image_size).collect();
        // A camera without images has a dark tile like the first one that has some.
        let Some(typical) = known.iter().flatten().next().copied() else {
            bail!("an overlay needs images, and no camera of {} has any that can be read", sequence.name);
        };
        let sizes: Vec<Size> = known.into_iter().map(|size| size.unwrap_or(typical)).collect();
        // No larger than a screen of this width, whatever the number of cameras.
        let bounds = Size { width: config.overlay_width, height: config.overlay_width * 9 / 16 };
        let mosaic = Mosaic::new(&sizes, bounds).context("the cameras have images without an area")?;

        let camera_tile = |((camera, size), tile): ((&mvmhat_scene::Camera, &Size), &Tile)| CameraTile {
            name: camera.name.clone(),
            replay: Replay::open(camera),
            tile: *tile,
            scale: (
                f64::from(tile.size.width) / f64::from(size.width),
                f64::from(tile.size.height) / f64::from(size.height),
            ),
            image: Mat::default(),
            pen: Pen::new(tile.size.height),
            trails: Trails::new(config.trail),
        };
        let cameras = sequence.cameras.iter().zip(&sizes).zip(&mosaic.tiles).map(camera_tile).collect();
        let Size { width, height } = mosaic.size;
        let canvas = Mat::new_rows_cols_with_default(height as i32, width as i32, CV_8UC3, Scalar::all(0.0))?;
        let fps = replay::rate(sequence).context("no camera says how many frames a second has")?;
        let video = VideoFile::create(path, fps, (width, height), &[Codec::H264, Codec::Mpeg4])?;
        Ok(Self { cameras, canvas, video: Some(video) })
    }
}

impl Sink for OverlaySink {
    fn name(&self) -> &'static str {
        "overlay"
    }

    fn write(&mut self, frames: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        for (i, camera) in self.cameras.iter_mut().enumerate() {
            camera.draw(frames, frames.view(CameraId(i as u16)))?;
            let Tile { x, y, size } = camera.tile;
            let place = Rect::new(x as i32, y as i32, size.width as i32, size.height as i32);
            camera.image.copy_to(&mut Mat::roi_mut(&mut self.canvas, place)?)?;
        }
        let video = self.video.as_mut().context("the overlay is finished already")?;
        video.write(&self.canvas)
    }

    fn finish(&mut self) -> Result<()> {
        self.video.take().map_or(Ok(()), VideoFile::finish)
    }
}

impl CameraTile {
    fn draw(
        &mut self,
        frames: &FrameSet<Vec<TrackedBox>>,
        view: Option<&ViewFrame<Vec<TrackedBox>>>,
    ) -> Result<()> {
        let image = view.and_then(|view| self.replay.image(view.number));
        self.fill(image.as_ref())?;
        let boxes = view.map_or(&[][..], |view| &view.content[..]);
        let feet = boxes.iter().map(|b| (b.person, scaled(&b.bbox, self.scale).foot()));
        self.trails.extend(frames.index, feet);
        for (person, way) in self.trails.iter() {
            self.pen.trail(&mut self.image, person, way)?;
        }
        for b in boxes {
            self.pen.person(&mut self.image, b.person, &scaled(&b.bbox, self.scale))?;
        }
        let number = view.map_or(String::new(), |view| format!("  frame {}", view.number));
        let caption = format!("{}{number}  {:.2} s", self.name, frames.seconds);
        Ok(self.pen.caption(&mut self.image, &caption)?)
    }

    /// Puts the scaled image on the tile, or the dark one where there is none.
    fn fill(&mut self, image: Option<&Image>) -> Result<()> {
        let Size { width, height } = self.tile.size;
        let (width, height) = (width as i32, height as i32);
        if let Some(image) = image {
            let size = opencv::core::Size::new(width, height);
            return Ok(imgproc::resize(image.mat(), &mut self.image, size, 0.0, 0.0, INTER_AREA)?);
        }
        self.image = Mat::new_rows_cols_with_default(height, width, CV_8UC3, scalar(DARK))?;
        Ok(self.pen.no_image(&mut self.image)?)
    }
}

fn scaled(bbox: &BBox, (x, y): (f64, f64)) -> BBox {
    BBox::new(bbox.x * x, bbox.y * y, bbox.w * x, bbox.h * y)
}

#[cfg(test)]
mod tests;

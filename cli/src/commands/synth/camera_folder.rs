//! The folder of one camera of a synthetic sequence while it is written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use mvmhat_console::outputs;
use mvmhat_pipeline::{Codec, VideoFile};
use mvmhat_scene::{FrameNumber, mot};
use mvmhat_synth::{Options, RenderedFrame};
use opencv::core::{Mat, Vector};
use opencv::imgcodecs;
use opencv::prelude::*;

/// Images, ground truth and `seqinfo.ini` of a camera.
pub(super) struct CameraFolder {
    name: String,
    folder: PathBuf,
    size: (u32, u32),
    fps: f64,
    images: Images,
    gt: mot::Writer,
}

enum Images {
    Video(VideoFile),
    /// A folder of JPEGs.
    Images(PathBuf),
}

impl CameraFolder {
    /// Begins the files of a camera: images, or a video of them.
    pub(super) fn create(folder: &Path, name: String, options: &Options, images: bool) -> Result<Self> {
        let img1 = folder.join("img1");
        let mut folders = vec![folder.join("gt")];
        folders.extend(images.then(|| img1.clone()));
        for path in folders {
            std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        }
        let images = if images {
            Images::Images(img1)
        } else {
            // H.264 takes several times as long as the rendering.
            let codecs = [Codec::Mpeg4, Codec::H264];
            let path = folder.join("video.mp4");
            Images::Video(VideoFile::create(&path, options.fps, options.size, &codecs)?)
        };
        let gt = folder.join("gt/gt.txt");
        let gt = mot::Writer::create(&gt).with_context(|| format!("{}: cannot be written", gt.display()))?;
        Ok(Self { name, folder: folder.to_path_buf(), size: options.size, fps: options.fps, images, gt })
    }

    /// Adds a rendered frame and its annotations.
    pub(super) fn write(&mut self, number: FrameNumber, frame: &RenderedFrame) -> Result<()> {
        let flat = Mat::from_slice(&frame.image)?;
        let image = flat.reshape(3, self.size.1 as i32)?;
        match &mut self.images {
            Images::Video(video) => video.write(&image)?,
            Images::Images(folder) => {
                let path = folder.join(format!("{:06}.jpg", number.0));
                let written = imgcodecs::imwrite(&path, &image, &Vector::new())?;
                written.then_some(()).ok_or_else(|| anyhow!("{}: cannot be written", path.display()))?;
            }
        }
        for annotation in &frame.annotations {
            let row = mot::Row {
                frame: number,
                id: i64::from(annotation.person.0),
                bbox: annotation.bbox,
                score: 1.0,
                class: Some(1),
                visibility: Some(annotation.visibility),
            };
            self.gt.push(&row).with_context(|| format!("{}: gt/gt.txt", self.folder.display()))?;
        }
        Ok(())
    }

    /// Completes all files of so many frames.
    pub(super) fn finish(self, frames: u32) -> Result<()> {
        let source = match self.images {
            Images::Video(video) => {
                video.finish()?;
                "video=video.mp4"
            }
            Images::Images(_) => "imDir=img1\nimExt=.jpg",
        };
        self.gt.finish().with_context(|| format!("{}: gt/gt.txt", self.folder.display()))?;
        let (width, height) = self.size;
        let text = format!(
            "[Sequence]\nname={}\n{source}\nframeRate={}\nseqLength={frames}\nimWidth={width}\nimHeight={height}\n",
            self.name, self.fps
        );
        outputs::write_file(&self.folder.join("seqinfo.ini"), text)
    }
}

//! The tracks as MOT text, one file per camera.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mvmhat_scene::{FrameSet, Sequence, TrackedBox, mot};

use super::Sink;

/// Writes `tracks/<camera>.txt`: `frame,id,x,y,w,h,score,-1,-1,-1`, sorted by frame, then identity.
pub struct MotSink {
    files: Vec<(PathBuf, mot::Writer)>,
}

impl MotSink {
    /// Begins one file per camera in `folder`, which is made.
    ///
    /// # Errors
    /// A folder or file that cannot be made.
    pub fn create(folder: &Path, sequence: &Sequence) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| cannot_write(folder))?;
        let files = sequence.cameras.iter().map(|camera| {
            let path = folder.join(format!("{}.txt", camera.name));
            let writer = mot::Writer::create(&path).with_context(|| cannot_write(&path))?;
            Ok((path, writer))
        });
        Ok(Self { files: files.collect::<Result<_>>()? })
    }
}

impl Sink for MotSink {
    fn name(&self) -> &'static str {
        "tracks"
    }

    fn write(&mut self, frames: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        for (camera, view) in frames.present() {
            let Some((path, writer)) = self.files.get_mut(camera.index()) else { continue };
            for tracked in &view.content {
                writer.push(&mot::Row::tracked(view.number, tracked)).with_context(|| cannot_write(path))?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let mut first = Ok(());
        for (path, writer) in self.files.drain(..) {
            let finished = writer.finish().with_context(|| cannot_write(&path));
            first = first.and(finished);
        }
        first
    }
}

fn cannot_write(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

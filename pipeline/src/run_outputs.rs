//! What a run leaves in its folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mvmhat_console::outputs;
use mvmhat_scene::Sequence;

use crate::config::Config;
use crate::sinks::{MotSink, OverlaySink, RerunSink, Sink, viewer};

/// The outputs of a run that are asked for.
#[derive(Clone, Debug)]
pub struct RunOutputs {
    /// The folder of the run: `tracks/<camera>.txt`, `run.json`.
    pub folder: PathBuf,
    /// Whether an earlier run in it is replaced.
    pub overwrite: bool,
    /// A file for the Rerun viewer.
    pub rrd: Option<PathBuf>,
    /// Whether the run is shown in the Rerun viewer while it goes on.
    pub view: bool,
    /// Whether boxes and identities are drawn into `overlay.mp4`.
    pub overlay: bool,
}

impl RunOutputs {
    /// Refuses outputs that exist, unless they may be overwritten, that would replace the sequence in `input`, or that this
    /// program cannot write.
    ///
    /// # Errors
    /// The first output that is refused.
    pub fn check(&self, input: &Path) -> Result<()> {
        outputs::check_folder("--out", &self.folder, self.overwrite, &[input.to_path_buf()])?;
        viewer::require(self.rrd.is_some(), self.view)?;
        self.rrd.as_ref().map_or(Ok(()), |rrd| outputs::check_file("--rrd", rrd, self.overwrite))
    }

    /// Makes the folder and everything that is written into it. Where that fails, a folder that was not there before is
    /// taken away again.
    ///
    /// # Errors
    /// Outputs that cannot be written.
    pub fn open(&self, sequence: &Sequence, config: &Config) -> Result<Vec<Box<dyn Sink>>> {
        let existed = self.folder.exists();
        let opened = self.open_sinks(sequence, config);
        match &opened {
            Ok(_) => forget_earlier_run(&self.folder, sequence),
            // Only empty folders: whatever else is there now is not ours.
            Err(_) if !existed => {
                let _ = std::fs::remove_dir(self.tracks()).and_then(|()| std::fs::remove_dir(&self.folder));
            }
            Err(_) => {}
        }
        opened
    }

    fn open_sinks(&self, sequence: &Sequence, config: &Config) -> Result<Vec<Box<dyn Sink>>> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("--out {}: cannot be written", self.folder.display()))?;
        let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(MotSink::create(&self.tracks(), sequence)?)];
        if let Some(path) = &self.rrd {
            sinks.push(Box::new(RerunSink::save(path, sequence, &config.output)?));
        }
        if self.view {
            sinks.push(Box::new(RerunSink::view(sequence, &config.output)?));
        }
        if self.overlay {
            sinks.push(Box::new(OverlaySink::create(&self.overlay_video(), sequence, &config.output)?));
        }
        Ok(sinks)
    }

    fn tracks(&self) -> PathBuf {
        self.folder.join("tracks")
    }

    /// The overlay video.
    pub fn overlay_video(&self) -> PathBuf {
        self.folder.join("overlay.mp4")
    }

    /// The report of the run.
    pub fn report(&self) -> PathBuf {
        self.folder.join("run.json")
    }
}

/// Removes what an earlier run left in the folder and this one will not replace. Its `run.json` says what that is; other
/// files are not touched.
fn forget_earlier_run(out: &Path, sequence: &Sequence) {
    let Ok(text) = std::fs::read_to_string(out.join("run.json")) else { return };
    let earlier: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let cameras = earlier.get("cameras").and_then(|cameras| cameras.as_object());
    let gone =
        cameras.into_iter().flat_map(|cameras| cameras.keys()).filter(|c| sequence.camera(c).is_none());
    let tracks = gone.map(|camera| out.join("tracks").join(format!("{camera}.txt")));
    for file in tracks.chain([out.join("run.json"), out.join("overlay.mp4")]) {
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("{}: left by an earlier run, cannot be removed: {error}", file.display());
        }
    }
}

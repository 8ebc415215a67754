//! `mvmhat track`: people followed through a recorded folder of cameras.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use mvmhat_association::{Evidence, GroundPlane};
use clap::Args;
use mvmhat_scene::{CameraId, Sequence};
use tch::Device;

use crate::assignment;
use crate::config::Config;
use crate::error::usage;
use crate::frame_range::FrameRange;
use crate::run_report::RunReport;
use crate::sinks::{MotSink, OverlaySink, RerunSink, Sink};
use crate::stream::{Outcome, Stop, Stream, Worker};
use crate::{device, interrupt, outputs, print, threads, viewer};

/// Follow people through a recorded folder of synchronized cameras.
///
/// Writes OUT/tracks/<camera>.txt (MOT text, identities shared by all cameras) and OUT/run.json.
#[derive(Debug, Args)]
pub(crate) struct Track {
    /// Folder with one video, or one folder of images, a camera
    recording: PathBuf,
    /// Folder for everything the run leaves; must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write into OUT although it exists, replacing what an earlier run left there
    #[arg(long)]
    overwrite: bool,
    /// YAML file laid over the built-in configuration (configs/track.yaml)
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance detector.score=0.4; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Decide with the whole recording at its end: better identities, nothing is written before [association.offline]
    #[arg(long)]
    offline: bool,
    /// Only these frames, both ends included, as the source numbers them
    #[arg(long, value_name = "A..B", default_value = "..", hide_default_value = true)]
    frames: FrameRange,
    /// Where networks run: auto, cpu or cuda:N (default: pipeline.device)
    #[arg(long)]
    device: Option<String>,
    /// Write a Rerun recording to this file
    #[arg(long, value_name = "F", conflicts_with = "view")]
    rrd: Option<PathBuf>,
    /// Show the run in the Rerun viewer while it goes on
    #[arg(long)]
    view: bool,
    /// Draw boxes and identities into OUT/overlay.mp4, all cameras side by side
    #[arg(long)]
    overlay: bool,
}

impl Track {
    pub(crate) fn run(self) -> Result<()> {
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        let mut settings = self.set.clone();
        if self.offline {
            settings.push("association.offline=true".to_owned());
        }
        let config = Config::load(self.config.as_deref(), &settings)?;
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        self.refuse_outputs()?;
        let recording = select_cameras(Sequence::open(&self.recording)?, &config.recording.cameras)?;
        if self.view {
            viewer::require()?;
        }
        let workers = workers(&config, &recording, device)?;
        let weights = weights(&config)?;
        let associator = mvmhat_association::build(
            &config.association,
            Evidence {
                ground_plane: GroundPlane::from_sequence(&recording),
                assignment_model: assignment::model(&config.association, device)?,
            },
        )?;
        let frames = (self.frames.first, self.frames.last);
        let (queue, camera_motion) = (config.pipeline.queue, config.recording.camera_motion);
        let stream = Stream::open(&recording, frames, workers, queue, camera_motion)?;

        // Everything that can be refused has been: only now is anything written.
        let sinks = self.sinks(&recording, &config)?;
        let outcome = stream.run(associator, sinks, &stop);
        let report = RunReport {
            recording: &recording,
            config: &config,
            frames: self.frames,
            weights,
            outcome: &outcome,
            device: device::name(device),
        };
        let written = report.write(&self.out.join("run.json"));
        if outcome.failure.is_none() {
            written?;
        }
        print::lines(&self.summary(&recording, &outcome));
        self.conclude(outcome)
    }

    /// Refuses outputs that exist, unless they may be overwritten, and those that would replace what is read.
    fn refuse_outputs(&self) -> Result<()> {
        let out = self.out.display();
        outputs::refuse(&self.out, std::slice::from_ref(&self.recording))?;
        if self.out.exists() && !self.overwrite {
            return Err(usage!("--out {out}: the folder exists; give another one, or --overwrite"));
        }
        match &self.rrd {
            Some(rrd) if rrd.is_file() && !self.overwrite => {
                Err(usage!("--rrd {}: the file exists; give another name, or --overwrite", rrd.display()))
            }
            _ => Ok(()),
        }
    }

    /// Makes the output folder and everything that is written into it. Where that fails, a folder that was not there
    /// before is taken away again.
    fn sinks(&self, recording: &Sequence, config: &Config) -> Result<Vec<Box<dyn Sink>>> {
        let existed = self.out.exists();
        let tracks = self.out.join("tracks");
        let open = || -> Result<Vec<Box<dyn Sink>>> {
            std::fs::create_dir_all(&self.out)
                .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
            let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(MotSink::create(&tracks, recording)?)];
            if let Some(path) = &self.rrd {
                sinks.push(Box::new(RerunSink::save(path, recording, &config.output)?));
            }
            if self.view {
                sinks.push(Box::new(RerunSink::view(recording, &config.output)?));
            }
            if self.overlay {
                let path = self.out.join("overlay.mp4");
                sinks.push(Box::new(OverlaySink::create(&path, recording, &config.output)?));
            }
            Ok(sinks)
        };
        let opened = open();
        match &opened {
            Ok(_) => forget_earlier_run(&self.out, recording),
            // Only empty folders: whatever else is there now is not ours.
            Err(_) if !existed => {
                let _ = std::fs::remove_dir(&tracks).and_then(|()| std::fs::remove_dir(&self.out));
            }
            Err(_) => {}
        }
        opened
    }

    /// What came of it, in a few lines.
    fn summary(&self, recording: &Sequence, outcome: &Outcome) -> String {
        let mut lines = vec![format!(
            "{} people in {} cameras, {} frame sets in {:.1} s ({:.1} per second)",
            outcome.people,
            recording.cameras.len(),
            outcome.frame_sets,
            outcome.seconds,
            outcome.frame_sets as f64 / outcome.seconds.max(1e-9)
        )];
        for (camera, total) in recording.cameras.iter().zip(&outcome.cameras) {
            let lost: u64 = total.gaps.iter().map(|g| g.frames).sum();
            if lost > 0 {
                lines.push(format!(
                    "{}: {lost} of {} frames missing, see run.json",
                    camera.name, total.frames_in
                ));
            }
        }
        for (camera, total) in recording.cameras.iter().zip(&outcome.cameras) {
            if let Some(motion) = total.camera_motion.filter(|motion| motion.unknown > 0) {
                let looked = motion.known + motion.unknown;
                lines.push(format!(
                    "{}: the camera's motion could not be found in {} of {looked} images",
                    camera.name, motion.unknown
                ));
            }
        }
        let out = self.out.display();
        lines.push(format!("tracks     {out}/tracks/<camera>.txt"));
        lines.push(format!("report     {out}/run.json"));
        if self.out.join("overlay.mp4").exists() {
            lines.push(format!("overlay    {out}/overlay.mp4"));
        }
        if let Some(rrd) = &self.rrd {
            lines.push(format!("recording  {}, to be opened with: rerun {0}", rrd.display()));
            if let Some(first) = viewer::to_install() {
                lines.push(format!("           before that: {first}"));
            }
        }
        lines.join("\n")
    }

    /// The error that the run ends with, if it was not whole.
    fn conclude(&self, outcome: Outcome) -> Result<()> {
        let out = self.out.display();
        let kept = format!(
            "{} frame sets are finished; what could be written of them is kept in {out}",
            outcome.frame_sets
        );
        match outcome.failure {
            Some(error) => Err(error.context(kept)),
            None if outcome.interrupted => Err(anyhow!("interrupted; {kept}")),
            None if !outcome.incomplete.is_empty() => {
                Err(anyhow!("{}; {kept}", outcome.incomplete.join("; ")))
            }
            None if outcome.frame_sets == 0 => {
                let range = self.frames;
                Err(anyhow!("no frame from {} to {} could be read of any camera", range.first, range.last))
            }
            None => Ok(()),
        }
    }
}

/// Takes away what an earlier run left in the folder and this one will not replace. Its `run.json` says what that is;
/// other files are not touched.
fn forget_earlier_run(out: &Path, recording: &Sequence) {
    let Ok(text) = std::fs::read_to_string(out.join("run.json")) else { return };
    let earlier: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let cameras = earlier.get("cameras").and_then(|cameras| cameras.as_object());
    let gone =
        cameras.into_iter().flat_map(|cameras| cameras.keys()).filter(|c| recording.camera(c).is_none());
    let tracks = gone.map(|camera| out.join("tracks").join(format!("{camera}.txt")));
    for file in tracks.chain([out.join("run.json"), out.join("overlay.mp4")]) {
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("{}: left by an earlier run, cannot be removed: {error}", file.display());
        }
    }
}

/// The cameras that the configuration names, in the order of the recording; all where it names none.
pub(super) fn select_cameras(mut recording: Sequence, names: &[String]) -> Result<Sequence> {
    for name in names {
        if !recording.cameras.iter().any(|c| &c.name == name) {
            let there: Vec<&str> = recording.cameras.iter().map(|c| c.name.as_str()).collect();
            return Err(usage!(
                "recording.cameras: there is no camera `{name}`; there are {}",
                there.join(", ")
            ));
        }
    }
    if !names.is_empty() {
        recording.cameras.retain(|c| names.contains(&c.name));
        for (place, camera) in recording.cameras.iter_mut().enumerate() {
            camera.id = CameraId(place as u16);
        }
    }
    Ok(recording)
}

/// One detector and one embedder a worker.
pub(super) fn workers(config: &Config, recording: &Sequence, device: Device) -> Result<Vec<Worker>> {
    let threads = config.pipeline.threads;
    threads::of_libtorch(threads);
    threads::of_opencv()?;
    let build = || -> Result<Worker> {
        Ok(Worker {
            detector: mvmhat_detectors::build_detector(&config.detector, recording, device)?,
            embedder: mvmhat_detectors::build_embedder(&config.embedder, recording, device)?,
            threads,
        })
    };
    let mut workers = vec![build()?];
    // Looking things up in files is no work to share.
    let count = if workers[0].needs_images() { config.pipeline.worker_count(device) } else { 1 };
    while workers.len() < count {
        workers.push(build()?);
    }
    Ok(workers)
}

/// File and sha256 of the weights that the configuration names.
fn weights(config: &Config) -> Result<Vec<(String, String)>> {
    let named = [config.detector.weights(), config.embedder.weights()];
    let mut files = Vec::new();
    for name in named.into_iter().flatten() {
        let path = mvmhat_detectors::locate(name)?;
        files.push((path.display().to_string(), mvmhat_detectors::sha256(&path)?));
    }
    if let Some(path) = assignment::weights(&config.association) {
        files.push((path.display().to_string(), mvmhat_detectors::sha256(path)?));
    }
    Ok(files)
}

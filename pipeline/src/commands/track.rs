//! `mvmhat track`: people followed through a recorded folder of cameras.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use scene::{CameraId, Recording};
use tch::Device;

use crate::config::Config;
use crate::error::usage;
use crate::frame_range::FrameRange;
use crate::run_report::RunReport;
use crate::sinks::{MotSink, OverlaySink, RerunSink, Sink};
use crate::stream::{Outcome, Stop, Stream, Worker};
use crate::{device, interrupt, print};

/// Follow people through a recorded folder of synchronized cameras.
///
/// Writes OUT/tracks/<camera>.txt (MOT text, identities shared by all cameras) and OUT/run.json.
#[derive(Debug, Args)]
pub(crate) struct Track {
    /// Folder with one video, or one folder of pictures, a camera
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
        let config = Config::load(self.config.as_deref(), &self.set)?;
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        refuse_existing(&self.out, self.overwrite)?;
        let recording = select_cameras(Recording::open(&self.recording)?, &config.recording.cameras)?;
        let workers = workers(&config, &recording, device)?;
        let associator = association::build(&config.association)?;

        prepare(&self.out)?;
        let mut sinks: Vec<Box<dyn Sink>> =
            vec![Box::new(MotSink::create(&self.out.join("tracks"), &recording)?)];
        if let Some(path) = &self.rrd {
            sinks.push(Box::new(RerunSink::save(path, &recording, &config.output)?));
        }
        if self.view {
            sinks.push(Box::new(RerunSink::view(&recording, &config.output)?));
        }
        if self.overlay {
            sinks.push(Box::new(OverlaySink::create(
                &self.out.join("overlay.mp4"),
                &recording,
                &config.output,
            )?));
        }

        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        let frames = (self.frames.first, self.frames.last);
        let queue = config.pipeline.queue;
        let stream = Stream { recording: &recording, frames, workers, associator, sinks, queue };
        let outcome = stream.run(&stop)?;
        let weights = weights(&config)?;
        let report = RunReport {
            recording: &recording,
            config: &config,
            weights,
            outcome: &outcome,
            device: device::name(device),
        };
        let written = report.write(&self.out.join("run.json"));
        if outcome.failure.is_none() {
            written?;
        }
        print::lines(&self.summary(&recording, &outcome));
        conclude(outcome, &self.out)
    }

    /// What came of it, in a few lines.
    fn summary(&self, recording: &Recording, outcome: &Outcome) -> String {
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
        let out = self.out.display();
        lines.push(format!("tracks     {out}/tracks/<camera>.txt"));
        lines.push(format!("report     {out}/run.json"));
        if self.overlay {
            lines.push(format!("overlay    {out}/overlay.mp4"));
        }
        if let Some(rrd) = &self.rrd {
            lines.push(format!("recording  {}, to be opened with: rerun {0}", rrd.display()));
        }
        lines.join("\n")
    }
}

/// The error that the run ends with, if it was not whole.
fn conclude(outcome: Outcome, out: &Path) -> Result<()> {
    let kept = || format!("{} frame sets are finished and kept in {}", outcome.frame_sets, out.display());
    match outcome.failure {
        Some(error) => Err(error.context(kept())),
        None if outcome.interrupted => Err(anyhow!("interrupted; {}", kept())),
        None if !outcome.incomplete.is_empty() => {
            Err(anyhow!("{}; {}", outcome.incomplete.join("; "), kept()))
        }
        None => Ok(()),
    }
}

fn refuse_existing(out: &Path, overwrite: bool) -> Result<()> {
    if out.exists() && !out.is_dir() {
        return Err(usage!("--out {}: this is a file, not a folder", out.display()));
    }
    if out.exists() && !overwrite {
        return Err(usage!("--out {}: the folder exists; give another one, or --overwrite", out.display()));
    }
    Ok(())
}

/// Makes the output folder and takes away what an earlier run left in it; other files are not touched.
fn prepare(out: &Path) -> Result<()> {
    let cannot = || format!("--out {}: cannot be written", out.display());
    std::fs::create_dir_all(out).with_context(cannot)?;
    let mut old = vec![out.join("run.json"), out.join("overlay.mp4")];
    if let Ok(tracks) = std::fs::read_dir(out.join("tracks")) {
        old.extend(tracks.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "txt")));
    }
    for file in old.into_iter().filter(|f| f.exists()) {
        std::fs::remove_file(&file).with_context(|| format!("{}: cannot be replaced", file.display()))?;
    }
    Ok(())
}

/// The cameras that the configuration names, in the order of the recording; all where it names none.
fn select_cameras(mut recording: Recording, names: &[String]) -> Result<Recording> {
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
fn workers(config: &Config, recording: &Recording, device: Device) -> Result<Vec<Worker>> {
    let threads = config.pipeline.threads;
    tch::set_num_threads(threads as i32);
    // There are threads enough; more of them inside one resize would only wait for each other.
    opencv::core::set_num_threads(1)?;
    let build = |_| {
        Ok(Worker {
            detector: detectors::build_detector(&config.detector, recording, device)?,
            embedder: detectors::build_embedder(&config.embedder, recording, device)?,
            threads,
        })
    };
    (0..config.pipeline.worker_count()).map(build).collect()
}

/// File and sha256 of the weights that the configuration names.
fn weights(config: &Config) -> Result<Vec<(String, String)>> {
    let named = [config.detector.weights(), config.embedder.weights()];
    let mut files = Vec::new();
    for name in named.into_iter().flatten() {
        let path = detectors::locate(name)?;
        files.push((path.display().to_string(), detectors::sha256(&path)?));
    }
    Ok(files)
}

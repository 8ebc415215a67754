//! `mvmhat track`: people followed through a recorded folder of cameras.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;
use mvmhat_console::{CancellationToken, cancel_on_ctrl_c, print};
use mvmhat_pipeline::sinks::viewer;
use mvmhat_pipeline::{Config, RunOutputs, RunReport, RunSummary, Stream, open_associator, weights_files};
use mvmhat_scene::{FrameRange, Sequence};

use crate::arguments::{ConfigArgs, DeviceArg, FramesArg, OverwriteArg, RerunArgs};
use crate::examples::examples;

/// Follow people through a recorded folder of synchronized cameras.
///
/// Writes OUT/tracks/CAMERA.txt (MOT text, identities shared by all cameras) and OUT/run.json. The built-in configuration is
/// configs/track.yaml.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat track hall --out out --rrd out.rrd                 with a recording for the Rerun viewer",
    "mvmhat track hall --out out --offline                     decide at the end, with the whole recording",
    "mvmhat track hall --out out --set detector.conf=0.4       one setting changed",
    "mvmhat track --config mine.yaml --print-config            what a configuration comes to",
])]
pub(crate) struct Track {
    /// Folder with one video, or one folder of images, per camera
    #[arg(value_name = "RECORDING", required_unless_present = "print_config")]
    recording: Option<PathBuf>,
    /// Folder for everything the run leaves
    #[arg(long, value_name = "DIR", required_unless_present = "print_config")]
    out: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArg,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print the merged configuration with the origin of each value, and do nothing else
    #[arg(long)]
    print_config: bool,
    /// Decide with the whole recording at its end: better identities, nothing is written before [default: association.offline]
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    frames: FramesArg,
    #[command(flatten)]
    device: DeviceArg,
    #[command(flatten)]
    rerun: RerunArgs,
    /// Draw boxes and identities into OUT/overlay.mp4, all cameras beside each other
    #[arg(long)]
    overlay: bool,
}

impl Track {
    pub(crate) fn run(mut self) -> Result<()> {
        if self.offline {
            self.config.set.push("association.offline=true".to_owned());
        }
        let config = self.config.load()?;
        match (self.print_config, self.recording.take(), self.out.take()) {
            (false, Some(recording), Some(out)) => {
                let outputs = RunOutputs {
                    folder: out,
                    overwrite: self.overwrite.overwrite,
                    rrd: self.rerun.rrd.clone(),
                    view: self.rerun.view,
                    overlay: self.overlay,
                };
                self.track(&config, &recording, &outputs)
            }
            _ => {
                print::lines(config.annotated()?.trim_end());
                Ok(())
            }
        }
    }

    fn track(&self, config: &Config, recording: &Path, outputs: &RunOutputs) -> Result<()> {
        let token = Arc::new(CancellationToken::default());
        cancel_on_ctrl_c(&token)?;
        let device = self.device.open(config)?;
        outputs.check(recording)?;
        let sequence = config.open_sequence(recording)?;
        let frames = self.frames.frames.unwrap_or_default();
        let stream = Stream::open(&sequence, config, frames, device)?;
        let weights = weights_files(config)?;
        let associator = open_associator(&sequence, config, device)?;

        // Everything that can be refused has been: only now is anything written.
        let sinks = outputs.open(&sequence, config)?;
        let summary = stream.run(associator, sinks, &token);
        let report = RunReport {
            sequence: &sequence,
            config,
            frames,
            weights,
            summary: &summary,
            device: mvmhat_learning::device_name(device),
        };
        let written = report.write(&outputs.report());
        if summary.failure.is_none() {
            written?;
        }
        print::lines(&describe(&sequence, &summary, outputs));
        conclude(summary, frames, outputs)
    }
}

/// What came of it, in a few lines.
fn describe(sequence: &Sequence, summary: &RunSummary, outputs: &RunOutputs) -> String {
    let mut lines = vec![format!(
        "{} people in {} cameras, {} frame sets in {:.1} s ({:.1} per second)",
        summary.people,
        sequence.cameras.len(),
        summary.frame_sets,
        summary.seconds,
        summary.frame_sets as f64 / summary.seconds.max(1e-9)
    )];
    for (camera, report) in sequence.cameras.iter().zip(&summary.cameras) {
        let lost: u64 = report.gaps.iter().map(|gap| gap.frames).sum();
        if lost > 0 {
            let all = report.frames_in;
            lines.push(format!("{}: {lost} of {all} frames missing, see run.json", camera.name));
        }
    }
    for (camera, report) in sequence.cameras.iter().zip(&summary.cameras) {
        if let Some(motion) = report.camera_motion.filter(|motion| motion.unknown > 0) {
            let (unknown, all) = (motion.unknown, motion.known + motion.unknown);
            lines.push(format!(
                "{}: the camera's motion could not be estimated in {unknown} of {all} images",
                camera.name
            ));
        }
    }
    let out = outputs.folder.display();
    lines.push(format!("tracks     {out}/tracks/<camera>.txt"));
    lines.push(format!("report     {out}/run.json"));
    if outputs.overlay_video().exists() {
        lines.push(format!("overlay    {out}/overlay.mp4"));
    }
    if let Some(rrd) = &outputs.rrd {
        lines.push(format!("recording  {}, to be opened with: rerun {0}", rrd.display()));
        if let Some(first) = viewer::to_install() {
            lines.push(format!("           before that: {first}"));
        }
    }
    lines.join("\n")
}

/// The error that the run ends with, if it was not whole.
fn conclude(summary: RunSummary, frames: FrameRange, outputs: &RunOutputs) -> Result<()> {
    let kept = format!(
        "{} frame sets are finished; what could be written of them is kept in {}",
        summary.frame_sets,
        outputs.folder.display()
    );
    match summary.failure {
        Some(error) => Err(error.context(kept)),
        None if summary.interrupted => Err(anyhow!("interrupted; {kept}")),
        None if !summary.incomplete.is_empty() => Err(anyhow!("{}; {kept}", summary.incomplete.join("; "))),
        None if summary.frame_sets == 0 => {
            Err(anyhow!("no frame from {} to {} could be read of any camera", frames.first, frames.last))
        }
        None => Ok(()),
    }
}

//! `mvmhat eval`: tracks against ground truth.

mod error_file;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use mvmhat_console::usage;
use mvmhat_evaluation::{DatasetScores, Protocol, Table};
use mvmhat_pipeline::evaluate::tracks::TrackEvaluation;
use mvmhat_pipeline::ground_truth::Groups;
use mvmhat_pipeline::sinks::{save_errors, viewer};
use serde_json::Value;

use crate::arguments::{FramesArg, ScoreOutputs};
use crate::examples::examples;
use error_file::ErrorFile;

/// Score tracks against ground truth: per camera, pooled, global (one identity in all cameras) and across views.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat eval --gt hall --tracks out                        tables of all scores",
    "mvmhat eval --gt hall --tracks out --errors errors.csv    every error, one per row",
    "mvmhat eval --gt dataset --tracks runs --dataset          all recordings of a folder",
])]
pub(crate) struct Eval {
    /// The recording with the ground truth; with --dataset a folder of recordings
    #[arg(long, value_name = "RECORDING")]
    gt: PathBuf,
    /// A run folder (DIR/tracks/CAMERA.txt) or a plain one (DIR/CAMERA.txt); with --dataset one for each recording
    #[arg(long, value_name = "DIR")]
    tracks: PathBuf,
    /// Score a folder of recordings, and all of them together
    #[arg(long)]
    dataset: bool,
    #[command(flatten)]
    frames: FramesArg,
    /// Whose rules CLEAR and the identity measures follow
    #[arg(long, value_enum, default_value_t)]
    protocol: ProtocolName,
    #[command(flatten)]
    outputs: ScoreOutputs,
    /// Write every false positive, miss, switch and cross-view error as CSV
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Draw the tracks, the ground truth and every error for the Rerun viewer
    #[arg(long, value_name = "FILE")]
    rrd: Option<PathBuf>,
    /// Score positions on the ground too (gate 1 m): needs a calibration and ground_truth_world.csv, or WILDTRACK
    #[arg(long)]
    ground_plane: bool,
}

/// See [`Protocol`].
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ProtocolName {
    #[default]
    Trackeval,
    Devkit,
}

impl From<ProtocolName> for Protocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::Trackeval => Self::TrackEval,
            ProtocolName::Devkit => Self::Devkit,
        }
    }
}

impl Eval {
    pub(crate) fn run(self) -> Result<()> {
        if self.dataset && self.rrd.is_some() {
            return Err(usage!(
                "--rrd draws one recording: leave out --dataset and give one of its recordings to --gt and --tracks"
            ));
        }
        viewer::require(self.rrd.is_some(), false)?;
        self.outputs.check(&[("--errors", &self.errors), ("--rrd", &self.rrd)])?;
        let evaluation = TrackEvaluation {
            protocol: self.protocol.into(),
            frames: self.frames.frames,
            ground_plane: self.ground_plane,
        };
        let (tables, json) = match self.dataset {
            true => self.score_dataset(&evaluation)?,
            false => self.score_recording(&evaluation)?,
        };
        self.outputs.write(&tables, &json)
    }

    fn score_recording(&self, evaluation: &TrackEvaluation) -> Result<(Vec<Table>, Value)> {
        let groups = Groups::of_dataset_around(&self.gt)?;
        let mut errors = self.errors.as_deref().map(ErrorFile::for_sequence).transpose()?;
        let scored = evaluation.run(&self.gt, &self.tracks, groups.group(&self.gt))?;
        if let Some(errors) = &mut errors {
            errors.write(&scored.sequence.name, &scored.comparison, evaluation.protocol)?;
        }
        if let Some(path) = &self.rrd {
            save_errors(path, &scored.sequence, &scored.comparison, evaluation.protocol)
                .with_context(|| format!("cannot draw the errors in {}", path.display()))?;
        }
        errors.map_or(Ok(()), ErrorFile::finish)?;
        Ok((scored.scores.tables(), scored.scores.to_json()))
    }

    fn score_dataset(&self, evaluation: &TrackEvaluation) -> Result<(Vec<Table>, Value)> {
        let groups = Groups::of_dataset(&self.gt)?;
        let mut errors = self.errors.as_deref().map(ErrorFile::for_dataset).transpose()?;
        let mut sequences = Vec::new();
        for name in groups.sequences(&self.gt)? {
            let folder = self.gt.join(&name);
            let scored = evaluation.run(&folder, &self.tracks.join(&name), groups.group(&folder))?;
            if let Some(errors) = &mut errors {
                errors.write(&name, &scored.comparison, evaluation.protocol)?;
            }
            sequences.push((name, scored.scores));
        }
        errors.map_or(Ok(()), ErrorFile::finish)?;
        let scores = DatasetScores::new(sequences);
        Ok((scores.tables(), scores.to_json()))
    }
}

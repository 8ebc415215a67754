//! `mvmhat eval`: tracks against ground truth, a detector against its boxes, or an embedder on them.

pub(crate) mod detections;
pub(crate) mod embedding;
mod error_file;
pub(in crate::commands) mod groups;
pub(crate) mod inputs;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use mvmhat_evaluation::{Comparison, DatasetScores, Protocol, SequenceScores, Table, TableFormat};
use mvmhat_scene::{AtomicFile, Sequence};
use serde_json::Value;

use crate::error::usage;
use crate::frame_range::FrameRange;
use crate::print;
use crate::sinks::save_errors;
use embedding::EmbeddingArgs;
use error_file::ErrorFile;
use groups::{Group, Groups};

/// Scores tracks against ground truth: per camera, pooled, global (one identity in all cameras) and across views.
///
/// With --embedding there are no tracks: an embedder is scored on the boxes of the ground truth. With --detections a detector is
/// scored against them.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The recording with the ground truth; with --dataset a folder of recordings
    #[arg(long, value_name = "RECORDING")]
    gt: PathBuf,
    /// A run folder (DIR/tracks/<camera>.txt) or a plain one (DIR/<camera>.txt); with --dataset one for each recording
    #[arg(long, value_name = "DIR", required_unless_present_any = ["embedding", "detections"])]
    tracks: Option<PathBuf>,
    /// Score a folder of recordings, and all of them together
    #[arg(long)]
    dataset: bool,
    /// Score these frames only, both ends included [default: groups.json beside the recording, else the labelled frames]
    #[arg(long, value_name = "A..B")]
    frames: Option<FrameRange>,
    /// Whose rules CLEAR and the identity measures follow
    #[arg(long, value_enum, default_value_t)]
    protocol: ProtocolName,
    /// How to print the tables
    #[arg(long, value_enum, default_value_t)]
    format: FormatName,
    /// Write the scores as JSON, ratios in percent
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write every false positive, miss, switch and cross-view error as CSV
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Draw the tracks, the ground truth and every error for the Rerun viewer; with --embedding a map of the crops
    #[arg(long, value_name = "FILE")]
    rrd: Option<PathBuf>,
    /// Score positions on the ground too (gate 1 m): needs a calibration and ground_truth_world.csv, or WILDTRACK
    #[arg(long)]
    ground_plane: bool,
    /// Score a detector against the boxes of the ground truth, image by image, whoever they are of
    #[arg(long, group = "network", conflicts_with_all = ["tracks", "embedding", "protocol", "errors", "ground_plane", "rrd", "out"])]
    detections: bool,
    /// With --detections: believe boxes of at least this score where recall by visibility and height is told [default: 0.3]
    #[arg(long, value_name = "S", requires = "detections", value_parser = embedding::share)]
    score: Option<f64>,
    #[command(flatten)]
    of_embedding: EmbeddingArgs,
}

/// See [`Protocol`].
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ProtocolName {
    #[default]
    Trackeval,
    Devkit,
}

/// See [`TableFormat`].
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FormatName {
    #[default]
    Table,
    Markdown,
    Csv,
}

/// A recording that was read and scored.
struct Scored {
    recording: Sequence,
    comparison: Comparison,
    scores: SequenceScores,
}

impl Eval {
    pub(crate) fn run(self) -> Result<()> {
        if self.dataset && self.rrd.is_some() {
            return Err(usage!(
                "--rrd draws one recording: leave out --dataset and give one of its recordings to --gt and --tracks"
            ));
        }
        if let (Some(_), Some(option)) = (&self.tracks, self.of_embedding.given()) {
            return Err(usage!(
                "{option} belongs to --embedding and --detections, which score a network and no --tracks"
            ));
        }
        let (tables, json) = match &self.tracks {
            None if self.detections => detections::run(&self)?,
            None => embedding::run(&self)?,
            Some(tracks) if self.dataset => self.score_dataset(tracks)?,
            Some(tracks) => self.score_recording(tracks)?,
        };
        let format = match self.format {
            FormatName::Table => TableFormat::Text,
            FormatName::Markdown => TableFormat::Markdown,
            FormatName::Csv => TableFormat::Csv,
        };
        let text: Vec<String> = tables.iter().map(|table| table.render(format)).collect();
        if let Some(path) = &self.json {
            write_json(path, &json)?;
        }
        print::lines(text.join("\n").trim_end());
        Ok(())
    }

    fn score_recording(&self, tracks: &Path) -> Result<(Vec<Table>, Value)> {
        let groups = Groups::beside(&self.gt)?;
        let mut errors = self.errors.as_deref().map(ErrorFile::of_recording).transpose()?;
        let scored = self.score(&self.gt, tracks, groups.of(&self.gt))?;
        if let Some(errors) = &mut errors {
            errors.write(&scored.recording.name, &scored.comparison, self.protocol())?;
        }
        if let Some(path) = &self.rrd {
            save_errors(path, &scored.recording, &scored.comparison, self.protocol())
                .with_context(|| format!("cannot draw the errors in {}", path.display()))?;
        }
        errors.map_or(Ok(()), ErrorFile::finish)?;
        Ok((scored.scores.tables(), scored.scores.to_json()))
    }

    fn score_dataset(&self, tracks: &Path) -> Result<(Vec<Table>, Value)> {
        let groups = Groups::inside(&self.gt)?;
        let mut errors = self.errors.as_deref().map(ErrorFile::of_dataset).transpose()?;
        let mut recordings = Vec::new();
        for name in groups.recordings(&self.gt)? {
            let folder = self.gt.join(&name);
            let scored = self.score(&folder, &tracks.join(&name), groups.of(&folder))?;
            if let Some(errors) = &mut errors {
                errors.write(&name, &scored.comparison, self.protocol())?;
            }
            recordings.push((name, scored.scores));
        }
        errors.map_or(Ok(()), ErrorFile::finish)?;
        let scores = DatasetScores::new(recordings);
        Ok((scores.tables(), scores.to_json()))
    }

    /// Reads and scores one recording. `group` is what `groups.json` says about it.
    fn score(&self, gt: &Path, tracks: &Path, group: Option<&Group>) -> Result<Scored> {
        let recording = Sequence::open(gt)?;
        let cameras = inputs::cameras(&recording, tracks, group.and_then(|group| group.views))?;
        let labelled = inputs::labelled(cameras.iter().map(|camera| &camera.gt))
            .with_context(|| format!("{} has no ground truth", gt.display()))?;
        let window = match (self.frames, group) {
            (Some(frames), _) => inputs::within(labelled, frames.first, frames.last),
            (None, Some(group)) => group.window(),
            (None, None) => labelled,
        };
        let positions = if self.ground_plane { Some(inputs::positions(&recording, &cameras)?) } else { None };
        let at = || format!("cannot score {}", gt.display());
        let comparison = Comparison::new(Some(window), cameras).with_context(at)?;
        let repeated = comparison.duplicates();
        if repeated.gt + repeated.tracks > 0 {
            tracing::warn!(
                truth = repeated.gt,
                tracks = repeated.tracks,
                "{}: rows that repeat an identity in their frame; the last one counts",
                gt.display()
            );
        }
        let mut scores = SequenceScores::new(&comparison, self.protocol());
        if let Some(positions) = positions {
            let ground = Comparison::new(Some(window), vec![positions]).with_context(at)?;
            scores = scores.with_ground_plane(&ground);
        }
        Ok(Scored { recording, comparison, scores })
    }

    fn protocol(&self) -> Protocol {
        match self.protocol {
            ProtocolName::Trackeval => Protocol::TrackEval,
            ProtocolName::Devkit => Protocol::Devkit,
        }
    }
}

fn write_json(path: &Path, json: &Value) -> Result<()> {
    let write = || -> Result<()> {
        let mut file = AtomicFile::create(path)?;
        serde_json::to_writer_pretty(&mut file, json)?;
        file.write_all(b"\n")?;
        Ok(file.commit()?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

//! Arguments that several commands have, each declared once.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgAction, Args, ValueEnum};
use mvmhat_console::{outputs, print};
use mvmhat_evaluation::{Table, TableFormat};
use mvmhat_pipeline::Config;
use mvmhat_pipeline::evaluate::FrameSelection;
use mvmhat_scene::FrameRange;
use serde_json::Value;
use tch::Device;

/// How much is logged.
#[derive(Debug, Args)]
pub(crate) struct Verbosity {
    /// Log more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Log errors only
    #[arg(short, long, global = true)]
    quiet: bool,
}

impl Verbosity {
    /// The level where `MVMHAT_LOG` says nothing.
    pub(crate) fn level(&self) -> &'static str {
        match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "info",
            (false, 1) => "debug",
            (false, _) => "trace",
        }
    }
}

/// Layers over the built-in configuration.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// YAML file laid over the built-in configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance detector.conf=0.4; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

impl ConfigArgs {
    /// The configuration they make.
    pub(crate) fn load(&self) -> Result<Config> {
        Config::load(self.config.as_deref(), &self.set)
    }
}

/// Where networks run.
#[derive(Debug, Args)]
pub(crate) struct DeviceArg {
    /// Where networks run: auto, cpu or cuda:N [default: pipeline.device]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
}

impl DeviceArg {
    /// The device.
    pub(crate) fn open(&self, config: &Config) -> Result<Device> {
        config.device(self.device.as_deref())
    }
}

/// A range of frames.
#[derive(Debug, Args)]
pub(crate) struct FramesArg {
    /// Only these frames, both ends included, as the source numbers them [default: all, or those of groups.json]
    #[arg(long, value_name = "A..=B")]
    pub(crate) frames: Option<FrameRange>,
}

/// The labelled frames that a network is scored on.
#[derive(Debug, Args)]
pub(crate) struct SelectionArgs {
    #[command(flatten)]
    frames: FramesArg,
    /// Of the labelled timesteps, take one in N
    #[arg(long, value_name = "N", default_value_t = FrameSelection::default().every)]
    every: NonZeroUsize,
    /// Count people of whom a greater share than this can be seen, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = FrameSelection::default().min_visibility, value_parser = fraction)]
    visibility: f64,
}

impl SelectionArgs {
    /// Which frames they are.
    pub(crate) fn selection(&self) -> FrameSelection {
        FrameSelection { frames: self.frames.frames, every: self.every, min_visibility: self.visibility }
    }
}

/// Whether outputs that exist are written over.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OverwriteArg {
    /// Write outputs although they exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Outputs for the Rerun viewer.
#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    /// Write a Rerun recording to this file
    #[arg(long, value_name = "FILE", conflicts_with = "view")]
    pub(crate) rrd: Option<PathBuf>,
    /// Show the run in the Rerun viewer while it goes on
    #[arg(long)]
    pub(crate) view: bool,
}

/// How scores are shown.
#[derive(Debug, Args)]
pub(crate) struct ScoreOutputs {
    /// How to print the tables
    #[arg(long, value_enum, default_value_t)]
    format: FormatName,
    /// Write the scores as JSON, ratios in percent
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) overwrite: OverwriteArg,
}

/// See [`TableFormat`].
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FormatName {
    #[default]
    Table,
    Markdown,
    Csv,
}

impl ScoreOutputs {
    /// Refuses files that exist: the scores, and others that the command writes, by their options.
    pub(crate) fn check(&self, others: &[(&str, &Option<PathBuf>)]) -> Result<()> {
        let files = others.iter().copied().chain([("--json", &self.json)]);
        for (option, file) in files {
            if let Some(file) = file {
                outputs::check_file(option, file, self.overwrite.overwrite)?;
            }
        }
        Ok(())
    }

    /// Writes the scores and prints their tables.
    pub(crate) fn write(&self, tables: &[Table], json: &Value) -> Result<()> {
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(json)? + "\n";
            outputs::write_file(path, text)?;
        }
        let format = match self.format {
            FormatName::Table => TableFormat::Text,
            FormatName::Markdown => TableFormat::Markdown,
            FormatName::Csv => TableFormat::Csv,
        };
        let text: Vec<String> = tables.iter().map(|table| table.render(format)).collect();
        print::lines(text.join("\n").trim_end());
        Ok(())
    }
}

/// Reads a number from 0 to 1.
pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    let fraction = text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction));
    fraction.ok_or_else(|| "write a number from 0 to 1".to_owned())
}

//! `mvmhat eval --embedding`: how well an embedder tells people apart, on the boxes of the ground truth.
//!
//! Of a recording every tenth timestep is looked at (`--every`), of it the people of whom more than half can be seen
//! (`--visibility`; rows that say nothing of it count as seen). Their crops are embedded as in a run and compared with each
//! other: see [`EmbeddingScores`].

mod embed;
mod histogram;
pub(crate) mod samples;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use mvmhat_detectors::networks::EmbeddingNetworkConfig;
use mvmhat_detectors::{EmbedderName, StateDict};
use mvmhat_evaluation::{
    Crop, CropError, Crops, DatasetEmbeddingScores, EmbeddingScores, EmbeddingTally, Table, Window,
};
use mvmhat_scene::{CameraId, FrameIndex, Sequence};
use serde_json::{Value, json};
use tch::Device;

use super::groups::{Group, Groups};
use super::{Eval, inputs};
use crate::commands::track::select_cameras;
use crate::config::Config;
use crate::device;
use crate::figure::Figure;
use crate::sinks::{EmbeddedCrop, save_embedding};
use histogram::CosineHistogram;
use samples::{Limits, Sample};

/// What `mvmhat eval --embedding` is told beyond what it shares with the evaluation of tracks.
#[derive(Debug, Args)]
#[command(next_help_heading = "A network instead of tracks")]
pub(super) struct EmbeddingArgs {
    /// Score an embedder on the boxes of the ground truth: are people told apart across cameras?
    #[arg(long, group = "network", conflicts_with_all = ["tracks", "protocol", "errors", "ground_plane"])]
    pub(super) embedding: bool,
    /// YAML file laid over the built-in configuration (configs/track.yaml): its section embedder or detector is what is
    /// scored
    #[arg(long, value_name = "F", requires = "network")]
    config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance embedder.weights=FILE; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "network")]
    set: Vec<String>,
    /// Where the network runs: auto, cpu or cuda:N (default: pipeline.device)
    #[arg(long, requires = "network")]
    device: Option<String>,
    /// Of the timesteps that there is ground truth of (--embedding: of two cameras), look at one in N [default: 10]
    #[arg(long, value_name = "N", requires = "network")]
    every: Option<NonZeroUsize>,
    /// Look at people of whom a greater share than this can be seen, 0 to 1; with --detections the others need not be
    /// found [default: 0.5]
    #[arg(long, value_name = "SHARE", requires = "network", value_parser = share)]
    visibility: Option<f64>,
    /// Draw the cosines of same and different people: DIR/histogram.png and .svg
    #[arg(long, value_name = "DIR", requires = "embedding")]
    out: Option<PathBuf>,
}

const EVERY: NonZeroUsize = NonZeroUsize::new(10).unwrap();
const VISIBILITY: f64 = 0.5;

impl EmbeddingArgs {
    pub(super) fn every(&self) -> NonZeroUsize {
        self.every.unwrap_or(EVERY)
    }

    pub(super) fn visibility(&self) -> f64 {
        self.visibility.unwrap_or(VISIBILITY)
    }

    /// The configuration, and where the network runs.
    pub(super) fn configuration(&self) -> Result<(Config, Device)> {
        let config = Config::load(self.config.as_deref(), &self.set)?;
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        Ok((config, device))
    }

    /// An option that means something with a network only, where one was given. `clap` does not ask for --embedding where
    /// --tracks, which it cannot go with, is there.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--config", self.config.is_some()),
            ("--set", !self.set.is_empty()),
            ("--device", self.device.is_some()),
            ("--every", self.every.is_some()),
            ("--visibility", self.visibility.is_some()),
            ("--out", self.out.is_some()),
        ];
        given.into_iter().find_map(|(option, given)| given.then_some(option))
    }
}

/// Reads a number from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write a number from 0 to 1".to_owned())
}

/// An evaluation under way.
struct Embedding<'a> {
    eval: &'a Eval,
    config: Config,
    device: Device,
}

/// A recording that was scored.
struct Scored {
    tables: Vec<Table>,
    json: Value,
    overall: EmbeddingTally,
}

/// Scores what the command line says; the tables and the JSON of it.
pub(super) fn run(eval: &Eval) -> Result<(Vec<Table>, Value)> {
    let args = &eval.of_embedding;
    let (config, device) = args.configuration()?;
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("--out {}: cannot be written", folder.display()))?;
    }
    let embedding = Embedding { eval, config, device };
    let (tables, mut json, overall) =
        if eval.dataset { embedding.dataset()? } else { embedding.recording()? };
    json["embedder"] = embedding.embedder()?;
    json["every"] = args.every().get().into();
    json["visibility"] = args.visibility().into();
    if let Some(folder) = &args.out {
        let name = json["embedder"]["name"].as_str().unwrap_or_default();
        let title = format!("{name} on {}", inputs::name(&eval.gt));
        CosineHistogram { title: &title, separation: &overall.separation }.save(folder, "histogram")?;
    }
    Ok((tables, json))
}

impl Embedding<'_> {
    fn recording(&self) -> Result<(Vec<Table>, Value, EmbeddingTally)> {
        let groups = Groups::beside(&self.eval.gt)?;
        let scored = self.score(&self.eval.gt, groups.of(&self.eval.gt))?;
        Ok((scored.tables, scored.json, scored.overall))
    }

    fn dataset(&self) -> Result<(Vec<Table>, Value, EmbeddingTally)> {
        let groups = Groups::inside(&self.eval.gt)?;
        let (mut tallies, mut jsons) = (Vec::new(), Vec::new());
        for name in groups.recordings(&self.eval.gt)? {
            let folder = self.eval.gt.join(&name);
            let scored = self.score(&folder, groups.of(&folder))?;
            tallies.push((name.clone(), scored.overall));
            jsons.push((name, scored.json));
        }
        let scores = DatasetEmbeddingScores::new(tallies);
        Ok((vec![scores.table()], scores.to_json(jsons), scores.overall))
    }

    /// Scores one recording. `group` is what `groups.json` says about it.
    fn score(&self, folder: &Path, group: Option<&Group>) -> Result<Scored> {
        let recording = select_cameras(Sequence::open(folder)?, &self.config.recording.cameras)?;
        let asked = self.eval.frames.map(|frames| Window { first: frames.first, last: frames.last });
        let args = &self.eval.of_embedding;
        let limits = Limits {
            window: asked.or_else(|| group.map(Group::window)),
            views: group.and_then(|group| group.views),
            every: args.every(),
            visibility: args.visibility(),
        };
        let mut samples = samples::samples(&recording, &limits)?;
        if self.config.embedder.name == EmbedderName::File {
            samples = samples::detected(&recording, &samples)?;
        }
        let at = || format!("cannot score {}", folder.display());
        let thumbnails = self.eval.rrd.is_some();
        embed::embed(&mut samples, &recording, &self.config, self.device, thumbnails).with_context(at)?;
        let crops = samples.iter_mut().map(crop).collect();
        let crops = Crops::new(crops).map_err(|error| self.explained(error, &samples)).with_context(at)?;
        let scores = EmbeddingScores::new(&crops);
        if let Some(path) = &self.eval.rrd {
            let of_crops = samples
                .into_iter()
                .map(|sample| EmbeddedCrop { number: sample.number, thumbnail: sample.thumbnail });
            save_embedding(path, &recording, &crops, &scores, &of_crops.collect::<Vec<_>>())
                .with_context(|| format!("cannot draw the embeddings in {}", path.display()))?;
        }
        let name = |camera: CameraId| recording.cameras[camera.index()].name.clone();
        let tables = scores.tables(name);
        let mut json = scores.to_json(name);
        json["instants"] = timesteps(&crops).into();
        Ok(Scored { tables, json, overall: scores.overall })
    }

    /// What to do where crops cannot be compared.
    fn explained(&self, error: CropError, samples: &[Sample]) -> anyhow::Error {
        let advice = match error {
            CropError::NothingShared if samples.is_empty() => {
                let share = self.eval.of_embedding.visibility();
                format!(
                    "no two cameras have ground truth of one timestep with more than {share} of a person in view"
                )
            }
            CropError::NothingShared => {
                "identities must be the same in all cameras, and someone must be seen by two of them"
                    .to_owned()
            }
            _ => return error.into(),
        };
        anyhow!("{error}: {advice}")
    }

    /// Who was scored, for the JSON.
    fn embedder(&self) -> Result<Value> {
        let embedder = &self.config.embedder;
        let mut json = json!({ "name": embedder.name, "weights": embedder.weights() });
        if let Some(weights) = embedder.weights() {
            let file = mvmhat_detectors::locate(weights)?;
            json["sha256"] = mvmhat_detectors::sha256(&file)?.into();
            // A file of `mvmhat train` brings its own network, whatever the name says.
            if let Some(network) = EmbeddingNetworkConfig::of(&StateDict::read(&file)?)? {
                json["name"] = json!(network.backbone);
                json["network"] = json!(network);
            }
        }
        Ok(json)
    }
}

/// Takes the embedding out of a sample.
fn crop(sample: &mut Sample) -> Crop {
    let embedding = sample.detection.embedding.take().unwrap_or_default();
    Crop { camera: sample.camera, timestep: sample.timestep, person: sample.person, embedding }
}

/// How many timesteps were looked at.
fn timesteps(crops: &Crops) -> usize {
    let timesteps: BTreeSet<FrameIndex> = crops.as_slice().iter().map(|crop| crop.timestep).collect();
    timesteps.len()
}

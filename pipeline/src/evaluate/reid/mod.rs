//! How well an embedder tells people apart, on the boxes of the ground truth.
//!
//! Of a sequence one timestep in so many is taken, of it the people of whom more than `min_visibility` can be seen (rows that
//! say nothing of it count as seen). Their crops are embedded as in a run and compared with each other: see
//! [`EmbeddingScores`].

mod cosine_histogram;
mod crops;
mod embed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use mvmhat_detectors::{EmbedderName, EmbeddingNetworkConfig};
use mvmhat_evaluation::{
    Crop, CropError, Crops, DatasetEmbeddingScores, EmbeddingCounts, EmbeddingScores, Table,
};
use mvmhat_plots::Figure;
use mvmhat_scene::{CameraId, FrameIndex};
use mvmhat_weights::StateDict;
use serde_json::{Value, json};
use tch::Device;

use super::{FrameSelection, NetworkScores, named};
use crate::config::Config;
use crate::ground_truth::{Group, Groups, folder_name};
use crate::sinks::{EmbeddedCrop, save_embedding};
use cosine_histogram::CosineHistogram;
pub use crops::{LabelledCrop, LabelledCropSelection, detected_crops, labelled_crops};

/// The embedder of a configuration, to be scored.
#[derive(Clone, Copy, Debug)]
pub struct ReidEvaluation<'a> {
    /// Its section `embedder` is what is scored.
    pub config: &'a Config,
    /// Where the network runs.
    pub device: Device,
    /// The labelled frames it is scored on.
    pub selection: FrameSelection,
    /// A file for the Rerun viewer with a map of the crops; of one sequence only.
    pub map: Option<&'a Path>,
    /// A folder for a drawing of the cosines of same and different people: `histogram.png` and `.svg`.
    pub histogram: Option<&'a Path>,
}

/// A sequence that was scored.
struct Scored {
    tables: Vec<Table>,
    json: Value,
    overall: EmbeddingCounts,
}

impl ReidEvaluation<'_> {
    /// Scores one sequence, or several one by one and all of them together.
    ///
    /// # Errors
    /// A sequence without ground truth, images or weights that cannot be read, crops that cannot be compared.
    pub fn run(&self, folders: &[PathBuf]) -> Result<NetworkScores> {
        if let Some(folder) = self.histogram {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{}: cannot be written", folder.display()))?;
        }
        let Scored { tables, mut json, overall } = match folders {
            [folder] => self.sequence(folder)?,
            _ => self.sequences(folders)?,
        };
        json["embedder"] = self.embedder()?;
        json["every"] = self.selection.every.get().into();
        json["visibility"] = self.selection.min_visibility.into();
        if let Some(folder) = self.histogram {
            let name = json["embedder"]["name"].as_str().unwrap_or_default();
            let of = match folders {
                [folder] => folder_name(folder),
                _ => format!("{} recordings", folders.len()),
            };
            let title = format!("{name} on {of}");
            CosineHistogram { title: &title, separation: &overall.separation }.save(folder, "histogram")?;
        }
        Ok(NetworkScores { tables, json })
    }

    fn sequences(&self, folders: &[PathBuf]) -> Result<Scored> {
        let (mut counts, mut jsons) = (Vec::new(), Vec::new());
        for (name, folder) in named(folders) {
            let scored = self.sequence(folder)?;
            counts.push((name.clone(), scored.overall));
            jsons.push((name, scored.json));
        }
        let scores = DatasetEmbeddingScores::new(counts);
        Ok(Scored { tables: vec![scores.table()], json: scores.to_json(jsons), overall: scores.overall })
    }

    fn sequence(&self, folder: &Path) -> Result<Scored> {
        let groups = Groups::of_dataset_around(folder)?;
        let group = groups.group(folder);
        let sequence = self.config.open_sequence(folder)?;
        let selection = LabelledCropSelection {
            frames: self.selection.frames.or(group.map(Group::frames)),
            views: group.and_then(|group| group.views),
            every: self.selection.every,
            min_visibility: self.selection.min_visibility,
        };
        let mut labelled = labelled_crops(&sequence, &selection)?;
        if self.config.embedder.name == EmbedderName::File {
            labelled = detected_crops(&sequence, &labelled)?;
        }
        let cannot = || format!("cannot score {}", folder.display());
        let thumbnails = self.map.is_some();
        embed::embed(&mut labelled, &sequence, self.config, self.device, thumbnails).with_context(cannot)?;
        let crops = labelled.iter_mut().map(embedded).collect();
        let crops = Crops::new(crops)
            .map_err(|error| self.explain(error, labelled.is_empty()))
            .with_context(cannot)?;
        let scores = EmbeddingScores::new(&crops);
        if let Some(path) = self.map {
            let labels: Vec<EmbeddedCrop> = labelled
                .into_iter()
                .map(|crop| EmbeddedCrop { number: crop.number, thumbnail: crop.thumbnail })
                .collect();
            save_embedding(path, &sequence, &crops, &scores, &labels)
                .with_context(|| format!("cannot draw the embeddings in {}", path.display()))?;
        }
        let name = |camera: CameraId| sequence.cameras[camera.index()].name.clone();
        let tables = scores.tables(name);
        let mut json = scores.to_json(name);
        json["instants"] = timesteps(&crops).into();
        Ok(Scored { tables, json, overall: scores.overall })
    }

    /// What to do where crops cannot be compared.
    fn explain(&self, error: CropError, nobody: bool) -> anyhow::Error {
        let advice = match error {
            CropError::NothingShared if nobody => {
                let share = self.selection.min_visibility;
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

    /// Which embedder was scored, for the JSON.
    fn embedder(&self) -> Result<Value> {
        let embedder = &self.config.embedder;
        let mut json = json!({ "name": embedder.name, "weights": embedder.weights() });
        if let Some(weights) = embedder.weights() {
            let file = mvmhat_weights::locate(weights)?;
            json["sha256"] = mvmhat_weights::sha256_of_file(&file)?.into();
            // A file of `mvmhat train` brings its own network, whatever the name says.
            if let Some(network) = EmbeddingNetworkConfig::from_weights(&StateDict::read(&file)?)? {
                json["name"] = json!(network.backbone);
                json["network"] = json!(network);
            }
        }
        Ok(json)
    }
}

/// A crop with its embedding, which is taken out of the labelled one.
fn embedded(crop: &mut LabelledCrop) -> Crop {
    let embedding = crop.detection.embedding.take().unwrap_or_default();
    Crop { camera: crop.camera, timestep: crop.timestep, person: crop.person, embedding }
}

/// How many timesteps the crops are of.
fn timesteps(crops: &Crops) -> usize {
    let timesteps: BTreeSet<FrameIndex> = crops.as_slice().iter().map(|crop| crop.timestep).collect();
    timesteps.len()
}

//! Networks as embedders.

use std::time::Duration;

use mvmhat_learning::networks::Backbone;
use mvmhat_scene::Detection;
use mvmhat_weights::{StateDict, locate};
use tch::{Device, nn};

use super::network_config::OTHER_NETWORKS;
use super::{Embedder, EmbedderConfig, EmbeddingNetworkConfig, embeddings};
use crate::inference::with_variable_names;
use crate::{ConfigError, CropInput, Error, Frame, Inference};

/// Height and width of the crops that published networks were trained on.
const PUBLISHED_CROP_SIZE: [i32; 2] = [256, 128];

/// A network with its weights.
pub(super) struct NetworkEmbedder {
    network: Inference,
    batch: usize,
    input: CropInput,
}

impl NetworkEmbedder {
    /// The network of the weights: the one that a file of `mvmhat train` describes, else `backbone` alone.
    pub(super) fn load(backbone: &Backbone, config: &EmbedderConfig, device: Device) -> Result<Self, Error> {
        let Some(weights) = config.weights() else {
            let rule = "no weights of it are known: name a file as embedder.weights";
            return Err(ConfigError { path: "embedder.name", value: backbone.name.to_owned(), rule }.into());
        };
        let weights = StateDict::read(&locate(weights)?)?;
        let (network, crop_size) = match EmbeddingNetworkConfig::from_weights(&weights)? {
            Some(own) => {
                let build = |path: &nn::Path| own.build(path);
                (Inference::load(build, &weights, &OTHER_NETWORKS, device)?, own.crop_size)
            }
            None => {
                let names = &backbone.published;
                let weights = with_variable_names(&weights, names);
                let build = |path: &nn::Path| backbone.build(path);
                (Inference::load(build, &weights, names.left_out, device)?, PUBLISHED_CROP_SIZE)
            }
        };
        Ok(Self { network, batch: config.batch, input: CropInput::new(crop_size, device) })
    }
}

impl Embedder for NetworkEmbedder {
    fn needs_images(&self) -> bool {
        true
    }

    fn forward_time(&self) -> Duration {
        self.network.forward_time()
    }

    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error> {
        let per_frame = frames.iter().zip(detections.iter_mut());
        let mut crops: Vec<_> =
            per_frame.flat_map(|(frame, list)| list.iter_mut().map(move |d| (frame, d))).collect();
        for batch in crops.chunks_mut(self.batch) {
            let mut pixels = Vec::with_capacity(batch.len() * self.input.bytes());
            for (frame, detection) in batch.iter() {
                self.input.push(frame.needed_image()?, detection.bbox, &mut pixels)?;
            }
            let rows = self.network.run(&self.input.batch(&pixels)?);
            for ((_, detection), embedding) in batch.iter_mut().zip(embeddings(&rows)?) {
                detection.embedding = Some(embedding);
            }
        }
        Ok(())
    }
}

//! Networks as embedders.

use std::time::Duration;

use mvmhat_scene::Detection;
use tch::{Device, nn};

use crate::crop_input::CropInput;
use crate::embeddings::embeddings;
use crate::networks::{Backbone, EmbeddingNetworkConfig, Inference};
use crate::{Embedder, EmbedderConfig, Error, Frame, StateDict, locate};

/// Height and width of the crops that published networks were trained on.
const PUBLISHED_CROP: [i32; 2] = [256, 128];

/// What a file of `mvmhat train` may hold beside the embedding network.
const BESIDE: [&str; 1] = ["assignment_network."];

/// A network with its weights.
pub(crate) struct NetworkEmbedder {
    network: Inference,
    batch: usize,
    input: CropInput,
}

impl NetworkEmbedder {
    /// The network that the weights are of: that of `mvmhat train` where it has written them, else `backbone`.
    pub(crate) fn load(backbone: Backbone, config: &EmbedderConfig, device: Device) -> Result<Self, Error> {
        let Some(weights) = config.weights() else {
            let rule = "no weights of it are known: name a file as embedder.weights";
            return Err(Error::Config { key: "embedder.name", value: backbone.as_str().to_owned(), rule });
        };
        let weights = StateDict::read(&locate(weights)?)?;
        let (network, crop) = match EmbeddingNetworkConfig::of(&weights)? {
            Some(own) => (Inference::load(|path| own.build(path), &weights, &BESIDE, device)?, own.crop),
            None => {
                let weights = backbone.published(&weights);
                let build = |path: &nn::Path| backbone.build(path);
                (Inference::load(build, &weights, backbone.left_out(), device)?, PUBLISHED_CROP)
            }
        };
        Ok(Self { network, batch: config.batch, input: CropInput::new(crop, device) })
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
        let of_frames = frames.iter().zip(detections.iter_mut());
        let mut all: Vec<_> =
            of_frames.flat_map(|(f, found)| found.iter_mut().map(move |d| (f, d))).collect();
        for batch in all.chunks_mut(self.batch) {
            let mut pixels = Vec::with_capacity(batch.len() * self.input.bytes());
            for (frame, detection) in batch.iter() {
                self.input.push(frame.needed_image()?, detection.bbox, &mut pixels)?;
            }
            let said = self.network.run(&self.input.batch(&pixels)?);
            for ((_, detection), embedding) in batch.iter_mut().zip(embeddings(&said)?) {
                detection.embedding = Some(embedding);
            }
        }
        Ok(())
    }
}

//! Networks as embedders.

use std::time::Duration;

use scene::{Detection, Embedding};
use tch::{Device, nn};

use crate::crop_input::CropInput;
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
        let weights = StateDict::read(&locate(config.weights().unwrap_or_default())?)?;
        let (network, crop) = match EmbeddingNetworkConfig::of(&weights)? {
            Some(own) => (Inference::load(|path| own.build(path), &weights, &BESIDE, device)?, own.crop),
            None => {
                let weights = backbone.published(&weights);
                let build = |path: &nn::Path| backbone.build(path);
                (Inference::load(build, &weights, backbone.classifier(), device)?, PUBLISHED_CROP)
            }
        };
        Ok(Self { network, batch: config.batch, input: CropInput::new(crop, device) })
    }

    /// Embeddings of crops, 3 bytes a pixel (red, green, blue), one after the other.
    fn run(&self, pixels: &[u8]) -> Result<Vec<Embedding>, Error> {
        let batch = self.input.batch(pixels)?;
        let crops = batch.size()[0].max(1) as usize;
        let embeddings = self.network.run(&batch).f_to_device(Device::Cpu)?;
        let dimension = (embeddings.numel() / crops).max(1);
        let numbers = Vec::<f32>::try_from(embeddings.f_contiguous()?.f_flatten(0, -1)?)?;
        Ok(numbers.chunks_exact(dimension).map(|values| Embedding::normalized(values.to_vec())).collect())
    }
}

impl Embedder for NetworkEmbedder {
    fn needs_pictures(&self) -> bool {
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
                self.input.push(frame.needed_picture()?, detection.bbox, &mut pixels)?;
            }
            for ((_, detection), embedding) in batch.iter_mut().zip(self.run(&pixels)?) {
                detection.embedding = Some(embedding);
            }
        }
        Ok(())
    }
}

//! Networks as embedders.

use std::path::Path;
use std::time::Duration;

use opencv::core::Mat;
use opencv::imgproc::{COLOR_BGR2RGB, cvt_color_def};
use opencv::prelude::*;
use scene::{Detection, Embedding};
use tch::{Device, Kind, Tensor};

use crate::crops::crop;
use crate::networks::{Inference, MobilenetV2, Osnet, OsnetConfig, Resnet, ResnetConfig};
use crate::{Embedder, EmbedderConfig, EmbedderName, Error, Frame, StateDict, locate};

/// Size of the crops.
const WIDTH: i32 = 128;
/// Size of the crops.
const HEIGHT: i32 = 256;

/// Mean and deviation of the colours of ImageNet (red, green, blue, 0 to 1), which all these networks were trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// See [`MEAN`].
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// A network with its weights.
pub(crate) struct NetworkEmbedder {
    network: Inference,
    batch: usize,
    /// What a batch of pixels 0 to 255 is multiplied by, 1 x 3 x 1 x 1, and what is added then.
    scale: Tensor,
    shift: Tensor,
}

impl NetworkEmbedder {
    pub(crate) fn load(config: &EmbedderConfig, device: Device) -> Result<Self, Error> {
        let network = load_network(config.name, &locate(config.weights().unwrap_or_default())?, device)?;
        let column = |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]).to_device(device);
        let scale = column(DEVIATION.map(|deviation| 1.0 / (255.0 * deviation)));
        let shift = column([0, 1, 2].map(|i| -MEAN[i] / DEVIATION[i]));
        Ok(Self { network, batch: config.batch, scale, shift })
    }

    /// Embeddings of crops, 3 bytes a pixel (red, green, blue), one after the other.
    fn run(&self, pixels: &[u8]) -> Result<Vec<Embedding>, Error> {
        let (width, height) = (i64::from(WIDTH), i64::from(HEIGHT));
        let crops = pixels.len() as i64 / (width * height * 3);
        let batch = Tensor::f_from_data_size(pixels, &[crops, height, width, 3], Kind::Uint8)?;
        let mut batch =
            batch.f_permute([0, 3, 1, 2])?.f_to_device(self.scale.device())?.f_to_kind(Kind::Float)?;
        let batch = batch.f_mul_(&self.scale)?.f_add_(&self.shift)?;
        let embeddings = self.network.run(&batch).f_to_device(Device::Cpu)?;
        let dimension = (embeddings.numel() / crops.max(1) as usize).max(1);
        let numbers = Vec::<f32>::try_from(embeddings.f_contiguous()?.f_flatten(0, -1)?)?;
        Ok(numbers.chunks_exact(dimension).map(|values| Embedding::normalized(values.to_vec())).collect())
    }
}

/// A network by its name with the weights in `file`.
fn load_network(name: EmbedderName, file: &Path, device: Device) -> Result<Inference, Error> {
    let weights = StateDict::read(file)?;
    let osnet = |config| {
        // Published files bring a classifier for the people they were trained on, which embeds nothing.
        let weights = weights.renamed(Osnet::published_name);
        Inference::load(|path| Osnet::new(path, config), &weights, &["classifier."], device)
    };
    let resnet = |config| Inference::load(|path| Resnet::new(path, config), &weights, &["fc."], device);
    match name {
        EmbedderName::OsnetX0_25 => osnet(OsnetConfig::X0_25),
        EmbedderName::OsnetX0_5 => osnet(OsnetConfig::X0_5),
        EmbedderName::OsnetX0_75 => osnet(OsnetConfig::X0_75),
        EmbedderName::OsnetX1_0 => osnet(OsnetConfig::X1_0),
        EmbedderName::Resnet18 => resnet(ResnetConfig::RESNET18),
        EmbedderName::Resnet50 => resnet(ResnetConfig::RESNET50),
        EmbedderName::MobilenetV2 => Inference::load(MobilenetV2::new, &weights, &["classifier."], device),
        EmbedderName::ColourHistogram | EmbedderName::File => {
            let rule = "that is no network";
            Err(Error::Config { key: "embedder.name", value: name.as_str().to_owned(), rule })
        }
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
        let mut rgb = Mat::default();
        for batch in all.chunks_mut(self.batch) {
            let mut pixels = Vec::with_capacity(batch.len() * (WIDTH * HEIGHT * 3) as usize);
            for (frame, detection) in batch.iter() {
                let crop = crop(frame.needed_picture()?, detection.bbox, WIDTH, HEIGHT)?;
                // OpenCV has blue first, the networks red.
                cvt_color_def(&crop, &mut rgb, COLOR_BGR2RGB)?;
                pixels.extend_from_slice(rgb.data_bytes()?);
            }
            for ((_, detection), embedding) in batch.iter_mut().zip(self.run(&pixels)?) {
                detection.embedding = Some(embedding);
            }
        }
        Ok(())
    }
}

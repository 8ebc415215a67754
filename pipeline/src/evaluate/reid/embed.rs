//! The boxes cut out of their images and embedded: one camera per thread, only the frames wanted decoded.

use anyhow::{Context, Result};
use mvmhat_console::{Progress, parallel_for_each};
use mvmhat_detectors::{Embedder, Frame};
use mvmhat_learning::set_libtorch_threads;
use mvmhat_scene::{Camera, Sequence};
use tch::Device;

use super::crops::LabelledCrop;
use crate::config::Config;
use crate::ground_truth::LabelledImages;
use crate::sinks::thumbnail;

/// Fills the embedding of every crop, and its thumbnail where those are wanted and there are images. The crops are sorted
/// by camera and timestep.
///
/// # Errors
/// A frame with ground truth that has no image, weights or embeddings that cannot be found.
pub(super) fn embed(
    crops: &mut [LabelledCrop],
    sequence: &Sequence,
    config: &Config,
    device: Device,
    thumbnails: bool,
) -> Result<()> {
    mvmhat_detectors::limit_opencv_threads()?;
    let images = crops.chunk_by(is_one_image).count();
    let cameras = crops.chunk_by(|a, b| a.camera == b.camera).count();
    let workers = config.pipeline.worker_count(device).min(cameras);
    let build = |_| mvmhat_detectors::build_embedder(&config.embedder, sequence, device);
    let embedders = (0..workers).map(build).collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(images as u64, "images");
    let by_camera = crops.chunk_by_mut(|a, b| a.camera == b.camera);
    let done = parallel_for_each(embedders, by_camera, |embedder, crops| {
        set_libtorch_threads(config.pipeline.threads);
        let camera = &sequence.cameras[crops[0].camera.index()];
        embed_camera(embedder.as_mut(), camera, crops, thumbnails, &progress)
            .with_context(|| format!("the embeddings of camera {} cannot be computed", camera.name))
    });
    progress.finish();
    done
}

fn is_one_image(a: &LabelledCrop, b: &LabelledCrop) -> bool {
    (a.camera, a.timestep) == (b.camera, b.timestep)
}

fn embed_camera(
    embedder: &mut dyn Embedder,
    camera: &Camera,
    crops: &mut [LabelledCrop],
    thumbnails: bool,
    progress: &Progress,
) -> Result<()> {
    let numbers = crops.iter().map(|crop| crop.number).collect();
    let mut images = match embedder.needs_images() {
        true => LabelledImages::required(camera, numbers)?,
        // Thumbnails are extras: a camera without images is one without thumbnails.
        false if thumbnails => LabelledImages::optional(camera, numbers),
        false => LabelledImages::none(),
    };
    for crops in crops.chunk_by_mut(is_one_image) {
        let number = crops[0].number;
        let image = images.image(number)?;
        if let (true, Some(image)) = (thumbnails, &image) {
            for crop in crops.iter_mut() {
                crop.thumbnail = Some(thumbnail(image, &crop.detection.bbox)?);
            }
        }
        let frame = Frame { camera: camera.id, number, image };
        let mut detections = [crops.iter().map(|crop| crop.detection.clone()).collect()];
        embedder.embed(&[frame], &mut detections)?;
        let [detections] = detections;
        crops.iter_mut().zip(detections).for_each(|(crop, detection)| crop.detection = detection);
        progress.advance();
    }
    Ok(())
}

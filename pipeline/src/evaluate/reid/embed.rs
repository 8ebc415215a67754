//! The boxes cut out of their images and embedded: the cameras side by side, only the frames wanted decoded.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::{Embedder, Frame, Image};
use mvmhat_scene::{Camera, FrameNumber, Sequence};
use tch::Device;

use super::samples::Sample;
use crate::config::Config;
use crate::progress::Progress;
use crate::side_by_side::side_by_side;
use crate::sinks::thumbnail;
use crate::source::Reader;
use crate::threads;

/// Fills the embedding of every sample, and its thumbnail where those are wanted and there are images. The samples are
/// sorted by camera and timestep.
///
/// # Errors
/// A frame with ground truth that has no image, weights or embeddings that cannot be found.
pub(super) fn embed(
    samples: &mut [Sample],
    recording: &Sequence,
    config: &Config,
    device: Device,
    thumbnails: bool,
) -> Result<()> {
    threads::of_opencv()?;
    let views = samples.chunk_by(is_one_view).count();
    let cameras = samples.chunk_by(|a, b| a.camera == b.camera).count();
    let workers = config.pipeline.worker_count(device).min(cameras);
    let build = |_| mvmhat_detectors::build_embedder(&config.embedder, recording, device);
    let embedders = (0..workers).map(build).collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(views as u64, "pictures");
    let done =
        side_by_side(embedders, samples.chunk_by_mut(|a, b| a.camera == b.camera), |embedder, samples| {
            threads::of_libtorch(config.pipeline.threads);
            let camera = &recording.cameras[samples[0].camera.index()];
            embed_camera(embedder.as_mut(), camera, samples, thumbnails, &progress)
                .with_context(|| format!("the embeddings of camera {} cannot be computed", camera.name))
        });
    progress.finish();
    done
}

fn is_one_view(a: &Sample, b: &Sample) -> bool {
    (a.camera, a.timestep) == (b.camera, b.timestep)
}

fn embed_camera(
    embedder: &mut dyn Embedder,
    camera: &Camera,
    samples: &mut [Sample],
    thumbnails: bool,
    progress: &Progress,
) -> Result<()> {
    let wanted: BTreeSet<FrameNumber> = samples.iter().map(|sample| sample.number).collect();
    let mut images = match embedder.needs_images() {
        true => Some(Reader::open(camera)?.among(wanted)),
        // Thumbnails are extras: a camera without images is one without thumbnails.
        false if thumbnails => Reader::open(camera).ok().map(|reader| reader.among(wanted)),
        false => None,
    };
    for view in samples.chunk_by_mut(is_one_view) {
        let number = view[0].number;
        let image: Option<Image> = match images.as_mut().map(Iterator::next) {
            None => None,
            Some(Some((read, image))) if read == number => Some(image?),
            Some(_) if embedder.needs_images() => {
                bail!("there is ground truth of frame {number}, but no image; leave it out with --frames")
            }
            Some(_) => {
                images = None;
                None
            }
        };
        if let (true, Some(image)) = (thumbnails, &image) {
            for sample in view.iter_mut() {
                sample.thumbnail = Some(thumbnail(image, &sample.detection.bbox)?);
            }
        }
        let frame = Frame { camera: camera.id, number, image };
        let mut detections = [view.iter().map(|sample| sample.detection.clone()).collect()];
        embedder.embed(&[frame], &mut detections)?;
        let [detections] = detections;
        view.iter_mut().zip(detections).for_each(|(sample, detection)| sample.detection = detection);
        progress.advance();
    }
    Ok(())
}

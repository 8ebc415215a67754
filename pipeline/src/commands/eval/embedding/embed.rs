//! The boxes cut out of their pictures and embedded: the cameras side by side, only the frames wanted decoded.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use detectors::{Embedder, Frame, Picture};
use scene::{Camera, FrameNumber, Recording};
use tch::Device;

use super::samples::Sample;
use crate::config::Config;
use crate::progress::Progress;
use crate::side_by_side::side_by_side;
use crate::sinks::thumbnail;
use crate::source::Reader;
use crate::threads;

/// Fills the embedding of every sample, and its thumbnail where those are wanted and there are pictures. The samples are
/// sorted by camera and instant.
///
/// # Errors
/// A frame with ground truth that has no picture, weights or embeddings that cannot be found.
pub(super) fn embed(
    samples: &mut [Sample],
    recording: &Recording,
    config: &Config,
    device: Device,
    thumbnails: bool,
) -> Result<()> {
    threads::of_opencv()?;
    let views = samples.chunk_by(is_one_view).count();
    let cameras = samples.chunk_by(|a, b| a.camera == b.camera).count();
    let workers = config.pipeline.worker_count(device).min(cameras);
    let build = |_| detectors::build_embedder(&config.embedder, recording, device);
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
    (a.camera, a.instant) == (b.camera, b.instant)
}

fn embed_camera(
    embedder: &mut dyn Embedder,
    camera: &Camera,
    samples: &mut [Sample],
    thumbnails: bool,
    progress: &Progress,
) -> Result<()> {
    let wanted: BTreeSet<FrameNumber> = samples.iter().map(|sample| sample.number).collect();
    let mut pictures = match embedder.needs_pictures() {
        true => Some(Reader::open(camera)?.among(wanted)),
        // Thumbnails are extras: a camera without pictures is one without thumbnails.
        false if thumbnails => Reader::open(camera).ok().map(|reader| reader.among(wanted)),
        false => None,
    };
    for view in samples.chunk_by_mut(is_one_view) {
        let number = view[0].number;
        let picture: Option<Picture> = match pictures.as_mut().map(Iterator::next) {
            None => None,
            Some(Some((read, picture))) if read == number => Some(picture?),
            Some(_) if embedder.needs_pictures() => {
                bail!("there is ground truth of frame {number}, but no picture; leave it out with --frames")
            }
            Some(_) => {
                pictures = None;
                None
            }
        };
        if let (true, Some(picture)) = (thumbnails, &picture) {
            for sample in view.iter_mut() {
                sample.thumbnail = Some(thumbnail(picture, &sample.detection.bbox)?);
            }
        }
        let frame = Frame { camera: camera.id, number, picture };
        let mut detections = [view.iter().map(|sample| sample.detection.clone()).collect()];
        embedder.embed(&[frame], &mut detections)?;
        let [detections] = detections;
        view.iter_mut().zip(detections).for_each(|(sample, detection)| sample.detection = detection);
        progress.advance();
    }
    Ok(())
}

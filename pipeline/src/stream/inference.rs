//! Inference: people detected and described, all cameras of a timestep in one batch.

use anyhow::{Context, Result};
use crossbeam::channel::{Receiver, Sender};
use mvmhat_detectors::{Detector, Embedder, Frame};
use mvmhat_learning::set_libtorch_threads;
use mvmhat_scene::{CameraId, Detection, FrameSet, Sequence, ViewDetections, ViewFrame};
use tch::Device;

use super::shared::Shared;
use super::stages::{DecodedFrame, Numbered};
use crate::config::Config;

/// One pair of networks. Every inference thread has its own.
pub(super) struct InferenceWorker {
    detector: Box<dyn Detector>,
    embedder: Box<dyn Embedder>,
    /// Threads that libtorch may use inside one operation.
    threads: usize,
}

/// One detector and one embedder per inference thread.
pub(super) fn open_workers(
    sequence: &Sequence,
    config: &Config,
    device: Device,
) -> Result<Vec<InferenceWorker>> {
    let threads = config.pipeline.threads;
    set_libtorch_threads(threads);
    mvmhat_detectors::limit_opencv_threads()?;
    let build = || -> Result<InferenceWorker> {
        Ok(InferenceWorker {
            detector: mvmhat_detectors::build_detector(&config.detector, sequence, device)?,
            embedder: mvmhat_detectors::build_embedder(&config.embedder, sequence, device)?,
            threads,
        })
    };
    let mut workers = vec![build()?];
    // Looking things up in files is no work to share.
    let count = if workers[0].needs_images() { config.pipeline.worker_count(device) } else { 1 };
    while workers.len() < count {
        workers.push(build()?);
    }
    Ok(workers)
}

/// Detects and describes people, all cameras of a timestep in one batch.
pub(super) fn infer(
    mut worker: InferenceWorker,
    receive: &Receiver<(u64, FrameSet<DecodedFrame>)>,
    send: &Sender<Numbered>,
    shared: &Shared<'_>,
) {
    set_libtorch_threads(worker.threads);
    for (order, set) in receive {
        let (index, seconds, cameras) = (set.index, set.seconds, set.views.len());
        let (mut frames, mut motions) = (Vec::with_capacity(cameras), Vec::with_capacity(cameras));
        for (camera, view) in set.views.into_iter().enumerate() {
            if let Some(view) = view {
                frames.push(Frame {
                    camera: CameraId(camera as u16),
                    number: view.number,
                    image: view.content.image,
                });
                motions.push(view.content.camera_motion);
            }
        }
        match worker.run(&frames, shared) {
            Ok(detections) => {
                let mut views = vec![None; cameras];
                for ((frame, camera_motion), detections) in frames.iter().zip(motions).zip(detections) {
                    let content = ViewDetections { detections, camera_motion };
                    views[frame.camera.index()] = Some(ViewFrame { number: frame.number, content });
                }
                if send.send((order, FrameSet { index, seconds, views })).is_err() {
                    return;
                }
            }
            Err(error) => {
                shared.token.fail(error.context(format!("at {seconds:.2} s of the recording")));
                return;
            }
        }
    }
}

impl InferenceWorker {
    /// Whether one of the networks needs images at all.
    pub(super) fn needs_images(&self) -> bool {
        self.detector.needs_images() || self.embedder.needs_images()
    }

    fn run(&mut self, frames: &[Frame], shared: &Shared<'_>) -> Result<Vec<Vec<Detection>>> {
        let forward = |worker: &Self| worker.detector.forward_time() + worker.embedder.forward_time();
        let before = forward(self);
        let detect = || self.detector.detect(frames);
        let mut detections = shared.detect.measure(frames.len(), detect).context("the detector failed")?;
        let embed = || self.embedder.embed(frames, &mut detections);
        shared.embed.measure(frames.len(), embed).context("the embedder failed")?;
        shared.forward.add(frames.len(), forward(self) - before);
        Ok(detections)
    }
}

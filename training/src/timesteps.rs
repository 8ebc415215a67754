//! Which frames of a camera are learned from: the nearest ones to a few timesteps per second.

use std::collections::BTreeMap;

use anyhow::Result;
use mvmhat_pipeline::source::FrameReader;
use mvmhat_scene::{Camera, Clock, FrameNumber, FrameRange, Source};

/// Timesteps that are some ticks of the clock apart.
pub(crate) struct Timesteps<'a> {
    clock: &'a Clock,
    /// Ticks from one timestep to the next.
    stride: u64,
}

impl<'a> Timesteps<'a> {
    /// About `rate` timesteps per second.
    pub(crate) fn new(clock: &'a Clock, rate: f64) -> Self {
        Self { clock, stride: ((clock.fps() / rate).round() as u64).max(1) }
    }

    /// Seconds from one timestep to the next.
    pub(crate) fn seconds(&self) -> f64 {
        self.stride as f64 / self.clock.fps()
    }

    /// The timestep that is nearest to a frame.
    pub(crate) fn nearest(&self, camera: &Camera, number: FrameNumber) -> u64 {
        (self.clock.index(camera.id, number).0 + self.stride / 2) / self.stride
    }

    /// Keeps of the frames of a camera those within `range` that are nearest to a timestep.
    pub(crate) fn keep_nearest<T>(
        &self,
        frames: &mut BTreeMap<FrameNumber, T>,
        camera: &Camera,
        range: FrameRange,
    ) {
        frames.retain(|number, _| (range.first..=range.last).contains(number));
        let mut nearest = BTreeMap::<u64, (u64, FrameNumber)>::new();
        for number in frames.keys() {
            let timestep = self.nearest(camera, *number);
            let distance = self.clock.index(camera.id, *number).0.abs_diff(timestep * self.stride);
            let best = nearest.entry(timestep).or_insert((distance, *number));
            *best = (*best).min((distance, *number));
        }
        frames.retain(|number, _| {
            nearest.get(&self.nearest(camera, *number)).is_some_and(|(_, best)| best == number)
        });
    }
}

/// The numbers of all frames of a camera, as far as its source tells.
///
/// # Errors
/// A video that cannot be opened, or a camera without images.
pub(crate) fn frame_numbers(camera: &Camera) -> Result<Vec<FrameNumber>> {
    if let Source::Images(files) = &camera.source {
        return Ok(files.iter().map(|(number, _)| *number).collect());
    }
    let frames = FrameReader::open(camera)?.expected().min(u64::from(u32::MAX)) as u32;
    Ok((1..=frames).map(FrameNumber).collect())
}

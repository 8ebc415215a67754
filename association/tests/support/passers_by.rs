//! Synthetic people who pass before several cameras, one after the other, without end.

use mvmhat_scene::{
    BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, ViewDetections, ViewFrame,
};

use crate::crowd::Noise;

/// Timesteps from one person's arrival to the next one's.
const APART: u64 = 8;
/// Timesteps for which a person is in view.
const STAY: u64 = 80;
/// Width of the image and distance between the lanes in which people walk, in pixels.
const WIDTH: f64 = 1920.0;
const LANE: f64 = 85.0;

/// Somebody comes every [`APART`] timesteps, crosses the image of every camera, and does not return: an endless stream of
/// frame sets.
pub(crate) struct PassersBy {
    cameras: u16,
    dimension: usize,
    /// Number of frame sets so far.
    timestep: u64,
}

impl PassersBy {
    /// People before so many cameras, with embeddings of `dimension` dimensions.
    pub(crate) fn new(cameras: u16, dimension: usize) -> Self {
        Self { cameras, dimension, timestep: 0 }
    }

    /// Number of people who have come so far.
    pub(crate) fn people(&self) -> u64 {
        self.timestep.div_ceil(APART)
    }

    /// What the cameras see at the next timestep.
    pub(crate) fn next_set(&mut self) -> FrameSet<ViewDetections> {
        let t = self.timestep;
        self.timestep += 1;
        let came = self.people();
        let here = (came.saturating_sub(STAY.div_ceil(APART))..came).filter(|p| t < p * APART + STAY);
        let view = |camera| ViewFrame {
            number: FrameNumber(t as u32 + 1),
            content: here.clone().map(|person| self.detection(camera, person, t)).collect::<Vec<_>>().into(),
        };
        let views = (0..self.cameras).map(|camera| Some(view(camera))).collect();
        FrameSet { index: FrameIndex(t), seconds: t as f64 / 25.0, views }
    }

    /// A person on the way from one edge to the other, every other one in the opposite direction.
    fn detection(&self, camera: u16, person: u64, t: u64) -> Detection {
        let along = (t - person * APART) as f64 / STAY as f64;
        let along = if (person + u64::from(camera)).is_multiple_of(2) { along } else { 1.0 - along };
        let lane = (person % (STAY / APART)) as f64;
        let bbox = BBox::new((WIDTH - 60.0) * along, 50.0 + LANE * lane, 60.0, 170.0);
        Detection { bbox, score: 0.9, embedding: Some(self.embedding(camera, person, t)) }
    }

    /// An embedding as those of [`Crowd`](crate::crowd::Crowd).
    fn embedding(&self, camera: u16, person: u64, t: u64) -> Embedding {
        let mut own = Noise::new(person);
        let mut view = Noise::new((1 << 40) + (person << 8) + u64::from(camera));
        let mut timestep = Noise::new((2 << 40) + (t << 16) + (person << 4) + u64::from(camera));
        let mut number = || own.next() + 0.5 * view.next() + 0.3 * timestep.next();
        Embedding::normalized((0..self.dimension).map(|_| number()).collect())
    }
}

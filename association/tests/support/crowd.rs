//! Synthetic people who walk about before several cameras.

use mvmhat_scene::{
    BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, ViewDetections, ViewFrame,
};

/// A crowd that all cameras see all the time, each from another side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    /// Number of cameras.
    pub(crate) cameras: u16,
    /// Number of people.
    pub(crate) people: u16,
    /// Dimensions of an embedding.
    pub(crate) dimension: usize,
}

impl Crowd {
    /// What the cameras see at timestep `t`: everybody, in order, on paths that cross.
    pub(crate) fn frame_set(&self, t: u64) -> FrameSet<ViewDetections> {
        let person = |camera: u16, person: u16| {
            let phase = f64::from(person) * 2.4 + f64::from(camera);
            let along = (t as f64 / 200.0 + phase).sin();
            let bbox = BBox::new(960.0 + 900.0 * along, 300.0 + 37.0 * f64::from(person % 8), 60.0, 170.0);
            Detection { bbox, score: 0.9, embedding: Some(self.embedding(camera, person, t)) }
        };
        let view = |camera| ViewFrame {
            number: FrameNumber(t as u32 + 1),
            content: (0..self.people).map(|p| person(camera, p)).collect::<Vec<_>>().into(),
        };
        FrameSet {
            index: FrameIndex(t),
            seconds: t as f64 / 25.0,
            views: (0..self.cameras).map(|camera| Some(view(camera))).collect(),
        }
    }

    /// A direction of the person's own, with some of the camera's and of the timestep's in it: a cosine of about 0.9 from
    /// one timestep to the next, 0.7 between cameras.
    fn embedding(&self, camera: u16, person: u16, t: u64) -> Embedding {
        let mut own = Noise::new(u64::from(person));
        let mut view = Noise::new(1_000_000 + u64::from(person) * 1_000 + u64::from(camera));
        let mut timestep = Noise::new((2 << 40) + (t << 24) + (u64::from(camera) << 16) + u64::from(person));
        let mut number = || own.next() + 0.5 * view.next() + 0.3 * timestep.next();
        Embedding::normalized((0..self.dimension).map(|_| number()).collect())
    }
}

/// Numbers from -1 to 1 (splitmix64; Steele, Lea and Flood, 2014).
pub(crate) struct Noise(u64);

impl Noise {
    /// A sequence of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

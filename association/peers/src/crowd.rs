//! Synthetic people before one camera.

/// Size of the image.
const WIDTH: f64 = 3840.0;
const HEIGHT: f64 = 2160.0;
/// Size of a person, in pixels.
const PERSON: (f64, f64) = (40.0, 100.0);
/// The fraction of people that the detector misses in a frame.
const MISSED: f64 = 0.05;
/// Largest error of a detection's position, in pixels, in either direction.
const JITTER: f64 = 2.0;

/// What is detected in one frame.
pub(crate) type Frame = Vec<Person>;

/// One detection.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Left, top, width, height.
    pub(crate) tlwh: [f32; 4],
    pub(crate) score: f32,
    /// A unit vector, or `None` in a crowd without embeddings.
    pub(crate) embedding: Option<Vec<f32>>,
}

/// People who walk straight ahead, turn round at the edges of a 4K image, and pass behind each other: an endless iterator
/// of frames.
pub(crate) struct Crowd {
    walkers: Vec<Walker>,
    noise: Noise,
}

struct Walker {
    position: [f64; 2],
    velocity: [f64; 2],
    /// The part of the embedding that is the person's own.
    own: Vec<f32>,
}

impl Crowd {
    /// `people` with embeddings of `dimension` dimensions, without embeddings if 0.
    pub(crate) fn new(people: usize, dimension: usize) -> Self {
        let mut noise = Noise(people as u64);
        let walkers = (0..people).map(|_| Walker::new(dimension, &mut noise)).collect();
        Self { walkers, noise }
    }
}

impl Iterator for Crowd {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let Self { walkers, noise } = self;
        walkers.iter_mut().for_each(Walker::walk);
        Some(walkers.iter().filter_map(|walker| walker.detect(noise)).collect())
    }
}

impl Walker {
    fn new(dimension: usize, noise: &mut Noise) -> Self {
        let position = [WIDTH * noise.fraction(), HEIGHT * noise.fraction()];
        let velocity = [4.0 * noise.signed(), 2.0 * noise.signed()];
        Self { position, velocity, own: (0..dimension).map(|_| noise.signed() as f32).collect() }
    }

    fn walk(&mut self) {
        for ((position, velocity), size) in
            self.position.iter_mut().zip(&mut self.velocity).zip([WIDTH, HEIGHT])
        {
            *position += *velocity;
            if !(0.0..size).contains(position) {
                *velocity = -*velocity;
            }
        }
    }

    /// The detection of the person, mostly, with a cosine of about 0.9 to that of the frame before.
    fn detect(&self, noise: &mut Noise) -> Option<Person> {
        let mut jitter = || JITTER * noise.signed();
        let [x, y] = self.position.map(|position| (position + jitter()) as f32);
        let (w, h) = ((PERSON.0 + jitter()) as f32, (PERSON.1 + jitter()) as f32);
        let mut embedding: Vec<_> = self.own.iter().map(|own| own + 0.3 * noise.signed() as f32).collect();
        let length = embedding.iter().map(|v| v * v).sum::<f32>().sqrt();
        embedding.iter_mut().for_each(|v| *v /= length);
        let embedding = Some(embedding).filter(|embedding| !embedding.is_empty());
        (noise.fraction() >= MISSED).then_some(Person { tlwh: [x, y, w, h], score: 0.9, embedding })
    }
}

/// Random numbers (splitmix64; Steele, Lea and Flood, 2014).
struct Noise(u64);

impl Noise {
    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From -1 to 1.
    fn signed(&mut self) -> f64 {
        2.0 * self.fraction() - 1.0
    }
}

//! People of our own making before one camera.

/// Size of the image.
const WIDTH: f64 = 3840.0;
const HEIGHT: f64 = 2160.0;
/// Size of a person, in pixels.
const PERSON: (f64, f64) = (40.0, 100.0);
/// The share of people that the detector misses in a frame.
const MISSED: f64 = 0.05;
/// Largest error of a detection's place, in pixels, in either direction.
const JITTER: f64 = 2.0;

/// What is detected in one frame.
pub(crate) type Frame = Vec<Person>;

/// One detection.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Left, top, width, height.
    pub(crate) tlwh: [f32; 4],
    pub(crate) score: f32,
    /// A unit vector, or `None` in a crowd without looks.
    pub(crate) looks: Option<Vec<f32>>,
}

/// People who walk straight ahead, turn round at the edges of a 4K image, and pass behind each other: an endless iterator
/// of frames.
pub(crate) struct Crowd {
    walkers: Vec<Walker>,
    noise: Noise,
}

struct Walker {
    place: [f64; 2],
    velocity: [f64; 2],
    /// What is the person's own in their looks.
    own: Vec<f32>,
}

impl Crowd {
    /// `people` whose looks have `dimension` numbers, none if 0.
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
        let place = [WIDTH * noise.fraction(), HEIGHT * noise.fraction()];
        let velocity = [4.0 * noise.signed(), 2.0 * noise.signed()];
        Self { place, velocity, own: (0..dimension).map(|_| noise.signed() as f32).collect() }
    }

    fn walk(&mut self) {
        for ((place, velocity), size) in self.place.iter_mut().zip(&mut self.velocity).zip([WIDTH, HEIGHT]) {
            *place += *velocity;
            if !(0.0..size).contains(place) {
                *velocity = -*velocity;
            }
        }
    }

    /// The person as the detector sees them, mostly, and looking about 0.9 as they did the frame before.
    fn detect(&self, noise: &mut Noise) -> Option<Person> {
        let mut jitter = || JITTER * noise.signed();
        let [x, y] = self.place.map(|place| (place + jitter()) as f32);
        let (w, h) = ((PERSON.0 + jitter()) as f32, (PERSON.1 + jitter()) as f32);
        let mut looks: Vec<_> = self.own.iter().map(|own| own + 0.3 * noise.signed() as f32).collect();
        let length = looks.iter().map(|v| v * v).sum::<f32>().sqrt();
        looks.iter_mut().for_each(|v| *v /= length);
        let looks = Some(looks).filter(|looks| !looks.is_empty());
        (noise.fraction() >= MISSED).then_some(Person { tlwh: [x, y, w, h], score: 0.9, looks })
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

//! The options of a synthetic sequence.

use std::str::FromStr;

use thiserror::Error;

/// What kind of place people are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A paved court with trees, benches and a kiosk, in the sun.
    Plaza,
    /// An entrance hall with pillars, plants and a desk, under lamps.
    Lobby,
    /// A street between houses, under a cloudy sky.
    Street,
    /// A large bare hall with crates and partitions, under lamps.
    Hall,
}

impl PlaceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plaza, Self::Lobby, Self::Street, Self::Hall];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaza => "plaza",
            Self::Lobby => "lobby",
            Self::Street => "street",
            Self::Hall => "hall",
        }
    }
}

impl FromStr for PlaceKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("there is no place `{name}`; there are {names}"))
    }
}

/// The options of a synthetic sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The place.
    pub place: PlaceKind,
    /// How many cameras stand around it: 1 to 16.
    pub cameras: usize,
    /// How many people there are, here or away: 1 to 60.
    pub people: usize,
    /// How many timesteps there are: 1 to 100,000.
    pub frames: u32,
    /// Width and height of the images: 64 to 4096, even, as encoders need it.
    pub size: (u32, u32),
    /// Timesteps per second: 1 to 120.
    pub fps: f64,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            place: PlaceKind::Plaza,
            cameras: 4,
            people: 10,
            frames: 250,
            size: (640, 360),
            fps: 25.0,
            seed: 1,
        }
    }
}

/// Options that make no sequence. The message names the option and its bounds.
#[derive(Debug, Error, PartialEq)]
pub enum OptionsError {
    /// A number outside of what is possible.
    #[error("{option}: {value} is not between {low} and {high}")]
    Range {
        /// Which option.
        option: &'static str,
        /// What was asked for.
        value: String,
        /// The least possible.
        low: u32,
        /// The most possible.
        high: u32,
    },
    /// A width or height that encoders cannot take.
    #[error("size: {0} x {1} is odd; encoders need an even width and height")]
    Odd(u32, u32),
}

impl Options {
    /// Checks that such a sequence can be made.
    ///
    /// # Errors
    /// The first option that is out of bounds.
    pub fn check(&self) -> Result<(), OptionsError> {
        let (width, height) = self.size;
        let bounds = [
            ("cameras", self.cameras as f64, 1, 16),
            ("people", self.people as f64, 1, 60),
            ("frames", f64::from(self.frames), 1, 100_000),
            ("size, width", f64::from(width), 64, 4096),
            ("size, height", f64::from(height), 64, 4096),
            ("fps", self.fps, 1, 120),
        ];
        for (option, value, low, high) in bounds {
            // Not a number is in no range.
            if !(f64::from(low)..=f64::from(high)).contains(&value) {
                return Err(OptionsError::Range { option, value: value.to_string(), low, high });
            }
        }
        if width % 2 + height % 2 > 0 { Err(OptionsError::Odd(width, height)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_by_name() {
        assert_eq!(Options::default().check(), Ok(()));
        let refused = |options: Options| options.check().unwrap_err().to_string();
        assert_eq!(
            refused(Options { cameras: 0, ..Options::default() }),
            "cameras: 0 is not between 1 and 16"
        );
        assert_eq!(
            refused(Options { fps: f64::NAN, ..Options::default() }),
            "fps: NaN is not between 1 and 120"
        );
        assert!(refused(Options { size: (641, 360), ..Options::default() }).contains("641 x 360"));
        assert_eq!(
            refused(Options { frames: 0, ..Options::default() }),
            "frames: 0 is not between 1 and 100000"
        );
        assert_eq!("hall".parse(), Ok(PlaceKind::Hall));
        assert!("beach".parse::<PlaceKind>().unwrap_err().contains("plaza, lobby"));
    }
}

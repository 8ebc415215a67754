//! `RECORDING` or `RECORDING@A..=B`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::FrameRange;

/// A sequence, or the frames of it from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencePart {
    /// The folder of the sequence.
    pub folder: PathBuf,
    /// Which frames; `None` for all.
    pub frames: Option<FrameRange>,
}

impl SequencePart {
    /// The name of its sequence, and which frames.
    pub fn named(&self, sequence: &str) -> String {
        match self.frames {
            Some(frames) => format!("{sequence}@{frames}"),
            None => sequence.to_owned(),
        }
    }
}

impl FromStr for SequencePart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A folder may have an @ in its name.
        match text.rsplit_once('@').filter(|(_, frames)| is_range(frames)) {
            Some((folder, frames)) => {
                let frames = Some(frames.parse()?).filter(|frames| *frames != FrameRange::default());
                Ok(Self { folder: folder.into(), frames })
            }
            None => Ok(Self { folder: text.into(), frames: None }),
        }
    }
}

/// Whether what stands behind an @ is meant as a range of frames.
fn is_range(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let of_numbers = text.split_once('-').is_some_and(|(first, last)| is_number(first) && is_number(last));
    (text.contains("..") && !text.contains('/')) || of_numbers
}

impl Serialize for SequencePart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SequencePart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for SequencePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(&self.folder.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use crate::FrameNumber;

    use super::*;

    #[test]
    fn a_folder_with_or_without_frames() {
        let part: SequencePart = "a/b@10..=20".parse().unwrap();
        assert_eq!(part.folder, PathBuf::from("a/b"));
        let frames = part.frames.unwrap();
        assert_eq!((frames.first, frames.last), (FrameNumber(10), FrameNumber(20)));
        assert_eq!(part.to_string(), "a/b@10..=20");
        for other in ["a/b@10-20", "a/b@10..20"] {
            assert_eq!(other.parse(), Ok(part.clone()), "{other}");
        }
        assert_eq!("a/b@10..".parse::<SequencePart>().unwrap().to_string(), "a/b@10..");
        assert_eq!("a/b@..".parse::<SequencePart>().unwrap().to_string(), "a/b");
        for whole in ["a/b", "me@home/b", "a@b", "a@../b", "me@home-1", "a@-"] {
            let part: SequencePart = whole.parse().unwrap();
            assert_eq!((part.folder, part.frames), (PathBuf::from(whole), None));
        }
        assert!("a@20-10".parse::<SequencePart>().is_err());
        assert!("a@20..10".parse::<SequencePart>().is_err());
    }
}

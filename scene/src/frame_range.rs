//! Ranges of frames: `--frames A..=B`, the frames that are scored.

use std::fmt;
use std::str::FromStr;

use crate::FrameNumber;
use serde_json::{Value, json};

/// The frames from `first` to `last`, both included.
///
/// Written `A..=B`; `A..`, `..=B` and `..` leave an end open. `A-B` and `A..B` are read too and mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    /// The first frame.
    pub first: FrameNumber,
    /// The last frame; it belongs to the range.
    pub last: FrameNumber,
}

impl Default for FrameRange {
    fn default() -> Self {
        Self { first: FrameNumber(0), last: FrameNumber(u32::MAX) }
    }
}

impl FrameRange {
    /// The frames from `first` to `last`, both included.
    pub const fn new(first: u32, last: u32) -> Self {
        Self { first: FrameNumber(first), last: FrameNumber(last) }
    }

    /// How many frames there are.
    pub fn frame_count(self) -> u64 {
        (u64::from(self.last.0) + 1).saturating_sub(u64::from(self.first.0))
    }

    /// Whether a frame belongs to the range.
    pub fn contains(self, frame: FrameNumber) -> bool {
        (self.first..=self.last).contains(&frame)
    }

    /// Its ends, null where one is open.
    pub fn to_json(self) -> Value {
        let all = Self::default();
        json!({
            "first": (self.first > all.first).then_some(self.first),
            "last": (self.last < all.last).then_some(self.last),
        })
    }
}

impl fmt::Display for FrameRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = Self::default();
        if self.first > all.first {
            write!(f, "{}", self.first)?;
        }
        f.write_str("..")?;
        if self.last < all.last {
            write!(f, "={}", self.last)?;
        }
        Ok(())
    }
}

impl FromStr for FrameRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a range of frames; write A..=B, for instance 100..=200 (both included)")
        };
        let number = |text: &str| text.trim().parse().map(FrameNumber).map_err(|_| wrong());
        let all = Self::default();
        let range = if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (first.trim(), last.trim());
            Self {
                first: if first.is_empty() { all.first } else { number(first)? },
                last: if last.is_empty() {
                    all.last
                } else {
                    number(last.strip_prefix('=').unwrap_or(last))?
                },
            }
        } else {
            let (first, last) = text.split_once('-').ok_or_else(wrong)?;
            Self { first: number(first)?, last: number(last)? }
        };
        if range.first > range.last {
            return Err(format!("`{text}` is an empty range: the first frame comes after the last"));
        }
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_included_and_may_be_open() {
        let range: FrameRange = "10..=20".parse().unwrap();
        assert_eq!((range.first, range.last), (FrameNumber(10), FrameNumber(20)));
        assert!([10, 20].map(FrameNumber).into_iter().all(|frame| range.contains(frame)));
        assert!(![9, 21].map(FrameNumber).into_iter().any(|frame| range.contains(frame)));
        assert_eq!("..".parse(), Ok(FrameRange::default()));
        assert_eq!(range, FrameRange::new(10, 20));
        assert_eq!((range.frame_count(), FrameRange::default().frame_count()), (11, 1 << 32));
        assert_eq!(FrameRange::new(2, 1).frame_count(), 0);
        assert_eq!("5..".parse::<FrameRange>().unwrap().last, FrameNumber(u32::MAX));
        assert_eq!("..=5".parse::<FrameRange>().unwrap().first, FrameNumber(0));
    }

    #[test]
    fn other_notations_mean_the_same() {
        for text in ["10-20", "10..20", " 10 ..= 20 ", "10 - 20"] {
            assert_eq!(text.parse::<FrameRange>().unwrap().to_string(), "10..=20", "{text}");
        }
        assert_eq!("..20".parse::<FrameRange>().unwrap().to_string(), "..=20");
    }

    #[test]
    fn what_is_shown_can_be_read() {
        for text in ["10..=20", "5..", "..=20", "..", "0..=0"] {
            let range: FrameRange = text.parse().unwrap();
            assert_eq!(range.to_string().parse(), Ok(range), "{text}");
        }
        assert_eq!("5..".parse::<FrameRange>().unwrap().to_string(), "5..");
        assert_eq!("5..".parse::<FrameRange>().unwrap().to_json(), json!({"first": 5, "last": null}));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "5", "a..b", "20..10", "-1..3", "1..2..3", "5..=", "..==3", "5-", "-5", "1--2", "1-2-3"]
        {
            assert!(text.parse::<FrameRange>().is_err(), "{text}");
        }
    }
}

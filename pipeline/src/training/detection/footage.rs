//! What a detector learns from: pictures of all recordings, and how often each is looked at.

use anyhow::Result;
use detectors::Picture;
use learning::Random;

use super::frame_file::{Entry, FrameFile};

/// One picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    /// Place of its file, and its place there.
    pub(super) file: usize,
    pub(super) entry: usize,
}

/// All pictures there are to learn from.
pub(super) struct Footage {
    /// With the names of recording and camera.
    pub(super) files: Vec<(String, FrameFile)>,
    /// The pictures of each recording.
    recordings: Vec<Vec<Shot>>,
    /// Up to where the recordings reach if all of them are laid out from 0 to 1 by how often they are looked at.
    ends: Vec<f64>,
}

impl Footage {
    /// `recordings` are the files of each. See `train.data.balance`.
    pub(super) fn new(recordings: Vec<Vec<(String, FrameFile)>>, balance: f64) -> Self {
        let (mut files, mut shots) = (Vec::new(), Vec::new());
        for of_recording in recordings {
            let mut of_this = Vec::new();
            for (name, file) in of_recording {
                of_this.extend((0..file.entries.len()).map(|entry| Shot { file: files.len(), entry }));
                files.push((name, file));
            }
            shots.push(of_this);
        }
        shots.retain(|shots| !shots.is_empty());
        let weights: Vec<f64> = shots.iter().map(|shots| (shots.len() as f64).powf(balance)).collect();
        let all: f64 = weights.iter().sum();
        let ends = weights.iter().scan(0.0, |end, weight| {
            *end += weight / all;
            Some(*end)
        });
        Self { files, ends: ends.collect(), recordings: shots }
    }

    /// How many pictures there are.
    pub(super) fn len(&self) -> usize {
        self.recordings.iter().map(Vec::len).sum()
    }

    /// One of them.
    pub(super) fn draw(&self, random: &mut Random) -> Shot {
        let place = random.uniform();
        let recording = self.ends.partition_point(|end| *end <= place).min(self.recordings.len() - 1);
        let shots = &self.recordings[recording];
        shots[random.below(shots.len())]
    }

    pub(super) fn entry(&self, shot: Shot) -> &Entry {
        &self.files[shot.file].1.entries[shot.entry]
    }

    /// The pixels of a picture.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn picture(&self, shot: Shot) -> Result<Picture> {
        self.files[shot.file].1.picture(self.entry(shot))
    }

    /// A picture in words.
    pub(super) fn told(&self, shot: Shot) -> String {
        format!("{} frame {}", self.files[shot.file].0, self.entry(shot).frame)
    }
}

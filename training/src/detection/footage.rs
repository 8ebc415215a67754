//! What a detector learns from: images of all recordings, and how often each is looked at.

use anyhow::Result;
use mvmhat_detectors::Image;
use mvmhat_random::Random;

use super::frame_file::{Entry, FrameFile};

/// One image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    /// Place of its file, and its place there.
    pub(super) file: usize,
    pub(super) entry: usize,
}

/// All images there are to learn from.
pub(super) struct Footage {
    /// With the names of recording and camera.
    pub(super) files: Vec<(String, FrameFile)>,
    /// The images of each recording.
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

    /// How many images there are.
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

    /// The pixels of an image.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn image(&self, shot: Shot) -> Result<Image> {
        self.files[shot.file].1.image(self.entry(shot))
    }

    /// An image in words.
    pub(super) fn told(&self, shot: Shot) -> String {
        format!("{} frame {}", self.files[shot.file].0, self.entry(shot).frame)
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_detectors::Image;
    use opencv::core::{CV_8UC3, Mat, Scalar};
    use mvmhat_scene::FrameNumber;

    use super::*;
    use crate::training::detection::frame_file::{FrameWriter, People};

    #[test]
    fn recordings_are_looked_at_as_often_as_the_balance_says() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, images: u32| {
            let path = folder.path().join(name);
            let mut writer = FrameWriter::create(&path, 32).unwrap();
            for number in 0..images {
                let mat = Mat::new_rows_cols_with_default(8, 8, CV_8UC3, Scalar::all(0.0)).unwrap();
                writer.push(FrameNumber(number), &Image::new(mat).unwrap(), &People::default()).unwrap();
            }
            writer.finish().unwrap();
            (name.to_owned(), FrameFile::open(&path).unwrap())
        };
        for (balance, share) in [(0.0, 0.5), (0.5, 0.25), (1.0, 0.1)] {
            let footage = Footage::new(vec![vec![file("a", 1)], Vec::new(), vec![file("b", 9)]], balance);
            assert_eq!(footage.len(), 10);
            let mut random = Random::new(0, "draw");
            let of_first = (0..4000).filter(|_| footage.draw(&mut random).file == 0).count();
            assert!((of_first as f64 / 4000.0 - share).abs() < 0.03, "{balance}: {of_first}");
        }
    }
}

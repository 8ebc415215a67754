//! Cut-paste occlusion: pieces of other crops, and plain rectangles such as pillars, in front of people.
//!
//! Crops of people who are half hidden are confused most often, since their occluders are embedded with them. In training, a part
//! of another crop of the step is therefore pasted in from a side, so that the network learns to ignore whoever is not the person
//! in the middle.

use std::ops::Range;

use mvmhat_random::Random;

/// A rectangle of a crop that something else covers.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::reid) struct Occlusion {
    /// Left, top, width and height of what is covered, relative to the crop.
    rectangle: [f64; 4],
    occluder: Occluder,
}

/// What covers it.
#[derive(Clone, Debug, PartialEq)]
enum Occluder {
    /// A piece of another crop of the step, and its left and top in that crop, relative to it.
    Piece { crop: usize, from: [f64; 2] },
    /// A plain color.
    Plain([u8; 3]),
}

/// The least and the most of the width or height that is covered.
const COVERED: Range<f64> = 0.15..0.55;
/// The probability that the occluder is a piece of another crop.
const PIECE: f64 = 0.7;

impl Occlusion {
    /// Draws one for a crop of a step that has `crops` crops.
    pub(in crate::reid) fn draw(crops: usize, random: &mut Random) -> Self {
        let covered = COVERED.start + (COVERED.end - COVERED.start) * random.uniform();
        let side = random.uniform();
        // The piece is, for an occluder from left or right, a strip about the middle of its crop, where its person is; for one
        // from below, the upper part of a person, as of somebody nearer to the camera.
        let (rectangle, from) = if side < 0.7 {
            let top = if random.uniform() < 0.5 { 0.0 } else { 0.5 * random.uniform() };
            let left = if side < 0.35 { 0.0 } else { 1.0 - covered };
            let middle = 0.5 - 0.5 * covered + 0.5 * (random.uniform() - 0.5);
            ([left, top, covered, 1.0 - top], [middle.clamp(0.0, 1.0 - covered), top])
        } else if side < 0.95 {
            ([0.0, 1.0 - covered, 1.0, covered], [0.0, 0.0])
        } else {
            let height = 0.6 * covered;
            ([0.0, 0.0, 1.0, height], [0.0, 1.0 - height])
        };
        let occluder = if random.uniform() < PIECE {
            Occluder::Piece { crop: random.below(crops), from }
        } else {
            Occluder::Plain([0; 3].map(|_| random.below(256) as u8))
        };
        Self { rectangle, occluder }
    }

    /// Covers a part of `crop`. `others` are all crops of the step before any occlusion, each `width` pixels wide with three
    /// bytes per pixel.
    pub(in crate::reid) fn apply(&self, crop: &mut [u8], others: &[u8], width: usize) {
        let bytes = crop.len();
        let height = bytes / (3 * width);
        let pixel = |relative: f64, side: usize| ((relative * side as f64).round() as usize).min(side);
        let [left, top, w, h] = self.rectangle;
        let (left, top) = (pixel(left, width), pixel(top, height));
        let columns = pixel(w, width).min(width - left);
        for row in 0..pixel(h, height).min(height - top) {
            let start = 3 * ((top + row) * width + left);
            let covered = &mut crop[start..start + 3 * columns];
            match &self.occluder {
                Occluder::Plain(color) => covered.as_chunks_mut::<3>().0.fill(*color),
                Occluder::Piece { crop, from: [x, y] } => {
                    let x = pixel(*x, width).min(width - columns);
                    let y = (pixel(*y, height) + row).min(height - 1);
                    let start = crop * bytes + 3 * (y * width + x);
                    covered.copy_from_slice(&others[start..start + 3 * columns]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_and_a_plain_color_by_hand() {
        // Two crops, 2 high and 4 wide: of zeros, and of the numbers of their columns plus ten times that of their row.
        let mut all = vec![0; 2 * 4 * 3];
        all.extend((0..2).flat_map(|row| (0..4).flat_map(move |column| [10 * row + column; 3])));
        let grays = |crop: &[u8]| crop.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect::<Vec<_>>();

        let piece = Occluder::Piece { crop: 1, from: [0.25, 0.0] };
        let mut crop = all[..24].to_vec();
        Occlusion { rectangle: [0.5, 0.0, 0.5, 1.0], occluder: piece }.apply(&mut crop, &all, 4);
        assert_eq!(grays(&crop), [0, 0, 1, 2, 0, 0, 11, 12]);

        let mut crop = all[24..].to_vec();
        Occlusion { rectangle: [0.0, 0.5, 1.0, 0.5], occluder: Occluder::Plain([9; 3]) }
            .apply(&mut crop, &all, 4);
        assert_eq!(grays(&crop), [0, 1, 2, 3, 9, 9, 9, 9]);
    }

    #[test]
    fn an_occlusion_leaves_some_of_the_crop_and_covers_some() {
        let mut random = Random::new(1, "occlusion");
        let (width, height) = (16, 32);
        let others: Vec<u8> = vec![1; 3 * 3 * width * height];
        for _ in 0..300 {
            let mut crop = vec![0; 3 * width * height];
            Occlusion::draw(3, &mut random).apply(&mut crop, &others, width);
            let covered = crop.iter().filter(|byte| **byte != 0).count() as f64 / crop.len() as f64;
            assert!((0.05..0.62).contains(&covered), "{covered}");
        }
    }
}

//! What stands in front of people: pieces of other crops, and plain things such as pillars.
//!
//! Crops of people who are half hidden fail most often, since what hides them is embedded with them. In training, a part of
//! another crop of the step therefore comes in from a side, so that the network learns to overlook what is not the person in
//! the middle.

use std::ops::Range;

use mvmhat_random::Random;

/// A rectangle of a crop that something else covers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occlusion {
    /// Left, top, width and height of what is covered, shares of the crop.
    place: [f64; 4],
    cover: Cover,
}

/// What is seen instead.
#[derive(Clone, Debug, PartialEq)]
enum Cover {
    /// A piece of another crop of the step, and the shares of it that are left and above of the piece.
    Piece { crop: usize, from: [f64; 2] },
    /// A thing of one color.
    Plain([u8; 3]),
}

/// Of the width or height: the least and the most that is covered.
const SHARE: Range<f64> = 0.15..0.55;
/// How often people hide each other; else a thing does.
const PEOPLE: f64 = 0.7;

impl Occlusion {
    /// One in front of a crop of a step that has `crops` crops.
    pub(super) fn drawn(crops: usize, random: &mut Random) -> Self {
        let share = SHARE.start + (SHARE.end - SHARE.start) * random.uniform();
        let side = random.uniform();
        // Where the piece is in the crop that it is taken of: a strip of about its middle, where its person is, for what
        // comes from left or right; a person's upper part for what comes from below, as of somebody nearer to the camera.
        let (place, from) = if side < 0.7 {
            let top = if random.uniform() < 0.5 { 0.0 } else { 0.5 * random.uniform() };
            let left = if side < 0.35 { 0.0 } else { 1.0 - share };
            let middle = 0.5 - 0.5 * share + 0.5 * (random.uniform() - 0.5);
            ([left, top, share, 1.0 - top], [middle.clamp(0.0, 1.0 - share), top])
        } else if side < 0.95 {
            ([0.0, 1.0 - share, 1.0, share], [0.0, 0.0])
        } else {
            let height = 0.6 * share;
            ([0.0, 0.0, 1.0, height], [0.0, 1.0 - height])
        };
        let cover = if random.uniform() < PEOPLE {
            Cover::Piece { crop: random.below(crops), from }
        } else {
            Cover::Plain([0; 3].map(|_| random.below(256) as u8))
        };
        Self { place, cover }
    }

    /// Covers part of `crop`. `others` are all crops of the step as they are without occlusions, `width` pixels wide, three
    /// bytes each.
    pub(super) fn cover(&self, crop: &mut [u8], others: &[u8], width: usize) {
        let bytes = crop.len();
        let height = bytes / (3 * width);
        let pixel = |share: f64, side: usize| ((share * side as f64).round() as usize).min(side);
        let [left, top, w, h] = self.place;
        let (left, top) = (pixel(left, width), pixel(top, height));
        let columns = pixel(w, width).min(width - left);
        for row in 0..pixel(h, height).min(height - top) {
            let start = 3 * ((top + row) * width + left);
            let covered = &mut crop[start..start + 3 * columns];
            match &self.cover {
                Cover::Plain(color) => covered.as_chunks_mut::<3>().0.fill(*color),
                Cover::Piece { crop, from: [x, y] } => {
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
    fn a_piece_and_a_thing_by_hand() {
        // Two crops, 2 high and 4 wide: of zeros, and of the numbers of their columns plus ten times that of their row.
        let mut all = vec![0; 2 * 4 * 3];
        all.extend((0..2).flat_map(|row| (0..4).flat_map(move |column| [10 * row + column; 3])));
        let greys = |crop: &[u8]| crop.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect::<Vec<_>>();

        let piece = Cover::Piece { crop: 1, from: [0.25, 0.0] };
        let mut crop = all[..24].to_vec();
        Occlusion { place: [0.5, 0.0, 0.5, 1.0], cover: piece }.cover(&mut crop, &all, 4);
        assert_eq!(greys(&crop), [0, 0, 1, 2, 0, 0, 11, 12]);

        let mut crop = all[24..].to_vec();
        Occlusion { place: [0.0, 0.5, 1.0, 0.5], cover: Cover::Plain([9; 3]) }.cover(&mut crop, &all, 4);
        assert_eq!(greys(&crop), [0, 1, 2, 3, 9, 9, 9, 9]);
    }

    #[test]
    fn whatever_is_drawn_leaves_some_of_the_crop_and_covers_some() {
        let mut random = Random::new(1, "occlusion");
        let (width, height) = (16, 32);
        let others: Vec<u8> = vec![1; 3 * 3 * width * height];
        for _ in 0..300 {
            let mut crop = vec![0; 3 * width * height];
            Occlusion::drawn(3, &mut random).cover(&mut crop, &others, width);
            let covered = crop.iter().filter(|byte| **byte != 0).count() as f64 / crop.len() as f64;
            assert!((0.05..0.62).contains(&covered), "{covered}");
        }
    }
}

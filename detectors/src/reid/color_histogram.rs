//! Color histograms from head to foot: an embedder that needs no weights.

use mvmhat_scene::{Detection, Embedding};
use opencv::core::Mat;
use opencv::imgproc::{COLOR_BGR2HSV, cvt_color_def};
use opencv::prelude::*;

use super::Embedder;
use crate::{Error, Frame, crop};

/// Size that crops are resized to, pixels; colors of clothes need no more.
const WIDTH: i32 = 32;
/// See [`WIDTH`].
const HEIGHT: i32 = 72;
/// Horizontal parts of a crop that have a histogram each.
const PARTS: usize = 6;
/// Bins of colored pixels: hue x saturation.
const HUES: usize = 12;
/// See [`HUES`].
const SATURATIONS: usize = 3;
/// Bins of pixels that are nearly gray, whose hue is noise: brightness.
const GRAYS: usize = 8;
/// Bins of one part.
const BINS: usize = HUES * SATURATIONS + GRAYS;

/// Color histograms of the horizontal parts of a crop.
///
/// Each of 6 parts has a histogram of hue and saturation, or of brightness where there is hardly any color. Pixels close to
/// the vertical center line weigh more, since the edges of a box are background. A pixel is shared between neighboring bins
/// of hue or brightness, so that a small change of light changes little. The square roots of the shares make a unit vector:
/// the cosine of two embeddings is the mean Bhattacharyya coefficient of their parts, 1 for equal colors, 0 for none in common.
#[derive(Debug)]
pub(super) struct ColorHistogram;

impl Embedder for ColorHistogram {
    fn needs_images(&self) -> bool {
        true
    }

    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error> {
        for (frame, detections) in frames.iter().zip(detections) {
            for detection in detections {
                let crop = crop(frame.needed_image()?, detection.bbox, WIDTH, HEIGHT)?;
                let mut hsv = Mat::default();
                cvt_color_def(&crop, &mut hsv, COLOR_BGR2HSV)?;
                detection.embedding = Some(histogram(hsv.data_bytes()?));
            }
        }
        Ok(())
    }
}

/// The embedding of `WIDTH` x `HEIGHT` pixels: hue 0 to 179, saturation and brightness 0 to 255.
fn histogram(hsv: &[u8]) -> Embedding {
    let mut parts = [[0f32; BINS]; PARTS];
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    for (i, &[hue, saturation, value]) in hsv.as_chunks::<3>().0.iter().enumerate() {
        let (x, y) = (i % width, i / width);
        // -1 at the left edge, 1 at the right.
        let offset = (2.0 * x as f32 + 1.0) / width as f32 - 1.0;
        let weight = (-3.0 * offset * offset).exp();
        let Some(bins) = parts.get_mut(y * PARTS / height) else { continue };
        let mut add = |bin: usize, share: f32| {
            if let Some(bin) = bins.get_mut(bin) {
                *bin += weight * share;
            }
        };
        let (value, saturation) = (f32::from(value) / 255.0, f32::from(saturation) / 255.0);
        // In the dark, saturation is noise, too.
        if saturation < 0.2 || value < 0.15 {
            let position = value * (GRAYS - 1) as f32;
            let bin = position as usize;
            add(HUES * SATURATIONS + bin, 1.0 - position.fract());
            add(HUES * SATURATIONS + (bin + 1).min(GRAYS - 1), position.fract());
        } else {
            let position = f32::from(hue) / 180.0 * HUES as f32;
            let level = (((saturation - 0.2) / 0.8 * SATURATIONS as f32) as usize).min(SATURATIONS - 1);
            let bin = position as usize;
            add((bin % HUES) * SATURATIONS + level, 1.0 - position.fract());
            add(((bin + 1) % HUES) * SATURATIONS + level, position.fract());
        }
    }
    // Every part has the same total weight, so the vectors of square roots have the same length.
    Embedding::normalized(parts.as_flattened().iter().map(|count| count.sqrt()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Image;
    use mvmhat_scene::{BBox, CameraId, FrameNumber};
    use opencv::core::{CV_8UC3, Rect, Scalar};

    /// An image of one color above another.
    fn dressed(top: [f64; 3], bottom: [f64; 3]) -> Frame {
        let color = |[b, g, r]: [f64; 3]| Scalar::new(b, g, r, 0.0);
        let mut mat = Mat::new_rows_cols_with_default(144, 64, CV_8UC3, color(top)).unwrap();
        opencv::imgproc::rectangle(&mut mat, Rect::new(0, 72, 64, 72), color(bottom), -1, 8, 0).unwrap();
        let image = Some(Image::new(mat).unwrap());
        Frame { camera: CameraId(0), number: FrameNumber(1), image }
    }

    fn cosine(a: &Frame, b: &Frame) -> f32 {
        let embed = |frame: &Frame| {
            let frame = Frame {
                image: Some(Image::new(frame.image.as_ref().unwrap().mat().clone()).unwrap()),
                ..*frame
            };
            let whole = BBox::new(0.0, 0.0, 64.0, 144.0);
            let mut found = vec![vec![Detection { bbox: whole, score: 1.0, embedding: None }]];
            ColorHistogram.embed(&[frame], &mut found).unwrap();
            found[0][0].embedding.take().unwrap()
        };
        let (a, b) = (embed(a), embed(b));
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
    }

    const RED: [f64; 3] = [20.0, 20.0, 220.0];
    const BLUE: [f64; 3] = [220.0, 20.0, 20.0];
    const WHITE: [f64; 3] = [250.0, 250.0, 250.0];

    #[test]
    fn the_cosine_is_the_share_of_common_colors() {
        let red_blue = dressed(RED, BLUE);
        assert!((cosine(&red_blue, &dressed(RED, BLUE)) - 1.0).abs() < 1e-5);
        assert!(cosine(&red_blue, &dressed(BLUE, RED)).abs() < 1e-5, "the same colors in other places");
        let half = cosine(&red_blue, &dressed(RED, WHITE));
        assert!((half - 0.5).abs() < 1e-5, "three of six parts: {half}");
        let darker = cosine(&red_blue, &dressed(RED.map(|c| c * 0.7), BLUE.map(|c| c * 0.7)));
        assert!(darker > 0.95, "brightness hardly counts for colors: {darker}");
    }
}

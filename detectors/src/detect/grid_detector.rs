//! What the detectors share that look for people on grids: from images to rows and from rows to people.

use std::collections::BTreeMap;
use std::time::Duration;

use mvmhat_scene::{BBox, Detection};
use tch::{Device, Kind, Tensor};

use crate::letterbox::Letterbox;
use crate::networks::{Inference, STRIDES};
use crate::nms::suppress;
use crate::{Detector, DetectorConfig, Error, Frame};

/// A network that says of every cell of its grids where a person is and how sure that is.
pub(crate) struct GridDetector {
    network: Inference,
    /// Columns of a row that are read: centre, size, and whose product is the score.
    columns: i64,
    input: [i32; 2],
    crop: bool,
    score: f32,
    overlap: f64,
    min_size: f64,
}

impl GridDetector {
    /// A network that reads at most `input` (width, height) pixels, and whose rows have so many `columns` that matter. Where
    /// the configuration has no score or no overlap, `score` and `overlap` are.
    pub(crate) fn new(
        network: Inference,
        columns: i64,
        input: [u32; 2],
        score: f32,
        overlap: f64,
        config: &DetectorConfig,
    ) -> Self {
        Self {
            network,
            columns,
            input: input.map(|side| side as i32),
            crop: config.crop_padding,
            score: config.score.unwrap_or(score),
            overlap: config.overlap.unwrap_or(overlap),
            min_size: config.min_size,
        }
    }

    /// The network's rows for images that lie alike in their inputs.
    fn rows(&self, frames: &[Frame], places: &[(usize, Letterbox)]) -> Result<Vec<f32>, Error> {
        let Some((_, first)) = places.first() else { return Ok(Vec::new()) };
        let [width, height] = first.input.map(i64::from);
        let mut pixels = Vec::with_capacity(places.len() * (width * height * 3) as usize);
        for (frame, letterbox) in places {
            let Some(frame) = frames.get(*frame) else { continue };
            letterbox.append(frame.needed_image()?, &mut pixels)?;
        }
        let batch = Tensor::f_from_data_size(&pixels, &[places.len() as i64, height, width, 3], Kind::Uint8)?;
        let rows = self.network.run(&batch.f_permute([0, 3, 1, 2])?);
        let rows = rows.f_narrow(2, 0, self.columns)?.f_to_device(Device::Cpu)?.f_contiguous()?;
        Ok(Vec::<f32>::try_from(rows.f_flatten(0, -1)?)?)
    }

    /// The people in one image, out of its rows.
    fn people(&self, rows: &[f32], letterbox: Letterbox) -> Vec<Detection> {
        let found = decode(rows, self.columns, letterbox.input, self.score).into_iter().filter_map(
            |(bbox, score)| {
                let bbox = letterbox.to_image(bbox)?;
                let large = bbox.w >= self.min_size && bbox.h >= self.min_size;
                large.then_some(Detection { bbox, score, embedding: None })
            },
        );
        suppress(found.collect(), self.overlap)
    }
}

impl Detector for GridDetector {
    fn needs_images(&self) -> bool {
        true
    }

    fn forward_time(&self) -> Duration {
        self.network.forward_time()
    }

    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, Error> {
        // Cameras may differ in the form of their images: one batch for each form.
        let mut batches: BTreeMap<[i32; 2], Vec<(usize, Letterbox)>> = BTreeMap::new();
        for (i, frame) in frames.iter().enumerate() {
            let image = frame.needed_image()?;
            let letterbox = Letterbox::new([image.width(), image.height()], self.input, self.crop);
            batches.entry(letterbox.input).or_default().push((i, letterbox));
        }
        let mut detections = vec![Vec::new(); frames.len()];
        for places in batches.values() {
            let rows = self.rows(frames, places)?;
            let of_each = rows.chunks_exact((rows.len() / places.len()).max(1));
            for ((frame, letterbox), rows) in places.iter().zip(of_each) {
                if let Some(found) = detections.get_mut(*frame) {
                    *found = self.people(rows, *letterbox);
                }
            }
        }
        Ok(detections)
    }
}

/// Boxes in pixels of the input and their scores, of at least `score`, out of the rows for one image.
///
/// A row belongs to a cell of a grid: its centre is relative to the cell and in steps of the grid, its size is the
/// logarithm of steps (section 2.1 of the YOLOX paper). The score is the product of the columns after them.
fn decode(rows: &[f32], columns: i64, input: [i32; 2], score: f32) -> Vec<(BBox, f32)> {
    let [width, height] = input.map(i64::from);
    let cells = STRIDES.into_iter().flat_map(|stride| {
        let columns = width / stride;
        (0..height / stride * columns).map(move |i| (i % columns, i / columns, stride as f64))
    });
    let mut found = Vec::new();
    for (row, (column, line, stride)) in rows.chunks_exact(columns as usize).zip(cells) {
        let &[x, y, w, h, ref scores @ ..] = row else { continue };
        let certainty: f32 = scores.iter().product();
        if certainty >= score {
            let (x, y) = (f64::from(x) + column as f64, f64::from(y) + line as f64);
            let (w, h) = (f64::from(w).exp(), f64::from(h).exp());
            found.push((BBox::from_center(x * stride, y * stride, w * stride, h * stride), certainty));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_by_hand() {
        // A 64 x 32 input: grids of 8 x 4, 4 x 2 and 2 x 1 cells.
        let mut rows = vec![[0f32; 6]; 32 + 8 + 2];
        // Fine grid, column 3, line 1.
        rows[8 + 3] = [0.5, 0.25, 0.0, 2f32.ln(), 0.9, 0.5];
        // Coarse grid, column 1, line 0.
        rows[41] = [0.5, 0.5, 0.0, 0.0, 1.0, 0.25];
        let found = decode(rows.as_flattened(), 6, [64, 32], 0.2);
        assert_eq!(found.len(), 2);
        let close = |a: BBox, b: BBox| {
            [a.x - b.x, a.y - b.y, a.w - b.w, a.h - b.h].iter().all(|difference| difference.abs() < 1e-5)
        };
        // Centre (3.5 * 8, 1.25 * 8) = (28, 10), size 8 x 16.
        assert!(close(found[0].0, BBox::new(24.0, 2.0, 8.0, 16.0)), "{found:?}");
        assert!((found[0].1 - 0.45).abs() < 1e-6);
        // Centre (1.5 * 32, 0.5 * 32) = (48, 16), size 32 x 32.
        assert!(close(found[1].0, BBox::new(32.0, 0.0, 32.0, 32.0)), "{found:?}");
        assert_eq!(decode(rows.as_flattened(), 6, [64, 32], 0.3).len(), 1);
        let alone: Vec<[f32; 5]> = rows.iter().map(|&[x, y, w, h, score, _]| [x, y, w, h, score]).collect();
        let scores: Vec<f32> =
            decode(alone.as_flattened(), 5, [64, 32], 0.3).iter().map(|(_, score)| *score).collect();
        assert_eq!(scores, [0.9, 1.0]);
    }
}

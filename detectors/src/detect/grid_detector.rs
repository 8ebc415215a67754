//! The common part of detectors with networks that predict boxes on grids: from images to rows of numbers, from rows to
//! detections.

use std::collections::BTreeMap;
use std::time::Duration;

use mvmhat_scene::{BBox, Detection};
use tch::{Device, Kind, Tensor};

use super::nms::suppress;
use super::yolox::STRIDES;
use super::{Detector, DetectorConfig, Thresholds};
use crate::image::Letterbox;
use crate::{Error, Frame, Inference};

/// A network that predicts, for every cell of its grids, the box of a person and a confidence.
pub(super) struct GridDetector {
    network: Inference,
    /// The columns of a row that are read: center, size, then the scores whose product is the confidence.
    columns: i64,
    input_size: [i32; 2],
    rectangular: bool,
    thresholds: Thresholds,
    min_size: f64,
}

impl GridDetector {
    /// A detector that reads the first `columns` of the network's rows. `input_size` (width, height) and `thresholds` are
    /// used where the configuration has none.
    pub(super) fn new(
        network: Inference,
        columns: i64,
        input_size: [u32; 2],
        thresholds: Thresholds,
        config: &DetectorConfig,
    ) -> Self {
        Self {
            network,
            columns,
            input_size: config.input_size.unwrap_or(input_size).map(|side| side as i32),
            rectangular: config.rectangular,
            thresholds: Thresholds {
                conf: config.conf.unwrap_or(thresholds.conf),
                nms_iou: config.nms_iou.unwrap_or(thresholds.nms_iou),
            },
            min_size: config.min_size,
        }
    }

    /// The network's rows for a batch of images whose inputs have one size: index of the frame, letterbox.
    fn rows(&self, frames: &[Frame], batch: &[(usize, Letterbox)]) -> Result<Vec<f32>, Error> {
        let Some((_, first)) = batch.first() else { return Ok(Vec::new()) };
        let [width, height] = first.input.map(i64::from);
        let mut pixels = Vec::with_capacity(batch.len() * (width * height * 3) as usize);
        for (frame, letterbox) in batch {
            let Some(frame) = frames.get(*frame) else { continue };
            letterbox.append(frame.needed_image()?, &mut pixels)?;
        }
        let size = [batch.len() as i64, height, width, 3];
        let images = Tensor::f_from_data_size(&pixels, &size, Kind::Uint8)?;
        let rows = self.network.run(&images.f_permute([0, 3, 1, 2])?);
        let rows = rows.f_narrow(2, 0, self.columns)?.f_to_device(Device::Cpu)?.f_contiguous()?;
        Ok(Vec::<f32>::try_from(rows.f_flatten(0, -1)?)?)
    }

    /// The detections in one image, from its rows.
    fn detections(&self, rows: &[f32], letterbox: Letterbox) -> Vec<Detection> {
        let Thresholds { conf, nms_iou } = self.thresholds;
        let boxes = decode(rows, self.columns, letterbox.input, conf);
        let detections = boxes.into_iter().filter_map(|(bbox, score)| {
            let bbox = letterbox.to_image(bbox)?;
            let large = bbox.w >= self.min_size && bbox.h >= self.min_size;
            large.then_some(Detection { bbox, score, embedding: None })
        });
        suppress(detections.collect(), nms_iou)
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
        // Cameras may differ in the proportions of their images: one batch per size of the input.
        let mut batches: BTreeMap<[i32; 2], Vec<(usize, Letterbox)>> = BTreeMap::new();
        for (i, frame) in frames.iter().enumerate() {
            let image = frame.needed_image()?;
            let letterbox =
                Letterbox::new([image.width(), image.height()], self.input_size, self.rectangular);
            batches.entry(letterbox.input).or_default().push((i, letterbox));
        }
        let mut detections = vec![Vec::new(); frames.len()];
        for batch in batches.values() {
            let rows = self.rows(frames, batch)?;
            let rows_per_image = rows.chunks_exact((rows.len() / batch.len()).max(1));
            for ((frame, letterbox), rows) in batch.iter().zip(rows_per_image) {
                if let Some(detections) = detections.get_mut(*frame) {
                    *detections = self.detections(rows, *letterbox);
                }
            }
        }
        Ok(detections)
    }
}

/// Boxes in pixels of the input and their confidences of at least `conf`, from the rows of one image.
///
/// A row belongs to a cell of a grid: its center is relative to the cell and in units of the stride, its size is the
/// logarithm of such units (section 2.1 of the YOLOX paper). The confidence is the product of the columns after them.
fn decode(rows: &[f32], columns: i64, input: [i32; 2], conf: f32) -> Vec<(BBox, f32)> {
    let [width, height] = input.map(i64::from);
    let cells = STRIDES.into_iter().flat_map(|stride| {
        let columns = width / stride;
        (0..height / stride * columns).map(move |i| (i % columns, i / columns, stride as f64))
    });
    let mut found = Vec::new();
    for (row, (column, line, stride)) in rows.chunks_exact(columns as usize).zip(cells) {
        let &[x, y, w, h, ref scores @ ..] = row else { continue };
        let confidence: f32 = scores.iter().product();
        if confidence >= conf {
            let (x, y) = (f64::from(x) + column as f64, f64::from(y) + line as f64);
            let (w, h) = (f64::from(w).exp(), f64::from(h).exp());
            found.push((BBox::from_center(x * stride, y * stride, w * stride, h * stride), confidence));
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
        // Center (3.5 * 8, 1.25 * 8) = (28, 10), size 8 x 16.
        assert!(close(found[0].0, BBox::new(24.0, 2.0, 8.0, 16.0)), "{found:?}");
        assert!((found[0].1 - 0.45).abs() < 1e-6);
        // Center (1.5 * 32, 0.5 * 32) = (48, 16), size 32 x 32.
        assert!(close(found[1].0, BBox::new(32.0, 0.0, 32.0, 32.0)), "{found:?}");
        assert_eq!(decode(rows.as_flattened(), 6, [64, 32], 0.3).len(), 1);
        let one_score: Vec<[f32; 5]> =
            rows.iter().map(|&[x, y, w, h, score, _]| [x, y, w, h, score]).collect();
        let scores: Vec<f32> =
            decode(one_score.as_flattened(), 5, [64, 32], 0.3).iter().map(|(_, score)| *score).collect();
        assert_eq!(scores, [0.9, 1.0]);
    }
}

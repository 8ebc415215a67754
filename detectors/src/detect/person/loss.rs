//! The loss of the rows of a [`PersonNetwork`](super::PersonNetwork).
//!
//! ```text
//! loss = sum over cells of varifocal(score, IoU) / positive cells
//!      + 2 sum over positive cells of IoU (1 - GIoU) / sum of IoU
//! ```
//!
//! SimOTA assigns people to cells anew for every image; IoU is that of the box of a positive cell with its person, 0 for
//! other cells. Cells whose boxes lie in an ignore region and which are not positive have no loss.

use mvmhat_learning::{generalized_iou, varifocal};
use mvmhat_scene::BBox;
use tch::{Kind, TchError, Tensor};

use super::simota::{Cell, assign};
use crate::detect::yolox::STRIDES;

/// The ground truth of an image, in pixels of the input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetectionTargets {
    /// People to be found.
    pub people: Vec<BBox>,
    /// Ignore regions: people hardly visible, whose detection is neither right nor wrong.
    pub ignored: Vec<BBox>,
}

/// The loss of a batch.
#[derive(Debug)]
pub struct DetectionLoss {
    /// What is minimized.
    pub total: Tensor,
    /// The part of the scores.
    pub score: f64,
    /// The part of the boxes.
    pub boxes: f64,
    /// Positive cells per person, on average.
    pub cells: f64,
}

/// Of varifocal loss, as published.
const ALPHA: f64 = 0.75;
/// See [`ALPHA`].
const GAMMA: f64 = 2.0;
/// The weight of the loss of boxes, as in VarifocalNet.
const BOX_WEIGHT: f64 = 2.0;
/// The least IoU of a box with an ignore region to be ignored.
const IGNORE_IOU: f64 = 0.5;
/// The column of the logit, after center and size.
const LOGIT: i64 = 4;
/// The largest logarithm of a size in strides, so that no size overflows.
const MAX_LOG_SIZE: f64 = 6.0;

/// The loss of the rows of a batch.
///
/// # Shapes
/// - `rows`: N x rows x 5, of [`PersonNetwork::logits`](super::PersonNetwork::logits)
/// - `targets`: N
/// - `input`: width and height of the images, multiples of 32
///
/// # Errors
/// Rows that are not of such images.
pub fn detection_loss(
    rows: &Tensor,
    targets: &[DetectionTargets],
    input: [i64; 2],
) -> Result<DetectionLoss, TchError> {
    let cells = cells(input);
    let device = rows.device();
    let boxes = decode(rows, &cells)?;
    let logits = rows.f_select(2, LOGIT)?;
    let predicted = Vec::<f32>::try_from(boxes.detach().to_kind(Kind::Float).f_flatten(0, -1)?)?;
    let scores = Vec::<f32>::try_from(logits.detach().sigmoid().to_kind(Kind::Float).f_flatten(0, -1)?)?;
    let (mut ious, mut counted) = (vec![0f32; scores.len()], vec![1f32; scores.len()]);
    let (mut positive, mut matched) = (Vec::new(), Vec::new());
    let images = predicted.chunks_exact(4 * cells.len()).zip(scores.chunks_exact(cells.len()));
    for ((number, target), (predicted, scores)) in targets.iter().enumerate().zip(images) {
        let first = number * cells.len();
        let corners = predicted.as_chunks::<4>().0;
        let predicted: Vec<BBox> = corners.iter().copied().map(bbox_from_corners).collect();
        let scores: Vec<f64> = scores.iter().map(|&score| f64::from(score)).collect();
        if !target.ignored.is_empty() {
            for (cell, bbox) in predicted.iter().enumerate() {
                if target.ignored.iter().any(|ignored| bbox.iou(ignored) > IGNORE_IOU) {
                    counted[first + cell] = 0.0;
                }
            }
        }
        for found in assign(&target.people, &cells, &predicted, &scores) {
            ious[first + found.cell] = found.iou as f32;
            counted[first + found.cell] = 1.0;
            positive.push((first + found.cell) as i64);
            let person = &target.people[found.person];
            matched.extend([person.x, person.y, person.right(), person.bottom()].map(|side| side as f32));
        }
    }
    let people: usize = targets.iter().map(|target| target.people.len()).sum();
    let (count, sum) = (positive.len().max(1) as f64, f64::from(ious.iter().sum::<f32>()).max(1.0));
    let ious = Tensor::from_slice(&ious).to_device(device);
    let counted = Tensor::from_slice(&counted).to_device(device);
    let score_losses = varifocal(&logits.f_flatten(0, -1)?, &ious, ALPHA, GAMMA) * counted;
    let score = score_losses.sum(Kind::Float) / count;
    let index = Tensor::from_slice(&positive).to_device(device);
    let boxes = boxes.f_flatten(0, 1)?.f_index_select(0, &index)?;
    let matched = Tensor::from_slice(&matched).view([-1, 4]).to_device(device);
    let weights = ious.f_index_select(0, &index)?;
    let box_losses: Tensor = (1.0 - generalized_iou(&boxes, &matched)) * weights;
    let box_loss = box_losses.sum(Kind::Float) * (BOX_WEIGHT / sum);
    Ok(DetectionLoss {
        score: score.f_double_value(&[])?,
        boxes: box_loss.f_double_value(&[])?,
        total: score + box_loss,
        cells: positive.len() as f64 / people.max(1) as f64,
    })
}

fn bbox_from_corners([left, top, right, bottom]: [f32; 4]) -> BBox {
    let [left, top, right, bottom] = [left, top, right, bottom].map(f64::from);
    BBox::new(left, top, right - left, bottom - top)
}

/// The cells of the grids in the order of the rows.
fn cells([width, height]: [i64; 2]) -> Vec<Cell> {
    let grid = |stride: i64| {
        let columns = width / stride;
        let center = move |i: i64| (i as f64 + 0.5) * stride as f64;
        let cell =
            move |i: i64| Cell { x: center(i % columns), y: center(i / columns), stride: stride as f64 };
        (0..height / stride * columns).map(cell)
    };
    STRIDES.into_iter().flat_map(grid).collect()
}

/// The boxes of rows: N x rows x 4, left, top, right, bottom.
fn decode(rows: &Tensor, cells: &[Cell]) -> Result<Tensor, TchError> {
    let device = rows.device();
    let corners: Vec<f32> = cells
        .iter()
        .flat_map(|cell| [cell.x - 0.5 * cell.stride, cell.y - 0.5 * cell.stride])
        .map(|v| v as f32)
        .collect();
    let corners = Tensor::from_slice(&corners).view([-1, 2]).to_device(device);
    let strides: Vec<f32> = cells.iter().map(|cell| cell.stride as f32).collect();
    let strides = Tensor::from_slice(&strides).view([-1, 1]).to_device(device);
    let center = rows.f_narrow(2, 0, 2)? * &strides + corners;
    let half = rows.f_narrow(2, 2, 2)?.clamp_max(MAX_LOG_SIZE).exp() * (strides * 0.5);
    Tensor::f_cat(&[&center - &half, &center + &half], 2)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    const INPUT: [i64; 2] = [32, 32];
    /// 16 cells of 8 pixels, 4 of 16, 1 of 32.
    const ROWS: i64 = 21;

    /// Rows that predict nobody except at some cells: `(cell, row)`.
    fn rows(predictions: &[(i64, [f32; 5])]) -> Tensor {
        let rows = Tensor::zeros([1, ROWS, 5], (Kind::Float, Device::Cpu));
        let _ = rows.select(2, 4).fill_(-20.0);
        for (cell, row) in predictions {
            rows.get(0).get(*cell).copy_(&Tensor::from_slice(row));
        }
        rows.set_requires_grad(true)
    }

    #[test]
    fn cells_and_boxes_by_hand() {
        let cells = cells([64, 32]);
        assert_eq!(cells.len(), 32 + 8 + 2);
        assert_eq!(cells[9], Cell { x: 12.0, y: 12.0, stride: 8.0 });
        assert_eq!(cells[41], Cell { x: 48.0, y: 16.0, stride: 32.0 });
        let rows = Tensor::zeros([1, 42, 5], (Kind::Float, Device::Cpu));
        rows.get(0).get(9).copy_(&Tensor::from_slice(&[0.5f32, 0.25, 0.0, 2f32.ln(), 0.0]));
        // Center (8 + 4, 8 + 2), size 8 x 16.
        let bbox = decode(&rows, &cells).unwrap().get(0).get(9);
        assert!(bbox.allclose(&Tensor::from_slice(&[8f32, 2.0, 16.0, 18.0]), 1e-6, 1e-5, false), "{bbox}");
    }

    #[test]
    fn a_true_positive_has_no_loss_and_a_false_positive_has() {
        // Cell 5: column 1, line 1. The box is (8, 8, 8, 8), exactly the person.
        let right = (5, [0.5, 0.5, 0.0, 0.0, 20.0]);
        let person = DetectionTargets { people: vec![BBox::new(8.0, 8.0, 8.0, 8.0)], ignored: Vec::new() };
        let loss = detection_loss(&rows(&[right]), std::slice::from_ref(&person), INPUT).unwrap();
        assert!(loss.total.double_value(&[]) < 1e-5 && loss.cells >= 1.0, "{loss:?}");
        // Cell 15 predicts somebody at (24, 24) with score 1/2: 0.75 * 0.25 * ln 2, for one positive cell.
        let wrong = (15, [0.5, 0.5, 0.0, 0.0, 0.0]);
        let loss = detection_loss(&rows(&[right, wrong]), std::slice::from_ref(&person), INPUT).unwrap();
        assert!((loss.score - 0.1875 * 2f64.ln()).abs() < 1e-5, "{loss:?}");
        // Unless an ignore region is there.
        let ignored = DetectionTargets { ignored: vec![BBox::new(24.0, 24.0, 8.0, 8.0)], ..person };
        let loss = detection_loss(&rows(&[right, wrong]), &[ignored], INPUT).unwrap();
        assert!(loss.score < 1e-5, "{loss:?}");
    }

    #[test]
    fn a_box_that_does_not_fit_has_a_loss_whose_gradient_draws_it_to_its_person() {
        // The box (8, 8, 8, 8) of a person (8, 8, 8, 16): IoU = GIoU = 1/2, so 2 * 1/2 * 1/2 over max(1/2, 1).
        let rows = rows(&[(5, [0.5, 0.5, 0.0, 0.0, 0.0])]);
        let target = DetectionTargets { people: vec![BBox::new(8.0, 8.0, 8.0, 16.0)], ignored: Vec::new() };
        let loss = detection_loss(&rows, &[target], INPUT).unwrap();
        assert!((loss.boxes - 0.5).abs() < 1e-5, "{loss:?}");
        // Varifocal of p = 1/2, q = 1/2: 1/2 ln 2.
        assert!((loss.score - 0.5 * 2f64.ln()).abs() < 1e-5, "{loss:?}");
        loss.total.backward();
        let gradient = rows.grad().get(0).get(5);
        assert!(gradient.double_value(&[3]) < 0.0, "the box grows taller: {gradient}");
    }

    #[test]
    fn images_without_people_have_a_loss_and_a_gradient() {
        let rows = rows(&[(3, [0.0, 0.0, 0.0, 0.0, 1.0])]);
        let loss = detection_loss(&rows, &[DetectionTargets::default()], INPUT).unwrap();
        assert!(loss.boxes == 0.0 && loss.score > 0.0 && loss.cells == 0.0);
        loss.total.backward();
        assert!(rows.grad().isfinite().all().int64_value(&[]) == 1);
    }
}

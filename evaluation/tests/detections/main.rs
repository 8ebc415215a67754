//! Average precision against pycocotools 2.0.11 on synthetic detections, which `coco.py` beside this file makes in the same way.

use mvmhat_evaluation::{
    COCO_IOU_THRESHOLDS, DetectionFrame, GroundTruthBox, PredictedBox, average_precision,
};
use mvmhat_scene::BBox;

/// A linear congruential generator, so that Python has the same numbers.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = (self.0 * 1_103_515_245 + 12_345) % (1 << 31);
        self.0 as f64 / f64::from(1u32 << 31)
    }

    fn bbox(&mut self) -> [f64; 4] {
        [self.next() * 200.0, self.next() * 100.0, 10.0 + self.next() * 30.0, 20.0 + self.next() * 60.0]
    }
}

fn prediction([x, y, w, h]: [f64; 4], score: f64) -> PredictedBox {
    PredictedBox { bbox: BBox::new(x, y, w, h), score }
}

fn frame(u: &mut Uniform) -> DetectionFrame {
    let mut frame = DetectionFrame::default();
    for _ in 0..(u.next() * 7.0) as usize {
        let sides = u.bbox();
        let [x, y, w, h] = sides;
        let ignored = u.next() < 0.2;
        frame.gt.push(GroundTruthBox { bbox: BBox::new(x, y, w, h), ignored, visibility: None });
        for _ in 0..(u.next() * 3.0) as usize {
            let mut moved = sides;
            for (i, side) in moved.iter_mut().enumerate() {
                *side += (u.next() - 0.5) * 0.4 * sides[2 + i % 2];
            }
            frame.predictions.push(prediction(moved, u.next()));
        }
    }
    for _ in 0..(u.next() * 3.0) as usize {
        let sides = u.bbox();
        frame.predictions.push(prediction(sides, 0.7 * u.next()));
    }
    frame
}

#[test]
fn average_precision_is_that_of_pycocotools() {
    let mut u = Uniform(1);
    let frames: Vec<DetectionFrame> = (0..40).map(|_| frame(&mut u)).collect();
    let all = || frames.iter().flat_map(|frame| &frame.gt);
    let boxes: usize = frames.iter().map(|frame| frame.predictions.len()).sum();
    assert_eq!((all().count(), all().filter(|gt| gt.ignored).count(), boxes), (125, 31, 172));
    // The output of coco.py.
    let expected = [
        0.431_430_058_152,
        0.322_762_448_857,
        0.190_502_519_268,
        0.126_381_189_383,
        0.064_569_605_306,
        0.030_030_136_367,
        0.005_853_476_036,
        0.000_390_828_557,
        0.000_130_276_186,
        0.0,
    ];
    for (min_iou, expected) in COCO_IOU_THRESHOLDS.into_iter().zip(expected) {
        let precision = average_precision(&frames, min_iou);
        assert!((precision - expected).abs() < 1e-9, "{min_iou}: {precision}, not {expected}");
    }
}

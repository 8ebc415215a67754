//! Non-maximum suppression (NMS): one box per person. Its threshold is the key `detector.nms_iou`.

use mvmhat_scene::{BBox, Detection};

/// Keeps the most confident of boxes whose IoU is over `nms_iou`, by descending confidence.
///
/// Greedy, as published for every detector of this kind; boxes of equal confidence stay in their order, so the result does
/// not depend on the machine. O(n k) for n boxes of which k are kept.
pub(super) fn suppress(mut detections: Vec<Detection>, nms_iou: f64) -> Vec<Detection> {
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    // Boxes and areas of the kept detections, contiguous: the inner loop reads nothing else.
    let mut kept: Vec<(BBox, f64)> = Vec::new();
    detections.retain(|detection| {
        let area = detection.bbox.area();
        let suppressed = kept.iter().any(|(other, other_area)| {
            let intersection = detection.bbox.intersection(other);
            intersection > nms_iou * (area + other_area - intersection)
        });
        if !suppressed {
            kept.push((detection.bbox, area));
        }
        !suppressed
    });
    detections
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detection(x: f64, score: f32) -> Detection {
        Detection { bbox: BBox::new(x, 0.0, 10.0, 10.0), score, embedding: None }
    }

    #[test]
    fn by_hand() {
        // Squares of side 10 shifted by 2 share 80 of 120 (2/3); by 4, 60 of 140 (3/7).
        let found = vec![detection(4.0, 0.7), detection(0.0, 0.9), detection(2.0, 0.8), detection(50.0, 0.1)];
        let xs = |nms_iou| suppress(found.clone(), nms_iou).iter().map(|d| d.bbox.x).collect::<Vec<_>>();
        assert_eq!(xs(0.5), [0.0, 4.0, 50.0], "4 would be suppressed by 2, which is suppressed itself");
        assert_eq!(xs(0.7), [0.0, 2.0, 4.0, 50.0]);
        assert_eq!(xs(0.4), [0.0, 50.0]);
        assert_eq!(xs(0.0), [0.0, 50.0]);
        assert_eq!(suppress(Vec::new(), 0.5), []);
    }

    proptest! {
        #[test]
        fn kept_boxes_do_not_overlap_and_suppressed_ones_do(
            boxes in prop::collection::vec((0.0..60.0, 0.0..60.0, 1.0..40.0, 1.0..40.0, 0.0f32..1.0), 0..40),
            nms_iou in 0.05..0.95,
        ) {
            let found: Vec<_> = boxes
                .iter()
                .map(|&(x, y, w, h, score)| Detection { bbox: BBox::new(x, y, w, h), score, embedding: None })
                .collect();
            let kept = suppress(found.clone(), nms_iou);
            prop_assert!(kept.windows(2).all(|pair| pair[0].score >= pair[1].score));
            for (i, a) in kept.iter().enumerate() {
                prop_assert!(kept[..i].iter().all(|b| a.bbox.iou(&b.bbox) <= nms_iou + 1e-9));
            }
            for d in found.iter().filter(|d| !kept.contains(d)) {
                prop_assert!(kept.iter().any(|k| k.score >= d.score && k.bbox.iou(&d.bbox) > nms_iou - 1e-9));
            }
        }
    }
}

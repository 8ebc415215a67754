//! Which box of an image found whom, by the rules of COCO.
//!
//! The surest box chooses first: of those whom nobody has found yet and whom it overlaps enough, the one it overlaps most.
//! Somebody who must be found comes before somebody who need not be, however the overlaps are.

use super::{DetectionFrame, Found};

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It found somebody who must be found: the place in the truth.
    Right(usize),
    /// It found somebody who need not be found.
    Neutral(usize),
    /// It found nobody.
    Wrong,
}

/// The boxes by falling score, with what each of them is. Boxes of equal score stay in their order.
pub(super) fn verdicts(frame: &DetectionFrame, overlap: f64, most: usize) -> Vec<(Found, Verdict)> {
    let mut found = frame.found.clone();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(most);
    let mut taken = vec![false; frame.truth.len()];
    // As pycocotools has it, so that an overlap of exactly 1 can be asked for.
    let least = overlap.min(1.0 - 1e-10);
    let mut verdict = |box_found: &Found| {
        let mut best: Option<(bool, f64, usize)> = None;
        for (place, truth) in frame.truth.iter().enumerate().filter(|(place, _)| !taken[*place]) {
            let iou = box_found.bbox.iou(&truth.bbox);
            // Of equal overlaps the last is taken, as pycocotools does.
            let better = best.is_none_or(|(counts, most, _)| (truth.counts, iou) >= (counts, most));
            if iou >= least && better {
                best = Some((truth.counts, iou, place));
            }
        }
        let Some((counts, _, place)) = best else { return Verdict::Wrong };
        taken[place] = true;
        if counts { Verdict::Right(place) } else { Verdict::Neutral(place) }
    };
    found.iter().map(|found| (*found, verdict(found))).collect()
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::Truth;

    #[test]
    fn by_hand() {
        let at = |x: f64| BBox::new(x, 0.0, 10.0, 10.0);
        let truth = |x, counts| Truth { bbox: at(x), counts, visibility: None };
        let found = |x, score| Found { bbox: at(x), score };
        let frame = DetectionFrame {
            truth: vec![truth(0.0, false), truth(2.0, true), truth(50.0, true)],
            found: vec![
                found(0.0, 0.5),
                found(0.5, 0.9),
                found(50.0, 0.8),
                found(50.0, 0.7),
                found(90.0, 0.6),
            ],
        };
        let verdicts: Vec<Verdict> =
            verdicts(&frame, 0.5, 100).into_iter().map(|(_, verdict)| verdict).collect();
        // The surest box overlaps the first person most, but must find the second. The first is left for the last box.
        let expected =
            [Verdict::Right(1), Verdict::Right(2), Verdict::Wrong, Verdict::Wrong, Verdict::Neutral(0)];
        assert_eq!(verdicts, expected);
        assert_eq!(super::verdicts(&frame, 0.5, 2).len(), 2);
    }
}

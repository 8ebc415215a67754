//! A crowd in which boxes compete and names are handed on, scored by TrackEval 1.3.0 (NumPy 2.4.6, SciPy 1.17.1).
//!
//! The same generator in Python, its rows handed to `eval_sequence` of `HOTA`, `CLEAR` and `Identity` with identities
//! numbered in sorted order and plain IoU, gave the numbers below; fields per threshold are averaged.

use mvmhat_evaluation::{Observation, Protocol, Scores};
use mvmhat_scene::BBox;

use crate::{camera, compare};

const FRAMES: u32 = 40;
const PEOPLE: u32 = 6;

/// `s = (s * 1103515245 + 12345) % 2**31`, from 12345; each draw is `(s >> 16) % n`.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> f64 {
        self.0 = (self.0 * 1_103_515_245 + 12345) % (1 << 31);
        ((self.0 >> 16) % n) as f64
    }
}

fn crowd() -> (Vec<Observation>, Vec<Observation>) {
    let mut draws = Draws(12345);
    let (mut gt, mut tracks) = (Vec::new(), Vec::new());
    for frame in 1..=FRAMES {
        for person in 0..PEOPLE {
            let x = 20.0 * f64::from(person) + draws.below(30);
            let y = draws.below(20);
            if draws.below(10) > 0.0 {
                gt.push(Observation::new(frame, i64::from(person + 1), BBox::new(x, y, 40.0, 80.0)));
            }
            if draws.below(10) > 1.0 {
                let name = i64::from((person + frame / 13) % PEOPLE + 100);
                let bbox = BBox::new(x + draws.below(14), y + draws.below(20), 40.0, 80.0);
                tracks.push(Observation::new(frame, name, bbox));
            }
        }
        if draws.below(4) == 0.0 {
            let bbox = BBox::new(draws.below(150), draws.below(20), 40.0, 80.0);
            tracks.push(Observation::new(frame, 900, bbox));
        }
    }
    (gt, tracks)
}

#[test]
fn trackeval_on_a_crowd() {
    let (gt, tracks) = crowd();
    assert_eq!((gt.len(), tracks.len()), (224, 210));
    let comparison = compare((1, FRAMES), vec![camera("a", gt, tracks)]);
    let Scores { clear, identity, hota } = Scores::new(comparison.global(), Protocol::TrackEval);
    assert_eq!((clear.tp, clear.fp, clear.fn_, clear.idsw), (151, 59, 73, 46));
    assert_eq!((clear.frag, clear.mt, clear.pt, clear.ml), (51, 1, 5, 0));
    assert_eq!(identity.idtp, 69);
    for (ours, trackeval) in [
        (clear.mota(), 0.20535714285714285),
        (clear.motp(), 0.6743766385165632),
        (identity.idf1(), 0.31797235023041476),
        (hota.hota(), 0.22055964051597463),
        (hota.det_a(), 0.44297015497986314),
        (hota.ass_a(), 0.11176874775497393),
        (hota.loc_a(), 0.7229489012245879),
    ] {
        assert!((ours - trackeval).abs() < 1e-12, "{ours}, not {trackeval}");
    }
}

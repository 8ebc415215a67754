//! Scores on the ground plane, where the world positions of people are known.
//!
//! The similarity of two positions is that of TrackEval for three-dimensional benchmarks,
//! `max(0, 1 - distance / 2 m)`: its threshold of one half is a gate of one metre. All metrics of images then hold
//! on the ground as they stand.

use mvmhat_scene::world::Position;

use crate::{Clear, Location, Observation};

/// Distance in metres at which two positions stop being the same person.
const GATE: f64 = 1.0;

/// A ground-plane position in metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GroundPoint {
    /// First coordinate in metres.
    pub x: f64,
    /// Second coordinate in metres.
    pub y: f64,
}

impl From<&Position> for Observation<GroundPoint> {
    fn from(position: &Position) -> Self {
        Self {
            frame: position.frame,
            id: position.id,
            location: GroundPoint { x: position.x, y: position.y },
        }
    }
}

impl Location for GroundPoint {
    fn similarity(&self, other: &Self) -> f64 {
        (1.0 - (self.x - other.x).hypot(self.y - other.y) / (2.0 * GATE)).max(0.0)
    }
}

/// MODP on the ground: the mean of `1 - distance / gate` over the matches (Kasturi et al., 2009), 0 to 1.
///
/// `clear` has to come from a comparison of [`GroundPoint`]s.
pub fn modp(clear: &Clear) -> f64 {
    if clear.tp == 0 { 0.0 } else { 2.0 * clear.motp() - 1.0 }
}

/// One position for each person and frame: the mean of what the cameras say.
///
/// `positions` are the ground positions of the boxes of all cameras, in any order. The result is sorted by frame, then
/// by identity. Positions that are not finite (a foot above the horizon) are left out.
pub fn fuse(positions: impl IntoIterator<Item = Observation<GroundPoint>>) -> Vec<Observation<GroundPoint>> {
    let mut rows: Vec<_> = positions
        .into_iter()
        .filter(|row| row.location.x.is_finite() && row.location.y.is_finite())
        .collect();
    rows.sort_by_key(|row| (row.frame, row.id));
    rows.chunk_by(|a, b| (a.frame, a.id) == (b.frame, b.id))
        .map(|same| {
            let mean = |coordinate: fn(&GroundPoint) -> f64| {
                same.iter().map(|row| coordinate(&row.location)).sum::<f64>() / same.len() as f64
            };
            Observation { location: GroundPoint { x: mean(|p| p.x), y: mean(|p| p.y) }, ..same[0] }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CameraRows, Comparison, Protocol, clear, identity};

    fn row(frame: u32, id: i64, x: f64, y: f64) -> Observation<GroundPoint> {
        Observation::new(frame, id, GroundPoint { x, y })
    }

    #[test]
    fn the_gate_is_one_metre() {
        let origin = GroundPoint::default();
        assert_eq!(origin.similarity(&GroundPoint { x: 0.6, y: 0.8 }), 0.5);
        assert_eq!(origin.similarity(&GroundPoint { x: 3.0, y: 0.0 }), 0.0);
    }

    #[test]
    fn cameras_are_averaged_and_the_horizon_left_out() {
        let fused = fuse([
            row(2, 1, 5.0, 5.0),
            row(1, 1, 0.0, 2.0),
            row(1, 1, 1.0, 4.0),
            row(1, 2, f64::INFINITY, 0.0),
        ]);
        assert_eq!(fused, [row(1, 1, 0.5, 3.0), row(2, 1, 5.0, 5.0)]);
    }

    #[test]
    fn moda_modp_and_idf1_by_hand() {
        // Three true positions. Frame 1 is hit at 0.5 m, frame 2 missed by 1.5 m, frame 3 has no track.
        let gt = vec![row(1, 1, 0.0, 0.0), row(2, 1, 0.0, 0.0), row(3, 1, 0.0, 0.0)];
        let tracks = vec![row(1, 7, 0.5, 0.0), row(2, 7, 1.5, 0.0)];
        let comparison =
            Comparison::new(None, vec![CameraRows { name: "ground".into(), gt, tracks }]).unwrap();
        let clear = clear(comparison.global(), Protocol::TrackEval);
        assert_eq!((clear.tp, clear.fp, clear.fn_), (1, 1, 2));
        assert!(clear.moda().abs() < 1e-12, "1 - (2 + 1) / 3");
        assert!((modp(&clear) - 0.5).abs() < 1e-12, "1 - 0.5 m / 1 m");
        assert!((identity(comparison.global(), Protocol::TrackEval).idf1() - 2.0 / 5.0).abs() < 1e-12);
    }
}

//! What instants tell about two people who are seen at the same time in different views.
//!
//! Where they stand, if the cameras are calibrated, and what an assignment model says, if there is one. Each instant gives a
//! little evidence, in nats; the mean over all instants counts, as if so many of them were independent of each other as there
//! have been, up to a few: a wrong foot point is wrong for long.

use std::collections::BTreeMap;

use super::tracklet::{Sighting, TrackletId};
use crate::GroundPlace;

/// Independent instants that any number of instants is worth, at most.
const INDEPENDENT: f64 = 3.0;

/// The most that an instant can say, in nats.
const MOST: f64 = 4.0;

/// Evidence of the instants at which two tracklets were both seen.
#[derive(Clone, Copy, Debug, Default)]
struct Meeting {
    instants: f64,
    sum: f64,
}

/// All tracklets that were seen at one time in different views.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meetings {
    pairs: BTreeMap<(TrackletId, TrackletId), Meeting>,
}

impl Meetings {
    /// Adds what an instant tells about two tracklets.
    pub(crate) fn add(&mut self, a: TrackletId, b: TrackletId, evidence: f64) {
        let meeting = self.pairs.entry((a.min(b), a.max(b))).or_default();
        meeting.instants += 1.0;
        meeting.sum += evidence.clamp(-MOST, MOST);
    }

    /// How much meetings speak for two sightings being one person, in nats.
    pub(crate) fn evidence(&self, a: &Sighting, b: &Sighting) -> f64 {
        if self.pairs.is_empty() || a.view == b.view {
            return 0.0;
        }
        let pairs = a.tracklets.iter().flat_map(|&a| b.tracklets.iter().map(move |&b| (a.min(b), a.max(b))));
        let (mut instants, mut sum) = (0.0, 0.0);
        for meeting in pairs.filter_map(|pair| self.pairs.get(&pair)) {
            instants += meeting.instants;
            sum += meeting.sum;
        }
        // The mean, as often as it counts.
        sum * INDEPENDENT / (instants + INDEPENDENT)
    }

    /// Forgets what is known of tracklets that `lives` is not true of.
    pub(crate) fn retain(&mut self, lives: impl Fn(TrackletId) -> bool) {
        self.pairs.retain(|(a, b), _| lives(*a) && lives(*b));
    }
}

/// How much the places of two people speak for one person, in nats, among people who are scattered over the ground with the
/// variance `spread` in either direction: the logarithm of the likelihood ratio of two normal distributions of their distance.
pub(crate) fn nearness(a: &GroundPlace, b: &GroundPlace, spread: f64) -> f64 {
    let squared = a.squared_distance(b);
    let same = a.variance + b.variance;
    let strangers = 2.0 * spread + same;
    (strangers / same).ln() - 0.5 * squared * (1.0 / same - 1.0 / strangers)
}

/// How much a probability speaks for one person, in nats.
pub(crate) fn log_odds(probability: f64) -> f64 {
    let p = probability.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(view: usize, tracklet: u64) -> Sighting {
        Sighting { tracklets: vec![TrackletId(tracklet)], ..Sighting::new(view, 0) }
    }

    #[test]
    fn many_instants_say_little_more_than_a_few() {
        let mut meetings = Meetings::default();
        let evidence = |meetings: &Meetings| meetings.evidence(&sighting(0, 1), &sighting(1, 2));
        assert_eq!(evidence(&meetings), 0.0);
        meetings.add(TrackletId(2), TrackletId(1), 2.0);
        assert!((evidence(&meetings) - 2.0 * 3.0 / 4.0).abs() < 1e-12);
        (0..1000).for_each(|_| meetings.add(TrackletId(1), TrackletId(2), 2.0));
        assert!((5.9..6.0).contains(&evidence(&meetings)));
        meetings.retain(|tracklet| tracklet != TrackletId(2));
        assert_eq!(evidence(&meetings), 0.0);
    }

    #[test]
    fn nearness_by_hand() {
        let place = |x| GroundPlace { position: (x, 0.0), variance: 0.25 };
        // Variances of the distance: 0.5 for one person, 0.5 + 2 * 3.75 = 8 for strangers.
        assert!((nearness(&place(0.0), &place(0.0), 3.75) - 16f64.ln()).abs() < 1e-12);
        let apart = 16f64.ln() - 0.5 * 9.0 * (2.0 - 0.125);
        assert!((nearness(&place(0.0), &place(3.0), 3.75) - apart).abs() < 1e-12);
    }

    #[test]
    fn even_odds_say_nothing() {
        assert_eq!(log_odds(0.5), 0.0);
        assert!((log_odds(0.75) - 3f64.ln()).abs() < 1e-12);
        assert!(log_odds(1.0).is_finite());
    }
}

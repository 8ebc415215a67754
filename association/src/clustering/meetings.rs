//! What timesteps tell about two people who are seen at the same time in different views.
//!
//! Where they stand, if the cameras are calibrated, and what an assignment model says, if there is one. Each timestep gives a
//! little evidence, in nats; the mean over all timesteps counts, as if so many of them were independent of each other as there
//! have been, up to a few: a wrong foot point is wrong for long.

use std::collections::BTreeMap;

use super::tracklet::{Sighting, TrackletId};
use crate::{AssignmentModel, GroundPosition};

/// Independent timesteps that any number of timesteps is worth, at most.
const INDEPENDENT: f64 = 3.0;

/// The most that a place or a model can say at a timestep, in nats.
const MOST: f64 = 4.0;

/// Evidence of the timesteps at which two tracklets were both seen.
#[derive(Clone, Copy, Debug, Default)]
struct Meeting {
    timesteps: f64,
    sum: f64,
}

/// All tracklets that were seen at one time in different views.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meetings {
    pairs: BTreeMap<(TrackletId, TrackletId), Meeting>,
}

/// A person whom a view sees at a timestep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Present<'a> {
    /// Index of the camera.
    pub(crate) view: usize,
    pub(crate) tracklet: TrackletId,
    /// Where they stand, where that can be told.
    pub(crate) place: Option<GroundPosition>,
    /// How they look, where that is known.
    pub(crate) embedding: Option<&'a [f32]>,
}

impl Meetings {
    /// Takes down what a timestep tells of the people of all views, who are ordered by view: how near to each other they
    /// stand, and what a model says, where there is one. Both together are the evidence of that timestep.
    pub(crate) fn observe(&mut self, present: &[Present<'_>], model: Option<&mut dyn AssignmentModel>) {
        let spread = spread(present.iter().filter_map(|p| p.place));
        let said = model.map(|model| Said::by(model, present));
        for (i, a) in present.iter().enumerate() {
            for (j, b) in present.iter().enumerate().skip(i + 1).filter(|(_, b)| b.view != a.view) {
                let near = a.place.zip(b.place).map(|(here, there)| nearness(&here, &there, spread));
                let said = said.as_ref().and_then(|said| said.about(i, j));
                if near.is_some() || said.is_some() {
                    let bounded = |evidence: Option<f64>| evidence.unwrap_or(0.0).clamp(-MOST, MOST);
                    self.add(a.tracklet, b.tracklet, bounded(near) + bounded(said));
                }
            }
        }
    }

    /// Adds what a timestep tells about two tracklets.
    fn add(&mut self, a: TrackletId, b: TrackletId, evidence: f64) {
        let meeting = self.pairs.entry((a.min(b), a.max(b))).or_default();
        meeting.timesteps += 1.0;
        meeting.sum += evidence;
    }

    /// How much meetings speak for two sightings being one person, in nats.
    pub(crate) fn evidence(&self, a: &Sighting, b: &Sighting) -> f64 {
        if self.pairs.is_empty() || a.view == b.view {
            return 0.0;
        }
        let pairs = a.tracklets.iter().flat_map(|&a| b.tracklets.iter().map(move |&b| (a.min(b), a.max(b))));
        let (mut timesteps, mut sum) = (0.0, 0.0);
        for meeting in pairs.filter_map(|pair| self.pairs.get(&pair)) {
            timesteps += meeting.timesteps;
            sum += meeting.sum;
        }
        // The mean, as often as it counts.
        sum * INDEPENDENT / (timesteps + INDEPENDENT)
    }

    /// Forgets what is known of tracklets that `lives` is not true of.
    pub(crate) fn retain(&mut self, lives: impl Fn(TrackletId) -> bool) {
        self.pairs.retain(|(a, b), _| lives(*a) && lives(*b));
    }
}

/// What a model says of the people at a timestep.
struct Said {
    probabilities: Vec<f32>,
    /// The number of each person among those the model was asked about.
    number: Vec<Option<usize>>,
    /// How many it was asked about.
    count: usize,
}

impl Said {
    fn by(model: &mut dyn AssignmentModel, present: &[Present<'_>]) -> Self {
        let views = present.last().map_or(0, |p| p.view + 1);
        let mut embeddings = vec![Vec::new(); views];
        let (mut number, mut count) = (Vec::new(), 0);
        for person in present {
            number.push(person.embedding.map(|embedding| {
                embeddings[person.view].push(embedding);
                count += 1;
                count - 1
            }));
        }
        Self { probabilities: model.probabilities(&embeddings), number, count }
    }

    /// How much it speaks for two people being one, in nats; `None` of those whose looks are not known.
    fn about(&self, i: usize, j: usize) -> Option<f64> {
        let probability = self.probabilities.get(self.number[i]? * self.count + self.number[j]?)?;
        Some(log_odds(f64::from(*probability)))
    }
}

/// How much the places of two people speak for one person, in nats, among people who are scattered over the ground with the
/// variance `spread` in either direction: the logarithm of the likelihood ratio of two normal distributions of their distance.
fn nearness(a: &GroundPosition, b: &GroundPosition, spread: f64) -> f64 {
    let squared = a.squared_distance(b);
    let same = a.variance + b.variance;
    let strangers = 2.0 * spread + same;
    (strangers / same).ln() - 0.5 * squared * (1.0 / same - 1.0 / strangers)
}

/// Variance of places on the ground, the mean of both directions, in square metres.
fn spread(places: impl Iterator<Item = GroundPosition>) -> f64 {
    let (mut n, mut sum, mut squares) = (0.0, (0.0, 0.0), 0.0);
    for GroundPosition { position: (x, y), .. } in places {
        n += 1.0;
        sum = (sum.0 + x, sum.1 + y);
        squares += x * x + y * y;
    }
    if n > 0.0 { 0.5 * (squares / n - (sum.0 * sum.0 + sum.1 * sum.1) / (n * n)).max(0.0) } else { 0.0 }
}

/// How much a probability speaks for one person, in nats.
fn log_odds(probability: f64) -> f64 {
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
    fn people_of_different_views_are_compared_by_where_they_stand() {
        let place = |x: f64| Some(GroundPosition { position: (x, 0.0), variance: 0.25 });
        let present = |view, tracklet, x| Present {
            view,
            tracklet: TrackletId(tracklet),
            place: place(x),
            embedding: None,
        };
        let mut meetings = Meetings::default();
        let people = [present(0, 1, 0.0), present(0, 2, 5.0), present(1, 3, 0.2), present(1, 4, 5.1)];
        meetings.observe(&people, None);
        let evidence = |a, b| meetings.evidence(&sighting(0, a), &sighting(1, b));
        assert!(evidence(1, 3) > 1.0 && evidence(2, 4) > 1.0);
        assert!(evidence(1, 4) < -1.0 && evidence(2, 3) < -1.0);
    }

    #[test]
    fn a_model_is_asked_about_those_whose_looks_are_known() {
        struct Model;
        impl AssignmentModel for Model {
            fn probabilities(&mut self, views: &[Vec<&[f32]>]) -> Vec<f32> {
                assert_eq!(views.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 2]);
                vec![1.0, 0.9, 0.2, 0.9, 1.0, 0.5, 0.2, 0.5, 1.0]
            }
        }
        let looks = [1.0f32];
        let present = |view, tracklet, known: bool| Present {
            view,
            tracklet: TrackletId(tracklet),
            place: None,
            embedding: known.then_some(&looks[..]),
        };
        let mut meetings = Meetings::default();
        let people = [present(0, 1, true), present(1, 2, false), present(2, 3, true), present(2, 4, true)];
        meetings.observe(&people, Some(&mut Model));
        let evidence = |a, b| meetings.evidence(&sighting(0, a), &sighting(2, b));
        assert!((evidence(1, 3) - 9f64.ln() * 0.75).abs() < 1e-6, "{}", evidence(1, 3));
        assert!((evidence(1, 4) + 4f64.ln() * 0.75).abs() < 1e-6);
        assert_eq!(meetings.pairs.len(), 2);
    }

    #[test]
    fn nearness_by_hand() {
        let place = |x| GroundPosition { position: (x, 0.0), variance: 0.25 };
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

//! Evidence from timesteps at which two people are seen at once in different views.
//!
//! Where they stand, if the cameras are calibrated, and what an assignment model says, if there is one. Each timestep gives a
//! little evidence, in nats. What counts is the mean over all timesteps, weighted as if at most a few of them were
//! independent of each other: a wrong foot point stays wrong for long.

use std::collections::BTreeMap;

use crate::clustering::detections_to_tracklets::{TrackletDescriptor, TrackletId};
use crate::{AssignmentModel, GroundPosition};

/// Independent timesteps that any number of timesteps counts as, at most.
const MAX_INDEPENDENT: f64 = 3.0;

/// The most evidence that a ground-plane position or a model gives at a timestep, in nats.
const MAX_EVIDENCE: f64 = 4.0;

/// Evidence of the timesteps at which two tracklets co-occurred.
#[derive(Clone, Copy, Debug, Default)]
struct CoOccurrence {
    timesteps: f64,
    sum: f64,
}

/// All pairs of tracklets that co-occurred in different views.
#[derive(Clone, Debug, Default)]
pub(crate) struct CoOccurrences {
    pairs: BTreeMap<(TrackletId, TrackletId), CoOccurrence>,
}

/// A person whom a view sees at a timestep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VisiblePerson<'a> {
    /// Index of the camera.
    pub(crate) view: usize,
    pub(crate) tracklet: TrackletId,
    /// Ground-plane position, where it is known.
    pub(crate) position: Option<GroundPosition>,
    /// Embedding of the detection, where there is one.
    pub(crate) embedding: Option<&'a [f32]>,
}

impl CoOccurrences {
    /// Records a timestep, of the people of all views in the order of the views: how near to each other they stand, and
    /// what `model` says, if there is one. Both together are the evidence of that timestep.
    pub(crate) fn observe(&mut self, people: &[VisiblePerson<'_>], model: Option<&mut dyn AssignmentModel>) {
        let variance = position_variance(people.iter().filter_map(|p| p.position));
        let prediction = model.map(|model| AssignmentPrediction::new(model, people));
        for (i, a) in people.iter().enumerate() {
            for (j, b) in people.iter().enumerate().skip(i + 1).filter(|(_, b)| b.view != a.view) {
                let proximity = a.position.zip(b.position).map(|(a, b)| proximity_evidence(&a, &b, variance));
                let predicted = prediction.as_ref().and_then(|prediction| prediction.evidence(i, j));
                if proximity.is_some() || predicted.is_some() {
                    let bounded =
                        |evidence: Option<f64>| evidence.unwrap_or(0.0).clamp(-MAX_EVIDENCE, MAX_EVIDENCE);
                    self.add(a.tracklet, b.tracklet, bounded(proximity) + bounded(predicted));
                }
            }
        }
    }

    /// Adds the evidence of a timestep about two tracklets.
    fn add(&mut self, a: TrackletId, b: TrackletId, evidence: f64) {
        let pair = self.pairs.entry((a.min(b), a.max(b))).or_default();
        pair.timesteps += 1.0;
        pair.sum += evidence;
    }

    /// How much co-occurrence speaks for two descriptors being one person, in nats.
    pub(crate) fn evidence(&self, a: &TrackletDescriptor, b: &TrackletDescriptor) -> f64 {
        if self.pairs.is_empty() || a.view == b.view {
            return 0.0;
        }
        let pairs = a.tracklets.iter().flat_map(|&a| b.tracklets.iter().map(move |&b| (a.min(b), a.max(b))));
        let (mut timesteps, mut sum) = (0.0, 0.0);
        for pair in pairs.filter_map(|pair| self.pairs.get(&pair)) {
            timesteps += pair.timesteps;
            sum += pair.sum;
        }
        // The mean, times the number of timesteps it counts as.
        sum * MAX_INDEPENDENT / (timesteps + MAX_INDEPENDENT)
    }

    /// Forgets the pairs of tracklets that are not both `alive`.
    pub(crate) fn retain(&mut self, alive: impl Fn(TrackletId) -> bool) {
        self.pairs.retain(|(a, b), _| alive(*a) && alive(*b));
    }
}

/// The answer of an assignment model about the people of a timestep.
struct AssignmentPrediction {
    probabilities: Vec<f32>,
    /// The number of each person among those the model was asked about.
    number: Vec<Option<usize>>,
    /// How many it was asked about.
    count: usize,
}

impl AssignmentPrediction {
    fn new(model: &mut dyn AssignmentModel, people: &[VisiblePerson<'_>]) -> Self {
        let views = people.last().map_or(0, |p| p.view + 1);
        let mut embeddings = vec![Vec::new(); views];
        let (mut number, mut count) = (Vec::new(), 0);
        for person in people {
            number.push(person.embedding.map(|embedding| {
                embeddings[person.view].push(embedding);
                count += 1;
                count - 1
            }));
        }
        Self { probabilities: model.probabilities(&embeddings), number, count }
    }

    /// How much it speaks for two people being one, in nats; `None` if either has no embedding.
    fn evidence(&self, i: usize, j: usize) -> Option<f64> {
        let probability = self.probabilities.get(self.number[i]? * self.count + self.number[j]?)?;
        Some(log_odds(f64::from(*probability)))
    }
}

/// How much the positions of two people speak for one person, in nats, among people who are scattered over the ground with
/// the variance `people_variance` in each coordinate: the logarithm of the likelihood ratio of two normal distributions of
/// their distance.
fn proximity_evidence(a: &GroundPosition, b: &GroundPosition, people_variance: f64) -> f64 {
    let squared = a.squared_distance(b);
    let same = a.variance + b.variance;
    let different = 2.0 * people_variance + same;
    (different / same).ln() - 0.5 * squared * (1.0 / same - 1.0 / different)
}

/// Variance of ground-plane positions, the mean of both coordinates, in square metres.
fn position_variance(positions: impl Iterator<Item = GroundPosition>) -> f64 {
    let (mut n, mut sum, mut squares) = (0.0, (0.0, 0.0), 0.0);
    for GroundPosition { position: (x, y), .. } in positions {
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

    fn descriptor(view: usize, tracklet: u64) -> TrackletDescriptor {
        TrackletDescriptor { tracklets: vec![TrackletId(tracklet)], ..TrackletDescriptor::new(view, 0) }
    }

    #[test]
    fn many_timesteps_count_little_more_than_a_few() {
        let mut co_occurrences = CoOccurrences::default();
        let evidence = |found: &CoOccurrences| found.evidence(&descriptor(0, 1), &descriptor(1, 2));
        assert_eq!(evidence(&co_occurrences), 0.0);
        co_occurrences.add(TrackletId(2), TrackletId(1), 2.0);
        assert!((evidence(&co_occurrences) - 2.0 * 3.0 / 4.0).abs() < 1e-12);
        (0..1000).for_each(|_| co_occurrences.add(TrackletId(1), TrackletId(2), 2.0));
        assert!((5.9..6.0).contains(&evidence(&co_occurrences)));
        co_occurrences.retain(|tracklet| tracklet != TrackletId(2));
        assert_eq!(evidence(&co_occurrences), 0.0);
    }

    #[test]
    fn people_of_different_views_are_compared_by_where_they_stand() {
        let position = |x: f64| Some(GroundPosition { position: (x, 0.0), variance: 0.25 });
        let person = |view, tracklet, x| VisiblePerson {
            view,
            tracklet: TrackletId(tracklet),
            position: position(x),
            embedding: None,
        };
        let mut co_occurrences = CoOccurrences::default();
        let people = [person(0, 1, 0.0), person(0, 2, 5.0), person(1, 3, 0.2), person(1, 4, 5.1)];
        co_occurrences.observe(&people, None);
        let evidence = |a, b| co_occurrences.evidence(&descriptor(0, a), &descriptor(1, b));
        assert!(evidence(1, 3) > 1.0 && evidence(2, 4) > 1.0);
        assert!(evidence(1, 4) < -1.0 && evidence(2, 3) < -1.0);
    }

    #[test]
    fn a_model_is_asked_about_those_who_have_an_embedding() {
        struct Model;
        impl AssignmentModel for Model {
            fn probabilities(&mut self, views: &[Vec<&[f32]>]) -> Vec<f32> {
                assert_eq!(views.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 2]);
                vec![1.0, 0.9, 0.2, 0.9, 1.0, 0.5, 0.2, 0.5, 1.0]
            }
        }
        let embedding = [1.0f32];
        let person = |view, tracklet, known: bool| VisiblePerson {
            view,
            tracklet: TrackletId(tracklet),
            position: None,
            embedding: known.then_some(&embedding[..]),
        };
        let mut co_occurrences = CoOccurrences::default();
        let people = [person(0, 1, true), person(1, 2, false), person(2, 3, true), person(2, 4, true)];
        co_occurrences.observe(&people, Some(&mut Model));
        let evidence = |a, b| co_occurrences.evidence(&descriptor(0, a), &descriptor(2, b));
        assert!((evidence(1, 3) - 9f64.ln() * 0.75).abs() < 1e-6, "{}", evidence(1, 3));
        assert!((evidence(1, 4) + 4f64.ln() * 0.75).abs() < 1e-6);
        assert_eq!(co_occurrences.pairs.len(), 2);
    }

    #[test]
    fn proximity_by_hand() {
        let position = |x| GroundPosition { position: (x, 0.0), variance: 0.25 };
        // Variances of the distance: 0.5 for one person, 0.5 + 2 * 3.75 = 8 for two.
        assert!((proximity_evidence(&position(0.0), &position(0.0), 3.75) - 16f64.ln()).abs() < 1e-12);
        let apart = 16f64.ln() - 0.5 * 9.0 * (2.0 - 0.125);
        assert!((proximity_evidence(&position(0.0), &position(3.0), 3.75) - apart).abs() < 1e-12);
    }

    #[test]
    fn even_odds_are_no_evidence() {
        assert_eq!(log_odds(0.5), 0.0);
        assert!((log_odds(0.75) - 3f64.ln()).abs() < 1e-12);
        assert!(log_odds(1.0).is_finite());
    }
}

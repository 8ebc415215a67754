//! The tracklets of one view: continued, started and ended by its detections.

use std::cmp::Reverse;

use mvmhat_scene::ViewDetections;

use super::tracklet::{MatchedDetection, Tracklet};
use super::tracklet_descriptor::TrackletIds;
use super::tracklet_matcher::{MatchInput, TrackletMatcher};
use super::visibility::visibilities;
use crate::ClusteringConfig;
use crate::clustering::affinity::Likelihoods;
use crate::observations::Observations;

/// What all views share at one timestep.
pub(crate) struct TrackingContext<'a> {
    pub(crate) config: &'a ClusteringConfig,
    pub(crate) likelihoods: &'a Likelihoods,
    pub(crate) timestep: u64,
    /// Dimension of the sequence's embeddings.
    pub(crate) dimension: usize,
}

/// The tracker of one view: its tracklets and its detections at the current timestep.
#[derive(Default)]
pub(crate) struct ViewTracker {
    /// Index of the camera.
    view: usize,
    tracklets: Vec<Tracklet>,
    observations: Observations,
    /// Visibility of each detection.
    visibility: Vec<f32>,
    matcher: TrackletMatcher,
}

impl ViewTracker {
    /// A tracker for the camera of index `view`.
    pub(crate) fn new(view: usize) -> Self {
        Self { view, ..Self::default() }
    }

    /// Continues, starts and ends tracklets by the detections of a timestep, `None` where the camera has no frame. Returns
    /// the tracklets that ended.
    pub(crate) fn track(
        &mut self,
        detections: Option<&ViewDetections>,
        context: &TrackingContext<'_>,
        ids: &mut TrackletIds,
    ) -> Vec<Tracklet> {
        let TrackingContext { config, likelihoods, timestep, dimension } = *context;
        let Self { view, tracklets, observations, visibility, matcher } = self;
        let Some(ViewDetections { detections, camera_motion }) = detections else {
            tracklets.iter_mut().for_each(|t| t.predict_without_frame(config));
            return Vec::new();
        };
        observations.take(detections, config.track_low_thresh as f32, dimension);
        visibilities(&observations.boxes, config.min_visibility as f32, visibility);
        // What the camera did since its previous frame; timesteps without a frame were predicted in the image of that one.
        if let Some(motion) = camera_motion {
            tracklets.iter_mut().for_each(|t| t.motion.compensate_camera_motion(motion));
        }
        tracklets.iter_mut().for_each(|t| t.predict(config));
        let input = MatchInput { tracklets, observations, visibility, likelihoods, config };
        for (index, tracklet) in matcher.match_view(&input).iter().enumerate() {
            let detection = MatchedDetection { timestep, observations, index, visibility: visibility[index] };
            match tracklet {
                Some(t) => tracklets[*t].update(&detection, config),
                None if f64::from(observations.scores[index]) >= config.track_high_thresh => {
                    tracklets.push(Tracklet::start(ids.next_id(), *view, &detection, config));
                }
                None => {}
            }
        }
        tracklets.extract_if(.., |t| !t.survives(config)).collect()
    }

    /// All tracklets, confirmed or not.
    pub(crate) fn tracklets(&self) -> &[Tracklet] {
        &self.tracklets
    }

    /// The tracklets that are confirmed.
    pub(crate) fn confirmed(&self) -> impl Iterator<Item = &Tracklet> {
        self.tracklets.iter().filter(|t| t.confirmed)
    }

    /// The same, to be given identities.
    pub(crate) fn confirmed_mut(&mut self) -> impl Iterator<Item = &mut Tracklet> {
        self.tracklets.iter_mut().filter(|t| t.confirmed)
    }

    /// The embedding of a detection of this timestep, if it has one.
    pub(crate) fn embedding(&self, detection: usize) -> Option<&[f32]> {
        self.observations.embedding(detection)
    }

    /// Removes and returns the lost tracklets whose person another tracklet of the view continues.
    pub(crate) fn take_superseded(&mut self) -> Vec<Tracklet> {
        // Of several tracklets of one person, the one detected last goes on. They never overlap in time.
        self.tracklets.sort_by_key(|t| (t.descriptor.person, Reverse(t.descriptor.last)));
        let mut previous = None;
        let superseded = self.tracklets.extract_if(.., |t| {
            let again = t.descriptor.person.is_some() && t.descriptor.person == previous;
            previous = t.descriptor.person;
            again
        });
        superseded.collect()
    }

    /// Removes and returns all tracklets, at the end of the sequence.
    pub(crate) fn take_all(&mut self) -> Vec<Tracklet> {
        std::mem::take(&mut self.tracklets)
    }
}

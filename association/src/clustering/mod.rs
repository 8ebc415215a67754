//! The clustering associator: tracklets by motion and appearance in each view, and joint clustering of all tracklets of all
//! views into people, which new evidence may revise.
//!
//! # The life of an identity
//!
//! ```text
//!   view 1   view 2   view 3
//!      |        |        |      every timestep, each view by itself (`detections_to_tracklets`): detections continue
//!      v        v        v      tracklets by the likelihood of motion and appearance together, those of low score by IoU.
//!   tracklets of one view       An unmatched detection starts a tracklet. A tracklet learns the appearance of its person
//!      |        |        |      only where no nearer person hides them.
//!      |        |        |
//!      |        +--------+      ground-plane positions, and what an assignment model predicts for a timestep
//!      |        |        |      (`affinity::co_occurrence`)
//!      +--------+--------+
//!               v               when a new tracklet is confirmed, and every few timesteps: how similar are all tracklets,
//!           affinities          present and remembered, and what does that mean (`affinity`)?
//!               |
//!               v               so that the evidence of all views agrees best and nobody is in one view twice at a
//!        joint clustering       time: average linkage, then local search (`partition`)
//!               |
//!               v
//!     cluster -> identity       each cluster keeps the identity that most of its detections had (`identities`)
//!               |
//!               v
//!        tracked boxes          at once, or later, when more evidence is there (`output_buffer`)
//! ```
//!
//! An identity is nothing but the name of such a cluster. So it can be *merged* with another and *split* again by the same
//! step that first found it; a person who *left* all views stays in the gallery as a tracklet descriptor like any other, and
//! is re-identified by being clustered with a new tracklet.
//!
//! # What decides
//! Two tracklets are compared by the mean cosine over all pairs of their embeddings: evidence gathers over time, and its
//! scale stays the same. What a cosine means is learned from the sequence itself, within one view and across views apart,
//! as its distributions among negative and positive pairs; what counts is the logarithm of the likelihood ratio. So it adds
//! up: over the pairs of a cluster, with ground-plane positions, with the predictions of an assignment model, and
//! with a little for the previous decision (`hysteresis`), so that identities do not flicker. Few observations count less
//! than many.
//!
//! # When it is decided
//! At the timestep itself; or `lag` timesteps later, with the identities that tracklets have by then; or, `offline`, at the
//! end of the sequence: then all tracklets are clustered anew, as they were before any of them were merged. Gaps are
//! interpolated as far as they lie in the output buffer.
//!
//! # What is bounded
//! Tracklets live while their person is in sight, and of those that ended one descriptor per person and view is kept, up to
//! `gallery_size` and for `gallery_age`. So the work at a timestep depends on how many people there are, not on the length
//! of the sequence; only `offline` remembers all of it.
//!
//! Views are treated equally, so neither their order nor that of the detections matters.

mod affinity;
mod config;
mod detections_to_tracklets;
mod identities;
mod output_buffer;
mod partition;

use std::collections::{BTreeMap, BTreeSet};

use mvmhat_scene::{FrameSet, PersonId, TrackedBox, ViewDetections};

pub use config::ClusteringConfig;

use affinity::VisiblePerson;
use detections_to_tracklets::{
    TrackingContext, Tracklet, TrackletDescriptor, TrackletId, TrackletIds, ViewTracker,
};
use identities::Identities;
use output_buffer::OutputBuffer;

use crate::observations::embedding_dimension;
use crate::{
    AssignmentModel, AssignmentSource, Associator, ConfigError, Evidence, GroundPlane, SoftAssignment,
};

/// The default associator: joint clustering of the tracklets of all views by their appearance, and by their ground-plane
/// positions where cameras are calibrated.
///
/// It reports confirmed tracklets, as boxes of the Kalman filter, at the timesteps at which they are detected and the
/// first at which they are not.
pub struct Clustering {
    config: ClusteringConfig,
    trackers: Vec<ViewTracker>,
    identities: Identities,
    ground_plane: Option<GroundPlane>,
    assignment_model: Option<Box<dyn AssignmentModel>>,
    output_buffer: OutputBuffer,
    /// Offline: the descriptors of all tracklets that ended, as they were before any was merged.
    archive: Vec<TrackletDescriptor>,
    /// Number of timesteps so far.
    timestep: u64,
    tracklet_ids: TrackletIds,
    /// Dimension of the sequence's embeddings, that of the first one.
    dimension: Option<usize>,
}

impl Clustering {
    /// An associator for one sequence. `evidence` is what it may use besides detections.
    ///
    /// # Errors
    /// A value of `config` out of its range.
    pub fn new(config: ClusteringConfig, evidence: Evidence) -> Result<Self, ConfigError> {
        config.validate()?;
        let assignment_model: Option<Box<dyn AssignmentModel>> = match config.assignment {
            AssignmentSource::None => None,
            AssignmentSource::Softmax => Some(Box::new(SoftAssignment::default())),
            AssignmentSource::Network => evidence.assignment_model,
        };
        Ok(Self {
            ground_plane: evidence.ground_plane.filter(|_| config.ground_plane),
            assignment_model,
            config,
            trackers: Vec::new(),
            identities: Identities::default(),
            output_buffer: OutputBuffer::default(),
            archive: Vec::new(),
            timestep: 0,
            tracklet_ids: TrackletIds::default(),
            dimension: None,
        })
    }

    /// Turns the detections of each view into tracklets.
    fn track_views(&mut self, detections: &FrameSet<ViewDetections>) {
        while self.trackers.len() < detections.views.len() {
            self.trackers.push(ViewTracker::new(self.trackers.len()));
        }
        self.dimension = self.dimension.or_else(|| embedding_dimension(detections));
        for view in 0..self.trackers.len() {
            let context = TrackingContext {
                config: &self.config,
                likelihoods: self.identities.likelihoods(),
                timestep: self.timestep,
                dimension: self.dimension.unwrap_or(0),
            };
            let frame = detections.views.get(view).and_then(Option::as_ref);
            let detections = frame.map(|frame| &frame.content);
            let ended = self.trackers[view].track(detections, &context, &mut self.tracklet_ids);
            ended.into_iter().for_each(|tracklet| self.remember(tracklet));
        }
    }

    /// Keeps what is known of a tracklet that ended.
    fn remember(&mut self, tracklet: Tracklet) {
        let mut descriptor = tracklet.descriptor;
        if self.config.offline && tracklet.confirmed {
            self.archive.push(TrackletDescriptor { person: None, ..descriptor.clone() });
        }
        if self.config.offline || self.config.lag == 0 {
            // No box in the output buffer takes its identity from the gallery.
            descriptor.tracklets.clear();
        }
        self.identities.remember(descriptor, &self.config);
    }

    /// Decides anew who everybody is, where a tracklet has no identity yet or it is time to.
    fn recluster(&mut self) {
        let confirmed = || self.trackers.iter().flat_map(ViewTracker::confirmed);
        let unidentified = confirmed().any(|t| t.descriptor.person.is_none());
        if !unidentified && !self.timestep.is_multiple_of(self.config.recluster_every.into()) {
            return;
        }
        self.observe_co_occurrences();
        if self.config.lag > 0 {
            self.identities.retain_tracklets(&self.output_buffer.tracklets());
        }
        self.identities.forget_before(self.timestep.saturating_sub(self.config.gallery_age));
        let confirmed = self.trackers.iter_mut().flat_map(ViewTracker::confirmed_mut);
        self.identities.recluster(confirmed.map(|t| &mut t.descriptor).collect(), &self.config);
        for view in 0..self.trackers.len() {
            for superseded in self.trackers[view].take_superseded() {
                self.remember(superseded);
            }
        }
    }

    /// Records the evidence of this timestep about people seen at once in different views.
    fn observe_co_occurrences(&mut self) {
        if self.ground_plane.is_none() && self.assignment_model.is_none() {
            return;
        }
        let deviation = self.config.ground_deviation;
        let mut visible = Vec::new();
        for (view, tracker) in self.trackers.iter().enumerate() {
            for tracklet in tracker.confirmed() {
                let Some(detection) = tracklet.detection else { continue };
                let position = |plane: &GroundPlane| plane.position(view, &tracklet.motion.bbox(), deviation);
                visible.push(VisiblePerson {
                    view,
                    tracklet: tracklet.id,
                    position: self.ground_plane.as_ref().and_then(position),
                    embedding: tracker.embedding(detection),
                });
            }
        }
        let co_occurrences = self.identities.co_occurrences_mut();
        if !self.config.offline {
            let alive: BTreeSet<_> =
                self.trackers.iter().flat_map(ViewTracker::tracklets).map(|t| t.id).collect();
            co_occurrences.retain(|tracklet| alive.contains(&tracklet));
        }
        let model = self.assignment_model.as_mut().map(|model| model.as_mut() as &mut dyn AssignmentModel);
        co_occurrences.observe(&visible, model);
    }

    /// Emits all buffered timesteps but the newest `lag`.
    fn emit(&mut self, lag: usize) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.output_buffer.len() <= lag {
            return Vec::new();
        }
        let present = self.trackers.iter().flat_map(ViewTracker::tracklets).map(|t| &t.descriptor);
        let person_of = persons_of_tracklets(present.chain(self.identities.gallery()));
        let max_gap = self.config.interpolate as usize;
        let mut emitted = Vec::new();
        while self.output_buffer.len() > lag {
            emitted.extend(self.output_buffer.emit(&person_of, max_gap));
        }
        emitted
    }
}

/// The identity of each tracklet that the descriptors are made of.
fn persons_of_tracklets<'a>(
    descriptors: impl Iterator<Item = &'a TrackletDescriptor>,
) -> BTreeMap<TrackletId, PersonId> {
    let identified = descriptors.filter_map(|d| Some((&d.tracklets, d.person?)));
    identified.flat_map(|(tracklets, person)| tracklets.iter().map(move |&t| (t, person))).collect()
}

impl Associator for Clustering {
    fn associate(&mut self, detections: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        self.track_views(&detections);
        self.recluster();
        self.timestep += 1;
        let trackers = &self.trackers;
        self.output_buffer.push(detections.map(|camera, _| {
            trackers[camera.index()].tracklets().iter().filter_map(Tracklet::current_box).collect()
        }));
        let lag = if self.config.offline { usize::MAX } else { self.config.lag as usize };
        self.emit(lag)
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.config.offline {
            let rest: Vec<_> = self.trackers.iter_mut().flat_map(ViewTracker::take_all).collect();
            rest.into_iter().for_each(|tracklet| self.remember(tracklet));
            let archive = std::mem::take(&mut self.archive);
            let co_occurrences = std::mem::take(self.identities.co_occurrences_mut());
            self.identities = Identities::cluster_offline(archive, co_occurrences, &self.config);
        }
        self.emit(0)
    }
}

//! The clustering associator: tracklets by motion and looks in each view, and one joint decision about who they are, which new
//! evidence may revise.
//!
//! # The life of an identity
//!
//! ```text
//!   view 1   view 2   view 3
//!      |        |        |      at every timestep, each view by itself: detections continue tracklets by the likelihood of place
//!      v        v        v      and looks together, uncertain ones by overlap (`over_time`). What continues none starts one. A
//!   tracklets of one view       tracklet learns looks only from what no nearer box hides (`visibility`, `looks`).
//!      |        |        |
//!      |        +--------+      where people stand, and what an assignment model says of a timestep (`meetings`)
//!      |        |        |
//!      +--------+--------+
//!               v               when somebody comes, and every few timesteps: how alike are all sightings, present and
//!            evidence           remembered (`likeness`, `local_scaling`), and what does that mean (`likelihoods`)?
//!               |
//!               v               so that evidence agrees best over all views at once, and nobody is in one view twice
//!        joint clustering       at a time: the most alike are joined (`clustering`), then single steps improve the
//!               |               whole (`refinement`).
//!               v
//!     cluster -> identity       each cluster keeps the identity that most of its detections had (`identities`).
//!               |
//!               v
//!        tracked boxes          at once, or later, when more is known of who it was (`held_back`).
//! ```
//!
//! An identity is nothing but the name of such a cluster. So it can be *joined* with another and *split* again by the same
//! step that first found it; who *left* all views stays in the gallery as a sighting like any other, and is found again by
//! being clustered with a newcomer.
//!
//! # What decides
//! Two sightings are compared by the mean cosine over all pairs of their embeddings: evidence gathers over time, and its
//! scale stays the same. What a cosine means is learned from the recording itself, for two sightings of one view and of two
//! views apart, as the distributions of strangers and of the same person; what counts is the logarithm of the likelihood
//! ratio. So it adds up: over the pairs of a cluster, with where people stand on calibrated ground, with what an
//! assignment model says, and with a little for what was decided before (`hysteresis`), so that identities do not
//! flicker. Few observations count less than many.
//!
//! # When it is decided
//! At the timestep itself; or `delay` timesteps later, when the names that tracklets have by then are used; or, `offline`, once
//! the recording is over: then all tracklets are clustered anew, as they were before anything of them was joined. Gaps are
//! filled as far as output is held back.
//!
//! # What is bounded
//! Tracklets live while their person is in sight, and of those that are over one a person and view is kept, up to
//! `gallery_size` and for `gallery_age`. So the work at a timestep depends on how many people there are, not on how long the
//! recording has been; only `offline` remembers all of it.
//!
//! Views are treated alike, so neither their order nor that of the detections matters.

mod agglomeration;
mod config;
mod held_back;
mod identities;
mod likelihoods;
mod likeness;
mod local_scaling;
mod looks;
mod meetings;
mod normal;
mod over_time;
mod pairs;
mod refinement;
mod tracklet;
mod visibility;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mvmhat_scene::{Detection, FrameSet, PersonId, TrackedBox, ViewDetections};

pub use config::ClusteringConfig;
use held_back::HeldBack;
use identities::Identities;
use meetings::Present;
use over_time::{Situation, TimeMatcher};
use tracklet::{Sighting, Tracklet, TrackletId};
use visibility::clarities;

use crate::observations::Observations;
use crate::{
    AssignmentModel, AssignmentSource, Associator, ConfigError, Evidence, GroundPlane, SoftAssignment,
};

/// The default associator: tracklets of all views, clustered jointly by how they look. The top of its file tells how.
///
/// What it reports are believed tracklets as the Kalman filter sees them, at the timesteps at which they are detected and the
/// first at which they are not.
pub struct Clustering {
    config: ClusteringConfig,
    views: Vec<ViewState>,
    identities: Identities,
    time: TimeMatcher,
    ground: Option<GroundPlane>,
    assignment: Option<Box<dyn AssignmentModel>>,
    held_back: HeldBack,
    /// With the whole recording to decide with: all sightings that are over, as they were.
    archive: Vec<Sighting>,
    /// Number of timesteps so far.
    timestep: u64,
    /// Number of tracklets so far.
    tracklets: u64,
    /// Dimension of the recording's embeddings, that of the first one.
    dimension: Option<usize>,
    /// How clearly each detection of the view at work is to be seen.
    clarity: Vec<f32>,
}

/// What is known of one camera.
#[derive(Default)]
struct ViewState {
    tracklets: Vec<Tracklet>,
    observations: Observations,
}

impl Clustering {
    /// An associator for one recording. `evidence` is what there is besides looks.
    ///
    /// # Errors
    /// A value of `config` out of its range.
    pub fn new(config: ClusteringConfig, evidence: Evidence) -> Result<Self, ConfigError> {
        config.validate()?;
        let assignment: Option<Box<dyn AssignmentModel>> = match config.assignment {
            AssignmentSource::None => None,
            AssignmentSource::Softmax => Some(Box::new(SoftAssignment::default())),
            AssignmentSource::Network => evidence.assignment_model,
        };
        Ok(Self {
            ground: evidence.ground_plane.filter(|_| config.ground_plane),
            assignment,
            config,
            views: Vec::new(),
            identities: Identities::default(),
            time: TimeMatcher::default(),
            held_back: HeldBack::default(),
            archive: Vec::new(),
            timestep: 0,
            tracklets: 0,
            dimension: None,
            clarity: Vec::new(),
        })
    }

    /// Continues, starts and ends the tracklets of one view.
    fn follow(&mut self, camera: usize, seen: Option<&ViewDetections>) {
        let Self { config, views, time, timestep, clarity, .. } = self;
        let ViewState { tracklets, observations } = &mut views[camera];
        let Some(ViewDetections { detections, camera_motion }) = seen else {
            tracklets.iter_mut().for_each(|t| t.coast(config));
            return;
        };
        observations.take(detections, config.track_low_thresh as f32, self.dimension.unwrap_or(0));
        clarities(&observations.boxes, config.min_visibility as f32, clarity);
        // What the camera did since its frame before; timesteps without one were foreseen in the image of that frame.
        if let Some(motion) = camera_motion {
            tracklets.iter_mut().for_each(|t| t.motion.move_camera(motion));
        }
        tracklets.iter_mut().for_each(|t| t.predict(config));
        let likelihoods = self.identities.likelihoods();
        let view = Situation { tracklets, seen: observations, clarity, likelihoods, config };
        let tracklet_of = time.match_view(&view);
        for (i, tracklet) in tracklet_of.iter().enumerate() {
            match tracklet {
                Some(t) => tracklets[*t].update(*timestep, observations, i, clarity[i], config),
                None if f64::from(observations.scores[i]) >= config.track_high_thresh => {
                    self.tracklets += 1;
                    let id = TrackletId(self.tracklets);
                    tracklets.push(Tracklet::start(
                        id,
                        camera,
                        *timestep,
                        observations,
                        i,
                        clarity[i],
                        config,
                    ));
                }
                None => {}
            }
        }
        let ended: Vec<_> = tracklets.extract_if(.., |t| !t.survives(config)).collect();
        ended.into_iter().for_each(|t| self.remember(t));
    }

    /// Keeps what is known of a tracklet that is over.
    fn remember(&mut self, tracklet: Tracklet) {
        let mut sighting = tracklet.sighting;
        if self.config.offline && tracklet.believed {
            self.archive.push(Sighting { person: None, ..sighting.clone() });
        }
        if self.config.offline || self.config.lag == 0 {
            // No box of it waits for what the gallery knows.
            sighting.tracklets.clear();
        }
        self.identities.remember(sighting, &self.config);
    }

    /// Decides who everybody is, where there is a newcomer or it is time to think again.
    fn identify(&mut self) {
        let believed = || self.views.iter().flat_map(|view| &view.tracklets).filter(|t| t.believed);
        let newcomer = believed().any(|t| t.sighting.person.is_none());
        if !newcomer && !self.timestep.is_multiple_of(self.config.recluster_every.into()) {
            return;
        }
        self.meet();
        if self.config.lag > 0 {
            self.identities.keep_names_of(&self.held_back.tracklets());
        }
        self.identities.forget_before(self.timestep.saturating_sub(self.config.gallery_age));
        let present = self.views.iter_mut().flat_map(|view| &mut view.tracklets).filter(|t| t.believed);
        self.identities.review(present.map(|t| &mut t.sighting).collect(), &self.config);
        for camera in 0..self.views.len() {
            for over in self.views[camera].found_again() {
                self.remember(over);
            }
        }
    }

    /// Takes down what this timestep tells about people seen in different views.
    fn meet(&mut self) {
        if self.ground.is_none() && self.assignment.is_none() {
            return;
        }
        let deviation = self.config.ground_deviation;
        let mut present = Vec::new();
        for (view, state) in self.views.iter().enumerate() {
            for tracklet in state.tracklets.iter().filter(|t| t.believed) {
                let Some(detection) = tracklet.detection else { continue };
                let place = |ground: &GroundPlane| ground.place(view, &tracklet.motion.bbox(), deviation);
                present.push(Present {
                    view,
                    tracklet: tracklet.id,
                    place: self.ground.as_ref().and_then(place),
                    embedding: state.observations.embedding(detection),
                });
            }
        }
        let meetings = self.identities.meetings_mut();
        if !self.config.offline {
            let alive: BTreeSet<_> = self.views.iter().flat_map(|v| &v.tracklets).map(|t| t.id).collect();
            meetings.retain(|tracklet| alive.contains(&tracklet));
        }
        let model = self.assignment.as_mut().map(|model| model.as_mut() as &mut dyn AssignmentModel);
        meetings.observe(&present, model);
    }

    /// Lets all timesteps go but the newest `wait`.
    fn release(&mut self, wait: usize) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.held_back.len() <= wait {
            return Vec::new();
        }
        let present = self.views.iter().flat_map(|view| &view.tracklets).map(|t| &t.sighting);
        let names = names(present.chain(self.identities.gallery()));
        let gap = self.config.interpolate as usize;
        let mut released = Vec::new();
        while self.held_back.len() > wait {
            released.extend(self.held_back.pop(&names, gap));
        }
        released
    }
}

/// Who the tracklets are that sightings are made of.
fn names<'a>(sightings: impl Iterator<Item = &'a Sighting>) -> BTreeMap<TrackletId, PersonId> {
    let named = sightings.filter_map(|s| Some((&s.tracklets, s.person?)));
    named.flat_map(|(tracklets, person)| tracklets.iter().map(move |&t| (t, person))).collect()
}

impl ViewState {
    /// Takes out the lost tracklets whose person another tracklet of the view continues: those are over.
    fn found_again(&mut self) -> Vec<Tracklet> {
        // Of several with one person the one seen last goes on. They are never seen at one time.
        self.tracklets.sort_by_key(|t| (t.sighting.person, Reverse(t.sighting.last)));
        let mut before = None;
        let over = self.tracklets.extract_if(.., |t| {
            let again = t.sighting.person.is_some() && t.sighting.person == before;
            before = t.sighting.person;
            again
        });
        over.collect()
    }
}

impl Associator for Clustering {
    fn associate(&mut self, seen: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.views.len() < seen.views.len() {
            self.views.resize_with(seen.views.len(), ViewState::default);
        }
        if self.dimension.is_none() {
            let detections = seen.present().flat_map(|(_, view)| &view.content.detections);
            self.dimension = detections.filter_map(embedding_length).find(|&length| length > 0);
        }
        for camera in 0..self.views.len() {
            let view = seen.views.get(camera).and_then(Option::as_ref);
            self.follow(camera, view.map(|view| &view.content));
        }
        self.identify();
        self.timestep += 1;
        let views = &self.views;
        self.held_back.push(seen.map(|camera, _| {
            views[camera.index()].tracklets.iter().filter_map(Tracklet::current_box).collect()
        }));
        let wait = if self.config.offline { usize::MAX } else { self.config.lag as usize };
        self.release(wait)
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.config.offline {
            let rest: Vec<_> = self.views.iter_mut().flat_map(|view| view.tracklets.drain(..)).collect();
            rest.into_iter().for_each(|t| self.remember(t));
            let archive = std::mem::take(&mut self.archive);
            let meetings = std::mem::take(self.identities.meetings_mut());
            self.identities = Identities::settle(archive, meetings, &self.config);
        }
        self.release(0)
    }
}

fn embedding_length(detection: &Detection) -> Option<usize> {
    detection.embedding.as_ref().map(|e| e.len())
}

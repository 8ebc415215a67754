//! The fused associator: tracklets by motion and looks in each view, and one joint decision about who they are, which new
//! evidence may revise.
//!
//! # The life of an identity
//!
//! ```text
//!   view 1   view 2   view 3
//!      |        |        |      at every instant, each view by itself: detections continue tracklets by place and looks
//!      v        v        v      together, uncertain ones by overlap (`over_time`). What continues none starts one. A
//!   tracklets of one view       tracklet learns looks only from what no nearer box hides (`visibility`, `looks`).
//!      |        |        |
//!      +--------+--------+
//!               v               when somebody comes, and every few instants: all tracklets of all views, and those that
//!        joint clustering       are over and remembered, are clustered (`clustering`), so that within a cluster looks agree on
//!               |               average, and nobody is in one view twice at a time.
//!               v
//!     cluster -> identity       each cluster keeps the identity that most of its detections had (`identities`).
//! ```
//!
//! An identity is nothing but the name of such a cluster. So it can be *joined* with another and *split* again by the same
//! step that first found it; who *left* all views stays in the gallery as a sighting like any other, and is found again by
//! being clustered with a newcomer.
//!
//! # What decides
//! Two sightings are compared by the mean cosine over all pairs of their embeddings: evidence gathers over time, and its
//! scale stays the same. Those who look like everybody are less like each (`local_scaling`). What a cosine means is
//! learned from the recording itself (`likeness`): two tracklets that one view sees at one time are surely strangers,
//! and where two of different views are each other's best match, they mostly are one person. Between the two lies the
//! threshold. Few observations count less than many, and a former decision counts a little against new evidence
//! (`hysteresis`), so that identities do not flicker.
//!
//! # What is bounded
//! Tracklets live while their person is in sight, and of those that are over one a person and view is kept, up to
//! `gallery_size`. So the work at an instant depends on how many people there are, not on how long the recording has been.
//!
//! Views are treated alike, so neither their order nor that of the detections matters.

mod clustering;
mod config;
mod identities;
mod likeness;
mod local_scaling;
mod looks;
mod over_time;
mod tracklet;
mod visibility;

use std::cmp::Reverse;

use scene::{FrameSet, Seen, TrackedBox};

pub use config::FusedConfig;
use identities::Identities;
use over_time::TimeMatcher;
use tracklet::{Sighting, Tracklet};
use visibility::clarities;

use crate::observations::Observations;
use crate::{Associator, ConfigError, Evidence};

/// The default associator: tracklets of all views, clustered jointly by how they look. The top of its file tells how.
///
/// It decides every instant at once. What it reports are believed tracklets as the Kalman filter sees them, at the
/// instants at which they are detected and the first at which they are not.
pub struct Fused {
    config: FusedConfig,
    views: Vec<ViewState>,
    identities: Identities,
    time: TimeMatcher,
    /// Number of instants so far.
    instant: u64,
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

impl Fused {
    /// An associator for one recording. `evidence` is what there is besides looks.
    ///
    /// # Errors
    /// A value of `config` out of its range.
    pub fn new(config: FusedConfig, _evidence: Evidence) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            config,
            views: Vec::new(),
            identities: Identities::default(),
            time: TimeMatcher::default(),
            instant: 0,
            dimension: None,
            clarity: Vec::new(),
        })
    }

    /// Continues, starts and ends the tracklets of one view.
    fn follow(&mut self, camera: usize, seen: Option<&Seen>) {
        let Self { config, views, identities, time, instant, clarity, .. } = self;
        let ViewState { tracklets, observations } = &mut views[camera];
        let Some(Seen { detections, camera_motion }) = seen else {
            tracklets.iter_mut().for_each(|t| t.coast(config));
            return;
        };
        observations.take(detections, config.min_score as f32, self.dimension.unwrap_or(0));
        clarities(&observations.boxes, config.min_visible as f32, clarity);
        // What the camera did since its frame before; instants without one were foreseen in the picture of that frame.
        if let Some(motion) = camera_motion {
            tracklets.iter_mut().for_each(|t| t.motion.move_camera(motion));
        }
        tracklets.iter_mut().for_each(|t| t.predict(config));
        let tracklet_of = time.match_view(tracklets, observations, clarity, identities.scale(), config);
        for (i, tracklet) in tracklet_of.iter().enumerate() {
            match tracklet {
                Some(t) => tracklets[*t].update(*instant, observations, i, clarity[i], config),
                None if f64::from(observations.scores[i]) >= config.high_score => {
                    tracklets.push(Tracklet::start(camera, *instant, observations, i, clarity[i], config));
                }
                None => {}
            }
        }
        for ended in tracklets.extract_if(.., |t| !t.survives(config)) {
            identities.remember(ended.sighting, config);
        }
    }

    /// Decides who everybody is, where there is a newcomer or it is time to think again.
    fn identify(&mut self) {
        let believed = || self.views.iter().flat_map(|view| &view.tracklets).filter(|t| t.believed);
        let newcomer = believed().any(|t| t.sighting.person.is_none());
        if !newcomer && !self.instant.is_multiple_of(self.config.review_every.into()) {
            return;
        }
        let present = self.views.iter_mut().flat_map(|view| &mut view.tracklets).filter(|t| t.believed);
        self.identities.review(present.map(|t| &mut t.sighting).collect(), &self.config);
        for view in &mut self.views {
            for over in view.found_again() {
                self.identities.remember(over, &self.config);
            }
        }
    }
}

impl ViewState {
    /// Takes out the lost tracklets whose person another tracklet of the view continues: those are over.
    fn found_again(&mut self) -> Vec<Sighting> {
        // Of several with one person the one seen last goes on. They are never seen at one time.
        self.tracklets.sort_by_key(|t| (t.sighting.person, Reverse(t.sighting.last)));
        let mut before = None;
        let over = self.tracklets.extract_if(.., |t| {
            let again = t.sighting.person.is_some() && t.sighting.person == before;
            before = t.sighting.person;
            again
        });
        over.map(|t| t.sighting).collect()
    }

    /// The believed tracklets that are seen, or were at the instant before.
    fn report(&self) -> Vec<TrackedBox> {
        let seen = self.tracklets.iter().filter_map(Tracklet::tracked_box);
        let mut boxes: Vec<_> = seen.filter(|b| b.bbox.is_valid()).collect();
        boxes.sort_by_key(|b| b.person);
        boxes
    }
}

impl Associator for Fused {
    fn associate(&mut self, seen: FrameSet<Seen>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        if self.views.len() < seen.views.len() {
            self.views.resize_with(seen.views.len(), ViewState::default);
        }
        if self.dimension.is_none() {
            let contents = seen.present().flat_map(|(_, view)| &view.content.detections);
            let mut lengths = contents.filter_map(|d| d.embedding.as_ref()).map(|e| e.len());
            self.dimension = lengths.find(|&length| length > 0);
        }
        for camera in 0..self.views.len() {
            let view = seen.views.get(camera).and_then(Option::as_ref);
            self.follow(camera, view.map(|view| &view.content));
        }
        self.identify();
        self.instant += 1;
        let views = &self.views;
        vec![seen.map(|camera, _| views[camera.index()].report())]
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        Vec::new()
    }
}

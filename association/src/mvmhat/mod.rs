//! The MvMHAT baseline (Gan et al., *Self-supervised Multi-view Multi-Human Association and Tracking*, ACM MM 2021):
//! DeepSORT in each view, and a cross-view step that hands identities from one view to another.
//!
//! # The life of an identity
//!
//! ```text
//!               a detection that no track of its view matches
//!                                   |
//!              is it matched with a detection of another view
//!              whose own track continued at this timestep?
//!                    | yes                        | no
//!        it ADOPTS that identity              a NEW identity
//!                    |                            |
//!                    +-----------+----------------+
//!                                v
//!                       TENTATIVE in this view --- missed ---> gone
//!                                | detected `min_hits` times
//!                                v
//!          +-------------> CONFIRMED, reported
//!          |                     | missed: predicted and reported for one timestep more,
//! re-identified by appearance    v           then only remembered
//! and motion, or by adopting   LOST --- more than `max_age` timesteps ---> gone
//! its former identity            |
//!          +---------------------+
//! ```
//!
//! A track counts as missed only at timesteps at which *no* view detects its identity: while one camera sees the person,
//! all cameras remember them.
//!
//! Every `renew_every` frames (of the first camera) identities are *renewed*: the matches over time are *released* in all
//! views but the first, and the cross-view step is asked about those detections too. Its matches take precedence over
//! released ones, so that a wrong identity can be corrected; where it has none, the released match is restored.
//!
//! An identity is at most once in a view. A match of the cross-view step is void where its identity is already taken in
//! that view; the detection then stays without identity at this timestep, as does one whose released identity was adopted by
//! another detection (this is how the published code behaves, and part of its scores).
//!
//! # Where this differs from the published code
//! A detection without embedding is matched by IoU only. A camera without a frame at a timestep loses nobody by that. A
//! gallery is bounded ([`MvmhatConfig::gallery_size`]).

mod config;
mod cross_view;
mod temporal;
mod track;

use mvmhat_scene::{FrameSet, PersonId, TrackedBox, ViewDetections};

pub use config::MvmhatConfig;
use cross_view::CrossViewMatcher;
use temporal::CascadeMatcher;
use track::{Stage, Track};

use crate::observations::{Observations, embedding_dimension};
use crate::{Associator, ConfigError};

/// The MvMHAT baseline: DeepSORT in each view (Wojke et al., ICIP 2017), and a cross-view step that hands identities
/// from one view to another (Gan et al., ACM MM 2021).
///
/// It decides every timestep at once. It reports the boxes of confirmed tracks as the Kalman filter estimates them: those
/// detected at the timestep, and those missed for the first time.
pub struct MvmhatBaseline {
    config: MvmhatConfig,
    views: Vec<ViewState>,
    temporal: CascadeMatcher,
    across_views: CrossViewMatcher,
    /// One counter of identities for all views.
    last_person: u32,
    /// Dimension of the sequence's embeddings, that of the first one.
    dimension: Option<usize>,
    /// Which period between two renewals this is.
    period: Option<u32>,
    /// Identities that any view detects at this timestep, sorted.
    detected: Vec<PersonId>,
    /// For each other view that was asked, its detection that is the same person as each detection of this view.
    matches: Vec<Vec<Option<usize>>>,
}

/// The tracks and detections of one camera.
#[derive(Default)]
struct ViewState {
    tracks: Vec<Track>,
    observations: Observations,
    claims: Vec<Claims>,
}

/// The identities that a detection may get at this timestep.
#[derive(Clone, Copy, Debug, Default)]
struct Claims {
    /// The identity of the track it continues.
    continued: Option<PersonId>,
    /// The same, released for renewal.
    released: Option<PersonId>,
    /// The identity of a matched detection in another view.
    adopted: Option<PersonId>,
}

impl MvmhatBaseline {
    /// An associator for one sequence.
    ///
    /// # Errors
    /// A value of `config` out of its range.
    pub fn new(config: MvmhatConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            config,
            views: Vec::new(),
            temporal: CascadeMatcher::default(),
            across_views: CrossViewMatcher::default(),
            last_person: 0,
            dimension: None,
            period: None,
            detected: Vec::new(),
            matches: Vec::new(),
        })
    }

    /// Whether a new period begins: the number of the first camera's frame has reached or passed a multiple of
    /// `renew_every`. The published code asks for a multiple; a camera that skips frames may never have one.
    fn is_renewal(&mut self, detections: &FrameSet<ViewDetections>) -> bool {
        let first = detections.views.first().and_then(Option::as_ref);
        let Some(period) = first.and_then(|view| view.number.0.checked_div(self.config.renew_every)) else {
            return false;
        };
        self.period.replace(period).is_some_and(|before| before != period)
    }

    /// Takes the detections of this timestep and predicts the tracks to it.
    fn observe(&mut self, detections: &FrameSet<ViewDetections>) {
        let cameras = detections.views.len();
        if self.views.len() < cameras {
            self.views.resize_with(cameras, ViewState::default);
        }
        self.dimension = self.dimension.or_else(|| embedding_dimension(detections));
        let dimension = self.dimension.unwrap_or(0);
        for (camera, state) in self.views.iter_mut().enumerate() {
            match detections.views.get(camera).and_then(Option::as_ref) {
                Some(view) => {
                    state.observations.take(
                        &view.content.detections,
                        self.config.track_low_thresh as f32,
                        dimension,
                    );
                    state.tracks.iter_mut().for_each(|track| track.predict(&self.config));
                }
                None => {
                    state.observations.clear();
                    state.tracks.iter_mut().for_each(|track| track.predict_without_frame(&self.config));
                }
            }
        }
    }

    /// Continues the tracks of each view by its own detections.
    fn continue_tracks(&mut self, renewal: bool) {
        for (camera, state) in self.views.iter_mut().enumerate() {
            let track_of = self.temporal.match_view(&state.tracks, &state.observations, &self.config);
            state.claims.clear();
            state.claims.extend(track_of.iter().map(|track| {
                let person = track.map(|t| state.tracks[t].person);
                if renewal && camera > 0 {
                    Claims { released: person, ..Claims::default() }
                } else {
                    Claims { continued: person, ..Claims::default() }
                }
            }));
        }
    }

    /// Lets the detections of `camera` that continue no track adopt identities from other views.
    fn adopt(&mut self, camera: usize) {
        if self.views[camera].claims.iter().all(|claims| claims.continued.is_some()) {
            return;
        }
        self.matches.resize_with(self.views.len(), Vec::new);
        for (other, matches) in self.matches.iter_mut().enumerate().filter(|(other, _)| *other != camera) {
            let (view, other) = (&self.views[camera].observations, &self.views[other].observations);
            self.across_views.match_views(view, other, &self.config, matches);
        }
        // The published code goes through the detections from the last to the first.
        for detection in (0..self.views[camera].claims.len()).rev() {
            if self.views[camera].claims[detection].continued.is_some() {
                continue;
            }
            let adopted = (0..self.views.len()).filter(|&other| other != camera).find_map(|other| {
                let person = self.views[other].claims[self.matches[other][detection]?].continued?;
                let free = self.views[camera].claims.iter().all(|claims| claims.adopted != Some(person));
                free.then_some(person)
            });
            self.views[camera].claims[detection].adopted = adopted;
        }
    }

    /// Ends the tracks whose person no view has detected. A camera without a frame cannot have missed anybody.
    fn end_missed(&mut self, detections: &FrameSet<ViewDetections>) {
        let claims = self.views.iter().flat_map(|state| &state.claims);
        self.detected.clear();
        self.detected.extend(claims.flat_map(|c| [c.continued, c.released, c.adopted]).flatten());
        self.detected.sort_unstable();
        for (state, view) in self.views.iter_mut().zip(&detections.views) {
            if view.is_some() {
                let detected = |person| self.detected.binary_search(&person).is_ok();
                state.tracks.retain(|track| detected(track.person) || track.survives_miss(&self.config));
            }
        }
    }
}

impl ViewState {
    /// Gives each detection its identity, and continues or starts the track of it.
    fn identify(&mut self, last_person: &mut u32, config: &MvmhatConfig) {
        for detection in 0..self.claims.len() {
            let claims = self.claims[detection];
            let person = match claims {
                Claims { continued: Some(person), .. } => Some(person),
                Claims { adopted: Some(person), .. } => self.if_unclaimed(person, |c| c.continued),
                Claims { released: Some(person), .. } => self.if_unclaimed(person, |c| c.adopted),
                _ => {
                    *last_person += 1;
                    Some(PersonId(*last_person))
                }
            };
            let Some(person) = person else { continue };
            match self.tracks.iter_mut().find(|track| track.person == person) {
                Some(track) => track.update(&self.observations, detection, config),
                None => self.tracks.push(Track::start(person, &self.observations, detection, config)),
            }
        }
    }

    /// `person`, if no detection of the view has this kind of `claim` to that identity.
    fn if_unclaimed(
        &self,
        person: PersonId,
        claim: impl Fn(&Claims) -> Option<PersonId>,
    ) -> Option<PersonId> {
        self.claims.iter().all(|claims| claim(claims) != Some(person)).then_some(person)
    }

    /// The boxes of the confirmed tracks that were detected at this timestep or the one before.
    fn report(&self) -> Vec<TrackedBox> {
        let reported = self.tracks.iter().filter(|track| track.stage == Stage::Confirmed && track.age <= 1);
        let mut boxes: Vec<_> = reported.map(Track::tracked_box).filter(|b| b.bbox.is_valid()).collect();
        boxes.sort_by_key(|b| b.person);
        boxes
    }
}

impl Associator for MvmhatBaseline {
    fn associate(&mut self, detections: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        let renewal = self.is_renewal(&detections);
        self.observe(&detections);
        self.continue_tracks(renewal);
        for camera in 0..self.views.len() {
            self.adopt(camera);
        }
        self.end_missed(&detections);
        for state in &mut self.views {
            state.identify(&mut self.last_person, &self.config);
        }
        let views = &self.views;
        vec![detections.map(|camera, _| views[camera.index()].report())]
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        Vec::new()
    }
}

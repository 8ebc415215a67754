//! The published inference (Gan et al., *Self-supervised Multi-view Multi-Human Association and Tracking*, ACM MM 2021):
//! DeepSORT in each view, joined by a cross-view step that hands identities from one view to another.
//!
//! # The life of an identity
//!
//! ```text
//!               a detection that no track of its view continues
//!                                   |
//!              is it matched with a detection of another view
//!              whose own track continued at this timestep?
//!                    | yes                        | no
//!        it ADOPTS that identity              a NEW identity
//!                    |                            |
//!                    +-----------+----------------+
//!                                v
//!                       TENTATIVE in this view --- missed ---> gone
//!                                | seen `min_hits` times
//!                                v
//!          +-------------> CONFIRMED, reported
//!          |                     | missed: foreseen and reported for one timestep more,
//!   found again by looks         v           then only remembered
//!   and motion, or by it       LOST --- more than `max_age` timesteps ---> gone
//!   adopting its old identity    |
//!          +---------------------+
//! ```
//!
//! A track counts as missed only at timesteps at which *no* view sees its identity: while one camera sees the person,
//! all cameras remember them.
//!
//! Every `renew_every` frames (of the first camera) the matches over time are *released* in all views but the first,
//! and the cross-view step is asked about those detections too. What it says goes before the released match, so that
//! an identity that went wrong can be corrected; where it says nothing, the released match returns.
//!
//! An identity is at most once in a view. What the cross-view step says is void where the identity is already taken in
//! that view; the detection then stays without identity at this timestep, as does one whose released identity was adopted by
//! another detection (the published code's reading, and part of its scores).
//!
//! # Where this differs from the published code
//! A detection without embedding says nothing about looks: it is matched by overlap only. A camera without a frame at a timestep
//! loses nobody by that. A gallery is bounded ([`MvmhatConfig::gallery_size`]).

mod config;
mod cross_view;
mod over_time;
mod track;

use mvmhat_scene::{FrameSet, PersonId, TrackedBox, ViewDetections};

pub use config::MvmhatConfig;
use cross_view::CrossViewMatcher;
pub use cross_view::adaptive_temperature;
use over_time::TimeMatcher;
use track::{Stage, Track};

use crate::observations::Observations;
use crate::{Associator, ConfigError};

/// The published associator: DeepSORT in each view (Wojke et al., ICIP 2017), and a cross-view step that hands identities
/// from one view to another (Gan et al., ACM MM 2021). The top of its file tells the life of an identity.
///
/// It decides every timestep at once. What it reports are the boxes of confirmed tracks as the Kalman filter believes in
/// them: those seen at the timestep, and those missed for the first time.
pub struct Mvmhat {
    config: MvmhatConfig,
    views: Vec<ViewState>,
    time: TimeMatcher,
    across: CrossViewMatcher,
    /// One counter of identities for all views.
    last_person: u32,
    /// Dimension of the recording's embeddings, that of the first one.
    dimension: Option<usize>,
    /// Which period between two renewals this is.
    period: Option<u32>,
    /// Identities that any view sees at this timestep.
    seen: Vec<PersonId>,
    /// For each view that was asked, the detection of that view that is the same person as each of this one's.
    partners: Vec<Vec<Option<usize>>>,
}

/// What is known of one camera.
#[derive(Default)]
struct ViewState {
    tracks: Vec<Track>,
    observations: Observations,
    claims: Vec<Claims>,
}

/// Who a detection might be at this timestep.
#[derive(Clone, Copy, Debug, Default)]
struct Claims {
    /// The identity of the track it continues.
    continued: Option<PersonId>,
    /// The same, released for renewal.
    released: Option<PersonId>,
    /// The identity of a matched detection in another view.
    adopted: Option<PersonId>,
}

impl Mvmhat {
    /// An associator for one recording.
    ///
    /// # Errors
    /// A value of `config` out of its range.
    pub fn new(config: MvmhatConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            config,
            views: Vec::new(),
            time: TimeMatcher::default(),
            across: CrossViewMatcher::default(),
            last_person: 0,
            dimension: None,
            period: None,
            seen: Vec::new(),
            partners: Vec::new(),
        })
    }

    /// Whether a new period begins: the number of the first camera's frame has reached or passed a multiple of
    /// `renew_every`. The published code asks for a multiple; a camera that leaves out frames would never come to one.
    fn is_renewal(&mut self, seen: &FrameSet<ViewDetections>) -> bool {
        let first = seen.views.first().and_then(Option::as_ref);
        let Some(period) = first.and_then(|view| view.number.0.checked_div(self.config.renew_every)) else {
            return false;
        };
        self.period.replace(period).is_some_and(|before| before != period)
    }

    /// Takes the detections of this timestep and predicts the tracks to it.
    fn observe(&mut self, seen: &FrameSet<ViewDetections>) {
        let cameras = seen.views.len();
        if self.views.len() < cameras {
            self.views.resize_with(cameras, ViewState::default);
        }
        if self.dimension.is_none() {
            let contents = seen.present().flat_map(|(_, view)| &view.content.detections);
            let mut lengths = contents.filter_map(|d| d.embedding.as_ref()).map(|e| e.len());
            self.dimension = lengths.find(|&length| length > 0);
        }
        let dimension = self.dimension.unwrap_or(0);
        for (camera, state) in self.views.iter_mut().enumerate() {
            match seen.views.get(camera).and_then(Option::as_ref) {
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
                    state.tracks.iter_mut().for_each(|track| track.coast(&self.config));
                }
            }
        }
    }

    /// Continues the tracks of each view by its own detections.
    fn continue_tracks(&mut self, renewal: bool) {
        for (camera, state) in self.views.iter_mut().enumerate() {
            let track_of = self.time.match_view(&state.tracks, &state.observations, &self.config);
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
        self.partners.resize_with(self.views.len(), Vec::new);
        for (other, partners) in self.partners.iter_mut().enumerate().filter(|(other, _)| *other != camera) {
            let (view, other) = (&self.views[camera].observations, &self.views[other].observations);
            self.across.match_views(view, other, &self.config, partners);
        }
        // The published code goes through the detections from the last to the first.
        for detection in (0..self.views[camera].claims.len()).rev() {
            if self.views[camera].claims[detection].continued.is_some() {
                continue;
            }
            let adopted = (0..self.views.len()).filter(|&other| other != camera).find_map(|other| {
                let person = self.views[other].claims[self.partners[other][detection]?].continued?;
                let free = self.views[camera].claims.iter().all(|claims| claims.adopted != Some(person));
                free.then_some(person)
            });
            self.views[camera].claims[detection].adopted = adopted;
        }
    }

    /// Ends the tracks whose person no view has seen. A camera without a frame cannot have missed anybody.
    fn miss(&mut self, seen: &FrameSet<ViewDetections>) {
        let claims = self.views.iter().flat_map(|state| &state.claims);
        self.seen.clear();
        self.seen.extend(claims.flat_map(|c| [c.continued, c.released, c.adopted]).flatten());
        self.seen.sort_unstable();
        for (state, view) in self.views.iter_mut().zip(&seen.views) {
            if view.is_some() {
                let seen = |person| self.seen.binary_search(&person).is_ok();
                state.tracks.retain(|track| seen(track.person) || track.survives_miss(&self.config));
            }
        }
    }
}

impl ViewState {
    /// Decides who each detection is.
    fn settle(&mut self, last_person: &mut u32, config: &MvmhatConfig) {
        for detection in 0..self.claims.len() {
            let claims = self.claims[detection];
            let person = match claims {
                Claims { continued: Some(person), .. } => Some(person),
                Claims { adopted: Some(person), .. } => self.unless(person, |c| c.continued),
                Claims { released: Some(person), .. } => self.unless(person, |c| c.adopted),
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

    /// `person`, unless a detection has a `claim` to that identity.
    fn unless(&self, person: PersonId, claim: impl Fn(&Claims) -> Option<PersonId>) -> Option<PersonId> {
        self.claims.iter().all(|claims| claim(claims) != Some(person)).then_some(person)
    }

    /// The confirmed tracks seen at this timestep or the one before, where they are believed to be.
    fn report(&self) -> Vec<TrackedBox> {
        let shown = self.tracks.iter().filter(|track| track.stage == Stage::Confirmed && track.age <= 1);
        let mut boxes: Vec<_> = shown.map(Track::tracked_box).filter(|b| b.bbox.is_valid()).collect();
        boxes.sort_by_key(|b| b.person);
        boxes
    }
}

impl Associator for Mvmhat {
    fn associate(&mut self, seen: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        let renewal = self.is_renewal(&seen);
        self.observe(&seen);
        self.continue_tracks(renewal);
        for camera in 0..self.views.len() {
            self.adopt(camera);
        }
        self.miss(&seen);
        for state in &mut self.views {
            state.settle(&mut self.last_person, &self.config);
        }
        let views = &self.views;
        vec![seen.map(|camera, _| views[camera.index()].report())]
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        Vec::new()
    }
}

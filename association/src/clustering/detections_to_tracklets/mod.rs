//! Detections of one view become tracklets.
//!
//! At each timestep every view by itself matches its detections with its tracklets ([`tracklet_matcher`]). A matched
//! detection continues its tracklet, an unmatched one of high score starts a new one, and a tracklet that has not been
//! matched for too long ends ([`ViewTracker`]). What is remembered of a [`Tracklet`], and all that identity association
//! needs, is its [`TrackletDescriptor`]: where, when, and the running mean of its embeddings ([`Appearance`]), which is
//! updated by visible people only ([`visibility`]).

mod appearance;
mod tracklet;
mod tracklet_descriptor;
mod tracklet_matcher;
mod view_tracker;
mod visibility;

pub(super) use tracklet::Tracklet;
pub(super) use tracklet_descriptor::{TrackletDescriptor, TrackletId, TrackletIds};
pub(super) use view_tracker::{TrackingContext, ViewTracker};

//! Metrics of multi-camera tracking and their tables.
//!
//! A [`Comparison`] lays ground truth and tracks of one recording side by side; every metric is a function of it or of
//! one of its [`CameraSequence`]s and gives back counts that add up over cameras and recordings. Nothing here reads or writes a
//! file.
//!
//! | function | says | protocol |
//! |---|---|---|
//! | [`clear()`] | who is missed, invented, mixed up: [`Clear`] | TrackEval or the MATLAB devkit, see [`Protocol`] |
//! | [`identity()`] | how long names are right: [`Identity`] | TrackEval or the MATLAB devkit |
//! | [`hota()`] | detection and association in equal parts: [`Hota`] | TrackEval |
//! | [`mvmhat()`] | whether views agree: [`Mvmhat`] | the MvMHAT kit, quirks included |
//! | [`view_pairs`] | whether views agree: [`ViewPairs`] | one-to-one pairs |
//! | [`returns()`] | whether who left all views keeps their identity: [`Returns`] | ours |
//! | [`stma()`] | agreement over views and short times | MvMHAT++ |
//!
//! Apart from tracks, [`EmbeddingScores`] says how well an embedding tells the people of [`Crops`] apart: at one timestep
//! ([`CrossViewAccuracy`]), at other times ([`Retrieval`]), and by how much ([`Separation`]).
//!
//! [`DetectionScores`] says how well people are found, whoever they are: [`average_precision`] by the rules of COCO, and what
//! is found at one score ([`OperatingPoint`]).
//!
//! [`SequenceScores`] computes all of them, [`DatasetScores`] pools recordings; both become [`Table`]s and JSON.
//! [`tracking_errors()`] lists the errors behind the counts, [`ErrorWriter`] makes CSV of them. Places may also be
//! [`GroundPoint`]s: then all of it happens on the floor, in metres.
//!
//! Ratios are 0 to 1 in the library, percent in tables and JSON. Nothing divided by nothing is 0, and no number is NaN.
//!
//! ```
//! use mvmhat_evaluation::{CameraRows, Comparison, Observation, Protocol, clear};
//! use mvmhat_scene::BBox;
//!
//! let standing = BBox::new(10.0, 10.0, 40.0, 90.0);
//! let truth = vec![Observation::new(1, 1, standing), Observation::new(2, 1, standing)];
//! // Found in both frames, under two names.
//! let tracks = vec![Observation::new(1, 7, standing), Observation::new(2, 8, standing)];
//! let camera = CameraRows { name: "hall".into(), truth, tracks };
//! let comparison = Comparison::new(None, vec![camera])?;
//! let clear = clear(comparison.global(), Protocol::TrackEval);
//! assert_eq!((clear.tp, clear.idsw, clear.mota()), (2, 1, 0.5));
//! # Ok::<(), mvmhat_evaluation::ComparisonError>(())
//! ```

mod clear;
mod clear_rules;
mod comparison;
mod detection;
mod embedding;
mod error_writer;
mod frame_matches;
mod ground;
mod hota;
mod identity;
mod json;
mod matching;
mod metric;
mod mvmhat;
mod observation;
mod pairs;
mod returns;
mod scores;
mod stma;
mod table;
mod tally;
mod tracking_errors;
mod view;

pub use clear::{Clear, Protocol, clear};
pub use comparison::{CameraRows, CameraSequence, Comparison, ComparisonError, Sides, Window};
pub use detection::{
    DatasetDetectionScores, DetectionFrame, DetectionScores, Found, HEIGHTS, OVERLAPS, OperatingPoint, Share,
    Truth, VISIBILITIES, average_precision,
};
pub use embedding::{
    Confusion, Crop, CropError, Crops, CrossViewAccuracy, DatasetEmbeddingScores, EmbeddingScores,
    EmbeddingTally, Histogram, PrincipalComponents, Retrieval, Separation,
};
pub use error_writer::ErrorWriter;
pub use ground::{GroundPoint, fuse, modp};
pub use hota::{ALPHAS, Hota, PerAlpha, alpha, hota};
pub use identity::{Identity, identity};
pub use mvmhat::{Mvmhat, mvmhat};
pub use observation::{Observation, Place};
pub use pairs::{ViewPairs, view_pairs};
pub use returns::{ABSENCE, Returns, returns};
pub use scores::{CrossView, DatasetScores, Scores, SequenceScores};
pub use stma::{STMA_LENGTHS, stma};
pub use table::{Table, TableFormat};
pub use tracking_errors::{ErrorKind, OtherView, TrackingError, tracking_errors};

//! Networks that look at pictures: person detectors, re-ID embedders, their weights

mod weights;

pub use weights::{
    Availability, ColourOrder, Fetched, Fit, InputConvention, Licence, Mismatch, Origin, Place, Registry,
    StateDict, WeightsEntry, WeightsError, WeightsFile, WeightsStore, available, locate, sha256,
};

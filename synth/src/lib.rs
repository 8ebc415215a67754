#![doc = include_str!("../README.md")]

mod actor;
mod background_plate;
mod body;
mod camera;
mod clothing;
mod color;
mod exposure;
mod figure;
mod gait;
mod loft;
mod material;
mod noise;
mod options;
mod person;
mod place;
mod plan;
mod shadow;
mod silhouette;
mod skeleton;
mod solid;
mod synthetic_sequence;
mod texture;
mod tree;
mod walk;

pub use options::{Options, OptionsError, PlaceKind};
pub use synthetic_sequence::{Annotation, RenderedFrame, SyntheticSequence};

//! Made-up recordings with exact ground truth: people, places and cameras, rendered in software.
//!
//! For tests, for training where there is no footage, and for a demo where there is no network. A [`Film`] is made from
//! [`Options`]; everything follows from their seed, and the same options give the same bytes on any number of threads:
//!
//! ```
//! let options = mvmhat_synth::Options { people: 3, frames: 2, size: (160, 90), ..Default::default() };
//! let film = mvmhat_synth::Film::new(&options)?;
//! let shots = film.shoot(1);
//! assert_eq!(shots.len(), options.cameras);
//! assert_eq!(shots[0].image.len(), 160 * 90 * 3);
//! # Ok::<(), mvmhat_synth::OptionsError>(())
//! ```
//!
//! What is done once: the place is built (`place`), people are dressed (`person`, `outfit`) and walk about (`walk`, on a
//! `plan`), and each camera's view of the still place is traced (`backdrop`). What is done for each timestep: people are
//! posed (`gait`, `skeleton`, `figure`) and lit (`actor`), their shadows fall on the ground (`shadow`), and each camera
//! draws them into its backdrop (`silhouette`, `exposure`) and makes of the light what this camera would (`camera`).

mod actor;
mod backdrop;
mod body;
mod camera;
mod color;
mod exposure;
mod figure;
mod film;
mod gait;
mod loft;
mod material;
mod noise;
mod options;
mod outfit;
mod person;
mod place;
mod plan;
mod shadow;
mod silhouette;
mod skeleton;
mod solid;
mod texture;
mod tree;
mod walk;

pub use film::{Film, Shot, Sighting};
pub use options::{Options, OptionsError, PlaceKind};

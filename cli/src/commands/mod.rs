//! One file per subcommand: its arguments and what it does.

pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod learn;
pub(crate) mod synth;
pub(crate) mod track;
pub(crate) mod train;
pub(crate) mod tune;
pub(crate) mod weights;

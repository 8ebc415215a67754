//! The learning stack that every network of this project shares.
//!
//! A network is defined once and lives two lives:
//!
//! * **training**: its variables stand in a [`tch::nn::VarStore`] under the names of the published checkpoints, its
//!   batch normalizations gather statistics, gradients flow;
//! * **inference**: after its weights are loaded, [`Fold::fold`] merges every normalization into the convolution in
//!   front of it and activations work in place. The variables stay as they are, so one may go back by building the
//!   network again.
//!
//! The block that makes this possible is [`ConvNorm`]: convolution, batch normalization, [`Activation`]. Networks are
//! plain structs of such blocks that pass [`fold`](Fold::fold) on to their parts.
//!
//! ```
//! use mvmhat_learning::{Activation, ConvNorm, ConvNormConfig, Fold};
//! use tch::{Device, Kind, Tensor, nn, nn::ModuleT};
//!
//! let store = nn::VarStore::new(Device::Cpu);
//! let root = store.root();
//! let config = ConvNormConfig { kernel: 3, activation: Activation::Silu, ..Default::default() };
//! let mut block = ConvNorm::new(&(&root / "conv"), &(&root / "bn"), 3, 8, config);
//! let images = Tensor::rand([2, 3, 16, 16], (Kind::Float, Device::Cpu));
//! let trained = block.forward_t(&images, true); // gradients, statistics
//! block.fold();
//! let folded = block.forward_t(&images, false); // one convolution and an activation in place
//! assert_eq!(trained.size(), folded.size());
//! ```
//!
//! # Training
//!
//! Everything starts as a configuration whose `init` makes the thing.
//!
//! * [`Init`] and [`initialize`] start the weights, [`LinearConfig`] a layer; [`Random`] is where all chance comes
//!   from: a function of a seed and a purpose.
//! * [`Parameters`] are what is trained, [`freeze`] takes some out; an [`Optimizer`] moves them along their gradients
//!   ([`Sgd`], [`AdaGrad`], [`RmsProp`], [`Adam`], [`AdamW`]), as far as a [`Schedule`] says; [`clip_gradients`] keeps
//!   steps short, an [`Average`] smooths the weights.
//! * A [`Task`] is a network with its data and its loss. [`TrainerConfig::init`] makes a [`Trainer`] of it, and
//!   [`Trainer::run`] is the whole loop; an [`Observer`] watches. What is solved rather than learned is put in at the end
//!   ([`Task::finish`]), a [`Discriminant`] for instance.
//!
//! A run leaves in its folder
//!
//! | file | what |
//! |---|---|
//! | `weights.safetensors` | the best weights, or the last if the configuration does not say what is best, as [`Task::finish`] leaves them |
//! | `history.csv` | a row for every step |
//! | `curves.png`, `curves.html` | the columns of the history as curves |
//! | `checkpoints/step-*.safetensors` | the last few and the best, each with its sha256 |
//!
//! **A run survives being killed.** Its state is its tensors and the number of the step; rates, random numbers and the
//! order of the data are functions of that number. [`TrainerConfig::resume`] goes on from the last whole checkpoint,
//! and in the end every file has the bytes it would have had without the interruption, on the same machine.

mod activation;
mod assignment_network;
mod attention;
mod average;
mod clip;
mod conv_bias;
mod conv_norm;
mod discriminant;
mod gradient_check;
mod init;
mod layout;
mod linear;
mod losses;
pub mod networks;
mod optim;
mod parameters;
mod schedule;
mod training;

pub use activation::Activation;
pub use assignment_network::{
    AssignmentNetwork, AssignmentNetworkConfig, AssignmentNetworkConfigError, Recurrent, RecurrentConfig,
    SyntheticBlocks, Transformer, TransformerConfig,
};
pub use average::Average;
pub use clip::{clip_gradients, gradient_norm};
pub use conv_bias::{ConvBias, ConvBiasConfig};
pub use conv_norm::{ConvNorm, ConvNormConfig, Fold, batch_norm_config};
pub use discriminant::{Discriminant, DiscriminantConfig, DiscriminantError};
pub use gradient_check::gradient_difference;
pub use init::{Fan, Init, InitError, initialize};
pub use layout::channels_last;
pub use linear::LinearConfig;
pub use losses::{
    FrameSets, IdentitiesLossConfig, Loss, LossConfig, LossConfigError, LossError, LossTerm,
    MvmhatLossConfig, MvmhatPpLossConfig, Partners, Temperature, asymmetry, focal_cross_entropy,
    generalized_iou, identity_contrastive, nuclear_norm, pseudo_labels, sum_excess, symmetric_consistency,
    transitive_consistency, varifocal,
};
pub use optim::{
    AdaGrad, AdaGradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Optimizer, OptimizerConfig, RmsProp,
    RmsPropConfig, Sgd, SgdConfig,
};
pub use parameters::{FreezeError, Parameter, Parameters, freeze};
pub use schedule::{Decline, Schedule};
pub use training::{
    Batches, Best, End, Goal, Observer, Outcome, Position, Record, Summary, Task, TaskError, TrainError,
    Trainer, TrainerConfig,
};

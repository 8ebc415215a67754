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
//! use learning::{Activation, ConvNorm, ConvNormConfig, Fold};
//! use tch::{Device, Kind, Tensor, nn, nn::ModuleT};
//!
//! let store = nn::VarStore::new(Device::Cpu);
//! let root = store.root();
//! let config = ConvNormConfig { kernel: 3, activation: Activation::Silu, ..Default::default() };
//! let mut block = ConvNorm::new(&(&root / "conv"), &(&root / "bn"), 3, 8, config);
//! let pictures = Tensor::rand([2, 3, 16, 16], (Kind::Float, Device::Cpu));
//! let trained = block.forward_t(&pictures, true); // gradients, statistics
//! block.fold();
//! let folded = block.forward_t(&pictures, false); // one convolution and an activation in place
//! assert_eq!(trained.size(), folded.size());
//! ```

mod activation;
mod assignment_network;
mod conv_norm;
mod layout;
mod losses;

pub use activation::Activation;
pub use assignment_network::{
    AssignmentNetwork, AssignmentNetworkConfig, AssignmentNetworkConfigError, Recurrent, RecurrentConfig,
    SyntheticBlocks, Transformer, TransformerConfig,
};
pub use conv_norm::{ConvNorm, ConvNormConfig, Fold, batch_norm_config};
pub use layout::channels_last;
pub use losses::{
    ContrastiveConfig, FrameSets, Loss, LossConfig, LossConfigError, LossError, LossTerm, MvmhatLossConfig,
    MvmhatPpLossConfig, Partners, Temperature, asymmetry, focal_cross_entropy, normalize_cameras,
    nuclear_norm, pseudo_labels, sum_excess, symmetric_consistency, tracklet_contrastive,
    transitive_consistency,
};

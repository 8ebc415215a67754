//! The building blocks of networks, one per file.

mod activation;
mod attention;
mod channels_last;
mod conv_bias;
mod conv_norm;
mod linear;

pub use activation::Activation;
pub use attention::{Attention, DecoderLayer, EncoderLayer, sinusoids};
pub use channels_last::channels_last;
pub use conv_bias::{ConvBias, ConvBiasConfig};
pub use conv_norm::{ConvNorm, ConvNormConfig, Fold, batch_norm_config};
pub use linear::LinearConfig;
pub(crate) use linear::layers;

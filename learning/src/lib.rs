#![doc = include_str!("../README.md")]

mod assignment_network;
mod blocks;
mod device;
mod gradient_check;
mod init;
mod lda_head;
mod losses;
pub mod networks;
mod optim;
mod threads;
mod training;

pub use assignment_network::{
    ASSIGNMENT_NETWORK, AssignmentNetwork, AssignmentNetworkConfig, AssignmentNetworkConfigError, Recurrent,
    RecurrentConfig, SyntheticBlocks, Transformer, TransformerConfig,
};
pub use blocks::{
    Activation, Attention, ConvBias, ConvBiasConfig, ConvNorm, ConvNormConfig, DecoderLayer, EncoderLayer,
    Fold, LinearConfig, batch_norm_config, channels_last, sinusoids,
};
pub use device::{DeviceError, device_name, parse_device};
pub use gradient_check::gradient_difference;
pub use init::{Fan, Init, InitError, initialize};
pub use lda_head::{LdaHead, LdaHeadConfig, LdaHeadError};
pub use losses::{
    IdentitiesLossConfig, Loss, LossConfig, LossConfigError, LossError, LossTerm, MvmhatLossConfig,
    MvmhatPpLossConfig, Temperature, Unmatched, ViewEmbeddings, asymmetry, focal_cross_entropy,
    generalized_iou, identity_contrastive, nuclear_norm, pseudo_labels, sum_excess, symmetric_consistency,
    transitive_consistency, varifocal,
};
pub use optim::{
    AdaGrad, AdaGradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Ema, FreezeError, LearningRate, LrSchedule,
    Optimizer, OptimizerConfig, Parameter, Parameters, RmsProp, RmsPropConfig, Sgd, SgdConfig,
    clip_gradients, freeze, gradient_norm, sorted_variables,
};
pub use threads::set_libtorch_threads;
pub use training::{
    Batches, BestValidation, Monitor, MonitorMode, Observer, StepOutput, StepRecord, Task, TaskError,
    TrainError, Trainer, TrainerConfig, TrainingEnd, TrainingStep, TrainingSummary,
};

#![doc = include_str!("../README.md")]

mod common;
mod data;
mod experiment;
mod models;
mod run;

pub use common::{Augmentation, Cell, Query};
pub use data::{
    Corpus, DataError, Digits, Samples, Vocabulary, read_cifar10, read_idx, read_image_folder, read_pairs,
};
pub use experiment::{
    Chart, Curve, Experiment, ExperimentError, NamedPoint, Panel, PreparedExperiment, Results,
};
pub use models::{
    Architecture, BackboneConfig, ConvNetConfig, DbnConfig, DeepConvNetConfig, ExperimentConfig,
    HingeLossConfig, IllConditionedQuadraticConfig, InitializationConfig, LanguageModelConfig, MlpConfig,
    PerceptronConfig, PpmiConfig, RbmConfig, Regression, RegressionConfig, Seq2SeqConfig,
    TextTransformerConfig, Unit, Word2VecConfig,
};
pub use run::Papers;

//! The models of the literature, one per file.

mod backbone;
mod convnet;
mod dbn;
mod deep_convnet;
mod hinge_loss;
mod ill_conditioned_quadratic;
mod initialization;
mod language_model;
mod mlp;
mod perceptron;
mod ppmi;
mod rbm;
mod regression;
mod seq2seq;
mod transformer;
mod word2vec;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use backbone::BackboneConfig;
pub use convnet::ConvNetConfig;
pub use dbn::DbnConfig;
pub use deep_convnet::DeepConvNetConfig;
pub use hinge_loss::HingeLossConfig;
pub use ill_conditioned_quadratic::IllConditionedQuadraticConfig;
pub use initialization::{InitializationConfig, Unit};
pub use language_model::LanguageModelConfig;
pub use mlp::MlpConfig;
pub use perceptron::PerceptronConfig;
pub use ppmi::PpmiConfig;
pub use rbm::RbmConfig;
pub use regression::{Regression, RegressionConfig};
pub use seq2seq::Seq2SeqConfig;
pub use transformer::TextTransformerConfig;
pub use word2vec::{Architecture, Word2VecConfig};

use crate::experiment::{ExperimentError, PreparedExperiment};

/// An experiment by name, in a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ExperimentConfig {
    /// Logic gates.
    Perceptron(PerceptronConfig),
    /// Linear, logistic and softmax regression.
    Regression(RegressionConfig),
    /// Hinge loss and cross entropy before training.
    HingeLoss(HingeLossConfig),
    /// Optimizers on an ill-conditioned quadratic.
    IllConditionedQuadratic(IllConditionedQuadraticConfig),
    /// Initialization and activations.
    Initialization(InitializationConfig),
    /// Multi-layer perceptron.
    Mlp(MlpConfig),
    /// The simple convolutional network.
    #[serde(rename = "convnet")]
    ConvNet(ConvNetConfig),
    /// The deep convolutional network.
    #[serde(rename = "deep-convnet")]
    DeepConvNet(DeepConvNetConfig),
    /// Image classification with AlexNet, VGG, ResNet and the other backbones.
    Backbone(BackboneConfig),
    /// Restricted Boltzmann machine.
    Rbm(RbmConfig),
    /// Deep belief network.
    Dbn(DbnConfig),
    /// Count-based word vectors: PPMI and SVD.
    Ppmi(PpmiConfig),
    /// word2vec.
    #[serde(rename = "word2vec")]
    Word2Vec(Word2VecConfig),
    /// Recurrent language models.
    LanguageModel(LanguageModelConfig),
    /// Sequence to sequence, with attention or without.
    #[serde(rename = "seq2seq")]
    Seq2Seq(Seq2SeqConfig),
    /// The Transformer.
    Transformer(TextTransformerConfig),
}

impl ExperimentConfig {
    /// Reads the data sets from the folder `data` and prepares the experiment.
    ///
    /// # Errors
    /// If the data cannot be read, or a setting is invalid.
    pub fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        match self {
            Self::Perceptron(config) => config.prepare(seed),
            Self::Regression(config) => config.prepare(seed),
            Self::HingeLoss(config) => config.prepare(seed),
            Self::IllConditionedQuadratic(config) => Ok(config.prepare()),
            Self::Initialization(config) => config.prepare(seed),
            Self::Backbone(config) => config.prepare(data, seed),
            Self::Rbm(config) => config.prepare(data, seed),
            Self::Dbn(config) => config.prepare(data, seed),
            Self::Mlp(config) => config.prepare(data, seed),
            Self::ConvNet(config) => config.prepare(data, seed),
            Self::DeepConvNet(config) => config.prepare(data, seed),
            Self::Ppmi(config) => config.prepare(data, seed),
            Self::Word2Vec(config) => config.prepare(data, seed),
            Self::LanguageModel(config) => config.prepare(data, seed),
            Self::Seq2Seq(config) => config.prepare(data, seed),
            Self::Transformer(config) => config.prepare(data, seed),
        }
    }
}

//! The models of the literature that this learning stack comes from, a chapter a file.
//!
//! | chapter | what | from |
//! |---|---|---|
//! | [`perceptron`](PerceptronConfig) | logic gates | *Deep Learning from Scratch*, 2 |
//! | [`regression`](RegressionConfig) | linear, logistic, softmax; feature scaling | CS231n, Ng |
//! | [`margins`](MarginsConfig) | hinge and cross entropy at the start | CS231n |
//! | [`valley`](ValleyConfig) | optimizers in a valley | *Deep Learning from Scratch*, 6 |
//! | [`starts`](StartsConfig) | initialization and activations | the same, 6 |
//! | [`mlp`](MlpConfig) | multi-layer perceptron | *Deep Learning from Scratch*, 3 to 6 |
//! | [`convnet`](ConvNetConfig), [`deep_convnet`](DeepConvNetConfig) | convolutional networks | the same, 7 and 8 |
//! | [`backbone`](BackboneConfig) | AlexNet and VGG on CIFAR-10 and crops of people | Krizhevsky 2012, Simonyan 2014 |
//! | [`rbm`](RbmConfig), [`dbn`](DbnConfig) | Boltzmann machines, pre-training | Hinton 2002, 2006 |
//! | [`counts`](CountsConfig) | words by their company: PPMI and SVD | *Deep Learning from Scratch 2*, 2 |
//! | [`word2vec`](Word2VecConfig) | CBOW and skip-gram, negative sampling | the same, 3 and 4 |
//! | [`language_model`](LanguageModelConfig) | RNN, LSTM, GRU on the Penn Treebank | the same, 5 and 6 |
//! | [`seq2seq`](Seq2SeqConfig) | reader and writer, attention | the same, 7 and 8 |
//! | [`transformer`](TextTransformerConfig) | encoder and decoder of attention alone | Vaswani et al. 2017 |
//!
//! A chapter is a configuration that [`ChapterConfig::lesson`] makes a [`Lesson`] of: a [`Chapter`], which is a
//! [`Task`](crate::Task) for the [`Trainer`](crate::Trainer) that trains the tracker's networks too, or a study that needs no
//! training. No model has a loop of its own.

mod augmentation;
mod backbone;
mod chapter;
mod characters;
mod classification;
mod convnet;
mod counts;
mod dbn;
mod deep_convnet;
mod findings;
mod language_model;
mod margins;
mod mlp;
mod perceptron;
mod rbm;
mod recurrent;
mod regression;
mod seq2seq;
mod starts;
#[cfg(test)]
mod testing;
mod thesaurus;
mod transformer;
mod translation;
mod valley;
mod word2vec;
mod words;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use augmentation::Augmentation;
pub use backbone::{Backbone, BackboneConfig};
pub use chapter::{Chapter, ChapterError, Lesson};
pub use convnet::ConvNetConfig;
pub use counts::{CountsConfig, Query};
pub use dbn::DbnConfig;
pub use deep_convnet::DeepConvNetConfig;
pub use findings::{Curve, Drawing, Findings, Panel};
pub use language_model::LanguageModelConfig;
pub use margins::MarginsConfig;
pub use mlp::MlpConfig;
pub use perceptron::PerceptronConfig;
pub use rbm::RbmConfig;
pub use recurrent::Cell;
pub use regression::{Regression, RegressionConfig};
pub use seq2seq::Seq2SeqConfig;
pub use starts::{StartsConfig, Unit};
pub use transformer::TextTransformerConfig;
pub use valley::ValleyConfig;
pub use word2vec::{Told, Word2VecConfig};

/// A chapter by name, in a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChapterConfig {
    /// Logic gates.
    Perceptron(PerceptronConfig),
    /// Linear, logistic and softmax regression.
    Regression(RegressionConfig),
    /// Hinge and cross entropy.
    Margins(MarginsConfig),
    /// A valley for optimizers.
    Valley(ValleyConfig),
    /// Starts and activations.
    Starts(StartsConfig),
    /// Multi-layer perceptron.
    Mlp(MlpConfig),
    /// The simple convolutional network.
    #[serde(rename = "convnet")]
    ConvNet(ConvNetConfig),
    /// The deep convolutional network.
    #[serde(rename = "deep_convnet")]
    DeepConvNet(DeepConvNetConfig),
    /// AlexNet and VGG.
    Backbone(BackboneConfig),
    /// Restricted Boltzmann machine.
    Rbm(RbmConfig),
    /// Deep belief network.
    Dbn(DbnConfig),
    /// Vectors of words by counting.
    Counts(CountsConfig),
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

impl ChapterConfig {
    /// What is to be trained or was found out, with the data sets of a folder.
    ///
    /// # Errors
    /// If the data cannot be had, or a setting makes no sense.
    pub fn lesson(&self, data: &Path, seed: u64) -> Result<Lesson, ChapterError> {
        match self {
            Self::Perceptron(config) => config.lesson(seed),
            Self::Regression(config) => config.lesson(seed),
            Self::Margins(config) => config.lesson(seed),
            Self::Valley(config) => Ok(config.lesson()),
            Self::Starts(config) => config.lesson(seed),
            Self::Backbone(config) => config.lesson(data, seed),
            Self::Rbm(config) => config.lesson(data, seed),
            Self::Dbn(config) => config.lesson(data, seed),
            Self::Mlp(config) => config.lesson(data, seed),
            Self::ConvNet(config) => config.lesson(data, seed),
            Self::DeepConvNet(config) => config.lesson(data, seed),
            Self::Counts(config) => config.lesson(data, seed),
            Self::Word2Vec(config) => config.lesson(data, seed),
            Self::LanguageModel(config) => config.lesson(data, seed),
            Self::Seq2Seq(config) => config.lesson(data, seed),
            Self::Transformer(config) => config.lesson(data, seed),
        }
    }
}

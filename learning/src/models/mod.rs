//! The models of the literature that this learning stack comes from, a chapter a file.
//!
//! | chapter | what | from |
//! |---|---|---|
//! | [`mlp`](MlpConfig) | multi-layer perceptron | *Deep Learning from Scratch*, 3 to 6 |
//! | [`convnet`](ConvNetConfig), [`deep_convnet`](DeepConvNetConfig) | convolutional networks | the same, 7 and 8 |
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
mod chapter;
mod characters;
mod classification;
mod convnet;
mod counts;
mod deep_convnet;
mod findings;
mod language_model;
mod mlp;
mod recurrent;
mod seq2seq;
#[cfg(test)]
mod testing;
mod transformer;
mod translation;
mod word2vec;
mod words;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use augmentation::Augmentation;
pub use chapter::{Chapter, ChapterError, Lesson};
pub use convnet::ConvNetConfig;
pub use counts::{CountsConfig, Query};
pub use deep_convnet::DeepConvNetConfig;
pub use findings::{Curve, Drawing, Findings, Panel};
pub use language_model::LanguageModelConfig;
pub use mlp::MlpConfig;
pub use recurrent::Cell;
pub use seq2seq::Seq2SeqConfig;
pub use transformer::TextTransformerConfig;
pub use word2vec::{Told, Word2VecConfig};

/// A chapter by name, in a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChapterConfig {
    /// Multi-layer perceptron.
    Mlp(MlpConfig),
    /// The simple convolutional network.
    #[serde(rename = "convnet")]
    ConvNet(ConvNetConfig),
    /// The deep convolutional network.
    #[serde(rename = "deep_convnet")]
    DeepConvNet(DeepConvNetConfig),
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

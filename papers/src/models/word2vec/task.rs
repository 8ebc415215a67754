//! word2vec in training.

use mvmhat_learning::{Batches, StepOutput, Task, TaskError, TrainingStep};
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor};

use super::{Architecture, Word2VecConfig};
use crate::common::word_vectors::WordVectors;
use crate::data::Vocabulary;
use crate::experiment::{Experiment, Results};

/// word2vec in training.
pub(super) struct Word2Vec {
    pub(super) store: VarStore,
    /// Input vectors, words x dimensions.
    pub(super) inputs: Tensor,
    /// Output vectors, words x dimensions.
    pub(super) outputs: Tensor,
    pub(super) vocabulary: Vocabulary,
    pub(super) text: Tensor,
    /// The positions of the context relative to the word.
    pub(super) offsets: Tensor,
    /// The unnormalized probabilities of words as negative samples.
    pub(super) sampling_weights: Tensor,
    pub(super) batches: Batches,
    /// Other vectors to compare with.
    pub(super) other_vectors: Option<Tensor>,
    pub(super) config: Word2VecConfig,
}

impl Word2Vec {
    /// The words of a batch (B) and their context (B x 2 window).
    pub(super) fn batch(&mut self, at: TrainingStep) -> (Tensor, Tensor) {
        let window = self.config.window as i64;
        let positions: Vec<_> = self.batches.samples(at).iter().map(|&start| start as i64 + window).collect();
        let positions = Tensor::from_slice(&positions);
        let around = positions.unsqueeze(1) + &self.offsets;
        let context = self.text.index_select(0, &around.view([-1])).view(around.size().as_slice());
        (self.text.index_select(0, &positions), context)
    }

    /// The mean loss of predicting words (B) from hidden vectors (B x dimensions).
    fn prediction_loss(&self, hidden: &Tensor, words: &Tensor) -> Tensor {
        let Some(count) = self.config.negative else {
            let scores = hidden.matmul(&self.outputs.tr());
            return scores.cross_entropy_loss::<Tensor>(words, None, Reduction::Mean, -100, 0.0);
        };
        let batch = words.size()[0];
        let negatives = self.sampling_weights.multinomial(batch * count, true).view([batch, count]);
        let outputs = rows(&self.outputs, &Tensor::cat(&[words.unsqueeze(1), negatives], 1));
        let products = outputs.matmul(&hidden.unsqueeze(2)).squeeze_dim(2);
        // The first is the target, the others are negative samples.
        let signs = Tensor::full([1 + count], -1.0, (Kind::Float, Device::Cpu));
        let _ = signs.get(0).fill_(1.0);
        -(products * signs).log_sigmoid().sum(Kind::Float) / batch as f64
    }
}

/// The rows of `vectors` with these indices.
fn rows(vectors: &Tensor, indices: &Tensor) -> Tensor {
    Tensor::embedding(vectors, indices, -1, false, false)
}

impl Task for Word2Vec {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn configuration(&self) -> Value {
        json!(self.config)
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let (words, context) = self.batch(at);
        Ok(match self.config.architecture {
            Architecture::Cbow => {
                let hidden = rows(&self.inputs, &context).mean_dim(&[1i64][..], false, Kind::Float);
                self.prediction_loss(&hidden, &words)
            }
            Architecture::SkipGram => {
                let hidden = rows(&self.inputs, &words);
                let context_size = context.size()[1];
                let hidden = hidden.unsqueeze(1).expand([-1, context_size, -1], false).flatten(0, 1);
                // The loss of a word is the sum over its context, not the mean.
                self.prediction_loss(&hidden, &context.reshape([-1])) * context_size as f64
            }
        }
        .into())
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let position = self.batches.clone().samples(at).first().map(|start| start + self.config.window);
        let word = position.map(|position| self.vocabulary.word(self.text.int64_value(&[position as i64])));
        format!("the word `{}` and others", word.unwrap_or_default())
    }
}

impl Experiment for Word2Vec {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        let vectors = self.inputs.detach();
        let words = WordVectors::new(&self.vocabulary, &vectors);
        if self.config.analogies {
            results.add_measure("analogies", words.analogies()?);
        }
        if let Some(vectors) = &self.other_vectors {
            let words = WordVectors::new(&self.vocabulary, vectors);
            results.add_measure("analogies beside", words.analogies()?);
        }
        words.report(&self.config.queries, &self.config.map, &mut results)?;
        Ok(results)
    }
}

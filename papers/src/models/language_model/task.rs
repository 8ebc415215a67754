//! A language model in training.

use mvmhat_learning::{StepOutput, Task, TaskError, TrainingStep};
use mvmhat_random::Random;
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Reduction, Tensor, no_grad};

use super::LanguageModelConfig;
use super::network::{Network, State, cross_entropy};
use crate::data::Vocabulary;
use crate::experiment::{Experiment, Results};

/// Batch size in validation: the rows that the text is split into.
const VALIDATION_ROWS: i64 = 10;

/// A language model in training.
pub(super) struct LanguageModel {
    pub(super) store: VarStore,
    pub(super) network: Network,
    /// The state that is carried over from step to step.
    pub(super) state: State,
    /// The training text, rows x words.
    pub(super) text: Tensor,
    /// The validation and the test text.
    pub(super) parts: [Tensor; 2],
    pub(super) vocabulary: Vocabulary,
    pub(super) begin: i64,
    pub(super) seed: u64,
    pub(super) config: LanguageModelConfig,
}

impl LanguageModel {
    /// Generates text by sampling each next word from the predicted distribution, without the tokens for rare words and
    /// numbers.
    fn generate(&self) -> String {
        let mut random = Random::new(self.seed, "text");
        let (mut word, mut state) = (self.begin, self.network.zero_state(1));
        let mut text = vec![self.vocabulary.word(word)];
        for _ in 0..self.config.written {
            let input = Tensor::from_slice(&[word]).view([1, 1]);
            let (scores, after) = no_grad(|| self.network.forward(&input, &state, false));
            state = after;
            let mut probabilities =
                Vec::<f64>::try_from(scores.view([-1]).to_kind(Kind::Double).softmax(0, Kind::Double))
                    .unwrap_or_default();
            for rare in ["<unk>", "N", "$"].iter().filter_map(|rare| self.vocabulary.number(rare)) {
                probabilities[rare as usize] = 0.0;
            }
            let mut left = random.uniform() * probabilities.iter().sum::<f64>();
            let drawn = probabilities.iter().position(|probability| {
                left -= probability;
                left < 0.0
            });
            word = drawn.unwrap_or(0) as i64;
            text.push(self.vocabulary.word(word));
        }
        text.join(" ").replace(" <eos>", ".\n")
    }
}

impl Task for LanguageModel {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        ((self.text.size()[1] - 1) / self.config.length) as u64
    }

    fn configuration(&self) -> Value {
        json!(self.config)
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let length = self.config.length;
        let from = at.batch as i64 * length;
        if at.batch == 0 {
            no_grad(|| self.state.iter_mut().flatten().for_each(|part| _ = part.zero_()));
        }
        // Copies, since the state is overwritten before the backward pass.
        let state = self.state.iter().map(|parts| parts.iter().map(Tensor::copy).collect()).collect();
        let (scores, after) = self.network.forward(&self.text.narrow(1, from, length), &state, true);
        no_grad(|| {
            for (part, after) in self.state.iter_mut().flatten().zip(after.iter().flatten()) {
                part.copy_(after);
            }
        });
        let expected = self.text.narrow(1, from + 1, length).reshape([-1]);
        Ok(cross_entropy(&scores, &expected, Reduction::Mean).into())
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        format!("the words from position {} of each row of the text", at.batch as i64 * self.config.length)
    }

    fn validation_metrics(&self) -> &[&str] {
        &["perplexity"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(vec![self.network.perplexity(&self.parts[0], VALIDATION_ROWS, self.config.length)])
    }
}

impl Experiment for LanguageModel {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        for (name, part) in ["valid", "test"].iter().zip(&self.parts) {
            let perplexity = self.network.perplexity(part, VALIDATION_ROWS, self.config.length);
            results.add_measure(format!("{name} perplexity"), perplexity);
        }
        results.add_text("text", self.generate());
        Ok(results)
    }
}

//! Translating one text to another character by character: the task that recurrent networks and the Transformer share.

use std::path::Path;

use mvmhat_learning::{Batches, StepOutput, Task, TaskError, TrainingStep};
use serde::Serialize;
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Reduction, Tensor, no_grad};

use crate::common::character_pairs::CharacterPairs;
use crate::experiment::{Chart, Experiment, ExperimentError, PreparedExperiment, Results};

/// Batch size in validation.
const CHUNK: usize = 500;
/// The number of test questions whose answers and attention maps are reported.
const SHOWN: usize = 5;
/// The number of test pairs of a validation during training; the results use all of them.
const VALIDATED: usize = 1000;

/// An encoder-decoder network.
pub(crate) trait Translator {
    /// The encoded questions.
    type Memory;

    /// Encodes questions, N x Q.
    fn encode(&self, questions: &Tensor) -> Self::Memory;

    /// The logits of the next character, N x A x characters, after each character of the answer's prefix, N x A.
    fn decode(&self, memory: &Self::Memory, prefix: &Tensor) -> Tensor;

    /// The attention weights of each answer character over the question, 1 x A x Q; none without attention.
    fn attention(&self, memory: &Self::Memory, prefix: &Tensor) -> Option<Tensor>;

    /// Greedy decoding: N answers of `length` characters.
    fn greedy_decode(&self, questions: &Tensor, start: &Tensor, length: i64) -> Tensor {
        let memory = self.encode(questions);
        let mut prefix = start.shallow_clone();
        for _ in 0..length {
            let scores = self.decode(&memory, &prefix);
            let next = scores.select(1, -1).argmax(-1, true);
            prefix = Tensor::cat(&[prefix, next], 1);
        }
        prefix.narrow(1, 1, length)
    }
}

/// A translator in training.
pub(crate) struct Translation<N> {
    store: VarStore,
    network: N,
    pairs: CharacterPairs,
    train: Vec<usize>,
    test: Vec<usize>,
    batches: Batches,
    smoothing: f64,
    configuration: Value,
}

/// The settings of a translation beside its network.
pub(crate) struct TranslationSettings<'a> {
    pub(crate) data: &'a Path,
    /// The name of the file in the folder `pairs`.
    pub(crate) pairs: &'a str,
    pub(crate) batch: usize,
    /// Label smoothing: the probability mass that is spread over all characters.
    pub(crate) smoothing: f64,
    pub(crate) seed: u64,
}

impl TranslationSettings<'_> {
    /// Reads the pairs and prepares the experiment; `init` makes the network.
    pub(crate) fn prepare<N: Translator + 'static>(
        &self,
        configuration: &impl Serialize,
        init: impl FnOnce(&VarStore, &CharacterPairs) -> Result<N, ExperimentError>,
    ) -> Result<PreparedExperiment, ExperimentError> {
        let pairs = CharacterPairs::read(&self.data.join("pairs").join(self.pairs))?;
        let store = VarStore::new(tch::Device::Cpu);
        let network = init(&store, &pairs)?;
        let (train, test) = pairs.split(self.seed);
        if test.is_empty() {
            return Err(ExperimentError::setting(
                "pairs",
                "at least 10 pairs are needed, to hold out 1 of them",
            ));
        }
        let batches = Batches::new(self.seed, train.len(), self.batch);
        let (smoothing, configuration) = (self.smoothing, json!(configuration));
        let task = Translation { store, network, pairs, train, test, batches, smoothing, configuration };
        Ok(PreparedExperiment::Training(Box::new(task)))
    }
}

impl<N: Translator> Translation<N> {
    /// The questions and answers with these indices.
    fn rows(&self, indices: &[usize]) -> (Tensor, Tensor) {
        let indices: Vec<_> = indices.iter().map(|&index| index as i64).collect();
        let indices = Tensor::from_slice(&indices);
        (self.pairs.questions.index_select(0, &indices), self.pairs.answers.index_select(0, &indices))
    }

    /// The answers of the network.
    fn answers(&self, indices: &[usize]) -> Tensor {
        let (questions, answers) = self.rows(indices);
        let length = answers.size()[1] - 1;
        no_grad(|| self.network.greedy_decode(&questions, &answers.narrow(1, 0, 1), length))
    }

    /// The exact-match accuracy: the fraction of answers without a wrong character.
    fn exact_match(&self, indices: &[usize]) -> f64 {
        let correct = indices.chunks(CHUNK).map(|chunk| {
            let (_, answers) = self.rows(chunk);
            let answers = answers.narrow(1, 1, answers.size()[1] - 1);
            let same = self.answers(chunk).eq_tensor(&answers).all_dim(1, false);
            same.sum(Kind::Int64).int64_value(&[])
        });
        correct.sum::<i64>() as f64 / indices.len() as f64
    }

    /// The attention map of the answer to a question.
    fn attention(&self, index: usize) -> Option<Chart> {
        let (question, answer) = self.rows(&[index]);
        let answer = Tensor::cat(&[answer.narrow(1, 0, 1), self.answers(&[index])], 1);
        let length = answer.size()[1] - 1;
        let memory = self.network.encode(&question);
        let weights = no_grad(|| self.network.attention(&memory, &answer.narrow(1, 0, length)))?;
        let characters = |ids: &Tensor| self.pairs.text(ids).chars().map(String::from).collect::<Vec<_>>();
        let rows = characters(&answer.get(0).narrow(0, 1, length));
        let row =
            |i: usize| Vec::try_from(weights.get(0).get(i as i64).to_kind(Kind::Double)).unwrap_or_default();
        let values = (0..rows.len()).map(row).collect();
        Some(Chart::Heatmap { columns: characters(&question.get(0)), rows, values })
    }
}

impl<N: Translator> Task for Translation<N> {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn configuration(&self) -> Value {
        self.configuration.clone()
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let numbers: Vec<_> = self.batches.samples(at).iter().map(|&number| self.train[number]).collect();
        let (questions, answers) = self.rows(&numbers);
        let length = answers.size()[1] - 1;
        let scores = self.network.decode(&self.network.encode(&questions), &answers.narrow(1, 0, length));
        let expected = answers.narrow(1, 1, length).reshape([-1]);
        let scores = scores.flatten(0, 1);
        let loss =
            scores.cross_entropy_loss::<Tensor>(&expected, None, Reduction::Mean, -100, self.smoothing);
        Ok(loss.into())
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let mut batches = self.batches.clone();
        let first = batches.samples(at).first().map(|&number| self.train[number]);
        let text = first.map(|number| self.pairs.text(&self.pairs.questions.get(number as i64)));
        format!("the question `{}` and others", text.unwrap_or_default().trim())
    }

    fn validation_metrics(&self) -> &[&str] {
        &["right"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(vec![self.exact_match(&self.test[..VALIDATED.min(self.test.len())])])
    }
}

impl<N: Translator> Experiment for Translation<N> {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        results.add_measure("right answers", self.exact_match(&self.test));
        let shown = &self.test[..SHOWN.min(self.test.len())];
        let answers = self.answers(shown);
        let line = |(i, &number): (usize, &usize)| {
            let (question, _) = self.rows(&[number]);
            format!(
                "{} -> {}",
                self.pairs.text(&question.get(0)).trim(),
                self.pairs.text(&answers.get(i as i64)).trim()
            )
        };
        results.add_text("answers", shown.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
        for (i, &number) in shown.iter().enumerate() {
            if let Some(chart) = self.attention(number) {
                results.add_chart(format!("attention_{}", i + 1), chart);
            }
        }
        Ok(results)
    }
}

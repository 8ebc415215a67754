//! From one text to another, character by character: the task that recurrent networks and Transformers share.

use std::path::Path;

use mvmhat_learning::{Batches, StepOutput, Task, TaskError, TrainingStep};
use serde::Serialize;
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Reduction, Tensor, no_grad};

use crate::common::characters::Characters;
use crate::experiment::{Chart, Experiment, ExperimentError, PreparedExperiment, Results};

/// Questions that are answered together.
const CHUNK: usize = 500;
/// Questions of which the answers and the attention are shown.
const SHOWN: usize = 5;
/// Pairs of a validation in training; the conclusion takes all that are held out.
const VALIDATED: usize = 1000;

/// A network that reads a text and writes another.
pub(crate) trait Translator {
    /// What it keeps of the questions.
    type Memory;

    /// Reads questions, N x Q.
    fn read(&self, questions: &Tensor) -> Self::Memory;

    /// The scores of the character that comes next, N x A x characters, after each of those written, N x A.
    fn write(&self, memory: &Self::Memory, written: &Tensor) -> Tensor;

    /// How much of each character of the question was looked at for each of the answer, 1 x A x Q; none without attention.
    fn attention(&self, memory: &Self::Memory, written: &Tensor) -> Option<Tensor>;

    /// Writes N answers, always the likeliest character: N x `length`.
    fn answer(&self, questions: &Tensor, start: &Tensor, length: i64) -> Tensor {
        let memory = self.read(questions);
        let mut written = start.shallow_clone();
        for _ in 0..length {
            let scores = self.write(&memory, &written);
            let next = scores.select(1, -1).argmax(-1, true);
            written = Tensor::cat(&[written, next], 1);
        }
        written.narrow(1, 1, length)
    }
}

/// A translator in training.
pub(crate) struct Translation<N> {
    store: VarStore,
    network: N,
    pairs: Characters,
    train: Vec<usize>,
    test: Vec<usize>,
    batches: Batches,
    smoothing: f64,
    configuration: Value,
}

/// What translations are made of, beside the network.
pub(crate) struct Setting<'a> {
    pub(crate) data: &'a Path,
    /// The file of pairs in the folder `pairs`.
    pub(crate) pairs: &'a str,
    pub(crate) batch: usize,
    /// The share of certainty that is spread over all characters.
    pub(crate) smoothing: f64,
    pub(crate) seed: u64,
}

impl Setting<'_> {
    /// The experiment of a network, which is made for so many characters and the number of the filling one.
    pub(crate) fn prepare<N: Translator + 'static>(
        &self,
        configuration: &impl Serialize,
        init: impl FnOnce(&VarStore, &Characters) -> Result<N, ExperimentError>,
    ) -> Result<PreparedExperiment, ExperimentError> {
        let pairs = Characters::read(&self.data.join("pairs").join(self.pairs))?;
        let store = VarStore::new(tch::Device::Cpu);
        let network = init(&store, &pairs)?;
        let (train, test) = pairs.split(self.seed);
        if test.is_empty() {
            return Err(ExperimentError::setting(
                "pairs",
                "ten pairs at least are needed, to hold one of them out",
            ));
        }
        let batches = Batches::new(self.seed, train.len(), self.batch);
        let (smoothing, configuration) = (self.smoothing, json!(configuration));
        let task = Translation { store, network, pairs, train, test, batches, smoothing, configuration };
        Ok(PreparedExperiment::Training(Box::new(task)))
    }
}

impl<N: Translator> Translation<N> {
    /// Questions and answers of these numbers.
    fn rows(&self, numbers: &[usize]) -> (Tensor, Tensor) {
        let numbers: Vec<_> = numbers.iter().map(|&number| number as i64).collect();
        let numbers = Tensor::from_slice(&numbers);
        (self.pairs.questions.index_select(0, &numbers), self.pairs.answers.index_select(0, &numbers))
    }

    fn answers(&self, numbers: &[usize]) -> Tensor {
        let (questions, answers) = self.rows(numbers);
        let length = answers.size()[1] - 1;
        no_grad(|| self.network.answer(&questions, &answers.narrow(1, 0, 1), length))
    }

    /// The share of answers without a mistake.
    fn right(&self, numbers: &[usize]) -> f64 {
        let right = numbers.chunks(CHUNK).map(|chunk| {
            let (_, answers) = self.rows(chunk);
            let answers = answers.narrow(1, 1, answers.size()[1] - 1);
            let same = self.answers(chunk).eq_tensor(&answers).all_dim(1, false);
            same.sum(Kind::Int64).int64_value(&[])
        });
        right.sum::<i64>() as f64 / numbers.len() as f64
    }

    /// What was looked at for the answer to a question.
    fn attention(&self, number: usize) -> Option<Chart> {
        let (question, answer) = self.rows(&[number]);
        let written = Tensor::cat(&[answer.narrow(1, 0, 1), self.answers(&[number])], 1);
        let length = written.size()[1] - 1;
        let memory = self.network.read(&question);
        let weights = no_grad(|| self.network.attention(&memory, &written.narrow(1, 0, length)))?;
        let names = |numbers: &Tensor| self.pairs.text(numbers).chars().map(String::from).collect::<Vec<_>>();
        let rows = names(&written.get(0).narrow(0, 1, length));
        let row =
            |i: usize| Vec::try_from(weights.get(0).get(i as i64).to_kind(Kind::Double)).unwrap_or_default();
        let values = (0..rows.len()).map(row).collect();
        Some(Chart::Heatmap { columns: names(&question.get(0)), rows, values })
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
        let scores = self.network.write(&self.network.read(&questions), &answers.narrow(1, 0, length));
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
        Ok(vec![self.right(&self.test[..VALIDATED.min(self.test.len())])])
    }
}

impl<N: Translator> Experiment for Translation<N> {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        results.add_measure("right answers", self.right(&self.test));
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
            if let Some(drawing) = self.attention(number) {
                results.add_chart(format!("attention_{}", i + 1), drawing);
            }
        }
        Ok(results)
    }
}

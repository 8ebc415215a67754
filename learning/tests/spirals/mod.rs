//! A small network on a synthetic problem: which of two spirals a point of the plane is on.

use mvmhat_learning::{
    Batches, Init, InitError, LinearConfig, StepOutput, Task, TaskError, TrainingStep, batch_norm_config,
};
use mvmhat_random::Random;
use serde_json::{Value, json};
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Tensor};

/// What is trained.
#[derive(Clone, Debug)]
pub(crate) struct SpiralsConfig {
    pub(crate) hidden: i64,
    pub(crate) dropout: f64,
    /// The step at which the data have a hole.
    pub(crate) spoiled: Option<u64>,
    /// Whether the last layer is set to zero at the end.
    pub(crate) emptied: bool,
    /// Whether weights are kept in half precision.
    pub(crate) fp16: bool,
}

impl Default for SpiralsConfig {
    fn default() -> Self {
        Self { hidden: 32, dropout: 0.0, spoiled: None, emptied: false, fp16: false }
    }
}

const SAMPLES: i64 = 256;
const BATCH: usize = 32;

pub(crate) struct Spirals {
    config: SpiralsConfig,
    /// Where it was told to finish.
    pub(crate) finished: Vec<TrainingStep>,
    store: VarStore,
    layers: [nn::Linear; 3],
    norm: nn::BatchNorm,
    batches: Batches,
    points: Tensor,
    sides: Tensor,
}

impl SpiralsConfig {
    pub(crate) fn init(&self, seed: u64) -> Result<Spirals, InitError> {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let layer =
            |name: &str, inputs, outputs| LinearConfig::new(inputs, outputs).init(&(&root / name), seed);
        let layers = [
            layer("first", 2, self.hidden)?,
            layer("second", self.hidden, self.hidden)?,
            LinearConfig { weight: Init::XavierUniform { gain: 1.0 }, ..LinearConfig::new(self.hidden, 2) }
                .init(&(&root / "last"), seed)?,
        ];
        let norm = nn::batch_norm1d(&root / "norm", self.hidden, batch_norm_config(1e-5));
        let mut random = Random::new(seed, "spirals");
        let mut points = Vec::new();
        for i in 0..SAMPLES {
            let turn = 2.5 * (i / 2) as f64 / (SAMPLES / 2) as f64 + 0.25;
            let angle = std::f64::consts::TAU * turn / 2.0 + std::f64::consts::PI * (i % 2) as f64;
            let radius = 0.4 * turn;
            points.push((radius * angle.cos() + 0.01 * random.normal()) as f32);
            points.push((radius * angle.sin() + 0.01 * random.normal()) as f32);
        }
        Ok(Spirals {
            config: self.clone(),
            finished: Vec::new(),
            layers,
            norm,
            batches: Batches::new(seed, SAMPLES as usize, BATCH),
            points: Tensor::from_slice(&points).view([SAMPLES, 2]),
            sides: Tensor::arange(SAMPLES, (Kind::Int64, Device::Cpu)).remainder(2),
            store,
        })
    }
}

impl Spirals {
    fn scores(&self, points: &Tensor, train: bool) -> Tensor {
        let [first, second, last] = &self.layers;
        let xs = points.apply(first).apply_t(&self.norm, train).relu();
        xs.apply(second).relu().dropout(self.config.dropout, train).apply(last)
    }

    fn batch(&mut self, at: TrainingStep) -> (Tensor, Tensor) {
        let numbers: Vec<_> = self.batches.samples(at).iter().map(|&i| i as i64).collect();
        let numbers = Tensor::from_slice(&numbers);
        (self.points.index_select(0, &numbers), self.sides.index_select(0, &numbers))
    }
}

impl Task for Spirals {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn configuration(&self) -> Value {
        json!({"hidden": self.config.hidden, "dropout": self.config.dropout})
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let (mut points, sides) = self.batch(at);
        if self.config.spoiled == Some(at.step) {
            let _ = points.fill_(f64::NAN);
        }
        let scores = self.scores(&points, true);
        let accuracy = scores.accuracy_for_logits(&sides).double_value(&[]);
        Ok(StepOutput { loss: scores.cross_entropy_for_logits(&sides), metrics: vec![accuracy] })
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let mut batches = Batches::new(0, SAMPLES as usize, BATCH);
        format!("points {:?}", &batches.samples(at)[..2])
    }

    fn fp16(&self) -> bool {
        self.config.fp16
    }

    fn metrics(&self) -> &[&str] {
        &["accuracy"]
    }

    fn validation_metrics(&self) -> &[&str] {
        &["loss", "accuracy"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        let scores = tch::no_grad(|| self.scores(&self.points, false));
        let loss = scores.cross_entropy_for_logits(&self.sides);
        Ok(vec![loss.double_value(&[]), scores.accuracy_for_logits(&self.sides).double_value(&[])])
    }

    fn finish(&mut self, at: TrainingStep) -> Result<(), TaskError> {
        self.finished.push(at);
        if self.config.emptied {
            let _ = tch::no_grad(|| self.layers[2].ws.zero_());
        }
        Ok(())
    }
}

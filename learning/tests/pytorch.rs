//! A whole run beside PyTorch 2.13: schedule, clipping, decay of matrices only and averaging in the same places.
//!
//! The expected numbers are what this prints:
//!
//! ```python
//! import math, torch
//! torch.set_default_dtype(torch.float64)
//! i = torch.arange(15.0)
//! xs, ys = torch.stack([i % 5 / 5, i % 3 / 3], 1), i.sin()[:, None]
//! model = torch.nn.Linear(2, 1)
//! torch.nn.init.constant_(model.weight, 0.5)
//! torch.nn.init.zeros_(model.bias)
//! groups = [{"params": [model.weight], "weight_decay": 0.1}, {"params": [model.bias], "weight_decay": 0.0}]
//! optimizer = torch.optim.AdamW(groups, lr=0.2)
//! lr = lambda n: (n + 1) / 3 if n < 3 else 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (n - 3) / (8 - 3)))
//! schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lr)
//! average = torch.optim.swa_utils.AveragedModel(
//!     model, avg_fn=lambda mean, new, n: mean + (1 - min(0.9, (1 + n) / (10 + n))) * (new - mean))
//! average.update_parameters(model)  # the first update copies
//! for _ in range(8):
//!     loss = torch.nn.functional.mse_loss(model(xs), ys)
//!     optimizer.zero_grad()
//!     loss.backward()
//!     norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
//!     print((optimizer.param_groups[0]["lr"], loss.item(), norm.item()))
//!     optimizer.step(); schedule.step(); average.update_parameters(model)
//! print(average.module.weight.tolist(), average.module.bias.tolist())
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::ops::ControlFlow;

use mvmhat_learning::{
    AdamWConfig, Init, LearningRate, LinearConfig, LrSchedule, OptimizerConfig, StepOutput, StepRecord, Task,
    TaskError, TrainerConfig, TrainingStep,
};
use serde_json::{Value, json};
use tch::nn::{Linear, VarStore};
use tch::{Device, Kind, Reduction, Tensor};

/// Rate, loss and length of the gradients of each step.
const STEPS: [[f64; 3]; 8] = [
    [0.06666666666666667, 0.4962679914894011, 0.6148232459744354],
    [0.13333333333333333, 0.4492983792509428, 0.3485325828105641],
    [0.2, 0.43913648916947945, 0.21091618074949856],
    [0.2, 0.4802996280613961, 0.5389270848613554],
    [0.18281152949374527, 0.4616453547962264, 0.4855083707805183],
    [0.13781152949374528, 0.4218078866143804, 0.25568543251045855],
    [0.08218847050625476, 0.4055367985444765, 0.06622795755853114],
    [0.03718847050625475, 0.404534207950918, 0.1039371360357266],
];
/// The averaged weight and bias.
const AVERAGE: [f64; 3] = [0.6829178961402704, 0.26524381778905315, -0.24170955628437546];

struct Regression {
    store: VarStore,
    layer: Linear,
    xs: Tensor,
    ys: Tensor,
}

impl Regression {
    fn new() -> Self {
        let mut store = VarStore::new(Device::Cpu);
        store.set_kind(Kind::Double);
        let config = LinearConfig { weight: Init::Constant(0.5), ..LinearConfig::new(2, 1) };
        let layer = config.init(&store.root(), 0).unwrap();
        let i = Tensor::arange(15, (Kind::Double, Device::Cpu));
        let xs = Tensor::stack(&[i.remainder(5.0) / 5.0, i.remainder(3.0) / 3.0], 1);
        Self { store, layer, xs, ys: i.sin().unsqueeze(1) }
    }
}

impl Task for Regression {
    fn store(&self) -> &VarStore {
        &self.store
    }
    fn steps_per_epoch(&self) -> u64 {
        1
    }
    fn configuration(&self) -> Value {
        json!(null)
    }
    fn loss(&mut self, _: TrainingStep) -> Result<StepOutput, TaskError> {
        Ok(self.xs.apply(&self.layer).mse_loss(&self.ys, Reduction::Mean).into())
    }
    fn describe_batch(&self, _: TrainingStep) -> String {
        "all".into()
    }
}

#[test]
fn a_run_is_that_of_pytorch() {
    let config = TrainerConfig {
        epochs: 8,
        optimizer: OptimizerConfig::AdamW(AdamWConfig { weight_decay: 0.1, ..Default::default() }),
        lr: LearningRate { peak: 0.2, warmup_steps: 3, schedule: LrSchedule::Cosine { end: 0.1 } },
        decay_biases_and_norms: false,
        grad_clip_norm: Some(0.5),
        ema: Some(0.9),
        ..Default::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut task = Regression::new();
    let mut steps = Vec::new();
    let mut note = |record: &StepRecord| {
        steps.push([record.lr, record.loss, record.gradient_norm]);
        ControlFlow::Continue(())
    };
    config.init(&mut task, folder.path()).unwrap().run(&mut note).unwrap();
    assert_eq!(steps.len(), STEPS.len());
    for (found, expected) in steps.iter().flatten().zip(STEPS.iter().flatten()) {
        assert!((found - expected).abs() < 1e-12, "{steps:?}");
    }
    let weight = &task.layer.ws;
    let bias = task.layer.bs.as_ref().unwrap();
    let found = [weight.double_value(&[0, 0]), weight.double_value(&[0, 1]), bias.double_value(&[0])];
    for (found, expected) in found.iter().zip(AVERAGE) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }
}

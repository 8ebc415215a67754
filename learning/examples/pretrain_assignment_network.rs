//! Trains an assignment network on synthetic blocks and prints how much better than the raw soft assignments it is on
//! other blocks:
//!
//! ```text
//! cargo run --release -p mvmhat-learning --example pretrain_assignment_network -- recurrent|transformer [STEPS [BATCH [FILE]]]
//! ```
//!
//! `FILE` gets the weights: what `association.assignment_weights` takes.

use std::time::Instant;

use mvmhat_learning::{AssignmentNetworkConfig, RecurrentConfig, SyntheticBlocks, TransformerConfig};
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Kind, Reduction, Tensor, no_grad};

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let form = match arguments.next().as_deref() {
        Some("recurrent") => AssignmentNetworkConfig::Recurrent(RecurrentConfig::default()),
        Some("transformer") => AssignmentNetworkConfig::Transformer(TransformerConfig::default()),
        _ => return Err("say which form: recurrent or transformer".to_owned()),
    };
    let mut number = |otherwise: usize| {
        arguments
            .next()
            .map_or(Ok(otherwise), |word| word.parse().map_err(|_| format!("{word} is no number")))
    };
    let (steps, batch) = (number(1500)?, number(16)?);
    let file = arguments.next();

    tch::manual_seed(1);
    tch::set_num_threads(1);
    let blocks = SyntheticBlocks { views: 3, people: 3, people_per_view: 3, ..SyntheticBlocks::default() };
    let (soft, gt) = blocks.batch(200, u64::MAX);
    println!("raw soft assignments: {}", Score::new(&soft, &gt, &blocks));

    let store = nn::VarStore::new(Device::Cpu);
    let network = form.init(&store.root());
    let mut optimizer = nn::Adam::default().build(&store, 3e-4).map_err(|error| error.to_string())?;
    let start = Instant::now();
    for step in 0..steps {
        let (soft, gt) = blocks.batch(batch, step as u64);
        let loss = network.forward(&soft).binary_cross_entropy::<Tensor>(&gt, None, Reduction::Mean);
        optimizer.backward_step(&loss);
        if (step + 1) % (steps / 5).max(1) == 0 {
            let seconds = start.elapsed().as_secs_f64();
            let (soft, gt) = blocks.batch(200, u64::MAX);
            let probabilities = no_grad(|| network.forward(&soft));
            println!("{} steps, {seconds:.0} s: {}", step + 1, Score::new(&probabilities, &gt, &blocks));
        }
    }
    file.map_or(Ok(()), |file| store.save(&file).map_err(|error| format!("{file}: {error}")))
}

/// How well entries between different views predict which boxes are the same person.
struct Score {
    accuracy: f64,
    f1: f64,
}

impl Score {
    fn new(probabilities: &Tensor, gt: &Tensor, blocks: &SyntheticBlocks) -> Self {
        let sets = Tensor::arange(gt.size()[1], (Kind::Int64, Device::Cpu))
            .floor_divide_scalar(blocks.people_per_view as i64);
        let between = sets.unsqueeze(0).ne_tensor(&sets.unsqueeze(1)).expand_as(gt);
        let said = probabilities.gt(0.5).masked_select(&between);
        let gt = gt.gt(0.5).masked_select(&between);
        let count = |entries: Tensor| entries.sum(Kind::Int64).int64_value(&[]) as f64;
        let hits = count(said.logical_and(&gt));
        let agree = count(said.eq_tensor(&gt));
        Self { accuracy: agree / gt.numel() as f64, f1: 2.0 * hits / (count(said) + count(gt)) }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "accuracy {:.1} %, F1 {:.1} %", 100.0 * self.accuracy, 100.0 * self.f1)
    }
}

//! Both forms of the assignment network learn, and what is learned holds for blocks not seen before. The example
//! `pretrain_assignment_network` does the same at the published sizes.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_learning::{
    AssignmentNetwork, AssignmentNetworkConfig, RecurrentConfig, SyntheticBlocks, TransformerConfig,
};
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Kind, Reduction, Tensor, no_grad};

fn recurrent() -> AssignmentNetworkConfig {
    AssignmentNetworkConfig::Recurrent(RecurrentConfig { hidden: 32, layers: 1 })
}

fn transformer() -> AssignmentNetworkConfig {
    let config = TransformerConfig { width: 32, layers: 2, heads: 2, feed_forward: 64 };
    AssignmentNetworkConfig::Transformer(config)
}

/// A network after `steps` steps of Adam on what `batch` gives for each step.
fn trained(
    config: &AssignmentNetworkConfig,
    lr: f64,
    steps: u64,
    batch: impl Fn(u64) -> (Tensor, Tensor),
) -> AssignmentNetwork {
    tch::manual_seed(1);
    let store = nn::VarStore::new(Device::Cpu);
    let network = config.init(&store.root());
    let mut optimizer = nn::Adam::default().build(&store, lr).unwrap();
    for step in 0..steps {
        let (soft, gt) = batch(step);
        let loss = network.forward(&soft).binary_cross_entropy::<Tensor>(&gt, None, Reduction::Mean);
        optimizer.backward_step(&loss);
    }
    network
}

/// Fraction of entries on the correct side of one half.
fn accuracy(probabilities: &Tensor, gt: &Tensor) -> f64 {
    probabilities.gt(0.5).eq_tensor(&gt.gt(0.5)).to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
}

#[test]
fn both_forms_overfit_a_tiny_batch() {
    let blocks = SyntheticBlocks { views: 2, people: 3, people_per_view: 3, ..SyntheticBlocks::default() };
    for config in [recurrent(), transformer()] {
        let batch = blocks.batch(2, 3);
        let network = trained(&config, 1e-2, 150, |_| (batch.0.shallow_clone(), batch.1.shallow_clone()));
        let accuracy = accuracy(&no_grad(|| network.forward(&batch.0)), &batch.1);
        assert_eq!(accuracy, 1.0, "{config:?}");
    }
}

#[test]
fn the_recurrent_form_corrects_blocks_it_has_not_seen() {
    let blocks = SyntheticBlocks { views: 3, people: 3, people_per_view: 3, ..SyntheticBlocks::default() };
    let network = trained(&recurrent(), 1e-2, 200, |step| blocks.batch(16, step));
    let (soft, gt) = blocks.batch(200, u64::MAX);
    let raw = accuracy(&soft, &gt);
    let mended = accuracy(&no_grad(|| network.forward(&soft)), &gt);
    assert!(1.0 - mended < 0.8 * (1.0 - raw), "{mended} instead of {raw}");
}

#[test]
fn probabilities_are_clamped_and_shapes_kept() {
    for config in [recurrent(), transformer()] {
        let store = nn::VarStore::new(Device::Cpu);
        let network = config.init(&store.root());
        for shape in [&[0, 0][..], &[1, 1], &[5, 5], &[2, 3, 3]] {
            let soft = Tensor::rand(shape, (Kind::Float, Device::Cpu));
            let probabilities = network.forward(&soft);
            assert_eq!(probabilities.size(), shape);
            assert!(probabilities.ge(9e-5).all().int64_value(&[]) == 1);
            assert!(probabilities.le(1.0 - 9e-5).all().int64_value(&[]) == 1);
        }
        // Weights that make it as certain as can be.
        for variable in store.trainable_variables() {
            let _ = no_grad(|| variable.shallow_clone().fill_(100.0));
        }
        let certain =
            network.forward(&Tensor::ones([2, 2], (Kind::Double, Device::Cpu)).to_kind(Kind::Float));
        let near = (certain - 0.5).abs().max().double_value(&[]);
        assert!((near - (0.5 - 1e-4)).abs() < 1e-6, "{near}");
    }
}

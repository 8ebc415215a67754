//! How long a step of training takes, for `scripts/bench-training.py` to compare with PyTorch.
//!
//! Prints, for each optimizer, the milliseconds of the whole step (forward, backward, update) and of the update alone,
//! the best of many each. The network is of MobileNetV2's shape: its gradients are 158 tensors of 16 to 409,600
//! numbers.

use std::time::Instant;

use mvmhat_learning::{
    Activation, AdamConfig, AdamWConfig, ConvNorm, ConvNormConfig, LinearConfig, OptimizerConfig, Parameters,
    SgdConfig,
};
use tch::nn::{Linear, Path, VarStore};
use tch::{Device, Kind, Tensor};

const STEPS: u64 = 12;
/// Expansion, channels, repetitions, stride of the first.
const STAGES: [[i64; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

struct Block {
    layers: Vec<ConvNorm>,
    shortcut: bool,
}

impl Block {
    fn new(path: &Path, inputs: i64, outputs: i64, expansion: i64, stride: i64) -> Self {
        let wide = inputs * expansion;
        let relu6 = ConvNormConfig { activation: Activation::Relu6, ..Default::default() };
        let depthwise = ConvNormConfig { kernel: 3, stride, groups: wide, ..relu6 };
        let mut kinds = vec![(wide, wide, depthwise), (wide, outputs, ConvNormConfig::default())];
        if expansion != 1 {
            kinds.insert(0, (inputs, wide, relu6));
        }
        let layers = kinds.into_iter().enumerate().map(|(i, (from, to, kind))| {
            let path = path / i;
            ConvNorm::new(&(&path / "conv"), &(&path / "norm"), from, to, kind)
        });
        Self { layers: layers.collect(), shortcut: stride == 1 && inputs == outputs }
    }

    fn forward(&self, xs: &Tensor) -> Tensor {
        let ys = self.layers.iter().fold(xs.shallow_clone(), |ys, layer| ys.apply_t(layer, true));
        if self.shortcut { ys + xs } else { ys }
    }
}

struct Network {
    first: ConvNorm,
    blocks: Vec<Block>,
    last: ConvNorm,
    head: Linear,
}

impl Network {
    fn new(root: &Path) -> anyhow::Result<Self> {
        let relu6 = ConvNormConfig { activation: Activation::Relu6, ..Default::default() };
        let layer = |name: &str, inputs, outputs, kind| {
            let path = root / name;
            ConvNorm::new(&(&path / "conv"), &(&path / "norm"), inputs, outputs, kind)
        };
        let first = layer("first", 3, 32, ConvNormConfig { kernel: 3, stride: 2, ..relu6 });
        let (mut inputs, mut blocks) = (32, Vec::new());
        for [expansion, outputs, repeats, stride] in STAGES {
            for i in 0..repeats {
                let path = root / "blocks" / blocks.len();
                blocks.push(Block::new(&path, inputs, outputs, expansion, if i == 0 { stride } else { 1 }));
                inputs = outputs;
            }
        }
        let last = layer("last", inputs, 1280, relu6);
        Ok(Self { first, blocks, last, head: LinearConfig::new(1280, 100).init(&(root / "head"), 0)? })
    }

    fn forward(&self, xs: &Tensor) -> Tensor {
        let xs = self.blocks.iter().fold(xs.apply_t(&self.first, true), |xs, block| block.forward(&xs));
        xs.apply_t(&self.last, true).mean_dim(&[2, 3][..], false, Kind::Float).apply(&self.head)
    }
}

fn main() -> anyhow::Result<()> {
    tch::set_num_threads(1);
    let optimizers = [
        ("sgd", OptimizerConfig::Sgd(SgdConfig { momentum: 0.9, ..Default::default() })),
        ("adam", OptimizerConfig::Adam(AdamConfig::default())),
        ("adamw", OptimizerConfig::AdamW(AdamWConfig::default())),
    ];
    let images = Tensor::rand([16, 3, 64, 64], (Kind::Float, Device::Cpu));
    let classes = Tensor::arange(16, (Kind::Int64, Device::Cpu));
    for (name, config) in optimizers {
        let store = VarStore::new(Device::Cpu);
        let network = Network::new(&store.root())?;
        let parameters = Parameters::trainable(&store);
        let mut optimizer = config.init(&parameters);
        let [mut whole, mut update] = [f64::INFINITY; 2];
        for _ in 0..STEPS {
            let start = Instant::now();
            let loss = network.forward(&images).cross_entropy_for_logits(&classes);
            let gradients = parameters.gradients(&loss)?;
            let middle = Instant::now();
            optimizer.step(&parameters, &gradients, 1e-3);
            update = update.min(1e3 * middle.elapsed().as_secs_f64());
            whole = whole.min(1e3 * start.elapsed().as_secs_f64());
        }
        println!("{name} {whole} {update}");
    }
    Ok(())
}

//! The optimizers beside those of PyTorch 2.13.
//!
//! The expected numbers are what this prints, in double precision, with the rates changing from step to step:
//!
//! ```python
//! import torch
//! a = torch.tensor([1.0, 0.5, 0.1, 2.0], dtype=torch.float64)
//! def run(make):
//!     p = torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64, requires_grad=True)
//!     optimizer = make([p])
//!     for lr in [0.1, 0.1, 0.05, 0.2, 0.01, 0.1]:
//!         optimizer.param_groups[0]["lr"] = lr
//!         optimizer.zero_grad()
//!         ((a * p * p).sum() / 2 + p.cos().sum()).backward()
//!         optimizer.step()
//!     print(p.tolist())
//! run(lambda p: torch.optim.SGD(p, lr=1))                      # and so on, as each test says
//! ```

use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

use super::Parameters;
use super::*;

const LEARNING_RATES: [f64; 6] = [0.1, 0.1, 0.05, 0.2, 0.01, 0.1];

/// Where six steps lead from the start of the script above.
fn descend(config: OptimizerConfig) -> Vec<f64> {
    let mut store = VarStore::new(Device::Cpu);
    store.set_kind(Kind::Double);
    let p = store.root().var_copy("p", &Tensor::from_slice(&[1.0, -2.0, 3.0, 0.5]));
    let a = Tensor::from_slice(&[1.0, 0.5, 0.1, 2.0]);
    let parameters = Parameters::trainable(&store);
    let mut optimizer = config.init(&parameters);
    for lr in LEARNING_RATES {
        let loss = (&a * &p * &p).sum(Kind::Double) / 2.0 + p.cos().sum(Kind::Double);
        let gradients = parameters.gradients(&loss).unwrap();
        optimizer.step(&parameters, &gradients, lr);
    }
    Vec::try_from(&p).unwrap()
}

fn assert_leads_to(config: OptimizerConfig, expected: [f64; 4]) {
    let found = descend(config);
    for (found, expected) in found.iter().zip(expected) {
        // Adam's first divisions by nearly nothing amplify rounding; the others agree to 1e-15.
        assert!((found - expected).abs() < 1e-12, "{config:?}: {found} for {expected}");
    }
}

#[test]
fn sgd_is_that_of_pytorch() {
    let plain = SgdConfig::default();
    let cases = [
        // SGD(p, lr=1)
        (plain, [0.9192414149525455, -1.9581936785596314, 2.9295865284415252, 0.26948928686351836]),
        // SGD(p, lr=1, weight_decay=0.1)
        (
            SgdConfig { weight_decay: 0.1, ..plain },
            [0.8707684428038437, -1.8681102893508663, 2.8005858974088755, 0.2525952568702354],
        ),
        // SGD(p, lr=1, momentum=0.9)
        (
            SgdConfig { momentum: 0.9, ..plain },
            [0.7729545725038448, -1.8879529948197882, 2.815461944168967, -0.10774923016823831],
        ),
        // SGD(p, lr=1, momentum=0.9, weight_decay=0.1)
        (
            SgdConfig { momentum: 0.9, weight_decay: 0.1, ..plain },
            [0.6381432379036137, -1.6455448596053133, 2.479546922236308, -0.1453847766057368],
        ),
        // SGD(p, lr=1, momentum=0.9, nesterov=True, weight_decay=0.1)
        (
            SgdConfig { momentum: 0.9, nesterov: true, weight_decay: 0.1 },
            [0.5845930887275202, -1.6252081291384741, 2.475664464063026, -0.14919727842438352],
        ),
    ];
    for (config, expected) in cases {
        assert_leads_to(OptimizerConfig::Sgd(config), expected);
    }
}

#[test]
fn adagrad_is_that_of_pytorch() {
    let cases = [
        // Adagrad(p, lr=1)
        (
            AdaGradConfig::default(),
            [0.71518484149598, -1.89547736045399, 2.851275062657033, 0.20663439682057821],
        ),
        // Adagrad(p, lr=1, weight_decay=0.1, eps=1e-3)
        (
            AdaGradConfig { weight_decay: 0.1, epsilon: 1e-3 },
            [0.6998863892336719, -1.7422878851564985, 2.721754899255225, 0.2067745521532199],
        ),
    ];
    for (config, expected) in cases {
        assert_leads_to(OptimizerConfig::AdaGrad(config), expected);
    }
}

#[test]
fn rmsprop_is_that_of_pytorch() {
    let plain = RmsPropConfig::default();
    let cases = [
        // RMSprop(p, lr=1)
        (plain, [6.30798954069801e-07, -1.8440072433398875, 2.8761832087577437, 0.03054998881113072]),
        // RMSprop(p, lr=1, alpha=0.9, weight_decay=0.1)
        (
            RmsPropConfig { smoothing: 0.9, weight_decay: 0.1, ..plain },
            [0.2772714006856045, -1.6599827968508487, 2.59513117680622, -0.0039583725246048074],
        ),
        // RMSprop(p, lr=1, momentum=0.9)
        (
            RmsPropConfig { momentum: 0.9, ..plain },
            [0.290539353515959, -3.1472233482028837, 4.040210020024545, 0.6374432105176924],
        ),
        // RMSprop(p, lr=1, momentum=0.9, centered=True, weight_decay=0.1, eps=1e-3)
        (
            RmsPropConfig { momentum: 0.9, centered: true, weight_decay: 0.1, epsilon: 1e-3, ..plain },
            [0.2454108274033857, -1.6093999618165111, 3.242912608886344, 0.6301733316953689],
        ),
    ];
    for (config, expected) in cases {
        assert_leads_to(OptimizerConfig::RmsProp(config), expected);
    }
}

#[test]
fn adam_is_that_of_pytorch() {
    let cases = [
        // Adam(p, lr=1)
        (
            AdamConfig::default(),
            [0.48391330728189486, -1.8943510629277092, 2.789634568570512, -0.01758852473504969],
        ),
        // Adam(p, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)
        (
            AdamConfig { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weight_decay: 0.1 },
            [0.47790548732596094, -1.5567882421997625, 2.522734557076793, -0.005172887474603996],
        ),
    ];
    for (config, expected) in cases {
        assert_leads_to(OptimizerConfig::Adam(config), expected);
    }
}

#[test]
fn adamw_is_that_of_pytorch() {
    let cases = [
        // AdamW(p, lr=1)
        (
            AdamWConfig::default(),
            [0.48008854376339194, -1.8927726864979377, 2.7872457265788704, -0.018868477604961742],
        ),
        // AdamW(p, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3)
        (
            AdamWConfig { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weight_decay: 0.3 },
            [0.3956032913367168, -1.8049883958459658, 2.630090359746176, -0.03757611615186713],
        ),
    ];
    for (config, expected) in cases {
        assert_leads_to(OptimizerConfig::AdamW(config), expected);
    }
}

/// The second of two parameters is part of the loss only from the fourth step on:
///
/// ```python
/// p, q = (torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64, requires_grad=True) for _ in range(2))
/// optimizer = torch.optim.Adam([p, q], lr=0.1)
/// for number in range(1, 7):
///     optimizer.zero_grad()
///     ((p * p).sum() + (q.cos().sum() if number > 3 else 0)).backward()
///     optimizer.step()
/// print(q.tolist())
/// ```
#[test]
fn adam_counts_the_steps_of_each_parameter() {
    let mut store = VarStore::new(Device::Cpu);
    store.set_kind(Kind::Double);
    let start = Tensor::from_slice(&[1.0, -2.0, 3.0, 0.5]);
    let (p, q) = (store.root().var_copy("p", &start), store.root().var_copy("q", &start));
    let parameters = Parameters::trainable(&store);
    let mut adam = AdamConfig::default().init(&parameters);
    for number in 1..=6 {
        let first = p.square().sum(Kind::Double);
        let loss = if number > 3 { first + q.cos().sum(Kind::Double) } else { first };
        adam.step(&parameters, &parameters.gradients(&loss).unwrap(), 0.1);
    }
    let expected = [1.3003747927854543, -2.299309887975345, 3.230315984405542, 0.8003942445101511];
    assert!(q.allclose(&Tensor::from_slice(&expected), 0.0, 1e-12, false), "{q}");
}

#[test]
fn a_rate_of_nothing_changes_nothing() {
    for config in all() {
        for lr in [0.0, 1e-300, 1e-41] {
            let store = VarStore::new(Device::Cpu);
            let p = store.root().ones("p", &[2]);
            let parameters = Parameters::trainable(&store);
            // The gradient of the second number is 0.
            let gradients = parameters.gradients(&p.get(0)).unwrap();
            config.init(&parameters).step(&parameters, &gradients, lr);
            assert_eq!(p, Tensor::ones([2], (Kind::Float, Device::Cpu)), "{config:?} {lr}");
        }
    }
}

fn all() -> [OptimizerConfig; 5] {
    [
        OptimizerConfig::Sgd(SgdConfig { momentum: 0.9, nesterov: true, weight_decay: 0.1 }),
        OptimizerConfig::AdaGrad(AdaGradConfig { weight_decay: 0.1, ..Default::default() }),
        OptimizerConfig::RmsProp(RmsPropConfig {
            centered: true,
            momentum: 0.5,
            weight_decay: 0.1,
            ..Default::default()
        }),
        OptimizerConfig::Adam(AdamConfig { weight_decay: 0.1, ..Default::default() }),
        OptimizerConfig::AdamW(AdamWConfig::default()),
    ]
}

#[test]
fn a_parameter_without_gradient_stays_and_one_that_does_not_decay_follows_the_loss_alone() {
    for config in all() {
        let store = VarStore::new(Device::Cpu);
        let used = store.root().ones("used", &[2]);
        let unused = store.root().ones("unused", &[2, 2]);
        let parameters = Parameters::trainable(&store).without_decay_of_biases_and_norms();
        let mut optimizer = config.init(&parameters);
        for _ in 0..3 {
            let gradients = parameters.gradients(&(used.sum(Kind::Float) * 0.0)).unwrap();
            optimizer.step(&parameters, &gradients, 0.1);
        }
        let ones = |size: &[i64]| Tensor::ones(size, (Kind::Float, Device::Cpu));
        assert_eq!(unused, ones(&[2, 2]), "{config:?}");
        assert_eq!(used, ones(&[2]), "{config:?}: no gradient, no decay");
    }
}

#[test]
fn a_state_brought_back_goes_on_to_the_bit() {
    for config in all() {
        let store = VarStore::new(Device::Cpu);
        let p = store.root().var_copy("p", &Tensor::from_slice(&[1f32, -2.0, 3.0]));
        let parameters = Parameters::trainable(&store);
        let run = |optimizer: &mut Box<dyn Optimizer>, steps: usize| {
            for _ in 0..steps {
                let gradients = parameters.gradients(&p.square().sum(Kind::Float)).unwrap();
                optimizer.step(&parameters, &gradients, 0.1);
            }
        };
        let copies = |optimizer: &dyn Optimizer| -> Vec<Tensor> {
            optimizer.slots().iter().flat_map(|(_, tensors)| tensors.iter().map(Tensor::copy)).collect()
        };
        let mut whole = config.init(&parameters);
        run(&mut whole, 3);
        let (halfway, state) = (p.detach().copy(), copies(&*whole));
        run(&mut whole, 3);
        let end = p.detach().copy();

        let mut resumed = config.init(&parameters);
        no_grad(|| {
            p.shallow_clone().copy_(&halfway);
            let slots = resumed.slots();
            let tensors = slots.iter().flat_map(|(_, tensors)| tensors.iter());
            tensors.zip(&state).for_each(|(to, from)| to.shallow_clone().copy_(from));
        });
        run(&mut resumed, 3);
        assert_eq!(p, end, "{config:?}");
        assert_eq!(copies(&*resumed), copies(&*whole), "{config:?}");
    }
}

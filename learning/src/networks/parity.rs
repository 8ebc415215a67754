//! The networks against PyTorch 2.13: the same weights and pictures must give the same features.
//!
//! torchvision's networks, written out since only their names and sizes are torchvision's. The expected numbers (two
//! features, the sum of all, the mean of their squares) are what this prints, in double precision; the networks
//! run in single precision here:
//!
//! ```python
//! import torch
//! from torch import nn
//! conv = nn.Conv2d
//! alexnet = [conv(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), conv(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
//!            conv(192, 384, 3, padding=1), nn.ReLU(), conv(384, 256, 3, padding=1), nn.ReLU(),
//!            conv(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)]
//! def vgg(text, norm):
//!     layers, inputs = [], 3
//!     for word in text.split():
//!         if word == "M":
//!             layers.append(nn.MaxPool2d(2, 2)); continue
//!         layers.append(conv(inputs, int(word), 3, padding=1)); inputs = int(word)
//!         layers += [nn.BatchNorm2d(inputs)] * norm + [nn.ReLU()]
//!     return layers
//! A = "64 M 128 M 256 256 M 512 512 M 512 512 M"
//! D = "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"
//! for layers in [alexnet, vgg(A, False), vgg(A, True), vgg(D, True)]:
//!     net = nn.Sequential(*layers).double().eval()
//!     for name, p in net.state_dict().items():
//!         if p.dtype != torch.float64: continue
//!         i = torch.arange(p.numel(), dtype=torch.float64)
//!         wave = torch.frac((i + len(name)) * 0.618033988749895).reshape(p.shape)
//!         if p.dim() == 4: p.copy_((wave - 0.5) * (24 / p[0].numel()) ** 0.5)
//!         else: p.copy_(wave + 0.5 if name.endswith("var") else wave - 0.3)
//!     xs = torch.frac(torch.arange(2 * 3 * 96 * 64, dtype=torch.float64) * 0.7548776662466927).reshape(2, 3, 96, 64) - 0.5
//!     ys = net(xs).mean((2, 3))
//!     print([ys[1, 7].item(), ys[0, 200].item(), ys.sum().item(), ys.square().mean().item()])
//! ```

use tch::nn::{ModuleT, Path, VarStore};
use tch::{Device, Kind, Tensor, no_grad};

use super::{AlexNet, Vgg, VggConfig};
use crate::Fold;
use crate::parameters::sorted;

/// Fractions of multiples of the golden ratio: spread evenly, the same everywhere, and in no need of a file.
fn fractions(from: i64, shape: &[i64], step: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    ((Tensor::arange(count, (Kind::Double, Device::Cpu)) + from) * step).frac().view(shape)
}

/// Gives every variable the values of the program above.
fn fill(store: &VarStore) {
    for (name, mut variable) in sorted(store) {
        let name = name.trim_start_matches("features.");
        let shape = variable.size();
        let wave = fractions(name.len() as i64, &shape, 0.618_033_988_749_895);
        let fan: i64 = shape[1..].iter().product();
        let values = if shape.len() == 4 {
            (wave - 0.5) * (24.0 / fan as f64).sqrt()
        } else if name.ends_with("var") {
            wave + 0.5
        } else {
            wave - 0.3
        };
        no_grad(|| variable.copy_(&values));
    }
}

fn assert_pytorchs<N: ModuleT + Fold>(new: impl FnOnce(&Path) -> N, expected: [f64; 4]) {
    let store = VarStore::new(Device::Cpu);
    let mut network = new(&store.root());
    fill(&store);
    let xs = fractions(0, &[2, 3, 96, 64], 0.754_877_666_246_692_7).to_kind(Kind::Float) - 0.5;
    for folded in [false, true] {
        if folded {
            network.fold();
        }
        let ys = no_grad(|| network.forward_t(&xs, false));
        let found = [
            ys.double_value(&[1, 7]),
            ys.double_value(&[0, 200]),
            ys.sum(Kind::Double).double_value(&[]),
            ys.square().mean(Kind::Double).double_value(&[]),
        ];
        for (found, expected) in found.into_iter().zip(expected) {
            let difference = (found - expected).abs();
            assert!(difference <= 1e-5 * expected.abs().max(1.0), "folded: {folded}: {found} for {expected}");
        }
    }
}

#[test]
fn alexnet() {
    assert_pytorchs(
        AlexNet::new,
        [0.5980394117448227, 0.7789687475923539, 221.69359880648068, 0.2841074448653814],
    );
}

#[test]
fn vgg_11() {
    assert_pytorchs(
        |path| Vgg::new(path, VggConfig::VGG11),
        [0.4121347196416538, 0.7262890882937002, 342.00060393186106, 0.1831341928898989],
    );
}

#[test]
fn vgg_11_with_norm() {
    assert_pytorchs(
        |path| Vgg::new(path, VggConfig::VGG11.with_norm()),
        [0.39224906514465524, 0.6390136462285647, 295.32437211719986, 0.1462804541078975],
    );
}

#[test]
fn vgg_16_with_norm() {
    assert_pytorchs(
        |path| Vgg::new(path, VggConfig::VGG16.with_norm()),
        [0.3888256142446504, 0.6385408623295598, 295.57744957119917, 0.14651928068019981],
    );
}

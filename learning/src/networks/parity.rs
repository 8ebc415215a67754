//! The networks against PyTorch 2.13: the same weights and images must give the same features.
//!
//! torchvision's networks, re-implemented in plain PyTorch. The expected numbers (two
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
//!
//! Residual networks, by the same program with these:
//!
//! ```python
//! class Block(nn.Module):
//!     def __init__(self, inputs, hidden, deep, stride):
//!         super().__init__()
//!         outputs = hidden * (4 if deep else 1)
//!         shapes = ([(inputs, hidden, 1, 1), (hidden, hidden, 3, stride), (hidden, outputs, 1, 1)] if deep
//!                   else [(inputs, hidden, 3, stride), (hidden, outputs, 3, 1)])
//!         self.count = len(shapes)
//!         for k, (a, b, size, step) in enumerate(shapes, 1):
//!             setattr(self, f"conv{k}", conv(a, b, size, step, size // 2, bias=False))
//!             setattr(self, f"bn{k}", nn.BatchNorm2d(b))
//!         if stride != 1 or inputs != outputs:
//!             self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
//!     def forward(self, xs):
//!         ys = xs
//!         for k in range(1, self.count + 1):
//!             ys = getattr(self, f"bn{k}")(getattr(self, f"conv{k}")(ys))
//!             ys = ys.relu() if k < self.count else ys
//!         return (ys + (self.downsample(xs) if hasattr(self, "downsample") else xs)).relu()
//! def resnet(counts, deep):
//!     net, inputs = nn.Sequential(), 64
//!     for name, layer in [("conv1", conv(3, 64, 7, 2, 3, bias=False)), ("bn1", nn.BatchNorm2d(64)), ("relu", nn.ReLU()),
//!                         ("pool", nn.MaxPool2d(3, 2, 1))]:
//!         net.add_module(name, layer)
//!     for stage, count in enumerate(counts):
//!         blocks = []
//!         for k in range(count):
//!             blocks.append(Block(inputs, 64 << stage, deep, 2 if stage and not k else 1))
//!             inputs = (64 << stage) * (4 if deep else 1)
//!         net.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
//!     return net
//! nets = [resnet([2, 2, 2, 2], False), resnet([3, 4, 6, 3], True)]
//! ```

use tch::nn::{ModuleT, Path, VarStore};
use tch::{Device, Kind, Tensor, no_grad};

use super::{AlexNet, Resnet, ResnetConfig, Vgg, VggConfig};
use crate::Fold;
use crate::sorted_variables;

/// Fractions of multiples of the golden ratio: evenly spread, reproducible everywhere, and without a file.
fn fractions(from: i64, shape: &[i64], step: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    ((Tensor::arange(count, (Kind::Double, Device::Cpu)) + from) * step).frac().view(shape)
}

/// Gives every variable the values of the program above.
fn fill(store: &VarStore) {
    for (name, mut variable) in sorted_variables(store) {
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

#[test]
fn resnet_18() {
    assert_pytorchs(
        |path| Resnet::new(path, ResnetConfig::RESNET18),
        [0.6770506297298606, 0.0, 1036.3519187895165, 2.1446242624995095],
    );
}

#[test]
fn resnet_50() {
    assert_pytorchs(
        |path| Resnet::new(path, ResnetConfig::RESNET50),
        [19.13899126857109, 13.782665414269873, 32087.043499776883, 174.99154604858145],
    );
}

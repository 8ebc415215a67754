//! The table of backbones, by name.

use tch::nn::Path;

use super::{
    AlexNet, MobilenetV2, MobilenetV2Config, Network, Osnet, OsnetConfig, Resnet, ResnetConfig, Vgg,
    VggConfig,
};

/// A network that makes one vector of features of each image: a row of [`BACKBONES`].
///
/// In a configuration it is written and read as its name.
#[derive(Clone, Copy)]
pub struct Backbone {
    /// The name in configurations.
    pub name: &'static str,
    /// The dimensions of the feature vector.
    pub features: i64,
    /// The smallest height and width of an image, in pixels, that leaves the last pooling layer an output.
    pub smallest_image: i32,
    /// The name of its published weights, if there are any.
    pub weights: Option<&'static str>,
    /// The names of the tensors in published files.
    pub published: PublishedNames,
    build: fn(&Path) -> Box<dyn Network>,
}

/// How tensor names of a published file map to the network's variables.
#[derive(Clone, Copy)]
pub struct PublishedNames {
    /// Prefixes of the tensors that the network does not have: the classifier.
    pub left_out: &'static [&'static str],
    /// The mapping from the name of a tensor to that of the variable, if they differ.
    rename: Option<fn(&str) -> String>,
    /// A tensor whose presence marks files to which the mapping does not apply.
    unless: Option<&'static str>,
}

impl PublishedNames {
    /// Tensors are named as the variables; those with a prefix in `left_out` are not in the network.
    pub const fn unchanged(left_out: &'static [&'static str]) -> Self {
        Self { left_out, rename: None, unless: None }
    }

    /// The tensor names of MobileNetV2 in files of any version of torchvision.
    pub const fn mobilenet_v2(left_out: &'static [&'static str]) -> Self {
        Self {
            left_out,
            rename: Some(MobilenetV2::published_name),
            unless: Some("features.1.conv.0.0.weight"),
        }
    }

    /// The mapping from the names of a file to those of the variables; `has` tells whether the file has a tensor.
    pub fn rule(&self, has: impl Fn(&str) -> bool) -> fn(&str) -> String {
        match self.rename {
            Some(rename) if !self.unless.is_some_and(has) => rename,
            _ => str::to_owned,
        }
    }
}

const OSNET_NAMES: PublishedNames =
    PublishedNames { left_out: &["classifier."], rename: Some(Osnet::published_name), unless: None };
const RESNET_NAMES: PublishedNames = PublishedNames::unchanged(&["fc."]);
const VGG_NAMES: PublishedNames = PublishedNames::unchanged(&["classifier."]);

/// MobileNetV2 for person re-identification: without its last layer, part pooling over four parts of 320 features each.
pub const MOBILENET_V2_PARTS: Backbone = Backbone {
    name: "mobilenet-v2-parts",
    features: MobilenetV2Config::PARTS.features(),
    smallest_image: 32,
    weights: Some("mvmhat-reid"),
    published: PublishedNames::mobilenet_v2(&["features.18.", "classifier."]),
    build: |path| Box::new(MobilenetV2::new(path, MobilenetV2Config::PARTS)),
};

/// VGG-11 without batch normalization.
pub const VGG11: Backbone = vgg("vgg11", |path| Box::new(Vgg::new(path, VggConfig::VGG11)));

/// All backbones.
pub const BACKBONES: [Backbone; 17] = [
    osnet("osnet-x0.25", "osnet-x0.25-msmt17", |path| Box::new(Osnet::new(path, OsnetConfig::X0_25))),
    osnet("osnet-x0.5", "osnet-x0.5-msmt17", |path| Box::new(Osnet::new(path, OsnetConfig::X0_5))),
    osnet("osnet-x0.75", "osnet-x0.75-msmt17", |path| Box::new(Osnet::new(path, OsnetConfig::X0_75))),
    osnet("osnet-x1.0", "osnet-x1.0-msmt17", |path| Box::new(Osnet::new(path, OsnetConfig::X1_0))),
    Backbone {
        name: "resnet18",
        features: ResnetConfig::RESNET18.features(),
        smallest_image: 32,
        weights: Some("resnet18-imagenet"),
        published: RESNET_NAMES,
        build: |path| Box::new(Resnet::new(path, ResnetConfig::RESNET18)),
    },
    Backbone {
        name: "resnet50",
        features: ResnetConfig::RESNET50.features(),
        smallest_image: 32,
        weights: Some("resnet50-imagenet"),
        published: RESNET_NAMES,
        build: |path| Box::new(Resnet::new(path, ResnetConfig::RESNET50)),
    },
    Backbone {
        name: "mobilenet-v2",
        features: MobilenetV2Config::PUBLISHED.features(),
        smallest_image: 32,
        weights: Some("mobilenet-v2-imagenet"),
        published: PublishedNames::mobilenet_v2(&["classifier."]),
        build: |path| Box::new(MobilenetV2::new(path, MobilenetV2Config::PUBLISHED)),
    },
    MOBILENET_V2_PARTS,
    Backbone {
        name: "alexnet",
        features: AlexNet::FEATURES,
        smallest_image: 63,
        weights: None,
        published: PublishedNames::unchanged(&["classifier."]),
        build: |path| Box::new(AlexNet::new(path)),
    },
    VGG11,
    vgg("vgg13", |path| Box::new(Vgg::new(path, VggConfig::VGG13))),
    vgg("vgg16", |path| Box::new(Vgg::new(path, VggConfig::VGG16))),
    vgg("vgg19", |path| Box::new(Vgg::new(path, VggConfig::VGG19))),
    vgg("vgg11-bn", |path| Box::new(Vgg::new(path, VggConfig::VGG11.with_norm()))),
    vgg("vgg13-bn", |path| Box::new(Vgg::new(path, VggConfig::VGG13.with_norm()))),
    vgg("vgg16-bn", |path| Box::new(Vgg::new(path, VggConfig::VGG16.with_norm()))),
    vgg("vgg19-bn", |path| Box::new(Vgg::new(path, VggConfig::VGG19.with_norm()))),
];

const fn osnet(name: &'static str, weights: &'static str, build: fn(&Path) -> Box<dyn Network>) -> Backbone {
    Backbone {
        name,
        features: Osnet::FEATURES,
        smallest_image: 32,
        weights: Some(weights),
        published: OSNET_NAMES,
        build,
    }
}

const fn vgg(name: &'static str, build: fn(&Path) -> Box<dyn Network>) -> Backbone {
    Backbone { name, features: Vgg::FEATURES, smallest_image: 32, weights: None, published: VGG_NAMES, build }
}

impl Backbone {
    /// The network, its variables under `path` by their published names.
    pub fn build(&self, path: &Path) -> Box<dyn Network> {
        (self.build)(path)
    }
}

crate::known_by_name!(Backbone, BACKBONES);

#[cfg(test)]
mod tests {
    use tch::nn::{ModuleT, VarStore};
    use tch::{Device, Kind, Tensor, no_grad};

    use super::*;
    use crate::Fold;

    #[test]
    fn every_backbone_has_its_number_of_features_at_any_image_size_folded_or_not() {
        for backbone in BACKBONES {
            let store = VarStore::new(Device::Cpu);
            let mut network = backbone.build(&store.root());
            for folded in [false, true] {
                if folded {
                    network.fold();
                }
                for size in [[2, 3, 64, i64::from(backbone.smallest_image)], [1, 3, 128, 64]] {
                    let images = Tensor::rand(size, (Kind::Float, Device::Cpu));
                    let features = no_grad(|| network.forward_t(&images, false));
                    assert_eq!(features.size(), [size[0], backbone.features], "{}", backbone.name);
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_what_serde_reads() {
        for backbone in BACKBONES {
            assert_eq!(Backbone::named(backbone.name), Some(backbone));
            assert_eq!(BACKBONES.iter().filter(|other| **other == backbone).count(), 1, "{backbone:?}");
            let read: Backbone = serde_json::from_str(&serde_json::to_string(&backbone).unwrap()).unwrap();
            assert_eq!(read, backbone);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = serde_json::from_str::<Backbone>("\"resnet-50\"").unwrap_err().to_string();
        assert!(
            error.starts_with("unknown variant `resnet-50`, expected one of `osnet-x0.25`")
                && error.contains("`resnet50`"),
            "{error}"
        );
    }

    #[test]
    fn names_of_files_become_those_of_the_variables() {
        let older = "features.1.conv.0.weight";
        let current = "features.1.conv.0.0.weight";
        let names = Backbone::named("mobilenet-v2").unwrap().published;
        assert_eq!(names.rule(|name| name == older)(older), current);
        assert_eq!(names.rule(|name| name == current)(current), current);
        let names = Backbone::named("osnet-x0.5").unwrap().published;
        assert_eq!(names.rule(|_| true)("conv3.0.conv2b.conv2b.1.bn.bias"), "conv3.0.conv2b.1.bn.bias");
        let names = Backbone::named("resnet18").unwrap().published;
        assert_eq!(names.rule(|_| true)("layer1.0.conv1.weight"), "layer1.0.conv1.weight");
    }
}

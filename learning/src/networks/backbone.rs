//! Networks that describe crops, by name.

use mvmhat_learning::{AlexNet, Resnet, ResnetConfig, Vgg, VggConfig};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tch::nn::Path;

use super::mobilenet;
use super::{MobilenetV2, MobilenetV2Config, Network, Osnet, OsnetConfig};
use crate::StateDict;

/// A network that makes one vector of each crop, without the classifier it was published with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backbone {
    /// OSNet of a quarter of the width, 512 numbers.
    OsnetX0_25,
    /// OSNet of half the width, 512 numbers.
    OsnetX0_5,
    /// OSNet of three quarters of the width, 512 numbers.
    OsnetX0_75,
    /// OSNet of full width, 2.2 million parameters, 512 numbers.
    OsnetX1_0,
    /// ResNet-18, 512 numbers.
    Resnet18,
    /// ResNet-50, 2048 numbers.
    Resnet50,
    /// MobileNetV2, 1280 numbers.
    MobilenetV2,
    /// MobileNetV2 for people: without its last layer, four stripes of 320 numbers each.
    MobilenetV2Parts,
    /// AlexNet, 256 numbers.
    Alexnet,
    /// VGG-11, 512 numbers.
    Vgg11,
    /// VGG-13, 512 numbers.
    Vgg13,
    /// VGG-16, 512 numbers.
    Vgg16,
    /// VGG-19, 512 numbers.
    Vgg19,
    /// VGG-11 with batch normalization, 512 numbers.
    Vgg11Bn,
    /// VGG-13 with batch normalization, 512 numbers.
    Vgg13Bn,
    /// VGG-16 with batch normalization, 512 numbers.
    Vgg16Bn,
    /// VGG-19 with batch normalization, 512 numbers.
    Vgg19Bn,
}

impl Backbone {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::OsnetX0_25,
        Self::OsnetX0_5,
        Self::OsnetX0_75,
        Self::OsnetX1_0,
        Self::Resnet18,
        Self::Resnet50,
        Self::MobilenetV2,
        Self::MobilenetV2Parts,
        Self::Alexnet,
        Self::Vgg11,
        Self::Vgg13,
        Self::Vgg16,
        Self::Vgg19,
        Self::Vgg11Bn,
        Self::Vgg13Bn,
        Self::Vgg16Bn,
        Self::Vgg19Bn,
    ];

    /// The name in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OsnetX0_25 => "osnet-x0.25",
            Self::OsnetX0_5 => "osnet-x0.5",
            Self::OsnetX0_75 => "osnet-x0.75",
            Self::OsnetX1_0 => "osnet-x1.0",
            Self::Resnet18 => "resnet18",
            Self::Resnet50 => "resnet50",
            Self::MobilenetV2 => "mobilenet-v2",
            Self::MobilenetV2Parts => "mobilenet-v2-parts",
            Self::Alexnet => "alexnet",
            Self::Vgg11 => "vgg11",
            Self::Vgg13 => "vgg13",
            Self::Vgg16 => "vgg16",
            Self::Vgg19 => "vgg19",
            Self::Vgg11Bn => "vgg11-bn",
            Self::Vgg13Bn => "vgg13-bn",
            Self::Vgg16Bn => "vgg16-bn",
            Self::Vgg19Bn => "vgg19-bn",
        }
    }

    /// The network of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backbone| backbone.as_str() == name)
    }

    /// How many numbers it makes of a crop.
    pub fn features(self) -> i64 {
        match self {
            Self::Resnet50 => 2048,
            Self::MobilenetV2 => MobilenetV2Config::PUBLISHED.features(),
            Self::MobilenetV2Parts => MobilenetV2Config::PARTS.features(),
            Self::Alexnet => 256,
            _ => 512,
        }
    }

    /// The network, its variables under `path` by their published names.
    pub fn build(self, path: &Path) -> Box<dyn Network> {
        match self {
            Self::OsnetX0_25 => Box::new(Osnet::new(path, OsnetConfig::X0_25)),
            Self::OsnetX0_5 => Box::new(Osnet::new(path, OsnetConfig::X0_5)),
            Self::OsnetX0_75 => Box::new(Osnet::new(path, OsnetConfig::X0_75)),
            Self::OsnetX1_0 => Box::new(Osnet::new(path, OsnetConfig::X1_0)),
            Self::Resnet18 => Box::new(Resnet::new(path, ResnetConfig::RESNET18)),
            Self::Resnet50 => Box::new(Resnet::new(path, ResnetConfig::RESNET50)),
            Self::MobilenetV2 => Box::new(MobilenetV2::new(path, MobilenetV2Config::PUBLISHED)),
            Self::MobilenetV2Parts => Box::new(MobilenetV2::new(path, MobilenetV2Config::PARTS)),
            Self::Alexnet => Box::new(AlexNet::new(path)),
            Self::Vgg11 => Box::new(Vgg::new(path, VggConfig::VGG11)),
            Self::Vgg13 => Box::new(Vgg::new(path, VggConfig::VGG13)),
            Self::Vgg16 => Box::new(Vgg::new(path, VggConfig::VGG16)),
            Self::Vgg19 => Box::new(Vgg::new(path, VggConfig::VGG19)),
            Self::Vgg11Bn => Box::new(Vgg::new(path, VggConfig::VGG11.with_norm())),
            Self::Vgg13Bn => Box::new(Vgg::new(path, VggConfig::VGG13.with_norm())),
            Self::Vgg16Bn => Box::new(Vgg::new(path, VggConfig::VGG16.with_norm())),
            Self::Vgg19Bn => Box::new(Vgg::new(path, VggConfig::VGG19.with_norm())),
        }
    }

    /// The tensors of a file under their published names.
    pub(crate) fn published(self, file: &StateDict) -> StateDict {
        match self {
            Self::OsnetX0_25 | Self::OsnetX0_5 | Self::OsnetX0_75 | Self::OsnetX1_0 => {
                file.renamed(Osnet::published_name)
            }
            Self::MobilenetV2 | Self::MobilenetV2Parts => mobilenet::published(file),
            _ => file.renamed(str::to_owned),
        }
    }

    /// What the names begin with that published files have and the network has not: the classifier, which embeds nothing.
    pub(crate) fn left_out(self) -> &'static [&'static str] {
        match self {
            Self::Resnet18 | Self::Resnet50 => &["fc."],
            Self::MobilenetV2Parts => &["features.18.", "classifier."],
            _ => &["classifier."],
        }
    }

    /// The least height and width of a crop, pixels, that is anything left of after all pools.
    pub fn smallest_crop(self) -> i32 {
        if self == Self::Alexnet { 63 } else { 32 }
    }

    /// The name of the weights that it embeds people with by default, if there are any.
    pub(crate) fn published_weights(self) -> Option<&'static str> {
        Some(match self {
            Self::OsnetX0_25 => "osnet-x0.25-msmt17",
            Self::OsnetX0_5 => "osnet-x0.5-msmt17",
            Self::OsnetX0_75 => "osnet-x0.75-msmt17",
            Self::OsnetX1_0 => "osnet-x1.0-msmt17",
            Self::Resnet18 => "resnet18-imagenet",
            Self::Resnet50 => "resnet50-imagenet",
            Self::MobilenetV2 => "mobilenet-v2-imagenet",
            Self::MobilenetV2Parts => "mvmhat-reid",
            _ => return None,
        })
    }
}

impl Serialize for Backbone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Backbone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            let known = Self::ALL.map(|backbone| format!("`{}`", backbone.as_str())).join(", ");
            D::Error::custom(format!("unknown variant `{name}`, expected one of {known}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_learning::Fold;
    use tch::nn::{ModuleT, VarStore};
    use tch::{Device, Kind, Tensor, no_grad};

    use super::*;

    #[test]
    fn every_backbone_makes_as_many_numbers_as_it_says_of_crops_of_any_size_folded_or_not() {
        for backbone in Backbone::ALL {
            let store = VarStore::new(Device::Cpu);
            let mut network = backbone.build(&store.root());
            for size in [[2, 3, 64, i64::from(backbone.smallest_crop())], [1, 3, 128, 64]] {
                let crops = Tensor::rand(size, (Kind::Float, Device::Cpu));
                let numbers = no_grad(|| network.forward_t(&crops, false));
                assert_eq!(numbers.size(), [size[0], backbone.features()], "{}", backbone.as_str());
            }
            network.fold();
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_there_are() {
        let backbone: Backbone = serde_yaml::from_str("resnet50").unwrap();
        assert_eq!(backbone, Backbone::Resnet50);
        let error = serde_yaml::from_str::<Backbone>("resnet-50").unwrap_err().to_string();
        assert!(mvmhat_scene::nearest_key(&error).is_some_and(|name| name == "resnet50"), "{error}");
    }
}

//! Networks that describe crops, by name.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tch::nn::Path;

use super::{MobilenetV2, Network, Osnet, OsnetConfig, Resnet, ResnetConfig};
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
}

impl Backbone {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OsnetX0_25,
        Self::OsnetX0_5,
        Self::OsnetX0_75,
        Self::OsnetX1_0,
        Self::Resnet18,
        Self::Resnet50,
        Self::MobilenetV2,
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
        }
    }

    /// The network of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backbone| backbone.as_str() == name)
    }

    /// How many numbers it makes of a crop.
    pub fn features(self) -> i64 {
        match self {
            Self::OsnetX0_25 | Self::OsnetX0_5 | Self::OsnetX0_75 | Self::OsnetX1_0 | Self::Resnet18 => 512,
            Self::Resnet50 => 2048,
            Self::MobilenetV2 => 1280,
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
            Self::MobilenetV2 => Box::new(MobilenetV2::new(path)),
        }
    }

    /// The tensors of a file under their published names.
    pub(crate) fn published(self, file: &StateDict) -> StateDict {
        match self {
            Self::OsnetX0_25 | Self::OsnetX0_5 | Self::OsnetX0_75 | Self::OsnetX1_0 => {
                file.renamed(Osnet::published_name)
            }
            Self::Resnet18 | Self::Resnet50 | Self::MobilenetV2 => file.renamed(str::to_owned),
        }
    }

    /// What the names of the classifier begin with, which published files have and which embeds nothing.
    pub(crate) fn classifier(self) -> &'static [&'static str] {
        match self {
            Self::Resnet18 | Self::Resnet50 => &["fc."],
            _ => &["classifier."],
        }
    }

    /// The name of the weights that it was published with.
    pub(crate) fn published_weights(self) -> Option<&'static str> {
        Some(match self {
            Self::OsnetX0_25 => "osnet-x0.25-msmt17",
            Self::OsnetX0_5 => "osnet-x0.5-msmt17",
            Self::OsnetX0_75 => "osnet-x0.75-msmt17",
            Self::OsnetX1_0 => "osnet-x1.0-msmt17",
            Self::Resnet18 => "resnet18-imagenet",
            Self::Resnet50 => "resnet50-imagenet",
            Self::MobilenetV2 => "mobilenet-v2-imagenet",
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
    use learning::Fold;
    use tch::nn::{ModuleT, VarStore};
    use tch::{Device, Kind, Tensor, no_grad};

    use super::*;

    #[test]
    fn every_backbone_makes_as_many_numbers_as_it_says_of_crops_of_any_size_folded_or_not() {
        for backbone in Backbone::ALL {
            let store = VarStore::new(Device::Cpu);
            let mut network = backbone.build(&store.root());
            for size in [[2, 3, 64, 32], [1, 3, 128, 64]] {
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
        assert!(scene::nearest_key(&error).is_some_and(|name| name == "resnet50"), "{error}");
    }
}

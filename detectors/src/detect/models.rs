//! The table of detectors, by name.

use super::YoloxConfig;

/// A detector that can be chosen: a row of [`DETECTORS`].
///
/// In a configuration it is written and read as its name.
#[derive(Clone, Copy)]
pub struct DetectorModel {
    /// The name in configurations.
    pub name: &'static str,
    /// Its network; `None` for detections that come from files.
    pub network: Option<DetectorNetwork>,
}

/// The network of a detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectorNetwork {
    /// Which network.
    pub architecture: Architecture,
    /// The name of its published weights.
    pub weights: &'static str,
    /// The thresholds where the configuration has none.
    pub thresholds: Thresholds,
}

/// The architecture of a detector's network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Architecture {
    /// A YOLOX of the 80 classes of COCO, of which the first is person.
    Yolox {
        /// Depth and width.
        config: YoloxConfig,
        /// Width and height of its input as published, pixels.
        input_size: [u32; 2],
    },
    /// A [`PersonNetwork`](super::PersonNetwork), whose weights file describes it.
    Person,
}

/// Which of the predicted boxes are detections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The least confidence of a detection, 0 to 1.
    pub conf: f32,
    /// Non-maximum suppression drops boxes whose IoU with a better one is higher than this, 0 to 1.
    pub nms_iou: f64,
}

/// As published.
const YOLOX_THRESHOLDS: Thresholds = Thresholds { conf: 0.25, nms_iou: 0.65 };
/// Where recall and false positives balanced on held-out sequences.
pub(super) const PERSON_THRESHOLDS: Thresholds = Thresholds { conf: 0.6, nms_iou: 0.4 };

/// All detectors.
pub const DETECTORS: [DetectorModel; 8] = [
    yolox("yolox-nano", YoloxConfig::NANO, [416, 416]),
    yolox("yolox-tiny", YoloxConfig::TINY, [416, 416]),
    yolox("yolox-s", YoloxConfig::S, [640, 640]),
    yolox("yolox-m", YoloxConfig::M, [640, 640]),
    yolox("yolox-l", YoloxConfig::L, [640, 640]),
    yolox("yolox-x", YoloxConfig::X, [640, 640]),
    DetectorModel::PERSON,
    DetectorModel::FILE,
];

const fn yolox(name: &'static str, config: YoloxConfig, input_size: [u32; 2]) -> DetectorModel {
    let architecture = Architecture::Yolox { config, input_size };
    let network = DetectorNetwork { architecture, weights: name, thresholds: YOLOX_THRESHOLDS };
    DetectorModel { name, network: Some(network) }
}

impl DetectorModel {
    /// A YOLOX-nano for people only, 0.90 million parameters, or one with another backbone: with the weights that are part
    /// of the program, or those of `mvmhat train-detector`.
    pub const PERSON: Self = Self {
        name: "person",
        network: Some(DetectorNetwork {
            architecture: Architecture::Person,
            weights: "mvmhat-person",
            thresholds: PERSON_THRESHOLDS,
        }),
    };

    /// The detections that come with the sequence, see [`mvmhat_scene::DetectionFile`].
    pub const FILE: Self = Self { name: "file", network: None };
}

impl Default for DetectorModel {
    fn default() -> Self {
        Self::PERSON
    }
}

mvmhat_learning::known_by_name!(DetectorModel, DETECTORS);

#[cfg(test)]
mod tests {
    use mvmhat_weights::Registry;

    use super::*;

    #[test]
    fn names_are_unique_and_what_serde_reads() {
        for model in DETECTORS {
            assert_eq!(serde_yaml::from_str::<DetectorModel>(model.name).unwrap(), model);
            assert_eq!(DETECTORS.iter().filter(|other| **other == model).count(), 1, "{model:?}");
        }
        let error = serde_yaml::from_str::<DetectorModel>("yolo-nano").unwrap_err().to_string();
        assert_eq!(mvmhat_scene::nearest_key(&error), Some("yolox-nano"));
    }

    #[test]
    fn published_weights_are_known_and_of_the_input_size_of_the_table() {
        for network in DETECTORS.iter().filter_map(|model| model.network) {
            let entry = Registry::builtin().unwrap().entry(network.weights).unwrap();
            if let Architecture::Yolox { input_size, .. } = network.architecture {
                assert_eq!([entry.input.width, entry.input.height], input_size, "{}", entry.name);
            }
        }
    }
}

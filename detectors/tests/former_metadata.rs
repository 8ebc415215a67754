//! Weights files that earlier versions of the program wrote describe the same networks.

#![allow(clippy::unwrap_used)] // Helpers of tests, too, may fail loudly.

use std::fs;

use mvmhat_detectors::{EmbeddingNetworkConfig, PersonNetworkConfig};
use mvmhat_weights::StateDict;

/// A safetensors file without tensors, with one entry of metadata.
fn file_with(entry: &str, value: &str) -> StateDict {
    let header = serde_json::json!({ "__metadata__": { entry: value } }).to_string();
    let bytes = [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes()].concat();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    StateDict::read(file.path()).unwrap()
}

#[test]
fn former_names_describe_the_same_networks() {
    let former = r#"{"backbone":"osnet-x0.5","dimension":96,"neck":false,"crop":[128,64]}"#;
    let network = EmbeddingNetworkConfig::from_weights(&file_with("embedding_network", former));
    let network = network.unwrap().unwrap();
    assert_eq!(network.backbone.name, "osnet-x0.5");
    assert_eq!((network.embedding_dim, network.bn_neck, network.crop_size), (96, false, [128, 64]));
    let (entry, value) = network.metadata_entry().unwrap();
    let present = EmbeddingNetworkConfig::from_weights(&file_with(&entry, &value)).unwrap();
    assert_eq!(present, Some(network));

    let former = r#"{"backbone":"mobilenet-v2","channels":32,"size":384}"#;
    let network = PersonNetworkConfig::from_weights(&file_with("person_network", former)).unwrap();
    assert_eq!((network.backbone.name, network.channels, network.input_size), ("mobilenet-v2", 32, 384));
    let (entry, value) = network.metadata_entry().unwrap();
    assert_eq!(PersonNetworkConfig::from_weights(&file_with(&entry, &value)).unwrap(), network);
}

#[test]
fn descriptions_that_cannot_be_read_are_named() {
    let error = |value: &str| {
        PersonNetworkConfig::from_weights(&file_with("detector_network", value)).unwrap_err().to_string()
    };
    let message = error(r#"{"backbone":"yolox-nano","windows":3}"#);
    assert!(message.contains("detector_network cannot be read: unknown field `windows`"), "{message}");
    let message = error(r#"{"channels":0}"#);
    assert!(message.contains("train.network.channels is 0, but it must be between 8 and 1024"), "{message}");
    assert!(EmbeddingNetworkConfig::from_weights(&file_with("format", "pt")).unwrap().is_none());
}

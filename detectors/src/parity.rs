//! Parity with ONNX Runtime: the same weights and inputs give the same outputs.

use std::path::Path;

use mvmhat_learning::networks::Backbone;
use mvmhat_reference::shared;
use mvmhat_weights::StateDict;
use tch::{Device, Tensor};

use crate::inference::with_variable_names;
use crate::{Inference, Yolox, YoloxConfig};

fn state_dict(folder: &Path, name: &str) -> StateDict {
    StateDict::read(&folder.join(format!("{name}.safetensors"))).unwrap()
}

/// Compares with the output of ONNX Runtime 1.31 in `<name>.golden.safetensors`.
fn assert_equal(network: &Inference, folder: &Path, name: &str) {
    let golden = state_dict(folder, &format!("{name}.golden"));
    let expected = golden.get("output").unwrap();
    let output = network.run(golden.get("input").unwrap());
    assert_eq!(output.size(), expected.size());
    let difference = (&output - expected).abs().max().double_value(&[]);
    let cosine = Tensor::cosine_similarity(&output.flatten(1, -1), &expected.flatten(1, -1), 1, 1e-12);
    let cosine = cosine.min().double_value(&[]);
    println!("{name}: largest difference {difference:.2e}, smallest cosine {cosine:.8}");
    assert!(difference <= 1e-3, "{name}: largest difference {difference}");
    assert!(cosine >= 0.9999, "{name}: smallest cosine {cosine}");
}

/// Compares a backbone of the table with its weights in a file.
fn assert_backbone(name: &str, folder: &Path, file: &str) {
    let backbone = Backbone::named(name).unwrap();
    let weights = with_variable_names(&state_dict(folder, file), &backbone.published);
    let network = Inference::load(|path| backbone.build(path), &weights, &[], Device::Cpu).unwrap();
    assert_equal(&network, folder, file);
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn yolox_nano() {
    let folder = shared("weights");
    let weights = state_dict(&folder, "yolox_nano");
    let build = |path: &tch::nn::Path| Yolox::new(path, YoloxConfig::NANO);
    assert_equal(&Inference::load(build, &weights, &[], Device::Cpu).unwrap(), &folder, "yolox_nano");
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn osnet() {
    let folder = shared("weights");
    assert_backbone("osnet-x0.25", &folder, "osnet_x0_25_msmt17");
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn mobilenet_v2() {
    let folder = shared("weights");
    assert_backbone("mobilenet-v2", &folder, "mobilenet_v2_imagenet");
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn weights_of_another_network_are_refused() {
    let folder = shared("weights");
    let weights = state_dict(&folder, "yolox_nano");
    let error = Inference::load(|path| Yolox::new(path, YoloxConfig::TINY), &weights, &[], Device::Cpu);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("yolox_nano.safetensors does not fit"), "{error}");
    assert!(error.contains("the file looks like yolox-nano"), "{error}");
}

//! Which known architecture the tensors of a file belong to, judged by a few telling names and shapes: enough to tell
//! someone who gave the wrong file what it is instead.

use crate::{DETECTOR_NETWORK, REID_NETWORK, StateDict};

/// Every architecture that the list of weights may name. Files of our own networks are told by their metadata.
pub(super) const KNOWN: [&str; 16] = [
    "person",
    "mobilenet-v2-parts",
    "yolox-nano",
    "yolox-tiny",
    "yolox-s",
    "yolox-m",
    "yolox-l",
    "yolox-x",
    "osnet-x0.25",
    "osnet-x0.5",
    "osnet-x0.75",
    "osnet-x1.0",
    "resnet18",
    "resnet34",
    "resnet50",
    "mobilenet-v2",
];

pub(super) fn recognize(weights: &StateDict) -> Option<&'static str> {
    ours(weights)
        .or_else(|| yolox(weights))
        .or_else(|| osnet(weights))
        .or_else(|| resnet(weights))
        .or_else(|| mobilenet_v2(weights))
}

/// By the metadata that training writes.
fn ours(weights: &StateDict) -> Option<&'static str> {
    if weights.metadata(DETECTOR_NETWORK).is_some() {
        return Some("person");
    }
    let network: serde_json::Value = serde_json::from_str(weights.metadata(REID_NETWORK)?).ok()?;
    (network["backbone"] == "mobilenet-v2-parts").then_some("mobilenet-v2-parts")
}

/// The number of output channels of a convolution.
fn channels(weights: &StateDict, convolution: &str) -> Option<i64> {
    weights.get(convolution)?.size().first().copied()
}

/// By the width of the stem; nano's convolutions in the head are depthwise.
fn yolox(weights: &StateDict) -> Option<&'static str> {
    let depthwise = weights.get("head.cls_convs.0.0.dconv.conv.weight").is_some();
    Some(match (channels(weights, "backbone.backbone.stem.conv.conv.weight")?, depthwise) {
        (16, true) => "yolox-nano",
        (24, false) => "yolox-tiny",
        (32, false) => "yolox-s",
        (48, false) => "yolox-m",
        (64, false) => "yolox-l",
        (80, false) => "yolox-x",
        _ => return None,
    })
}

/// By the width of the stem. The variants with instance normalization (IBN, AIN) have no running mean there.
fn osnet(weights: &StateDict) -> Option<&'static str> {
    weights.get("conv2.0.gate.fc1.weight")?;
    weights.get("conv1.bn.running_mean")?;
    Some(match channels(weights, "conv1.conv.weight")? {
        16 => "osnet-x0.25",
        32 => "osnet-x0.5",
        48 => "osnet-x0.75",
        64 => "osnet-x1.0",
        _ => return None,
    })
}

/// By the kind of block and the number of blocks in the third layer: 2 in ResNet-18, 6 in 34 and 50, more in larger.
fn resnet(weights: &StateDict) -> Option<&'static str> {
    let has = |name: &str| weights.get(name).is_some();
    if channels(weights, "conv1.weight")? != 64 || !has("layer1.0.conv2.weight") {
        return None;
    }
    let bottleneck = has("layer1.0.conv3.weight");
    let blocks = (0..).take_while(|n| has(&format!("layer3.{n}.conv1.weight"))).count();
    match (bottleneck, blocks) {
        (false, 2) => Some("resnet18"),
        (false, 6) => Some("resnet34"),
        (true, 6) => Some("resnet50"),
        _ => None,
    }
}

/// By the last convolution before the pooling and the width of the stem.
fn mobilenet_v2(weights: &StateDict) -> Option<&'static str> {
    let widths = (channels(weights, "features.0.0.weight")?, channels(weights, "features.18.0.weight")?);
    (widths == (32, 1280)).then_some("mobilenet-v2")
}

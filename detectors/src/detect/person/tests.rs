//! Shapes, folding, learning, pretrained weights.

use mvmhat_learning::{AdamConfig, OptimizerConfig, Parameters};
use mvmhat_scene::{BBox, CameraId, FrameNumber};
use mvmhat_weights::StateDict;
use opencv::core::{CV_8UC3, Mat, Rect, Scalar};
use opencv::imgproc::rectangle;
use opencv::prelude::*;
use tch::nn::VarStore;
use tch::{Device, Kind, no_grad};

use super::*;
use crate::{DetectorConfig, Frame, Image, Yolox, YoloxConfig, person_detector};

#[test]
fn rows_are_the_cells_of_the_grids_and_folding_keeps_them() {
    for backbone in PYRAMIDS {
        check(&PersonNetworkConfig { backbone, ..Default::default() });
    }
}

fn check(config: &PersonNetworkConfig) {
    tch::manual_seed(3);
    let store = VarStore::new(Device::Cpu);
    let mut network = PersonNetwork::new(&store.root(), config);
    let xs = Tensor::rand([2, 3, 64, 96], (Kind::Float, Device::Cpu)) * 255.0;
    // Gathers statistics, so that the normalizations are no identities.
    let _ = no_grad(|| network.forward_t(&xs, true));
    let before = no_grad(|| network.forward_t(&xs, false));
    assert_eq!(before.size(), [2, 8 * 12 + 4 * 6 + 2 * 3, PersonNetwork::COLUMNS]);
    network.fold();
    let after = no_grad(|| network.forward_t(&mvmhat_learning::channels_last(&xs), false));
    assert!(before.allclose(&after, 1e-3, 1e-3, false), "{}", (before - after).abs().max());
}

#[test]
fn half_of_its_weights_fit_into_four_megabytes() {
    let store = VarStore::new(Device::Cpu);
    let backbone = PyramidBackbone::named("mobilenet-v2").unwrap();
    let _network = PersonNetwork::new(&store.root(), &PersonNetworkConfig { backbone, ..Default::default() });
    let count: usize = store.variables().values().map(Tensor::numel).sum();
    assert!(count < 2_000_000, "{count}");
}

#[test]
fn one_image_is_memorized_and_its_people_are_found() {
    // The network is too small to be worth threads, and other tests run in parallel.
    tch::set_num_threads(1);
    let config = PersonNetworkConfig { channels: 16, input_size: 96, ..PersonNetworkConfig::default() };
    let store = VarStore::new(Device::Cpu);
    let network = config.build(&store.root());
    config.initialize(&store, 0).unwrap();
    // Gray, with a bright person on the left and a dark one on the right.
    let people = [BBox::new(10.0, 20.0, 16.0, 50.0), BBox::new(60.0, 10.0, 20.0, 60.0)];
    let mut mat = Mat::new_rows_cols_with_default(96, 96, CV_8UC3, Scalar::all(127.0)).unwrap();
    for (person, gray) in people.iter().zip([250.0, 10.0]) {
        let [x, y, w, h] = [person.x, person.y, person.w, person.h].map(|side| side as i32);
        rectangle(&mut mat, Rect::new(x, y, w, h), Scalar::all(gray), -1, 8, 0).unwrap();
    }
    let pixels = Tensor::from_data_size(mat.data_bytes().unwrap(), &[1, 96, 96, 3], Kind::Uint8);
    // Eight copies: the coarsest grid has nine cells, and the variance of so few values, unbiased in the running
    // statistics but biased in training, would make the folded network another one, layer by layer.
    let batch = pixels.permute([0, 3, 1, 2]).to_kind(Kind::Float).repeat([8, 1, 1, 1]);
    let targets = vec![DetectionTargets { people: people.to_vec(), ignored: Vec::new() }; 8];
    let parameters = Parameters::trainable(&store);
    let mut optimizer = OptimizerConfig::Adam(AdamConfig::default()).init(&parameters);
    let mut losses = Vec::new();
    for number in 1..=240 {
        let loss =
            detection_loss(&network.logits(&batch, PretrainedParts::Nothing), &targets, [96, 96]).unwrap();
        losses.push(loss.total.double_value(&[]));
        let gradients = parameters.gradients(&loss.total).unwrap();
        // The statistics of the normalizations catch up with the weights at the end.
        let rate = if number <= 190 { 3e-3 } else { 1e-4 };
        optimizer.step(&parameters, &gradients, rate);
    }
    assert!(losses[239] < 0.3 * losses[0], "{} to {}", losses[0], losses[239]);
    let mut detector = person_detector(&DetectorConfig::default(), &config, &store).unwrap();
    let image = Some(Image::new(mat).unwrap());
    let frame = Frame { camera: CameraId(0), number: FrameNumber(1), image };
    let found = detector.detect(&[frame]).unwrap().concat();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(people.iter().all(|person| found.iter().any(|found| found.bbox.iou(person) > 0.6)), "{found:?}");
}

#[test]
fn with_pretrained_weights_it_is_the_published_yolox_nano_and_its_logit_is_that_of_the_product_of_both_scores()
 {
    tch::manual_seed(5);
    let published = VarStore::new(Device::Cpu);
    let yolox = Yolox::new(&published.root(), YoloxConfig::NANO);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yolox.safetensors");
    published.save(&path).unwrap();
    let config = PersonNetworkConfig::default();
    let store = VarStore::new(Device::Cpu);
    let network = config.build(&store.root());
    config.initialize(&store, 0).unwrap();
    let pretrained = config.load_pretrained(&StateDict::read(&path).unwrap(), &store).unwrap();
    assert_eq!(pretrained, PretrainedParts::Network);
    let xs = Tensor::rand([1, 3, 64, 64], (Kind::Float, Device::Cpu)) * 255.0;
    let statistics = || store.variables()["head.stems.0.bn.running_mean"].copy();
    let before = statistics();
    let expected = no_grad(|| yolox.forward_t(&xs, false)).narrow(2, 0, PersonNetwork::COLUMNS);
    let rows = no_grad(|| network.forward_t(&xs, false));
    // Convolutions of other sizes add up in another order.
    let same = |a: &Tensor, b: &Tensor| a.allclose(b, 1e-4, 1e-6, false);
    assert!(same(&rows, &expected), "{}", (&rows - &expected).abs().max());
    let learned = no_grad(|| network.logits(&xs, pretrained));
    assert!(same(&learned.narrow(2, 0, 4), &rows.narrow(2, 0, 4)));
    assert!(same(&learned.select(2, 4).sigmoid(), &(rows.select(2, 4) * rows.select(2, 5))));
    // Parts with pretrained weights keep their statistics, others gather them.
    assert_eq!(statistics(), before);
    let _ = no_grad(|| network.logits(&xs, PretrainedParts::Neck));
    assert_ne!(statistics(), before);
}

#[test]
fn a_weights_file_describes_its_network_and_gives_pretrained_weights() {
    let folder = tempfile::tempdir().unwrap();
    let config = PersonNetworkConfig { channels: 16, ..PersonNetworkConfig::default() };
    let store = VarStore::new(Device::Cpu);
    let _network = config.build(&store.root());
    config.initialize(&store, 1).unwrap();
    // Without its metadata a file is refused.
    let plain = folder.path().join("plain.safetensors");
    store.save(&plain).unwrap();
    let error = PersonNetworkConfig::from_weights(&StateDict::read(&plain).unwrap()).unwrap_err().to_string();
    assert!(error.contains("mvmhat train-detector"), "{error}");
    // A published YOLOX-nano gives all but a head of other channels, and another network is refused.
    let published = VarStore::new(Device::Cpu);
    let _yolox = Yolox::new(&published.root(), YoloxConfig::NANO);
    let path = folder.path().join("yolox.safetensors");
    published.save(&path).unwrap();
    let weights = StateDict::read(&path).unwrap();
    assert_eq!(config.load_pretrained(&weights, &store).unwrap(), PretrainedParts::Neck);
    let name = "backbone.backbone.stem.conv.conv.weight";
    assert_eq!(store.variables()[name], published.variables()[name]);
    let name = "C3_p4.conv1.conv.weight";
    assert_eq!(
        store.variables()[&format!("neck.{name}")],
        published.variables()[&format!("backbone.{name}")]
    );
    let other = PersonNetworkConfig { backbone: PyramidBackbone::named("mobilenet-v2").unwrap(), ..config };
    let store = VarStore::new(Device::Cpu);
    let _network = other.build(&store.root());
    let error = other.load_pretrained(&weights, &store).unwrap_err().to_string();
    assert!(error.contains("of yolox-nano") && error.contains("mobilenet-v2-deepsort"), "{error}");
    for (config, key) in [
        (PersonNetworkConfig { input_size: 100, ..other.clone() }, "train.network.input_size is 100"),
        (PersonNetworkConfig { channels: 0, ..other }, "train.network.channels is 0"),
    ] {
        assert!(config.validate().unwrap_err().to_string().starts_with(key));
    }
}

//! Weights files: every format gives the same tensors, and no file, however broken, does any harm.
//!
//! The files in `fixtures` were written by PyTorch 2.13.0 (`make.py` beside them).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::path::{Path, PathBuf};

use mvmhat_reference::shared;
use mvmhat_weights::{DETECTOR_NETWORK, REID_NETWORK, StateDict, WeightsError};
use proptest::prelude::*;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Tensor};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(name: &str) -> StateDict {
    StateDict::read(&fixture(name)).unwrap()
}

/// A file of these bytes, read.
fn read_bytes(bytes: &[u8]) -> Result<StateDict, WeightsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    StateDict::read(file.path())
}

fn error(name: &str) -> String {
    StateDict::read(&fixture(name)).unwrap_err().to_string()
}

#[test]
fn every_format_gives_the_same_tensors() {
    let reference = read("state.safetensors");
    assert_eq!(reference.iter().len(), 15);
    for name in ["zip.pth", "legacy.pth", "protocol5.pth", "wrapped.pth.tar", "wrapped_legacy.pth.tar"] {
        let other = read(name);
        let names = |weights: &StateDict| weights.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&other), names(&reference), "{name}");
        for (key, tensor) in reference.iter() {
            let found = other.get(key).unwrap();
            assert_eq!((found.kind(), found.size()), (tensor.kind(), tensor.size()), "{name}: {key}");
            assert!(found.equal(tensor), "{name}: {key}");
        }
    }
}

/// The values that `make.py` writes out rather than draws.
#[test]
fn the_tensors_hold_the_numbers_that_were_saved() {
    let weights = read("zip.pth");
    assert_eq!(weights.get("long").unwrap().int64_value(&[]), (1 << 40) + 1);
    assert_eq!(weights.get("short").unwrap().int64_value(&[0]), -300);
    assert_eq!(weights.get("byte").unwrap().int64_value(&[0]), 200);
    assert_eq!(weights.get("empty").unwrap().size(), [0, 3]);
    assert_eq!(weights.get("bfloat16").unwrap().kind(), Kind::BFloat16);
    let plain = weights.get("plain").unwrap();
    assert!(weights.get("transposed").unwrap().equal(&plain.tr()));
    assert!(weights.get("window").unwrap().equal(&plain.narrow(0, 1, 2).narrow(1, 2, 3)));
    // Tensors that shared their storage still do.
    assert_eq!(weights.get("transposed").unwrap().data_ptr(), plain.data_ptr());
}

/// A safetensors file without tensors, with one entry of metadata.
fn metadata_only(name: &str, value: &str) -> Vec<u8> {
    let header = serde_json::json!({ "__metadata__": { name: value } }).to_string();
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes()].concat()
}

#[test]
fn metadata_of_earlier_versions_are_read_under_their_present_names() {
    let former = r#"{"backbone":"mobilenet-v2-parts","dimension":96,"neck":true,"crop":[128,64]}"#;
    let weights = read_bytes(&metadata_only("embedding_network", former)).unwrap();
    let present =
        r#"{"backbone":"mobilenet-v2-parts","embedding_dim":96,"bn_neck":true,"crop_size":[128,64]}"#;
    assert_eq!(weights.metadata(REID_NETWORK), Some(present));
    assert_eq!(weights.metadata("embedding_network"), None);
    assert_eq!(weights.architecture(), Some("mobilenet-v2-parts"));

    let former = r#"{"backbone":"yolox-nano","channels":64,"size":416}"#;
    let weights = read_bytes(&metadata_only("person_network", former)).unwrap();
    let present = r#"{"backbone":"yolox-nano","channels":64,"input_size":416}"#;
    assert_eq!(weights.metadata(DETECTOR_NETWORK), Some(present));
    assert_eq!(weights.architecture(), Some("person"));
}

#[test]
fn averaged_weights_are_preferred() {
    assert_eq!(read("ema.pth").get("a").unwrap().double_value(&[0]), 1.0);
}

#[test]
fn what_is_no_state_dict_is_named() {
    let message = error("network.pth");
    assert!(message.contains("a whole object of class torch.nn.modules.linear.Linear"), "{message}");
    assert!(message.contains("network.pth") && message.contains("state_dict()"), "{message}");
    assert!(error("script.pt").contains("a TorchScript program"), "{}", error("script.pt"));
    assert!(matches!(StateDict::read(&fixture("make.py")), Err(WeightsError::Format { .. })));
    assert!(matches!(StateDict::read(&fixture("none.pth")), Err(WeightsError::Io { .. })));
    assert!(matches!(StateDict::read(&fixture("")), Err(WeightsError::Io { .. })));
    assert!(matches!(read_bytes(&[]), Err(WeightsError::Damaged { .. })));
}

/// A file that ends early is never taken for a shorter one.
#[test]
fn every_truncation_is_an_error() {
    for name in ["state.safetensors", "zip.pth", "legacy.pth"] {
        let whole = fs::read(fixture(name)).unwrap();
        for len in (0..whole.len()).step_by(7) {
            assert!(read_bytes(&whole[..len]).is_err(), "{name} of {len} bytes");
        }
    }
}

#[test]
fn a_flipped_bit_in_a_zip_is_found() {
    let mut bytes = fs::read(fixture("zip.pth")).unwrap();
    let value = read("zip.pth").get("plain").unwrap().double_value(&[2, 3]) as f32;
    let place = bytes.windows(4).position(|window| window == value.to_le_bytes()).unwrap();
    bytes[place] ^= 1;
    let message = read_bytes(&bytes).unwrap_err().to_string();
    assert!(message.contains("damaged or cut short: Invalid checksum"), "{message}");
}

/// A pickle of the format before 1.6, whose `object` is given in opcodes.
fn legacy(object: &[u8], keys: &[u8], storages: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";
    let version = b"\x80\x02M\xe9\x03.";
    let machine = b"\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.";
    [magic, version.as_slice(), machine, b"\x80\x02", object, b"\x80\x02", keys, storages].concat()
}

/// The opcodes of `{"w": tensor}` over the storage "0" of `len` floats, `size` and `stride` given in opcodes.
fn one_tensor(len: u8, size: &[u8], stride: &[u8]) -> Vec<u8> {
    let head =
        b"}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK";
    [head.as_slice(), &[len], b"NtQK\x00", size, stride, b"\x89NtRs."].concat()
}

const KEYS: &[u8] = b"]U\x010a.";

#[test]
fn a_tensor_by_hand() {
    let storages = [2_u64.to_le_bytes().as_slice(), &1.5_f32.to_le_bytes(), &2.5_f32.to_le_bytes()].concat();
    let weights = read_bytes(&legacy(&one_tensor(2, b"K\x02\x85", b"K\x01\x85"), KEYS, &storages)).unwrap();
    assert!(weights.get("w").unwrap().equal(&Tensor::from_slice(&[1.5_f32, 2.5])));
}

/// Windows that leave their storage, or that repeat elements until no memory would hold them.
#[test]
fn a_tensor_outside_its_storage_is_refused() {
    let storages = [2_u64.to_le_bytes().as_slice(), &[0; 8]].concat();
    let huge = b"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40\x85"; // (2^62,)
    for (size, stride) in [
        (b"K\x03\x85".as_slice(), b"K\x01\x85".as_slice()),
        (b"K\x02\x85", b"K\x02\x85"),
        (b"K\x02\x85", b"J\xff\xff\xff\xff\x85"),
        (b"K\x02\x85", b"K\x01K\x01\x86"),
        (huge, b"K\x00\x85"),
        (huge, b"K\x01\x85"),
        (huge, huge),
    ] {
        let outcome = read_bytes(&legacy(&one_tensor(2, size, stride), KEYS, &storages));
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("does not lie within its storage of 2 elements"), "{message}");
    }
}

/// Functions are named in a pickle for the reader to call: here none is.
#[test]
fn nothing_is_executed() {
    let witness = std::env::temp_dir().join("mvmhat-pickle-was-executed");
    let _ = fs::remove_file(&witness);
    let command = format!("touch {}", witness.display());
    let text = [b"X".as_slice(), &(command.len() as u32).to_le_bytes(), command.as_bytes()].concat();
    let object = [b"cposix\nsystem\n".as_slice(), &text, b"\x85R."].concat();
    let message = read_bytes(&legacy(&object, b"].", &[])).unwrap_err().to_string();
    assert!(message.contains("a whole object of class posix.system"), "{message}");
    assert!(!witness.exists());
}

/// Programs that would exhaust a naive reader: nesting, copies of copies, lengths that are not there.
#[test]
fn bombs_are_harmless() {
    let nested = [b")".as_slice(), &[0x85; 3_000_000], b"."].concat(); // a tuple in a tuple in a tuple …
    let long_text = b"X\xff\xff\xff\xff.".to_vec();
    let long_bytes = b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.".to_vec();
    let endless = vec![b'N'; 5_000_000];
    // A list of 1000 pairs that 10,000 dictionaries are made of.
    let pairs = [b"](".as_slice(), &b"NN\x86".repeat(1000), b"e\x85q\x00"].concat();
    let copies = [pairs, b"ccollections\nOrderedDict\nh\x00R".repeat(10_000), b".".to_vec()].concat();
    // A list that holds itself.
    let cycle = b"]q\x00h\x00a.".to_vec();
    for object in [nested, long_text, long_bytes, endless, copies, cycle] {
        assert!(read_bytes(&legacy(&object, b"].", &[])).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any bytes changed, in any format: an error or tensors, never a crash.
    #[test]
    fn mutated_files_do_no_harm(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let name = ["state.safetensors", "zip.pth", "legacy.pth", "wrapped_legacy.pth.tar"][which];
        let mut bytes = fs::read(fixture(name)).unwrap();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(weights) = read_bytes(&bytes) {
            // What was read can be used: no tensor reaches outside its memory.
            weights.iter().for_each(|(_, tensor)| drop(tensor.to_kind(Kind::Double).sum(Kind::Double)));
        }
    }

    /// Random opcodes.
    #[test]
    fn random_pickles_do_no_harm(object in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_bytes(&legacy(&object, b"].", &[]));
    }
}

#[test]
fn loading_fills_every_variable() {
    let weights = read("zip.pth");
    let store = VarStore::new(Device::Cpu);
    let root = store.root();
    let plain = root.zeros("plain", &[4, 6]);
    let half = (&root / "sub").zeros("half", &[3]); // `sub.half`: not in the file
    let message = weights.load_into(&store, &[]).unwrap_err().to_string();
    assert!(message.contains("1 missing (sub.half), 14 unexpected (bfloat16, bool, byte, …)"), "{message}");
    assert!(message.contains("zip.pth"), "{message}");
    assert_eq!(plain.abs().sum(Kind::Float).double_value(&[]), 0.0, "nothing is loaded when not all is");
    drop(half);

    let store = VarStore::new(Device::Cpu);
    let plain = store.root().zeros("plain", &[4, 6]);
    let half = store.root().zeros("half", &[3]);
    let extra = ["b", "c", "d", "e", "i", "l", "parameter", "s", "t", "w"];
    weights.load_into(&store, &extra).unwrap();
    assert!(plain.equal(weights.get("plain").unwrap()));
    assert_eq!(half.kind(), Kind::Float, "a variable keeps its type");
    assert!(half.equal(&weights.get("half").unwrap().to_kind(Kind::Float)));

    let store = VarStore::new(Device::Cpu);
    let _plain = store.root().zeros("plain", &[6, 4]);
    let _half = store.root().zeros("half", &[3]);
    let message = weights.load_into(&store, &extra).unwrap_err().to_string();
    let expected = "1 of another shape (plain: [4, 6] in the file, [6, 4] in the network)";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn counters_of_batch_norms_are_tolerated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("norm.safetensors");
    let ones = || Tensor::ones([2], (Kind::Float, Device::Cpu));
    let names = ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"];
    let mut tensors: Vec<_> = names.iter().map(|name| (*name, ones())).collect();
    tensors.push(("norm.num_batches_tracked", Tensor::from(3_i64)));
    Tensor::write_safetensors(&tensors, &path).unwrap();
    let store = VarStore::new(Device::Cpu);
    nn::batch_norm1d(store.root() / "norm", 2, nn::BatchNormConfig::default());
    StateDict::read(&path).unwrap().load_into(&store, &[]).unwrap();
    assert_eq!(store.variables()["norm.bias"].double_value(&[1]), 1.0);
}

/// The public weights: names and shapes of three architectures, and the error for the wrong one.
#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn public_weights_are_recognized() {
    let folder = shared("weights");
    for (file, architecture, tensors) in [
        ("yolox_nano.safetensors", "yolox-nano", 538),
        ("osnet_x0_25_msmt17.safetensors", "osnet-x0.25", 485),
        ("mobilenet_v2_imagenet.safetensors", "mobilenet-v2", 260),
    ] {
        let weights = StateDict::read(&folder.join(file)).unwrap();
        assert_eq!((weights.architecture(), weights.iter().len()), (Some(architecture), tensors));
    }
    let store = VarStore::new(Device::Cpu);
    let _network = tch::vision::resnet::resnet18_no_final_layer(&store.root());
    let weights = StateDict::read(&folder.join("yolox_nano.safetensors")).unwrap();
    let message = weights.load_into(&store, &[]).unwrap_err().to_string();
    assert!(
        message.contains("missing (bn1.bias, bn1.running_mean, bn1.running_var, …), 538 unexpected"),
        "{message}"
    );
    assert!(message.ends_with("the file looks like yolox-nano"), "{message}");
}

//! Where weights are found, and how they come there: folders and a server of the test's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use mvmhat_weights::{
    Fetched, Registry, StateDict, WeightsError, WeightsLocation, WeightsOrigin, WeightsStore, sha256_of_file,
};
use tch::{Device, Kind, Tensor};
use tempfile::TempDir;

/// A store with folders of its own and one entry, `toy`, of the architecture resnet18.
struct Scene {
    folder: TempDir,
    store: WeightsStore,
    /// The file `toy.safetensors` as published, beside the folders.
    published: PathBuf,
}

impl Scene {
    /// `sum` is what the list says the published file has: `None`, nothing.
    fn new(url: &str, sum: impl Fn(String) -> Option<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let published = folder.path().join("published.safetensors");
        write_resnet18(&published, 1.0);
        let sum = sum(sha256_of_file(&published).unwrap())
            .map_or_else(String::new, |sum| format!("sha256: {sum}, "));
        let yaml = format!(
            "- name: toy\n  architecture: resnet18\n  summary: a toy\n  licence: {{code: MIT, data: none}}\n  \
             input: {{height: 4, width: 2, fit: stretch, color: rgb, scale: 1.0, mean: [0, 0, 0], std: [1, 1, 1]}}\n  \
             files:\n    - {{name: toy.safetensors, {sum}urls: [{url}], origin: the test}}\n"
        );
        let registry = Registry::parse(&yaml).unwrap();
        let (cache, mirror) = (folder.path().join("cache"), folder.path().join("mirror"));
        fs::create_dir(&mirror).unwrap();
        Self { store: WeightsStore::new(registry, cache, Some(mirror)), folder, published }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn pull(&self) -> Result<Fetched, WeightsError> {
        self.store.pull("toy", &mut |_, _| ())
    }
}

/// The few tensors by which a ResNet-18 is recognized.
fn write_resnet18(path: &Path, value: f64) {
    let full = |size: &[i64]| Tensor::full(size, value, (Kind::Float, Device::Cpu));
    let convolution = || full(&[2, 2, 1, 1]);
    let tensors = [
        ("conv1.weight", full(&[64, 1, 1, 1])),
        ("layer1.0.conv2.weight", convolution()),
        ("layer3.0.conv1.weight", convolution()),
        ("layer3.1.conv1.weight", convolution()),
    ];
    Tensor::write_safetensors(&tensors, path).unwrap();
}

/// A server that gives one answer to one request; its address.
fn serve(status: &str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
    });
    format!("http://{address}/toy.safetensors")
}

#[test]
fn a_path_wins_over_names() {
    let scene = Scene::new("http://127.0.0.1:9", Some);
    let published = scene.published.to_str().unwrap();
    assert_eq!(scene.store.locate(published).unwrap(), scene.published);
    let missing = scene.path("gone.pth");
    let outcome = scene.store.locate(missing.to_str().unwrap());
    assert!(matches!(outcome, Err(WeightsError::NoFile { path }) if path == missing));
}

#[test]
fn an_unknown_name_brings_the_nearest() {
    let registry = Registry::builtin().unwrap();
    let message = registry.entry("yolox_nan").unwrap_err().to_string();
    assert!(message.contains("no weights named `yolox_nan` (did you mean `yolox-nano`?)"), "{message}");
    assert!(!registry.entry("qqqq").unwrap_err().to_string().contains("did you mean"));
}

#[test]
fn absent_weights_bring_the_command_that_helps() {
    let message = Scene::new("http://127.0.0.1:9", Some).store.locate("toy").unwrap_err().to_string();
    assert!(
        message.contains("`mvmhat weights pull toy`") && message.contains("MVMHAT_WEIGHTS_MIRROR"),
        "{message}"
    );
    assert!(message.contains("a copy of toy.safetensors"), "{message}");
    let unpublished = Scene::new("", Some);
    let message = unpublished.store.locate("toy").unwrap_err().to_string();
    assert!(message.contains("they come from the test, or run `mvmhat weights import"), "{message}");
    let message = unpublished.pull().unwrap_err().to_string();
    assert!(message.contains("no URL of it is known, it comes from the test"), "{message}");
}

#[test]
fn the_mirror_is_found_and_pulled_from() {
    let scene = Scene::new("http://127.0.0.1:9", Some);
    let mirrored = scene.path("mirror/toy.safetensors");
    fs::copy(&scene.published, &mirrored).unwrap();
    assert_eq!(scene.store.locate("toy").unwrap(), mirrored);
    assert_eq!(scene.store.available()[0].location, WeightsLocation::Mirror(mirrored.clone()));
    let pulled = scene.pull().unwrap();
    let cached = scene.path("cache/toy.safetensors");
    assert_eq!((pulled.path, pulled.origin), (cached.clone(), WeightsOrigin::Mirror(mirrored)));
    assert_eq!(scene.store.locate("toy").unwrap(), cached);
    assert_eq!(scene.store.available()[0].location, WeightsLocation::Cache(cached));
    assert_eq!(scene.pull().unwrap().origin, WeightsOrigin::Cache);
}

#[test]
fn a_wrong_checksum_is_an_error_and_pulling_mends_it() {
    let url = serve("200 OK", fs::read(&Scene::new("http://127.0.0.1:9", Some).published).unwrap());
    let scene = Scene::new(&url, Some);
    fs::create_dir(scene.path("cache")).unwrap();
    fs::write(scene.path("cache/toy.safetensors"), "damaged").unwrap();
    let message = scene.store.locate("toy").unwrap_err().to_string();
    assert!(
        message.contains("it is damaged or another file; delete it and run `mvmhat weights pull toy`"),
        "{message}"
    );
    assert_eq!(scene.pull().unwrap().origin, WeightsOrigin::Download(url));
    assert!(scene.store.locate("toy").is_ok());
}

#[test]
fn a_download_arrives_whole_or_not_at_all() {
    let wrong_sum = "0".repeat(64);
    for (status, body, sum, reason) in [
        ("200 OK", b"something else".to_vec(), Some(wrong_sum), "what came has sha256"),
        ("200 OK", b"<html>sign in</html>".to_vec(), None, "holds no weights"),
        ("404 Not Found", Vec::new(), None, "404"),
    ] {
        let scene = Scene::new(&serve(status, body), |_| sum.clone());
        let message = scene.pull().unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
        assert!(message.contains("`mvmhat weights import FILE --as toy`"), "{message}");
        assert_eq!(fs::read_dir(scene.path("cache")).unwrap().count(), 0, "nothing is left behind");
    }
    // Nobody listens: the port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let message = Scene::new(&format!("http://127.0.0.1:{port}/x"), Some).pull().unwrap_err().to_string();
    assert!(message.starts_with("cannot download toy: http://127.0.0.1:"), "{message}");
}

#[test]
fn a_download_without_a_known_checksum_gets_one() {
    let bytes = fs::read(&Scene::new("http://127.0.0.1:9", Some).published).unwrap();
    let scene = Scene::new(&serve("200 OK", bytes.clone()), |_| None);
    let mut seen = Vec::new();
    scene.store.pull("toy", &mut |done, total| seen.push((done, total))).unwrap();
    let len = bytes.len() as u64;
    assert_eq!(seen.last(), Some(&(len, Some(len))));
    let cached = scene.store.locate("toy").unwrap();
    fs::write(&cached, "damaged later").unwrap();
    assert!(matches!(scene.store.locate("toy"), Err(WeightsError::Checksum { .. })));
}

#[test]
fn importing_a_file_of_ones_own() {
    let scene = Scene::new("http://127.0.0.1:9", Some);
    let own = scene.path("own.safetensors");
    write_resnet18(&own, 2.0);
    let imported = scene.store.import(&own, "toy").unwrap();
    assert_eq!(imported.origin, WeightsOrigin::Import { published: false });
    assert_eq!(imported.sha256, sha256_of_file(&own).unwrap());
    let located = scene.store.locate("toy").unwrap();
    assert_eq!(
        StateDict::read(&located).unwrap().get("conv1.weight").unwrap().double_value(&[0, 0, 0, 0]),
        2.0
    );
    // The published file, imported after it, takes its place.
    let imported = scene.store.import(&scene.published, "toy").unwrap();
    assert_eq!(imported.origin, WeightsOrigin::Import { published: true });
    assert_eq!(scene.store.locate("toy").unwrap(), scene.path("cache/toy.safetensors"));
}

#[test]
fn importing_the_wrong_thing() {
    let scene = Scene::new("http://127.0.0.1:9", Some);
    let text = scene.path("notes.txt");
    fs::write(&text, "these are no weights").unwrap();
    assert!(matches!(scene.store.import(&text, "toy"), Err(WeightsError::Format { .. })));
    let other = scene.path("other.safetensors");
    let stem = Tensor::zeros([32, 3, 1, 1], (Kind::Float, Device::Cpu));
    Tensor::write_safetensors(&[("backbone.backbone.stem.conv.conv.weight", stem)], &other).unwrap();
    let message = scene.store.import(&other, "toy").unwrap_err().to_string();
    assert!(
        message.contains("does not fit toy: that is resnet18, and the file looks like yolox-s"),
        "{message}"
    );
    assert!(matches!(scene.store.import(&other, "toi"), Err(WeightsError::Unknown { .. })));
    assert!(matches!(scene.store.import(&scene.path("gone"), "toy"), Err(WeightsError::NoFile { .. })));
}

#[test]
fn the_builtin_list_keeps_its_rules() {
    for entry in Registry::builtin().unwrap().entries() {
        assert!(entry.input.std.iter().all(|&std| std > 0.0) && entry.input.scale > 0.0, "{}", entry.name);
        for file in &entry.files {
            assert!(
                file.urls.iter().all(|url| url.starts_with("https://") && url.ends_with(&file.name)),
                "{}",
                file.name
            );
            assert!(file.sha256.is_some() || !file.urls.is_empty(), "{} could never be found", file.name);
            // torchvision's names carry the first eight digits of the checksum.
            if file.origin == "torchvision" {
                let prefix = file.name.trim_end_matches(".pth").rsplit('-').next().unwrap();
                assert!(file.sha256.as_ref().unwrap().starts_with(prefix), "{}", file.name);
            }
        }
    }
}

#[test]
fn a_list_that_breaks_the_rules_is_refused() {
    let entry = |name: &str, architecture: &str, file: &str| {
        format!(
            "- name: {name}\n  architecture: {architecture}\n  summary: s\n  licence: {{code: c, data: d}}\n  \
             input: {{height: 1, width: 1, fit: stretch, color: rgb, scale: 1, mean: [0, 0, 0], std: [1, 1, 1]}}\n  \
             files: [{file}]\n"
        )
    };
    let good = entry("a", "resnet18", "{name: a.pth, origin: o}");
    Registry::parse(&good).unwrap();
    for (yaml, reason) in [
        (good.clone() + &good, "a is there twice"),
        (good.clone() + &entry("b", "resnet18", "{name: a.pth, origin: o}"), "the file a.pth is there twice"),
        (entry("a", "resnet", "{name: a.pth, origin: o}"), "there is no architecture resnet"),
        (entry("a", "resnet18", ""), "a has no files"),
        (entry("a", "resnet18", "{name: ../a.pth, origin: o}"), "../a.pth is no file name"),
        (entry("a", "resnet18", "{name: a.pth, sha256: abc, origin: o}"), "is not 64 hexadecimal digits"),
        (entry("a", "resnet18", "{name: a.pth, md5: abc, origin: o}"), "unknown field `md5`"),
    ] {
        let message = Registry::parse(&yaml).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

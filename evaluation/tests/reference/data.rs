//! The MvMHAT data beside the checkout.

use std::path::{Path, PathBuf};

use evaluation::{CameraRows, Comparison, Observation, Window};
use scene::BBox;
use serde_json::Value;

pub(crate) struct Shared {
    pub(crate) groups: Vec<Group>,
    pub(crate) reference: Value,
}

pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) comparison: Comparison,
}

/// All groups, or `None` (said so on the terminal) where the data is not there.
pub(crate) fn load() -> Option<Shared> {
    let root = std::env::var_os("MVMHAT_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from)
        .join("mvmhat");
    if !root.is_dir() {
        eprintln!(
            "skipped: {} is not there; set MVMHAT_SHARED to the folder that holds mvmhat/",
            root.display()
        );
        return None;
    }
    let json = |name: &str| -> Value { serde_json::from_str(&read(&root.join(name))).unwrap() };
    let groups =
        json("groups.json").as_object().unwrap().iter().map(|(name, g)| group(&root, name, g)).collect();
    Some(Shared { groups, reference: json("reference.json") })
}

fn group(root: &Path, name: &str, window: &Value) -> Group {
    let number = |key: &str| u32::try_from(window[key].as_u64().unwrap()).unwrap();
    let cameras = (1..=number("views")).map(|view| {
        let folder = root.join(name).join(view.to_string());
        let rows = |file: &str| observations(&read(&folder.join(file)));
        CameraRows { name: view.to_string(), truth: rows("gt.txt"), tracks: rows("published.txt") }
    });
    let comparison =
        Comparison::new(Some(Window::new(number("start"), number("end"))), cameras.collect()).unwrap();
    Group { name: name.to_owned(), comparison }
}

fn observations(text: &str) -> Vec<Observation> {
    let row = |line: &str| {
        let v: Vec<f64> = line.split(',').map(|field| field.trim().parse().unwrap()).collect();
        Observation::new(v[0] as u32, v[1] as i64, BBox::new(v[2], v[3], v[4], v[5]))
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

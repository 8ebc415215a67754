//! The MvMHAT data beside the checkout.

use std::path::{Path, PathBuf};

use mvmhat_evaluation::{CameraRows, Comparison, Observation, Window};
use mvmhat_scene::mot;
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
        let rows =
            |file: &str| mot::read(&folder.join(file)).unwrap().iter().map(Observation::from).collect();
        CameraRows { name: view.to_string(), truth: rows("gt.txt"), tracks: rows("published.txt") }
    });
    let comparison =
        Comparison::new(Some(Window::new(number("start"), number("end"))), cameras.collect()).unwrap();
    Group { name: name.to_owned(), comparison }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

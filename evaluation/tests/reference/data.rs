//! The MvMHAT data beside the checkout.

use std::path::Path;

use mvmhat_evaluation::{CameraRows, Comparison, Observation};
use mvmhat_reference::shared;
use mvmhat_scene::{FrameRange, mot};
use serde_json::Value;

pub(crate) struct Reference {
    pub(crate) groups: Vec<Group>,
    pub(crate) scores: Value,
}

pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) comparison: Comparison,
}

/// All groups and the reference scores of each.
pub(crate) fn load() -> Reference {
    let root = shared("mvmhat");
    let json = |name: &str| -> Value { serde_json::from_str(&read(&root.join(name))).unwrap() };
    let groups =
        json("groups.json").as_object().unwrap().iter().map(|(name, g)| group(&root, name, g)).collect();
    Reference { groups, scores: json("reference.json") }
}

fn group(root: &Path, name: &str, window: &Value) -> Group {
    let number = |key: &str| u32::try_from(window[key].as_u64().unwrap()).unwrap();
    let cameras = (1..=number("views")).map(|view| {
        let folder = root.join(name).join(view.to_string());
        let rows =
            |file: &str| mot::read(&folder.join(file)).unwrap().iter().map(Observation::from).collect();
        CameraRows { name: view.to_string(), gt: rows("gt.txt"), tracks: rows("published.txt") }
    });
    let comparison =
        Comparison::new(Some(FrameRange::new(number("start"), number("end"))), cameras.collect()).unwrap();
    Group { name: name.to_owned(), comparison }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

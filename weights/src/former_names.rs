//! What entries of the metadata were called in earlier versions of the program: the one table of former names.
//!
//! It is applied once, when a file is read, so that the rest of the program knows the present names only.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{DETECTOR_NETWORK, REID_NETWORK};

/// An entry whose value is a JSON object.
struct FormerEntry {
    former: &'static str,
    name: &'static str,
    /// Keys of the object: former name, present name.
    keys: &'static [(&'static str, &'static str)],
}

const FORMER_ENTRIES: [FormerEntry; 2] = [
    FormerEntry {
        former: "embedding_network",
        name: REID_NETWORK,
        keys: &[("dimension", "embedding_dim"), ("neck", "bn_neck"), ("crop", "crop_size")],
    },
    FormerEntry { former: "person_network", name: DETECTOR_NETWORK, keys: &[("size", "input_size")] },
];

/// Gives entries and their keys their present names. A value that is no JSON object stays as it is, for whoever reads
/// the entry to refuse.
pub(super) fn modernize(metadata: &mut BTreeMap<String, String>) {
    for entry in &FORMER_ENTRIES {
        if let Some(value) = metadata.remove(entry.former) {
            let value = with_present_keys(&value, entry.keys).unwrap_or(value);
            metadata.entry(entry.name.to_owned()).or_insert(value);
        }
    }
}

fn with_present_keys(json: &str, keys: &[(&str, &str)]) -> Option<String> {
    let object: Map<String, Value> = serde_json::from_str(json).ok()?;
    let present = |key: String| match keys.iter().find(|(former, _)| *former == key) {
        Some((_, name)) => (*name).to_owned(),
        None => key,
    };
    let object: Map<_, _> = object.into_iter().map(|(key, value)| (present(key), value)).collect();
    serde_json::to_string(&object).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metadata of one entry, read by this version: the entries.
    fn read(name: &str, value: &str) -> Vec<(String, String)> {
        let mut metadata = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        modernize(&mut metadata);
        metadata.into_iter().collect()
    }

    fn entry(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn former_entries_and_their_keys_get_their_present_names() {
        assert_eq!(
            read(
                "embedding_network",
                r#"{"backbone":"mobilenet-v2-parts","dimension":96,"neck":true,"crop":[128,64]}"#
            ),
            entry(
                "reid_network",
                r#"{"backbone":"mobilenet-v2-parts","embedding_dim":96,"bn_neck":true,"crop_size":[128,64]}"#
            ),
        );
        assert_eq!(
            read("person_network", r#"{"backbone":"yolox-nano","channels":64,"size":416}"#),
            entry("detector_network", r#"{"backbone":"yolox-nano","channels":64,"input_size":416}"#),
        );
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for (name, value) in [("format", "pt"), ("reid_network", r#"{"crop":1}"#), ("detector_network", "")] {
            assert_eq!(read(name, value), entry(name, value));
        }
        assert_eq!(read("person_network", "no JSON"), entry("detector_network", "no JSON"));
    }
}

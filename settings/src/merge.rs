//! How keys are laid over each other.

use anyhow::Result;
use mvmhat_console::usage;
use serde_yaml::{Mapping, Value};

/// What a `KEY=VALUE` of the command line says: `detector.conf=0.4` is `detector: {conf: 0.4}`. The value is read as YAML.
///
/// # Errors
/// If there is no `=`, or the value is not YAML.
pub fn assigned(assignment: &str) -> Result<Value> {
    let (path, mut value) = path_and_value(assignment)?;
    for part in path.into_iter().rev() {
        value = Value::Mapping(Mapping::from_iter([(Value::from(part), value)]));
    }
    Ok(value)
}

/// The path of keys that a `KEY=VALUE` sets, and its value.
pub(crate) fn path_and_value(assignment: &str) -> Result<(Vec<String>, Value)> {
    let Some((key, value)) = assignment.split_once('=') else {
        return Err(usage!("--set {assignment}: expected KEY=VALUE, for instance --set detector.conf=0.4"));
    };
    let value: Value =
        serde_yaml::from_str(value).map_err(|e| usage!("--set {assignment}: the value is not YAML: {e}"))?;
    Ok((key.trim().split('.').map(str::to_owned).collect(), value))
}

/// Lays keys over those of a lower layer: later ones win, key by key. Another `name` has other keys: what was said of the
/// former one is dropped. `loss: mvmhat` is short for `loss: {name: mvmhat}` where a name was chosen below.
pub fn merge(below: &mut Mapping, over: Mapping) {
    if over.get("name").is_some_and(|name| below.get("name") != Some(name)) {
        below.clear();
    }
    for (key, value) in over {
        match (below.get_mut(&key), value) {
            (Some(Value::Mapping(b)), Value::Mapping(o)) => merge(b, o),
            (Some(Value::Mapping(b)), Value::String(name)) if b.contains_key("name") => {
                merge(b, Mapping::from_iter([("name".into(), name.into())]));
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Adds keys to those of the same layer, in which the order of settings does not matter.
pub(crate) fn join(layer: &mut Mapping, more: Mapping) {
    for (key, value) in more {
        match (layer.get_mut(&key), value) {
            (Some(Value::Mapping(known)), Value::Mapping(more)) => join(known, more),
            (_, value) => {
                layer.insert(key, value);
            }
        }
    }
}

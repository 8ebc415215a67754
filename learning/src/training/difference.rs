//! The differences between two configurations.

use serde_json::Value;

/// Every key whose value differs, with both values: `trainer.epochs is 5 there and 6 here`.
pub(super) fn list(there: &Value, here: &Value) -> Vec<String> {
    // JSON may round numbers, so the other side takes the same round trip.
    let here = serde_json::from_str(&here.to_string()).unwrap_or_else(|_| here.clone());
    let mut differences = Vec::new();
    collect("", Some(there), Some(&here), &mut differences);
    differences
}

fn collect(key: &str, there: Option<&Value>, here: Option<&Value>, differences: &mut Vec<String>) {
    if there == here {
        return;
    }
    if let (Some(Value::Object(there)), Some(Value::Object(here))) = (there, here) {
        let added = here.keys().filter(|name| !there.contains_key(*name));
        for name in there.keys().chain(added) {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            collect(&key, there.get(name), here.get(name), differences);
        }
        return;
    }
    let shown = |value: Option<&Value>| value.map_or_else(|| "not set".into(), Value::to_string);
    differences.push(format!("{key} is {} there and {} here", shown(there), shown(here)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_by_key() {
        let there = json!({"a": 1, "b": {"c": [1, 2], "d": "x"}, "e": null});
        assert!(list(&there, &there).is_empty());
        let here = json!({"a": 1, "b": {"c": [1, 3], "d": "x"}, "f": 0.1});
        assert_eq!(
            list(&there, &here),
            [
                "b.c is [1,2] there and [1,3] here",
                "e is null there and not set here",
                "f is not set there and 0.1 here"
            ]
        );
    }

    #[test]
    fn numbers_that_json_rounds_are_equal_to_themselves() {
        let value = json!({"lr": 2.0f64.sqrt() * 1e-7, "epsilon": 1e-8});
        assert!(list(&serde_json::from_str(&value.to_string()).unwrap(), &value).is_empty());
    }
}

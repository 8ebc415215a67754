//! What is wrong where serde refuses a value: a former name, or a value of another shape.

use anyhow::Result;
use mvmhat_console::usage;
use serde::de::DeserializeOwned;
use serde_yaml::Mapping;

use crate::{Problem, renamed};

/// A whole configuration without layers in its type. It is read by way of JSON, where an enumeration with values is a
/// key and not a YAML tag.
///
/// # Errors
/// An unknown key or choice, with its present name or the nearest valid one, or a value of another type.
pub fn typed<T: DeserializeOwned>(configuration: &Mapping) -> Result<T> {
    let value = serde_json::to_value(configuration).map_err(|e| usage!("{e}"))?;
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        let path = if path == "." { "" } else { &path };
        let name_in = |path: &str| {
            let found = path.split('.').chain(["name"]).try_fold(&value, |value, key| value.get(key));
            found.and_then(serde_json::Value::as_str)
        };
        match problem(path, &message, name_in) {
            // A key that is missing at the top has no path.
            Problem::Shape { path, message, .. } if path.is_empty() => usage!("{message}"),
            problem => usage!("{problem}"),
        }
    })
}

/// What serde's `message` about the value at `path` means. `name_in` gives the key `name` of the value at a path, if it
/// has one.
pub(crate) fn problem<'a>(path: &str, message: &str, name_in: impl Fn(&str) -> Option<&'a str>) -> Problem {
    let word = message.split('`').nth(1).unwrap_or_default();
    let (mut path, mut renamed) = (path.to_owned(), None);
    if message.starts_with("unknown field") {
        // Inside a value that is chosen by name, serde is not told of the key it is at.
        if path.is_empty() {
            word.clone_into(&mut path);
        } else if path != word && !path.ends_with(&format!(".{word}")) {
            path = format!("{path}.{word}");
        }
        renamed = renamed::key(&path).map(|present| (path.clone(), present));
    } else if message.starts_with("unknown variant") {
        if name_in(&path) == Some(word) {
            path = format!("{path}.name");
        }
        renamed = renamed::choice(&path, word)
            .map(|present| (format!("{path}={word}"), format!("{path}={present}")));
    }
    match renamed {
        Some((former, present)) => Problem::Renamed { former, present },
        None => {
            let nearest = mvmhat_scene::nearest_key(message).map(str::to_owned);
            Problem::Shape { path, message: message.to_owned(), nearest }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Configuration {
        #[serde(rename = "experiment")]
        _experiment: Experiment,
        #[serde(default, rename = "trainer")]
        _trainer: Trainer,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
    enum Experiment {
        Ppmi {
            #[serde(default, rename = "window")]
            _window: usize,
            #[serde(default, rename = "cell")]
            _cell: Option<Cell>,
        },
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Cell {
        Lstm,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Trainer {
        #[serde(rename = "lr")]
        _lr: f64,
    }

    fn error(text: &str) -> String {
        typed::<Configuration>(&serde_yaml::from_str(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_renamed_is_refused_with_its_present_name() {
        assert_eq!(error("chapter: {name: ppmi}"), "`chapter` is now `experiment`");
        let expected = "`experiment.name=counts` is now `experiment.name=ppmi`";
        assert_eq!(error("experiment: {name: counts}"), expected);
        let expected = "`trainer.rate` is now `trainer.lr`";
        assert_eq!(error("experiment: {name: ppmi}\ntrainer: {rate: 0.1}"), expected);
    }

    #[test]
    fn what_never_was_is_refused_with_the_nearest() {
        let found = error("experiment: {name: ppmj}");
        assert!(found.starts_with("`experiment.name`: unknown variant `ppmj`"), "{found}");
        let found = error("experiment: {name: ppmi, windw: 3}");
        assert!(found.starts_with("`experiment.windw`: unknown field `windw`"), "{found}");
        assert!(found.ends_with("did you mean `window`?"), "{found}");
        let found = error("experiment: {name: ppmi, cell: lstn}");
        assert!(found.starts_with("`experiment`: unknown variant `lstn`"), "{found}");
        let found = error("experiment: {name: ppmi, window: wide}");
        assert!(found.starts_with("`experiment`: invalid type"), "{found}");
        assert!(error("trainer: {lr: 0.1}").starts_with("missing field `experiment`"));
        assert!(
            typed::<Configuration>(&serde_yaml::from_str("experiment: {name: ppmi, cell: lstm}").unwrap())
                .is_ok()
        );
    }
}

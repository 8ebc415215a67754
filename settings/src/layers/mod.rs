//! Layers of configuration: built-in presets, a file, `--set` on the command line. Later ones win, key by key.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_console::{UsageError, usage};
use serde::de::DeserializeOwned;
use serde_yaml::{Mapping, Value};

use crate::error::did_you_mean;
use crate::merge::{join, merge, path_and_value};
use crate::positions::key_lines;
use crate::{ConfigError, Origin, Problem, SettingsError, refusal};

/// What may stand at the top of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The sections, which hold keys.
    pub sections: &'static [&'static str],
    /// The keys that hold a single value.
    pub values: &'static [&'static str],
}

/// All layers laid over each other, not yet given their types. Every value knows the layer it comes from.
#[derive(Clone, Debug)]
pub struct Layers {
    schema: Schema,
    merged: Mapping,
    /// From the lowest to the highest: where each key was said.
    origins: Vec<BTreeMap<Vec<String>, Origin>>,
}

/// A deserializer that remembers the path of the key it is at.
pub type PathDeserializer<'a, 'b> = serde_path_to_error::Deserializer<'a, 'b, Value>;

impl Layers {
    /// No layer yet.
    pub fn new(schema: Schema) -> Self {
        Self { schema, merged: Mapping::new(), origins: Vec::new() }
    }

    /// Lays a preset that is part of the program over what is there.
    ///
    /// # Errors
    /// A preset that is not a configuration.
    pub fn lay_preset(&mut self, text: &str) -> Result<()> {
        let origins = key_lines(text).into_keys().map(|path| (path, Origin::Preset)).collect();
        self.parse(text).and_then(|content| self.lay(content, origins)).context("built-in preset")
    }

    /// Lays a YAML file over what is there.
    ///
    /// # Errors
    /// A file that cannot be read or is not a configuration, and a section there is not.
    pub fn lay_file(&mut self, path: &Path) -> Result<()> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|e| usage!("{shown}: the configuration cannot be read: {e}"))?;
        let content = self.parse(&text).with_context(|| shown.to_string())?;
        let at = |line| Origin::File { path: path.to_path_buf(), line };
        self.lay(content, key_lines(&text).into_iter().map(|(key, line)| (key, at(line))).collect())
    }

    /// Lays the `KEY=VALUE`s of the command line over what is there, as one layer: `detector.conf=0.4`; values are read
    /// as YAML.
    ///
    /// # Errors
    /// What is not `KEY=VALUE`, and a section there is not.
    pub fn lay_settings(&mut self, assignments: &[String]) -> Result<()> {
        let (mut layer, mut origins) = (Mapping::new(), BTreeMap::new());
        for assignment in assignments {
            let (path, value) = path_and_value(assignment)?;
            for depth in 1..=path.len() {
                origins.insert(path[..depth].to_vec(), Origin::Set(assignment.clone()));
            }
            let nest = |value, part: &String| {
                Value::Mapping(Mapping::from_iter([(Value::from(part.as_str()), value)]))
            };
            // `detector=file` chooses, as `detector: file` does in a file.
            let chooses = path.len() == 1 && value.is_string() && !self.holds_value(&path[0]);
            let value = if chooses { nest(value, &"name".to_owned()) } else { value };
            if let Value::Mapping(keys) = path.iter().rev().fold(value, nest) {
                join(&mut layer, keys);
            }
        }
        self.lay(layer, origins)
    }

    fn lay(&mut self, over: Mapping, mut origins: BTreeMap<Vec<String>, Origin>) -> Result<()> {
        complete(&mut origins, &over, &mut Vec::new());
        self.origins.push(origins);
        for (key, value) in over {
            let name = key.as_str().unwrap_or_default().to_owned();
            if self.holds_value(&name) {
                self.merged.insert(key, value);
                continue;
            }
            if !self.schema.sections.contains(&name.as_str()) {
                let nearest = mvmhat_scene::nearest(&name, self.names());
                return Err(
                    self.refuse_top(&name, &format!("unknown section `{name}`{}", did_you_mean(nearest)))
                );
            }
            let over = match value {
                // `detector: file` is short for `detector: {name: file}`.
                Value::String(choice) => Mapping::from_iter([("name".into(), choice.into())]),
                Value::Mapping(keys) => keys,
                Value::Null => Mapping::new(),
                other => {
                    let message = format!("section `{name}` must hold keys, not {}", describe(&other));
                    return Err(self.refuse_top(&name, &message));
                }
            };
            let below = self.merged.entry(key).or_insert_with(|| Mapping::new().into());
            if let Value::Mapping(below) = below {
                merge(below, over);
            }
        }
        Ok(())
    }

    fn parse(&self, text: &str) -> Result<Mapping> {
        let value: Value = serde_yaml::from_str(text).map_err(|e| usage!("not valid YAML: {e}"))?;
        match value {
            Value::Mapping(sections) => Ok(sections),
            Value::Null => Ok(Mapping::new()),
            other => {
                let names: Vec<&str> = self.names().collect();
                let names = names.join(", ");
                Err(usage!("a configuration holds sections ({names}), not {}", describe(&other)))
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.schema.sections.iter().chain(self.schema.values).copied()
    }

    fn holds_value(&self, key: &str) -> bool {
        self.schema.values.contains(&key)
    }

    /// The name chosen in a section, if it has one.
    pub fn name(&self, section: &str) -> Option<&str> {
        self.merged.get(section)?.get("name")?.as_str()
    }

    /// The value of a key, if a layer names it: `layers.value(&["task"])`.
    pub fn value(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.merged.get(*first)?, |value, key| value.get(*key))
    }

    /// Where the value of a key was said: by the highest layer that names it.
    pub fn origin(&self, path: &str) -> Origin {
        // Values of a list stand where the list does.
        let path = path.split_once('[').map_or(path, |(list, _)| list);
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        self.origins.iter().rev().find_map(|layer| layer.get(&path)).cloned().unwrap_or(Origin::Default)
    }

    /// One section in its type.
    ///
    /// # Errors
    /// An unknown key (with its present name or the nearest valid one), or a value of another type; with the file and
    /// line, or the `--set`, that said it.
    pub fn section<T: DeserializeOwned>(&self, section: &str) -> Result<T> {
        let value = self.merged.get(section).cloned().unwrap_or_else(|| Mapping::new().into());
        self.read(section, value, |value| T::deserialize(value))
    }

    /// The keys of a section without the one that chose it, read by `read`.
    ///
    /// # Errors
    /// See [`section`](Self::section).
    pub fn options<T>(
        &self,
        section: &str,
        read: impl FnOnce(PathDeserializer<'_, '_>) -> Result<T, serde_yaml::Error>,
    ) -> Result<T> {
        let mut value = self.merged.get(section).cloned().unwrap_or_else(|| Mapping::new().into());
        if let Value::Mapping(keys) = &mut value {
            keys.remove("name");
        }
        self.read(section, value, read)
    }

    fn read<T>(
        &self,
        section: &str,
        value: Value,
        read: impl FnOnce(PathDeserializer<'_, '_>) -> Result<T, serde_yaml::Error>,
    ) -> Result<T> {
        let mut track = serde_path_to_error::Track::new();
        read(serde_path_to_error::Deserializer::new(value, &mut track)).map_err(|error| {
            let inside = track.path().to_string();
            let path = if inside == "." { section.to_owned() } else { format!("{section}.{inside}") };
            self.refuse_shape(&path, &error.to_string())
        })
    }

    /// The error that a value breaks a rule, with the place where it was said.
    pub fn refuse(&self, error: ConfigError) -> anyhow::Error {
        let origin = self.origin(&error.path);
        anyhow::Error::new(UsageError::new(SettingsError { origin, problem: error.into() }))
    }

    /// What serde says of a key, with the word that was meant and the place where it was said.
    fn refuse_shape(&self, path: &str, message: &str) -> anyhow::Error {
        let name_in = |path: &str| self.value(&path.split('.').chain(["name"]).collect::<Vec<_>>())?.as_str();
        let problem = refusal::problem(path, message, name_in);
        let origin = match &problem {
            Problem::Renamed { former, .. } => {
                self.origin(former.split_once('=').map_or(former, |(path, _)| path))
            }
            Problem::Shape { path, .. } => self.origin(path),
            Problem::Rule(error) => self.origin(&error.path),
        };
        anyhow::Error::new(UsageError::new(SettingsError { origin, problem }))
    }

    /// A message about the top of a configuration, with the place where it was said.
    fn refuse_top(&self, path: &str, message: &str) -> anyhow::Error {
        let origin = self.origin(path);
        if origin.is_of_user() { usage!("{origin}: {message}") } else { usage!("{message}") }
    }
}

/// Gives the keys of a layer that have no origin of their own that of the key around them: those behind an alias, and
/// those of a mapping on the command line. A word may be short for a `name`.
fn complete(origins: &mut BTreeMap<Vec<String>, Origin>, content: &Mapping, around: &mut Vec<String>) {
    for (key, value) in content {
        let parent = origins.get(around).cloned();
        around.push(key.as_str().unwrap_or_default().to_owned());
        if let Some(parent) = parent {
            origins.entry(around.clone()).or_insert(parent);
        }
        match value {
            Value::Mapping(inner) => complete(origins, inner, around),
            Value::String(_) => {
                let origin = origins.get(around).cloned().unwrap_or(Origin::Default);
                origins.entry([around.as_slice(), &["name".to_owned()]].concat()).or_insert(origin);
            }
            _ => {}
        }
        around.pop();
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a word",
        Value::Sequence(_) => "a list",
        _ => "keys",
    }
}

#[cfg(test)]
mod tests;

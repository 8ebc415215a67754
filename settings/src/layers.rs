//! Layers of configuration: built-in defaults, a file, `--set` on the command line. Later ones win, key by key.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_yaml::{Mapping, Value};

use mvmhat_console::usage;

/// The sections there are.
const SECTIONS: [&str; 7] =
    ["recording", "detector", "embedder", "association", "pipeline", "output", "train"];

/// All layers laid over each other, not yet given their types; remembers the file for error messages.
#[derive(Clone, Debug)]
pub struct Layers {
    sections: Mapping,
    file: Option<(PathBuf, String)>,
}

impl Layers {
    /// The lowest layer: a preset that is part of the program.
    pub fn preset(text: &str) -> Result<Self> {
        let mut layers = Self { sections: Mapping::new(), file: None };
        layers.lay(parse(text).context("built-in preset")?)?;
        Ok(layers)
    }

    /// Lays another preset over what is there.
    pub fn lay_preset(&mut self, text: &str) -> Result<()> {
        self.lay(parse(text).context("built-in preset")?).context("built-in preset")
    }

    /// Lays a YAML file over what is there.
    pub fn file(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| usage!("{}: the configuration cannot be read: {e}", path.display()))?;
        self.file = Some((path.to_path_buf(), text.clone()));
        let parsed = parse(&text).and_then(|sections| self.lay(sections));
        parsed.with_context(|| path.display().to_string())
    }

    /// Lays the `KEY=VALUE`s of the command line over what is there, as one layer: `detector.score=0.4`; values are read
    /// as YAML.
    pub fn set(&mut self, assignments: &[String]) -> Result<()> {
        let mut layer = Mapping::new();
        for assignment in assignments {
            let value = assigned(assignment)?;
            if let Value::Mapping(sections) = value {
                join(&mut layer, sections);
            }
        }
        self.lay(layer).context("--set")
    }

    fn lay(&mut self, over: Mapping) -> Result<()> {
        for (key, value) in over {
            let name = key.as_str().unwrap_or_default().to_owned();
            if !SECTIONS.contains(&name.as_str()) {
                return Err(usage!("unknown section `{name}`{}", hint(&name, SECTIONS)));
            }
            // `detector: file` is short for `detector: {name: file}`.
            let over = match value {
                Value::String(choice) => Mapping::from_iter([("name".into(), choice.into())]),
                Value::Mapping(keys) => keys,
                Value::Null => Mapping::new(),
                other => return Err(usage!("section `{name}` must hold keys, not {}", describe(&other))),
            };
            let below = self.sections.entry(key).or_insert_with(|| Mapping::new().into());
            let Value::Mapping(below) = below else { continue };
            merge(below, over);
        }
        Ok(())
    }

    /// The name chosen in a section, if it has one.
    pub fn name(&self, section: &str) -> Option<&str> {
        self.sections.get(section)?.get("name")?.as_str()
    }

    /// One section in its type.
    ///
    /// # Errors
    /// An unknown key (with the nearest valid one and its line) or a value of another type.
    pub fn section<T: DeserializeOwned>(&self, section: &str) -> Result<T> {
        let value = self.sections.get(section).cloned().unwrap_or_else(|| Mapping::new().into());
        self.typed(section, value)
    }

    /// The keys of a section without the one that chose it.
    pub fn options(&self, section: &str) -> Value {
        let mut value = self.sections.get(section).cloned().unwrap_or_else(|| Mapping::new().into());
        if let Value::Mapping(keys) = &mut value {
            keys.remove("name");
        }
        value
    }

    fn typed<T: DeserializeOwned>(&self, section: &str, value: Value) -> Result<T> {
        serde_yaml::from_value(value).map_err(|e| self.refuse(section, &e))
    }

    /// What serde says of a section, with the key that was probably meant and the line of the wrong one.
    pub fn refuse(&self, section: &str, error: &serde_yaml::Error) -> anyhow::Error {
        let message = error.to_string();
        let hint = mvmhat_scene::nearest_key(&message)
            .map(|key| format!("; did you mean `{key}`?"))
            .unwrap_or_default();
        let place = message.split('`').nth(1).map(|key| self.place(section, key)).unwrap_or_default();
        usage!("{place}section `{section}`: {message}{hint}")
    }

    /// `file:line: ` of a key in the configuration file, or nothing where the file does not name it.
    pub fn place(&self, section: &str, key: &str) -> String {
        let Some((path, text)) = &self.file else { return String::new() };
        let names = |line: &str, key: &str| {
            line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let lines = text.lines().enumerate();
        let line = lines.skip_while(|(_, l)| l.starts_with(char::is_whitespace) || !names(l, section)).find(
            |(_, l)| {
                names(l, key) || l.contains(&format!("{key}:")) || l.contains(&format!("{section}: {key}"))
            },
        );
        line.map(|(i, _)| format!("{}:{}: ", path.display(), i + 1)).unwrap_or_default()
    }
}

/// What a `KEY=VALUE` of the command line says: `detector.score=0.4` is `detector: {score: 0.4}`.
///
/// # Errors
/// If there is no `=`, or the value is not YAML.
pub fn assigned(assignment: &str) -> Result<Value> {
    let Some((key, value)) = assignment.split_once('=') else {
        return Err(usage!("--set {assignment}: expected KEY=VALUE, for instance --set detector.score=0.4"));
    };
    let mut value: Value =
        serde_yaml::from_str(value).map_err(|e| usage!("--set {assignment}: the value is not YAML: {e}"))?;
    let mut parts = key.trim().split('.').rev().collect::<Vec<_>>();
    // `detector=file` chooses, as `detector: file` does in a file.
    if parts.len() == 1 && value.is_string() {
        parts.insert(0, "name");
    }
    for part in parts {
        value = Value::Mapping(Mapping::from_iter([(Value::from(part), value)]));
    }
    Ok(value)
}

fn parse(text: &str) -> Result<Mapping> {
    let value: Value = serde_yaml::from_str(text).map_err(|e| usage!("not valid YAML: {e}"))?;
    match value {
        Value::Mapping(sections) => Ok(sections),
        Value::Null => Ok(Mapping::new()),
        other => {
            Err(usage!("a configuration holds sections ({}), not {}", SECTIONS.join(", "), describe(&other)))
        }
    }
}

/// Lays keys over those of a lower layer.
pub fn merge(below: &mut Mapping, over: Mapping) {
    // Another choice has other keys: what was said of the former one does not apply to it.
    if over.get("name").is_some_and(|name| below.get("name") != Some(name)) {
        below.clear();
    }
    for (key, value) in over {
        match (below.get_mut(&key), value) {
            (Some(Value::Mapping(b)), Value::Mapping(o)) => merge(b, o),
            // `loss: mvmhat` is short for `loss: {name: mvmhat}`.
            (Some(Value::Mapping(b)), Value::String(name)) if b.contains_key("name") => {
                merge(b, Mapping::from_iter([("name".into(), name.into())]));
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Adds keys to those of the same layer.
fn join(layer: &mut Mapping, more: Mapping) {
    for (key, value) in more {
        match (layer.get_mut(&key), value) {
            (Some(Value::Mapping(known)), Value::Mapping(more)) => join(known, more),
            (_, value) => {
                layer.insert(key, value);
            }
        }
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a word",
        Value::Sequence(_) => "a list",
        _ => "keys",
    }
}

/// `; did you mean ...?` where a valid word is near.
fn hint<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    mvmhat_scene::nearest(word, valid).map(|v| format!("; did you mean `{v}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Section {
        name: String,
        #[serde(default)]
        score: f64,
    }

    fn layers() -> Layers {
        Layers::preset("detector: {name: yolox-nano, score: 0.3}").unwrap()
    }

    fn set(layers: &mut Layers, assignment: &str) -> Result<()> {
        layers.set(&[assignment.to_owned()])
    }

    #[test]
    fn the_order_of_settings_does_not_matter() {
        for order in
            [["detector.score=0.9", "detector.name=file"], ["detector.name=file", "detector.score=0.9"]]
        {
            let mut l = layers();
            l.set(&order.map(str::to_owned)).unwrap();
            assert_eq!(
                l.section::<Section>("detector").unwrap(),
                Section { name: "file".into(), score: 0.9 }
            );
        }
    }

    #[test]
    fn later_layers_win_key_by_key() {
        let mut l = layers();
        set(&mut l, "detector.score=0.5").unwrap();
        let section: Section = l.section("detector").unwrap();
        assert_eq!(section, Section { name: "yolox-nano".into(), score: 0.5 });
    }

    #[test]
    fn another_choice_drops_the_keys_of_the_former() {
        let mut l = layers();
        set(&mut l, "detector.name=file").unwrap();
        assert_eq!(l.section::<Section>("detector").unwrap(), Section { name: "file".into(), score: 0.0 });
        let mut short = layers();
        set(&mut short, "detector=file").unwrap();
        assert_eq!(short.name("detector"), Some("file"));
    }

    #[test]
    fn unknown_words_are_refused_with_the_nearest_and_the_line() {
        let error = set(&mut layers(), "detectr.score=1").unwrap_err();
        assert!(format!("{error:#}").contains("did you mean `detector`?"), "{error:#}");

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, "# comment\ndetector:\n  name: x\n  scor: 0.5\n").unwrap();
        let mut l = layers();
        l.file(&file).unwrap();
        let error = format!("{:#}", l.section::<Section>("detector").unwrap_err());
        assert!(error.contains("did you mean `score`?"), "{error}");
        assert!(error.contains("c.yaml:4"), "{error}");
    }

    #[test]
    fn what_is_not_a_mapping_is_refused() {
        assert!(Layers::preset("- 1").is_err());
        assert!(set(&mut layers(), "detector.score").is_err());
        assert!(set(&mut layers(), "detector=3").is_err());
    }
}

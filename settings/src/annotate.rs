//! A whole configuration as YAML, each value with where it comes from.

use serde_yaml::Value;

use crate::{Layers, Origin};

impl Layers {
    /// Writes a configuration as YAML that can be read again, with the origin of each value as a comment behind it.
    /// `whole` is the configuration with its defaults, in the order to be written.
    pub fn annotated(&self, whole: &Value) -> String {
        let mut lines = Vec::new();
        self.write_keys(whole, "", 0, &mut lines);
        let width =
            lines.iter().map(|line| line.text.chars().count()).filter(|w| *w <= 60).max().unwrap_or(0);
        let mut text = String::new();
        for line in lines {
            let line = match line.origin {
                Some(origin) => format!("{:<width$}  # {origin}", line.text),
                None => line.text,
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn write_keys(&self, keys: &Value, path: &str, depth: usize, lines: &mut Vec<Line>) {
        let Value::Mapping(keys) = keys else { return };
        for (key, value) in keys {
            let path = match path {
                "" => scalar(key),
                _ => format!("{path}.{}", scalar(key)),
            };
            let key = format!("{}{}:", "  ".repeat(depth), scalar(key));
            match value {
                Value::Mapping(inner) if !inner.is_empty() => {
                    lines.push(Line { text: key, origin: None });
                    self.write_keys(value, &path, depth + 1, lines);
                }
                _ => lines
                    .push(Line { text: format!("{key} {}", flow(value)), origin: Some(self.origin(&path)) }),
            }
        }
    }
}

struct Line {
    text: String,
    origin: Option<Origin>,
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(keys) => {
            let keys = keys.iter().map(|(key, value)| format!("{}: {}", flow(key), flow(value)));
            format!("{{{}}}", keys.collect::<Vec<_>>().join(", "))
        }
        // What is plain in a block may be read otherwise between brackets.
        Value::String(text) if text.contains([',', '[', ']', '{', '}', '\n']) => format!("{text:?}"),
        Value::Number(number) => number.as_f64().and_then(single).unwrap_or_else(|| scalar(value)),
        other => scalar(other),
    }
}

/// A number that a key of single precision holds, as short as it was written: 0.4, not 0.4000000059604645.
fn single(number: f64) -> Option<String> {
    let single = number as f32;
    (number.fract() != 0.0 && f64::from(single) == number).then(|| single.to_string())
}

fn scalar(value: &Value) -> String {
    serde_yaml::to_string(value).map(|text| text.trim_end().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    #[test]
    fn a_number_of_single_precision_is_as_short_as_it_was_written() {
        for (number, text) in
            [(f64::from(0.4_f32), "0.4"), (0.4, "0.4"), (9.4877, "9.4877"), (2.0, "2.0"), (1e-9, "1e-9")]
        {
            assert_eq!(flow(&Value::from(number)), text);
        }
    }

    #[test]
    fn what_is_written_says_where_it_comes_from_and_can_be_read_again() {
        let mut layers = Layers::new(Schema { sections: &["detector"], values: &["task"] });
        layers.lay_preset("detector: {name: person, conf: 0.5, input_size: [416, 416]}").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, "task: reid\ndetector:\n  conf: 0.25\n").unwrap();
        layers.lay_file(&file).unwrap();
        layers.lay_settings(&["detector.input_size=[640, 640]".to_owned()]).unwrap();
        let whole: Value = serde_yaml::from_str(
            "{task: reid, detector: {name: person, conf: 0.25, input_size: [640, 640], min_size: 4.0, weights: 'a, b'}}",
        )
        .unwrap();
        let text = layers.annotated(&whole);
        let shown = file.display();
        let expected = format!(
            "task: reid                # {shown}:1\n\
             detector:\n  \
               name: person            # preset\n  \
               conf: 0.25              # {shown}:3\n  \
               input_size: [640, 640]  # --set detector.input_size=[640, 640]\n  \
               min_size: 4.0           # default\n  \
               weights: \"a, b\"         # default\n"
        );
        assert_eq!(text, expected);
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), whole);
    }
}

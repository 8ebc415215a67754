//! The lines at which the keys of a YAML text stand, as its parser saw them.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

/// The line of every key by its path, `["detector", "conf"]`; counted from 1. Keys inside lists have none of their own.
///
/// A text that is not YAML has the lines up to the fault: the parser of the values tells what is wrong with it.
pub(crate) fn key_lines(text: &str) -> BTreeMap<Vec<String>, usize> {
    let mut walk = Walk::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        walk.take(&event, span.start.line());
    }
    walk.lines
}

/// What is open at a place of the text.
enum Open {
    /// A mapping. `key` is the one whose value comes next.
    Mapping { key: Option<String> },
    /// A list, which is one value of the key it belongs to.
    List,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    lines: BTreeMap<Vec<String>, usize>,
}

impl Walk {
    fn take(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::MappingStart(..) => self.open.push(Open::Mapping { key: None }),
            Event::SequenceStart(..) => self.open.push(Open::List),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.value_ends();
            }
            Event::Scalar(text, ..) => match self.open.last_mut() {
                Some(Open::Mapping { key: key @ None }) => {
                    *key = Some(text.to_string());
                    self.note(line);
                }
                _ => self.value_ends(),
            },
            Event::Alias(_) => self.value_ends(),
            _ => {}
        }
    }

    /// The value of the innermost key is complete.
    fn value_ends(&mut self) {
        if let Some(Open::Mapping { key }) = self.open.last_mut() {
            *key = None;
        }
    }

    /// Remembers the line of the key that was just read.
    fn note(&mut self, line: usize) {
        let mut path = Vec::new();
        for open in &self.open {
            match open {
                Open::Mapping { key: Some(key) } => path.push(key.clone()),
                _ => return,
            }
        }
        self.lines.entry(path).or_insert(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_the_line_where_it_stands() {
        let text = "# conf: a comment\ntask: reid\n\ntrain:\n  pk: {batch: 1,\n    other: [{batch: 2}]}\n  text: |\n    batch: 3\n  list:\n  - batch: 4\n  samples:\n    \"batch\": 5\n";
        let lines = key_lines(text);
        let line = |path: &str| lines.get(&path.split('.').map(str::to_owned).collect::<Vec<_>>()).copied();
        assert_eq!(line("task"), Some(2));
        assert_eq!((line("train"), line("train.pk"), line("train.pk.batch")), (Some(4), Some(5), Some(5)));
        assert_eq!((line("train.pk.other"), line("train.text")), (Some(6), Some(7)));
        assert_eq!((line("train.list"), line("train.list.batch")), (Some(9), None));
        assert_eq!((line("train.samples"), line("train.samples.batch")), (Some(11), Some(12)));
        assert_eq!(line("conf"), None, "a comment is no key");
    }

    #[test]
    fn a_text_that_ends_in_a_fault_has_the_lines_before_it() {
        assert_eq!(key_lines("a: 1\nb: [").get(&vec!["b".to_owned()]), Some(&2));
    }
}

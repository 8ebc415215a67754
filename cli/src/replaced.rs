//! Commands and options of former versions, and what replaced them.

use anyhow::Result;
use mvmhat_console::usage;

/// A command, an option of it that is no more (or none: the command itself is no more), and what to write instead.
const REPLACED: [(&str, Option<&str>, &str); 4] = [
    ("learn", None, "the program `papers` does this now: papers CONFIG --data DIR --out DIR"),
    ("eval", Some("--detections"), "this is a command of its own now: mvmhat eval-detector RECORDING"),
    ("eval", Some("--embedding"), "this is a command of its own now: mvmhat eval-reid RECORDING"),
    (
        "train",
        Some("--task"),
        "detectors have a command of their own now: mvmhat train-detector RECORDING --out DIR",
    ),
];

/// Refuses a command line of a former version.
///
/// # Errors
/// What to write instead.
pub(crate) fn refuse(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let Some(command) = arguments.next() else { return Ok(()) };
    let rest: Vec<String> = arguments.take_while(|argument| argument != "--").collect();
    let is_given = |option: &str| {
        rest.iter()
            .any(|given| given == option || given.strip_prefix(option).is_some_and(|v| v.starts_with('=')))
    };
    for (name, option, instead) in REPLACED {
        if name == command && option.is_none_or(is_given) {
            let option = option.map(|option| format!(" {option}")).unwrap_or_default();
            return Err(usage!("mvmhat {name}{option}: {instead}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Option<String> {
        refuse(line.split_whitespace().map(str::to_owned)).err().map(|error| error.to_string())
    }

    #[test]
    fn a_former_command_line_is_told_what_replaced_it() {
        assert!(refused("learn configs/mlp.yaml").unwrap().contains("papers"));
        assert!(refused("eval --gt here --detections").unwrap().contains("eval-detector"));
        assert!(refused("train here --task=detector").unwrap().contains("train-detector"));
    }

    #[test]
    fn others_pass() {
        for line in ["", "eval --gt here --tracks there", "track learn --out o", "train --out o -- --task"] {
            assert_eq!(refused(line), None, "{line}");
        }
    }
}

//! `preset.yaml`: the best constants as a configuration that is laid over the built-in one with `--config`.

use std::fmt::Write as _;

use anyhow::Result;
use mvmhat_association::AssociationConfig;
use serde_yaml::Value;

use crate::constants::Constants;
use crate::trial_log::Trial;

/// The text of the preset: every constant of the associator, those that were searched with their ranges and what they were
/// before. `head` are the lines at the top of the file.
pub(crate) fn text(
    config: &AssociationConfig,
    constants: &Constants,
    configured: &Trial,
    head: &[String],
) -> Result<String> {
    let mut text = String::new();
    for line in head {
        let _ = writeln!(text, "# {line}");
    }
    text += "association:\n";
    let written = serde_yaml::to_value(config)?;
    let searched: Vec<_> = constants.searched.iter().zip(&configured.values).collect();
    for (key, value) in written.as_mapping().into_iter().flatten() {
        let key = key.as_str().unwrap_or_default();
        let value = match value {
            Value::Number(number) => number.to_string(),
            other => serde_yaml::to_string(other)?.trim_end().to_owned(),
        };
        let comment = match searched.iter().find(|(parameter, _)| parameter.key == key) {
            Some((p, before)) => format!("  # {} to {} tried; was {before}", p.low, p.high),
            None => String::new(),
        };
        let _ = writeln!(text, "  {key}: {value}{comment}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial_log::Proposer;
    use mvmhat_pipeline::Config;

    #[test]
    fn a_preset_is_a_configuration_with_the_best_constants() {
        for name in AssociationConfig::NAMES {
            let configured = Config::load(None, &[format!("association.name={name}")]).unwrap().association;
            let constants =
                Constants::choose(configured, &["track_low_thresh".into(), "max_age".into()], &[]).unwrap();
            let trial =
                |number, values| Trial { number, proposer: Proposer::Random, values, scores: vec![50.0] };
            let first = trial(0, constants.configured().unwrap());
            let best = constants.configuration(&[0.234, 41.0]).unwrap();
            let text = text(&best, &constants, &first, &["Found: by a test.".into()]).unwrap();
            assert!(text.starts_with("# Found: by a test.\nassociation:\n"), "{text}");
            assert!(text.contains("track_low_thresh: 0.234  # ") && text.contains(" tried; was "), "{text}");
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("preset.yaml");
            std::fs::write(&file, &text).unwrap();
            assert_eq!(Config::load(Some(&file), &[]).unwrap().association, best, "{text}");
        }
    }
}

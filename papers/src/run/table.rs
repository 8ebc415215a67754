//! The targets of all experiments and what the runs in a folder reached, as a Markdown table.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mvmhat_console::usage;

use super::RESULT;
use super::config::RunConfig;
use super::result::{RunResult, short};

/// One row per target. The run of `configs/papers/NAME.yaml` is expected in `RUNS/NAME`.
pub(super) fn markdown(configs: &[PathBuf], runs: &Path) -> Result<String> {
    let mut lines = vec![
        "| experiment | target | measured | reached | time |".to_owned(),
        "|---|---|---|---|---|".into(),
    ];
    for path in configs {
        let config = RunConfig::load(path, &[])?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let result = read(&runs.join(&*name).join(RESULT))?;
        let time = result.as_ref().map_or_else(String::new, |result| minutes(result.seconds));
        for target in &config.targets {
            let judged = result.as_ref().and_then(|o| o.targets.iter().find(|j| j.target == *target));
            let (value, reached) = match judged {
                Some(judged) => (short(judged.value), if judged.reached { "yes" } else { "**no**" }),
                None => (String::new(), "not run"),
            };
            lines.push(format!("| {name} | {} | {value} | {reached} | {time} |", target.text()));
        }
    }
    Ok(lines.join("\n"))
}

fn read(path: &Path) -> Result<Option<RunResult>> {
    let Ok(text) = std::fs::read(path) else { return Ok(None) };
    let result = serde_json::from_slice(&text);
    result.map(Some).map_err(|e| usage!("{}: this is not a result of `papers`: {e}", path.display()))
}

fn minutes(seconds: f64) -> String {
    if seconds < 100.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_per_target_whether_it_was_run_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let config =
            "title: T\nexperiment: {name: mlp}\ntargets: [{measure: test accuracy, at_least: 0.955}]";
        let configs = [write("mlp.yaml", config), write("other.yaml", config)];
        write(
            "runs/mlp/result.json",
            r#"{"name": "mlp", "title": "T", "seconds": 130.0, "measures": {}, "texts": {}, "targets":
               [{"target": {"measure": "test accuracy", "at_least": 0.955}, "value": 0.96123, "bound": 0.955, "reached": true}]}"#,
        );
        let table = markdown(&configs, &folder.path().join("runs")).unwrap();
        let rows: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| mlp | test accuracy >= 0.955 | 0.9612 | yes | 2 min |",
                "| other | test accuracy >= 0.955 |  | not run |  |"
            ]
        );
        write("runs/mlp/result.json", "{}");
        assert!(markdown(&configs, &folder.path().join("runs")).is_err());
    }
}

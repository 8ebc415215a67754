//! Ablation of the association: every variant on every dataset, as one table.
//!
//! `cargo run --release -p mvmhat-association --example ablation -- GROUND_TRUTH DATASET... [--variants FILE]`
//!
//! `DATASET/<sequence>/<camera>/det/det.npy` in, ground truth from `GROUND_TRUTH/<sequence>`. Scores are pooled over the
//! sequences of a dataset and averaged over datasets (say, seeds). `FILE` is YAML, a map from labels to options of an
//! associator (`name` included where it is not `clustering`); without it, the variants of `docs/association.md`.
//! `re-entry` counts the people who kept their identity of all who came back after 50 frames out of all views, over all
//! datasets; the last column is the speed of the association alone, on one thread.

#[path = "../tests/support/case.rs"]
mod case;
#[path = "../tests/support/sequences.rs"]
mod sequences;

use std::error::Error;
use std::path::{Path, PathBuf};

use case::Case;
use mvmhat_association::AssociationConfig;
use mvmhat_evaluation::{DatasetScores, Protocol, ReEntries, SequenceScores};
use serde_yaml::{Mapping, Value};

/// Each step removed from the default, or added to it.
const VARIANTS: &str = include_str!("ablation.yaml");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut variants = VARIANTS.to_owned();
    if let Some(flag) = arguments.iter().position(|a| a == "--variants") {
        let file = arguments.drain(flag..).nth(1).ok_or("--variants: a file is missing")?;
        variants = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    }
    let [ground_truth, datasets @ ..] = arguments.as_slice() else {
        return Err("usage: ablation GROUND_TRUTH DATASET... [--variants FILE]".into());
    };
    let datasets: Vec<PathBuf> = datasets.iter().map(PathBuf::from).collect();
    let datasets = datasets
        .iter()
        .map(|folder| sequences_in(folder, Path::new(ground_truth)))
        .collect::<Result<Vec<_>, _>>()?;
    let variants: Mapping = serde_yaml::from_str(&variants)?;
    let columns = ["MOTA", "IDF1", "IDSW", "global IDF1", "CVIDF1", "CVMA", "re-entry", "frame sets/s"];
    println!("| variant | {} |", columns.join(" | "));
    println!("|---|{}", "---|".repeat(columns.len()));
    for (label, options) in &variants {
        let label = label.as_str().ok_or("a label must be text")?;
        let config = config(options).map_err(|error| format!("{label}: {error}"))?;
        let mut sums = [0.0; 7];
        let mut kept = ReEntries::default();
        for cases in &datasets {
            let (row, returns) = score(cases, &config)?;
            kept += &returns;
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / datasets.len() as f64);
        }
        let [mota, idf1, switches, global, cvidf1, cvma, speed] = sums;
        println!(
            "| {label} | {mota:.2} | {idf1:.2} | {switches:.0} | {global:.2} | {cvidf1:.2} | {cvma:.2} | {}/{} | {speed:.0} |",
            kept.kept, kept.total
        );
    }
    Ok(())
}

/// All sequences in a folder, by their names.
fn sequences_in(folder: &Path, ground_truth: &Path) -> Result<Vec<(String, Case)>, Box<dyn Error>> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| Ok((name(path), Case::open(path, ground_truth)?))).collect()
}

fn config(options: &Value) -> Result<AssociationConfig, Box<dyn Error>> {
    let mut options = options.as_mapping().cloned().unwrap_or_default();
    let name = options.remove("name");
    let name = name.as_ref().and_then(Value::as_str).unwrap_or("clustering");
    Ok(AssociationConfig::named(name, Value::Mapping(options))?)
}

/// The columns of one variant on one dataset.
fn score(
    cases: &[(String, Case)],
    config: &AssociationConfig,
) -> Result<([f64; 7], ReEntries), Box<dyn Error>> {
    let (mut seconds, mut timesteps, mut scored) = (0.0, 0, Vec::new());
    for (name, case) in cases {
        let (tracked, took) = case.track(config)?;
        seconds += took;
        timesteps += case.sets.len();
        let scores = SequenceScores::new(&case.compare(&tracked)?, Protocol::TrackEval);
        scored.push((name.clone(), scores));
    }
    let scores = DatasetScores::new(scored);
    let percent = |ratio: f64| 100.0 * ratio;
    let columns = [
        percent(scores.overall.clear.mota()),
        percent(scores.overall.identity.idf1()),
        scores.overall.clear.idsw as f64,
        percent(scores.global.identity.idf1()),
        percent(scores.cross_view.mvmhat.cvidf1()),
        percent(scores.cross_view.mvmhat.cvma()),
        timesteps as f64 / seconds,
    ];
    Ok((columns, scores.cross_view.re_entries))
}

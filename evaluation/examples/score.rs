//! Times the scores of a folder of MvMHAT groups from rows in memory, for `scripts/bench-evaluation.py`.
//!
//! `score FOLDER [ROUNDS]` prints one line of JSON: the best milliseconds of the rounds.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mvmhat_evaluation::{CameraRows, Comparison, CrossView, Observation, Protocol, Scores, SequenceScores};
use mvmhat_scene::{FrameRange, mot};
use serde_json::{Value, json};

/// One group: its window and the rows of its cameras.
struct Group {
    window: FrameRange,
    cameras: Vec<CameraRows>,
}

impl Group {
    fn compare(&self) -> Result<Comparison, Box<dyn Error>> {
        Ok(Comparison::new(Some(self.window), self.cameras.clone())?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: score FOLDER [ROUNDS]")?);
    let rounds = match arguments.next() {
        Some(rounds) => rounds.to_string_lossy().parse()?,
        None => 5,
    };
    let groups = read(&folder)?;
    let (mut hota, mut views) = (0.0, 0);
    for group in &groups {
        for sequence in group.compare()?.sequences() {
            hota += Scores::new(sequence, Protocol::TrackEval).hota.hota();
            views += 1;
        }
    }
    let single = best(rounds, &groups, |comparison| {
        comparison.sequences().for_each(|sequence| _ = black_box(Scores::new(sequence, Protocol::TrackEval)));
    })?;
    let single_and_views = best(rounds, &groups, |comparison| {
        comparison.sequences().for_each(|sequence| _ = black_box(Scores::new(sequence, Protocol::TrackEval)));
        black_box(CrossView::new(comparison));
    })?;
    let everything = best(rounds, &groups, |comparison| {
        black_box(SequenceScores::new(comparison, Protocol::TrackEval));
    })?;
    let line = json!({
        "views": views,
        "hota": hota / f64::from(views),
        "single_ms": single,
        "single_and_views_ms": single_and_views,
        "everything_ms": everything,
    });
    println!("{line}");
    Ok(())
}

/// The least milliseconds to lay out all groups and to score them.
fn best(rounds: u32, groups: &[Group], score: impl Fn(&Comparison)) -> Result<f64, Box<dyn Error>> {
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        for group in groups {
            score(&group.compare()?);
        }
        least = least.min(1e3 * start.elapsed().as_secs_f64());
    }
    Ok(least)
}

fn read(folder: &Path) -> Result<Vec<Group>, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("groups.json"))?;
    let groups: serde_json::Map<String, Value> = serde_json::from_str(&text)?;
    groups.iter().map(|(name, group)| read_group(&folder.join(name), group)).collect()
}

fn read_group(folder: &Path, group: &Value) -> Result<Group, Box<dyn Error>> {
    let number = |key: &str| -> Result<u32, Box<dyn Error>> {
        let number = group[key].as_u64().ok_or_else(|| format!("{}: no number {key}", folder.display()))?;
        Ok(u32::try_from(number)?)
    };
    let mut cameras = Vec::new();
    for view in 1..=number("views")? {
        let rows = |file: &str| -> Result<Vec<Observation>, Box<dyn Error>> {
            let rows = mot::read(&folder.join(view.to_string()).join(file))?;
            Ok(rows.iter().map(Observation::from).collect())
        };
        cameras.push(CameraRows {
            name: view.to_string(),
            gt: rows("gt.txt")?,
            tracks: rows("published.txt")?,
        });
    }
    Ok(Group { window: FrameRange::new(number("start")?, number("end")?), cameras })
}

//! Associates sequences with precomputed detections, writes their tracks and prints the speed.
//!
//! `cargo run --release -p mvmhat-association --example bench -- DATASET OUT [NAME [OPTIONS]]`
//!
//! `DATASET/<sequence>/<camera>/det/det.npy` in, `OUT/<sequence>/<camera>.txt` out (MOT text). `NAME` is an associator,
//! the default one if left out, and `OPTIONS` its constants as YAML, such as `{track_low_thresh: 0.3}`. The speed is the best of
//! five runs on one thread, of the association alone.

#[path = "../tests/support/sequences.rs"]
mod sequences;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use mvmhat_association::{AssociationConfig, Evidence, build};
use mvmhat_scene::{FrameSet, TrackedBox, mot};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (dataset, out, config) = match arguments.as_slice() {
        [dataset, out] => (dataset, out, AssociationConfig::default()),
        [dataset, out, name] => (dataset, out, AssociationConfig::named(name, options("{}")?)?),
        [dataset, out, name, yaml] => (dataset, out, AssociationConfig::named(name, options(yaml)?)?),
        _ => return Err("usage: bench DATASET OUT [NAME [OPTIONS]]".into()),
    };
    let mut folders =
        std::fs::read_dir(dataset)?.map(|e| Ok(e?.path())).collect::<std::io::Result<Vec<_>>>()?;
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap_or_default();
        associate(folder, &Path::new(out).join(name), &config)?;
    }
    Ok(())
}

fn options(yaml: &str) -> Result<serde_yaml::Value, serde_yaml::Error> {
    serde_yaml::from_str(yaml)
}

fn associate(folder: &Path, out: &Path, config: &AssociationConfig) -> Result<(), Box<dyn Error>> {
    let (cameras, sets) = sequences::frame_sets(folder)?;
    let mut best = f64::INFINITY;
    let mut tracked: Vec<FrameSet<Vec<TrackedBox>>> = Vec::new();
    for _ in 0..RUNS {
        let mut associator = build(config, Evidence::default())?;
        let input = sets.clone();
        let start = Instant::now();
        tracked = input.into_iter().flat_map(|set| associator.associate(set)).collect();
        tracked.extend(associator.finish());
        best = best.min(start.elapsed().as_secs_f64());
    }
    std::fs::create_dir_all(out)?;
    for (camera, name) in cameras.iter().enumerate() {
        let views = tracked.iter().filter_map(|set| set.views[camera].as_ref());
        let rows: Vec<_> =
            views.flat_map(|view| view.content.iter().map(|b| mot::Row::tracked(view.number, b))).collect();
        mot::write(out.join(format!("{name}.txt")), &rows)?;
    }
    println!("{}: {:.0} frame sets per second", folder.display(), sets.len() as f64 / best);
    Ok(())
}

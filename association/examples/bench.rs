//! Associates recordings with precomputed detections, writes their tracks and tells the speed.
//!
//! `cargo run --release -p association --example bench -- DATASET OUT`
//!
//! `DATASET/<recording>/<camera>/det/det.npy` in, `OUT/<recording>/<camera>.txt` out (MOT text). The speed is the
//! best of five runs on one thread, of the association alone.

#[path = "../tests/support/recordings.rs"]
mod recordings;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use association::{AssociationConfig, build};
use scene::{FrameSet, TrackedBox, mot};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [dataset, out] = arguments.as_slice() else {
        return Err("usage: bench DATASET OUT".into());
    };
    let mut folders =
        std::fs::read_dir(dataset)?.map(|e| Ok(e?.path())).collect::<std::io::Result<Vec<_>>>()?;
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap_or_default();
        associate(folder, &Path::new(out).join(name))?;
    }
    Ok(())
}

fn associate(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let (cameras, sets) = recordings::frame_sets(folder)?;
    let mut best = f64::INFINITY;
    let mut tracked: Vec<FrameSet<Vec<TrackedBox>>> = Vec::new();
    for _ in 0..RUNS {
        let mut associator = build(&AssociationConfig::default())?;
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

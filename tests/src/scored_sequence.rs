//! A sequence whose tracks are its ground truth, to be changed and scored.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Blocks, Run, json, run, text};

/// A sequence of two cameras with ground truth, and tracks of it.
#[derive(Debug)]
pub struct ScoredSequence {
    folder: tempfile::TempDir,
}

impl ScoredSequence {
    /// Tracks that equal the ground truth.
    ///
    /// # Panics
    /// Where the files cannot be written.
    pub fn with_perfect_tracks() -> Self {
        let case = Self { folder: tempfile::tempdir().expect("a folder") };
        Blocks::default().write(&case.gt());
        std::fs::create_dir(case.tracks()).expect("the folder can be made");
        for camera in ["cam1", "cam2"] {
            let gt = case.gt().join(camera).join("gt/gt.txt");
            std::fs::copy(gt, case.track_file(camera)).expect("tracks can be written");
        }
        case
    }

    /// A path in the folder that holds everything.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the sequence and its ground truth.
    pub fn gt(&self) -> PathBuf {
        self.path("yard")
    }

    /// The folder of the tracks.
    pub fn tracks(&self) -> PathBuf {
        self.path("tracks-of-yard")
    }

    /// The tracks of a camera.
    pub fn track_file(&self, camera: &str) -> PathBuf {
        self.tracks().join(format!("{camera}.txt"))
    }

    /// Changes the tracks of a camera row by row: `change` takes frame, identity and the other columns.
    ///
    /// # Panics
    /// Where the tracks cannot be read or written.
    pub fn change_tracks(&self, camera: &str, change: impl Fn(u32, u32, &str) -> Option<String>) {
        let file = self.track_file(camera);
        let changed = |line: &str| {
            let mut columns = line.splitn(3, ',');
            let mut number = || columns.next()?.parse().ok();
            let (frame, id) = (number().expect("a frame"), number().expect("an identity"));
            change(frame, id, columns.next().expect("a box"))
        };
        let rows: Vec<String> = text(&file).lines().filter_map(changed).collect();
        std::fs::write(file, rows.join("\n")).expect("tracks can be written");
    }

    /// Runs `mvmhat eval` on the tracks.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn eval(&self, more: &[&str]) -> Run {
        eval(&self.gt(), &self.tracks(), more)
    }

    /// The scores of the tracks as JSON.
    ///
    /// # Panics
    /// Where there are none.
    #[track_caller]
    pub fn scores(&self, more: &[&str]) -> Value {
        let file = self.path("scores.json").display().to_string();
        self.eval(&[&["--overwrite", "--json", &file], more].concat()).succeeded();
        json(file)
    }
}

/// Runs `mvmhat eval --gt GT --tracks TRACKS MORE...`.
///
/// # Panics
/// Where the program cannot be started.
pub fn eval(gt: &Path, tracks: &Path, more: &[&str]) -> Run {
    let [gt, tracks] = [gt, tracks].map(|path| path.display().to_string());
    run(["eval", "--gt", &gt, "--tracks", &tracks].iter().chain(more))
}

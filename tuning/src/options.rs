//! What a search is asked for, and where it may write.

use std::path::PathBuf;

use anyhow::{Context, Result};
use mvmhat_console::{outputs, usage};
use mvmhat_scene::FrameRange;

use crate::constants::SearchRange;
use crate::objective::Objective;
use crate::proposal::SearchMethod;

/// What a search is asked for.
#[derive(Clone, Debug)]
pub struct TuneOptions {
    /// Recordings with ground truth; the mean of their scores counts.
    pub recordings: Vec<PathBuf>,
    /// The folder with the ground truth, of several recordings with a folder for each; in the recordings themselves without.
    pub gt: Option<PathBuf>,
    /// Whether `recordings` and `validate` are folders of recordings.
    pub dataset: bool,
    /// Recordings that are held out: scored at the end.
    pub validate: Vec<PathBuf>,
    /// The folder for everything the search leaves.
    pub out: PathBuf,
    /// Whether a search that is in `out` goes on.
    pub resume: bool,
    /// Whether a search that is in `out` is replaced.
    pub overwrite: bool,
    /// The number of trials, the configured constants and those of an earlier run included.
    pub trials: usize,
    /// Which score is maximized.
    pub objective: Objective,
    /// What proposes the trials.
    pub method: SearchMethod,
    /// Another seed searches in another order.
    pub seed: u64,
    /// The constants that are searched; all where there are none.
    pub only: Vec<String>,
    /// Ranges that replace those of the associator.
    pub ranges: Vec<SearchRange>,
    /// A configuration file over the preset.
    pub config: Option<PathBuf>,
    /// Settings `KEY=VALUE` over it.
    pub set: Vec<String>,
    /// The frames that are tracked and scored.
    pub frames: FrameRange,
    /// Where networks run; `pipeline.device` without.
    pub device: Option<String>,
    /// The command line, for the head of the preset.
    pub command: String,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self {
            recordings: Vec::new(),
            gt: None,
            dataset: false,
            validate: Vec::new(),
            out: PathBuf::new(),
            resume: false,
            overwrite: false,
            trials: 200,
            objective: Objective::default(),
            method: SearchMethod::default(),
            seed: 0,
            only: Vec::new(),
            ranges: Vec::new(),
            config: None,
            set: Vec::new(),
            frames: FrameRange::default(),
            device: None,
            command: "mvmhat tune".into(),
        }
    }
}

impl TuneOptions {
    /// Refuses a folder that exists, unless its search goes on or is replaced.
    pub(crate) fn check_out(&self) -> Result<()> {
        let is_search = self.out.join("tune.json").is_file();
        if self.resume && self.out.is_dir() {
            let out = self.out.display();
            let missing = || usage!("--resume: there is no search in {out} (it has no tune.json)");
            return if is_search { Ok(()) } else { Err(missing()) };
        }
        if self.out.is_dir() && !self.overwrite {
            let out = self.out.display();
            return Err(usage!(
                "--out {out}: the folder exists; give another one, --resume to go on with its search, or --overwrite to replace \
                 it"
            ));
        }
        let inputs = [self.recordings.as_slice(), &self.validate].concat();
        outputs::check_folder("--out", &self.out, self.overwrite, &inputs)?;
        if is_search {
            self.remove_earlier_search()?;
        }
        Ok(())
    }

    /// Removes what an earlier search left in its folder, its detections included.
    fn remove_earlier_search(&self) -> Result<()> {
        let files = ["preset.yaml", "trials.csv", "tune.json", "tune.png", "tune.svg"];
        let remove = |result: std::io::Result<()>| match result {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let removed =
            files.into_iter().try_for_each(|file| remove(std::fs::remove_file(self.out.join(file))));
        removed
            .and_then(|()| remove(std::fs::remove_dir_all(self.out.join("detections"))))
            .with_context(|| format!("--out {}: the earlier search cannot be removed", self.out.display()))
    }
}

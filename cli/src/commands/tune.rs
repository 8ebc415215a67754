//! `mvmhat tune`: the associator's constants searched on recordings whose people are known.

mod constants;
mod detections;
mod findings;
mod importance;
mod labelled;
mod objective;
mod plot;
mod preset;
mod search;
mod settings;
mod tpe;
mod trial_log;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use mvmhat_association::{AssignmentSource, AssociationConfig};
use clap::Args;
use mvmhat_scene::{AtomicFile, Sequence};
use serde_json::json;
use tch::Device;

use super::eval::groups::Groups;
use super::track;
use crate::config::Config;
use crate::error::usage;
use crate::figure::Figure;
use crate::frame_range::FrameRange;
use crate::stream::Stop;
use crate::{device, interrupt, print};
use constants::{Constants, Range};
use findings::Findings;
use labelled::{Labelled, Truth};
use objective::Objective;
use plot::SearchPlot;
use search::{Method, Search};
use trial_log::{Trial, TrialLog};

/// Search the associator's constants on recordings whose people are known.
///
/// Detects and describes people once, then associates them over and over with other constants, and scores the tracks
/// against ground truth. Writes OUT/preset.yaml (the best constants, to be laid over the configuration with --config),
/// OUT/trials.csv, OUT/tune.png and OUT/tune.svg.
///
/// The first trial is the configuration as it is, so the result is never worse on these recordings. It may be worse on
/// others: constants that were tuned on one recording need not carry over. Tune on several, and hold some out with
/// --validate.
#[derive(Debug, Args)]
pub(crate) struct Tune {
    /// Recordings with ground truth; the mean of their scores counts
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    /// Where the ground truth is, if not in the recording itself; for several recordings FOLDER/<recording>
    #[arg(long, value_name = "FOLDER", num_args = 0..=1)]
    gt: Option<Option<PathBuf>>,
    /// RECORDING (and --validate) are folders of recordings
    #[arg(long)]
    dataset: bool,
    /// A recording with ground truth that the search does not see: scored at the end; may be repeated
    #[arg(long, value_name = "RECORDING")]
    validate: Vec<PathBuf>,
    /// Folder for everything the search leaves; must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Go on with the search in OUT: same command, same result as if it had not been interrupted; --trials may be higher
    #[arg(long)]
    resume: bool,
    /// How many sets of constants to try, the configured one included
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Which score is made as high as possible
    #[arg(long, value_enum, default_value_t)]
    objective: Objective,
    /// Who proposes what to try
    #[arg(long, value_enum, default_value_t)]
    search: Method,
    /// Another seed searches in another order
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Search these constants only; the others stay as configured
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Search a constant between other ends, for instance track_low_thresh=0.1..0.5; may be repeated
    #[arg(long, value_name = "KEY=LOW..HIGH")]
    range: Vec<Range>,
    /// YAML file laid over the built-in configuration (configs/track.yaml)
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance association.name=mvmhat; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Only these frames, both ends included, as the source numbers them
    #[arg(long, value_name = "A..B", default_value = "..", hide_default_value = true)]
    frames: FrameRange,
    /// Where networks run: auto, cpu or cuda:N (default: pipeline.device)
    #[arg(long)]
    device: Option<String>,
}

/// A recording before anything is detected in it.
struct Opened {
    recording: Sequence,
    folder: PathBuf,
    gt: PathBuf,
    truth: Truth,
    label: String,
}

impl Tune {
    pub(crate) fn run(self) -> Result<()> {
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        let config = Config::load(self.config.as_deref(), &self.set)?;
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        if matches!(&config.association, AssociationConfig::Clustering(clustering) if clustering.assignment == AssignmentSource::Network)
        {
            return Err(usage!(
                "association.assignment: a search runs without an assignment network; search with none or softmax"
            ));
        }
        let constants = Constants::choose(config.association.clone(), &self.only, &self.range)?;
        self.refuse_output()?;
        let (opened, tuned) = self.open(&config)?;
        let fresh = self.begin(&config, &constants, &opened, tuned)?;

        let detect = |one: Opened| self.detected(one, &config, device, &stop);
        let recordings: Result<Vec<Labelled>> = opened.into_iter().map(detect).collect();
        let recordings = recordings.inspect_err(|_| {
            if fresh {
                self.forget_beginning();
            }
        })?;
        let (searched, held_out) = recordings.split_at(tuned);
        let worth = |recordings: &[Labelled], config: &AssociationConfig| -> Result<Vec<f64>> {
            recordings.iter().map(|one| Ok(self.objective.of(&one.score(config)?))).collect()
        };

        let labels: Vec<&str> = searched.iter().map(|one| one.label.as_str()).collect();
        let keys: Vec<&str> = constants.searched.iter().map(|parameter| parameter.key).collect();
        let log = TrialLog::open(&self.out.join("trials.csv"), &labels, &keys)?;
        let trials = self.trials as usize;
        if let Some((last, _)) = log.trials().last_key_value()
            && *last >= trials
        {
            return Err(usage!("--trials {trials}: trial {last} is finished already; ask for more"));
        }
        let search = Search { constants: &constants, method: self.search, seed: self.seed, trials };
        let trials = search.run(log, |config| worth(searched, config), &stop)?;

        let findings = Findings::new(self.objective, &constants, &trials);
        let (Some(configured), Some(best)) = (trials.first(), findings.ranking.first()) else {
            return Ok(());
        };
        let found = constants.with(&best.values)?;
        let before = worth(held_out, &config.association)?;
        let after = worth(held_out, &found)?;
        let scores = configured.scores.iter().chain(&before).zip(best.scores.iter().chain(&after));
        let rows = recordings.iter().enumerate().zip(scores);
        let rows: Vec<_> = rows
            .map(|((i, one), (before, after))| (one.label.clone(), i >= tuned, *before, *after))
            .collect();

        let about = self.about(configured, best, trials.len(), &rows);
        write_text(&self.out.join("preset.yaml"), &preset::text(&found, &constants, configured, &about)?)?;
        let title = format!(
            "{} on {}: {:.2} as configured, {:.2} at best",
            self.objective.name(),
            labels.join(", "),
            configured.score(),
            best.score()
        );
        SearchPlot { findings: &findings, title: &title }.save(&self.out, "tune")?;
        print::lines(&format!("{}\n", findings.constants_table()));
        print::lines(&format!("{}\n", findings.recordings_table(&rows)));
        let out = self.out.display();
        print::lines(&format!("preset     {out}/preset.yaml, to be used with --config"));
        print::lines(&format!("trials     {out}/trials.csv\nplot       {out}/tune.png, tune.svg"));
        Ok(())
    }

    fn refuse_output(&self) -> Result<()> {
        let out = self.out.display();
        if !self.out.exists() || (self.resume && self.out.join("tune.json").is_file()) {
            return Ok(());
        }
        if !self.out.is_dir() {
            return Err(usage!("--out {out}: this is a file, not a folder"));
        }
        if self.resume {
            return Err(usage!("--resume: there is no search in {out} (it has no tune.json)"));
        }
        Err(usage!("--out {out}: the folder exists; give another one, or --resume to go on with a search"))
    }

    /// All recordings, those that are tuned on first, and how many these are.
    fn open(&self, config: &Config) -> Result<(Vec<Opened>, usize)> {
        let mut folders = Vec::new();
        for path in &self.recordings {
            folders.extend(self.folders(path)?);
        }
        let tuned = folders.len();
        for path in &self.validate {
            folders.extend(self.folders(path)?);
        }
        let labels = labelled::labels(&folders)?;
        let single = folders.len() == 1 && !self.dataset;
        let mut opened = Vec::new();
        for (folder, label) in folders.into_iter().zip(labels) {
            let gt = match &self.gt {
                Some(Some(gt)) if single => gt.clone(),
                Some(Some(gt)) => gt.join(folder.file_name().unwrap_or_default()),
                _ => folder.clone(),
            };
            anyhow::ensure!(
                gt.is_dir(),
                "--gt: {}: no such folder; of one recording --gt is its ground truth, of several (--validate counts) it holds \
                 a folder for each",
                gt.display()
            );
            let recording = track::select_cameras(Sequence::open(&folder)?, &config.recording.cameras)?;
            let truth = Truth::read(&recording, &gt, self.frames)?;
            opened.push(Opened { recording, folder, gt, truth, label });
        }
        Ok((opened, tuned))
    }

    /// The recordings that an argument stands for.
    fn folders(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let path = std::path::absolute(path)?;
        if !self.dataset {
            return Ok(vec![path]);
        }
        let names = match &self.gt {
            Some(Some(gt)) => Groups::inside(gt)?.recordings(gt)?,
            _ => Groups::inside(&path)?.recordings(&path)?,
        };
        Ok(names.into_iter().map(|name| path.join(name)).collect())
    }

    /// Makes OUT with the settings in it, or finds the same ones there; whether they are new.
    fn begin(&self, config: &Config, constants: &Constants, opened: &[Opened], tuned: usize) -> Result<bool> {
        let names = |opened: &[Opened]| -> Vec<_> {
            opened.iter().map(|one| json!({"recording": one.folder, "ground_truth": one.gt})).collect()
        };
        let (searched, held_out) = opened.split_at(tuned);
        let ranges: serde_json::Map<_, _> =
            constants.searched.iter().map(|p| (p.key.to_owned(), json!([p.low, p.high]))).collect();
        let settings = json!({
            "mvmhat": env!("CARGO_PKG_VERSION"),
            "recordings": names(searched),
            "validate": names(held_out),
            "frames": self.frames.to_json(),
            "objective": self.objective.name(),
            "search": format!("{:?}", self.search).to_lowercase(),
            "seed": self.seed,
            "ranges": ranges,
            "recording": config.recording,
            "detector": config.detector,
            "embedder": config.embedder,
            "association": config.association,
        });
        let path = self.out.join("tune.json");
        if path.exists() {
            return settings::check(&path, &settings).map(|()| false);
        }
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
        settings::write(&path, &settings).map(|()| true)
    }

    /// Makes OUT free for other settings where nothing was found with these.
    fn forget_beginning(&self) {
        if !self.out.join("detections").exists() {
            let _ = std::fs::remove_file(self.out.join("tune.json"));
            // Only if it is empty.
            let _ = std::fs::remove_dir(&self.out);
        }
    }

    /// Detects people in a recording, unless an earlier run has.
    fn detected(&self, one: Opened, config: &Config, device: Device, stop: &Stop) -> Result<Labelled> {
        let folder = self.out.join("detections").join(&one.label);
        let sets = match detections::load(&folder, &one.recording)? {
            Some(sets) => sets,
            None => {
                tracing::info!("{}: people are being detected and described, once", one.label);
                let sets = detections::detect(&one.recording, config, self.frames, device, stop)?;
                detections::save(&folder, &one.recording, &sets)?;
                // Read back, so that a search that is resumed works on the same numbers.
                detections::load(&folder, &one.recording)?
                    .context("detections that were just written are gone")?
            }
        };
        Ok(one.truth.beside(one.label, sets))
    }

    /// The head of the preset: where its constants come from and what they are worth.
    fn about(
        &self,
        configured: &Trial,
        best: &Trial,
        trials: usize,
        rows: &[(String, bool, f64, f64)],
    ) -> Vec<String> {
        let arguments = std::env::args().skip(2).filter(|argument| argument != "--resume");
        let mut lines = vec![
            "Constants of the association found by `mvmhat tune`; lay them over the configuration with --config.".into(),
            format!("mvmhat tune {}", arguments.collect::<Vec<_>>().join(" ")),
            format!(
                "{}: {:.2} as configured, {:.2} with these (trial {} of {trials}). By recording:",
                self.objective.name(),
                configured.score(),
                best.score(),
                best.number
            ),
        ];
        lines.extend(rows.iter().map(|(name, held_out, before, after)| {
            let how = if *held_out { " (held out)" } else { "" };
            format!("  {name}{how}: {before:.2}, {after:.2}")
        }));
        lines
    }
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let write = || {
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes())?;
        file.commit()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

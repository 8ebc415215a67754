//! A search from its options to its results: what `mvmhat tune` does.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use mvmhat_association::{AssignmentSource, AssociationConfig};
use mvmhat_console::{CancellationToken, outputs, usage};
use mvmhat_pipeline::Config;
use mvmhat_plots::Figure;
use serde_json::{Value, json};
use tch::Device;

use crate::constants::Constants;
use crate::labelled_sequence::LabelledSequence;
use crate::options::TuneOptions;
use crate::plot::SearchPlot;
use crate::results::{SearchResults, SequenceResult};
use crate::search::Search;
use crate::sequences::{OpenedSequence, open_sequences};
use crate::trial_log::TrialLog;
use crate::{detection_cache, preset, search_settings};

/// What came of a search. Shown as text it has the best trials, the scores of every recording, and what was written.
#[derive(Clone, Debug)]
pub struct TuneSummary {
    /// The associator with the best constants.
    pub best: AssociationConfig,
    /// The best trials, and how important each constant is.
    pub constants_table: String,
    /// The scores of every recording, as configured and with the best constants.
    pub recordings_table: String,
    /// The folder with everything the search left.
    pub out: PathBuf,
}

impl fmt::Display for TuneSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { constants_table, recordings_table, out, .. } = self;
        let out = out.display();
        write!(f, "{constants_table}\n\n{recordings_table}\n\n")?;
        writeln!(f, "preset     {out}/preset.yaml, to be used with --config")?;
        write!(f, "trials     {out}/trials.csv\nplot       {out}/tune.png, tune.svg")
    }
}

/// Searches the constants of the configured associator on recordings with ground truth.
///
/// Detects and embeds people once, then associates them over and over with other constants, and scores the tracks against the
/// ground truth. Leaves in [`TuneOptions::out`] `preset.yaml` (the best constants), `trials.csv`, `tune.png` and `tune.svg`.
///
/// # Errors
/// Wrong options or configuration (as [`UsageError`](mvmhat_console::UsageError)), recordings that cannot be read or have no ground
/// truth, a trial that cannot be scored, and a search that was interrupted.
pub fn tune(options: &TuneOptions, cancellation: &CancellationToken) -> Result<TuneSummary> {
    let config = Config::load(options.config.as_deref(), &options.set)?;
    let device = config.device(options.device.as_deref())?;
    if let AssociationConfig::Clustering(clustering) = &config.association
        && clustering.assignment == AssignmentSource::Network
    {
        return Err(usage!(
            "association.assignment: a search runs without an assignment network; search with none or softmax"
        ));
    }
    let constants = Constants::choose(config.association.clone(), &options.only, &options.ranges)?;
    options.check_out()?;
    let opened = open_sequences(options, &config)?;
    let is_new = options.begin(&config, &constants, &opened)?;
    let detect = |opened: OpenedSequence| options.detected(opened, &config, device, cancellation);
    let sequences: Result<Vec<LabelledSequence>> = opened.into_iter().map(detect).collect();
    let sequences = sequences.inspect_err(|_| {
        if is_new {
            options.forget_beginning();
        }
    })?;
    options.search(&config, &constants, &sequences, cancellation)
}

impl TuneOptions {
    /// Makes the folder with the settings of the search in it, or finds the same ones there; whether they are new.
    fn begin(&self, config: &Config, constants: &Constants, opened: &[OpenedSequence]) -> Result<bool> {
        let settings = self.settings(config, constants, opened);
        let path = self.out.join("tune.json");
        if path.exists() {
            return search_settings::check(&path, &settings).map(|()| false);
        }
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
        search_settings::write(&path, &settings).map(|()| true)
    }

    /// Everything that the trials depend on.
    fn settings(&self, config: &Config, constants: &Constants, opened: &[OpenedSequence]) -> Value {
        let folders = |held_out: bool| -> Vec<Value> {
            let opened = opened.iter().filter(|opened| opened.held_out == held_out);
            opened.map(|opened| json!({"recording": opened.folder, "ground_truth": opened.gt})).collect()
        };
        let ranges: serde_json::Map<_, _> =
            constants.searched.iter().map(|p| (p.key.to_owned(), json!([p.low, p.high]))).collect();
        json!({
            "mvmhat": env!("CARGO_PKG_VERSION"),
            "recordings": folders(false),
            "validate": folders(true),
            "frames": self.frames.to_json(),
            "objective": self.objective.name(),
            "search": self.method.name(),
            "seed": self.seed,
            "ranges": ranges,
            "recording": config.recording,
            "detector": config.detector,
            "embedder": config.embedder,
            "association": config.association,
        })
    }

    /// Removes the folder again where nothing was detected, so that it is free for other settings.
    fn forget_beginning(&self) {
        if !self.out.join("detections").exists() {
            let _ = std::fs::remove_file(self.out.join("tune.json"));
            // Only if it is empty.
            let _ = std::fs::remove_dir(&self.out);
        }
    }

    /// Detects people in a sequence, unless an earlier run has.
    fn detected(
        &self,
        opened: OpenedSequence,
        config: &Config,
        device: Device,
        cancellation: &CancellationToken,
    ) -> Result<LabelledSequence> {
        let folder = self.out.join("detections").join(&opened.label);
        let sets = match detection_cache::load(&folder, &opened.sequence)? {
            Some(sets) => sets,
            None => {
                tracing::info!("{}: people are being detected and embedded, once", opened.label);
                let sets =
                    detection_cache::detect(&opened.sequence, config, self.frames, device, cancellation)?;
                detection_cache::save(&folder, &opened.sequence, &sets)?;
                // Read back, so that a search that is resumed has the same numbers.
                detection_cache::load(&folder, &opened.sequence)?
                    .context("detections that were just written are gone")?
            }
        };
        Ok(LabelledSequence::new(opened, sets))
    }

    /// Runs the trials and writes what comes of them. The sequences that are held out come last.
    fn search(
        &self,
        config: &Config,
        constants: &Constants,
        sequences: &[LabelledSequence],
        cancellation: &CancellationToken,
    ) -> Result<TuneSummary> {
        let (searched, held_out) = sequences.split_at(sequences.partition_point(|one| !one.held_out));
        let score = |sequences: &[LabelledSequence], config: &AssociationConfig| -> Result<Vec<f64>> {
            sequences.iter().map(|one| Ok(self.objective.percent(&one.score(config)?))).collect()
        };
        let labels: Vec<&str> = searched.iter().map(|one| one.label.as_str()).collect();
        let keys: Vec<&str> = constants.searched.iter().map(|parameter| parameter.key).collect();
        let log = TrialLog::open(&self.out.join("trials.csv"), &labels, &keys)?;
        if let Some((last, _)) = log.trials().last_key_value()
            && *last >= self.trials
        {
            return Err(usage!("--trials {}: trial {last} is finished already; ask for more", self.trials));
        }
        let search = Search { constants, method: self.method, seed: self.seed, trials: self.trials };
        let trials = search.run(log, |config| score(searched, config), cancellation)?;

        let results = SearchResults::new(self.objective, constants, &trials)?;
        let best = constants.configuration(&results.best().values)?;
        let before = score(held_out, &config.association)?;
        let after = score(held_out, &best)?;
        let scores = results.configured().scores.iter().chain(&before);
        let scores = scores.zip(results.best().scores.iter().chain(&after));
        let rows = sequences.iter().zip(scores).map(|(one, (configured, best))| SequenceResult {
            label: one.label.clone(),
            held_out: one.held_out,
            configured: *configured,
            best: *best,
        });
        let rows: Vec<SequenceResult> = rows.collect();

        let text = preset::text(&best, constants, results.configured(), &results.head(&self.command, &rows))?;
        let path = self.out.join("preset.yaml");
        outputs::write_file(&path, text)?;
        SearchPlot { results: &results, title: &results.title(&labels) }.save(&self.out, "tune")?;
        Ok(TuneSummary {
            best,
            constants_table: results.constants_table(),
            recordings_table: results.recordings_table(&rows),
            out: self.out.clone(),
        })
    }
}

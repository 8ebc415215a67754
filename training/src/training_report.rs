//! What came of a run, in a few lines.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use mvmhat_learning::{BestValidation, TrainingEnd, TrainingSummary};

/// A training run that came to an end, or was interrupted. Shown as text it says what it left and how that is used.
#[derive(Clone, Debug)]
pub struct TrainingReport {
    /// How far it came, and what the weights that were written score.
    pub summary: TrainingSummary,
    /// Seconds from the first step to the last file.
    pub seconds: f64,
    /// Parts of the time, each with what it was spent on.
    pub time_spent: Vec<(Duration, &'static str)>,
    /// The names of the validation metrics.
    pub metrics: Vec<String>,
    /// The folder of the run.
    pub out: PathBuf,
    /// How `mvmhat track --set` is told of the weights, up to their path.
    pub used_as: &'static str,
}

impl TrainingReport {
    /// Whether the run can be resumed.
    pub fn is_interrupted(&self) -> bool {
        self.summary.end == TrainingEnd::Interrupted
    }

    /// A part of the time, percent.
    fn percent(&self, part: Duration) -> f64 {
        100.0 * part.as_secs_f64() / self.seconds.max(1e-9)
    }
}

impl fmt::Display for TrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { summary, seconds, time_spent, metrics, out, used_as } = self;
        let out = out.display();
        let spent: Vec<String> =
            time_spent.iter().map(|(part, what)| format!("{:.1} % {what}", self.percent(*part))).collect();
        write!(f, "{} steps, {seconds:.0} s, of which {}", summary.steps, spent.join(" and "))?;
        if let Some(BestValidation { step, score }) = summary.best {
            write!(f, "\nbest       {score:.4} after step {step}")?;
        }
        let scores = metrics.iter().zip(&summary.scores);
        let scores: Vec<_> = scores.map(|(name, score)| format!("{name} {score:.4}")).collect();
        if !scores.is_empty() {
            write!(f, "\nvalidated  {} (the weights that were written)", scores.join(", "))?;
        }
        write!(f, "\ncurves     {out}/curves.html, {out}/history.csv")?;
        if !self.is_interrupted() {
            write!(f, "\nweights    {out}/weights.safetensors, to be used by")?;
            write!(
                f,
                "\n           mvmhat track RECORDING --out TRACKS --set {used_as}{out}/weights.safetensors"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_left_and_an_interrupted_run_has_no_weights() {
        let best = Some(BestValidation { step: 20, score: 0.5 });
        let summary = TrainingSummary { end: TrainingEnd::Completed, steps: 40, best, scores: vec![0.25] };
        let mut run = TrainingReport {
            summary,
            seconds: 10.0,
            time_spent: vec![(Duration::from_secs(1), "waiting for images")],
            metrics: vec!["AP".into()],
            out: "out".into(),
            used_as: "detector.weights=",
        };
        let text = run.to_string();
        assert_eq!(text.lines().next(), Some("40 steps, 10 s, of which 10.0 % waiting for images"));
        assert!(text.contains("\nbest       0.5000 after step 20\nvalidated  AP 0.2500"), "{text}");
        assert!(text.ends_with("--set detector.weights=out/weights.safetensors"), "{text}");
        run.summary.end = TrainingEnd::Interrupted;
        assert!(run.to_string().ends_with("curves     out/curves.html, out/history.csv"));
    }
}

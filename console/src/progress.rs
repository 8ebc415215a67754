//! How far a run is: a progress bar on a terminal, a line every few seconds in a log.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between two lines where there is no terminal.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Counts finished items out of those expected.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    unit: &'static str,
    log: Option<Mutex<Instant>>,
}

impl Progress {
    /// Starts at zero of `expected` items; `unit` names them in the plural.
    pub fn new(expected: u64, unit: &'static str) -> Self {
        let bar = ProgressBar::new(expected);
        let style = ProgressStyle::with_template(&format!(
            "{{bar:30.cyan/blue}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left{{msg}}"
        ));
        if let Ok(style) = style {
            bar.set_style(style.with_key(
                "per_sec",
                |state: &indicatif::ProgressState, w: &mut dyn std::fmt::Write| {
                    let _ = write!(w, "{:.1}/s", state.per_sec());
                },
            ));
        }
        let log = (!std::io::stderr().is_terminal()).then(|| Mutex::new(Instant::now()));
        Self { bar, unit, log }
    }

    /// One more item is finished.
    pub fn advance(&self) {
        self.bar.inc(1);
        let Some(log) = &self.log else { return };
        let mut last = log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.elapsed() >= LOG_EVERY {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let rate = done as f64 / self.bar.elapsed().as_secs_f64().max(1e-9);
            let left = all.saturating_sub(done) as f64 / rate.max(1e-9);
            tracing::info!("{done}/{all} {}, {rate:.1} per second, {left:.0} s left", self.unit);
        }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

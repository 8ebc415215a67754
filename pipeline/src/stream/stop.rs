//! How a run ends before its recording does: an error in a stage, or the user's Ctrl-C.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by all stages. Once it is set the readers stop reading; what is under way is finished and written.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: AtomicBool,
    failure: Mutex<Option<anyhow::Error>>,
}

impl Stop {
    /// Asks every stage to finish what it has and to take nothing new.
    pub(crate) fn request(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Whether the run is to end.
    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Ends the run because of an error. The first one is kept: later ones are usually its consequence.
    pub(crate) fn fail(&self, error: anyhow::Error) {
        self.request();
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failure.is_some() {
            tracing::debug!("a further error after the first: {error:#}");
        } else {
            *failure = Some(error);
        }
    }

    /// The first error, if there was one.
    pub(crate) fn take_failure(&self) -> Option<anyhow::Error> {
        self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

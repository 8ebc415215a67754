//! How a run ends before its input does: an error in a stage, or the user's Ctrl-C.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::anyhow;

/// Shared by all stages of a run. Once it is cancelled the readers stop reading; what is under way is finished and
/// written. It also keeps the error that cancelled it, if one did.
#[derive(Debug, Default)]
pub struct CancellationToken {
    cancelled: AtomicBool,
    failure: Mutex<Option<anyhow::Error>>,
}

impl CancellationToken {
    /// Asks every stage to finish what it has and to take nothing new.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the run is to end early.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Ends the run because of an error. The first one is kept: later ones are usually its consequence.
    pub fn fail(&self, error: anyhow::Error) {
        self.cancel();
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failure.is_some() {
            tracing::debug!("a further error after the first: {error:#}");
        } else {
            *failure = Some(error);
        }
    }

    /// Does the work of a stage. A panic in it, which is how libtorch's refusals arrive (memory that runs out, say),
    /// ends the run as an error does.
    pub fn guard<T: Default>(&self, stage: &str, work: impl FnOnce() -> T) -> T {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            self.fail(anyhow!("{stage} failed inside: {}", message(panic.as_ref())));
            T::default()
        })
    }

    /// The first error, if there was one.
    pub fn take_failure(&self) -> Option<anyhow::Error> {
        self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_kept_and_a_panic_is_one() {
        let token = CancellationToken::default();
        assert_eq!(token.guard("a stage", || 3), 3);
        assert!(!token.is_cancelled());
        assert_eq!(token.guard("a stage", || -> usize { panic!("out of memory") }), 0);
        token.fail(anyhow!("its consequence"));
        assert!(token.is_cancelled());
        assert_eq!(token.take_failure().unwrap().to_string(), "a stage failed inside: out of memory");
    }
}

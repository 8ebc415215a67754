//! A parallel loop over items whose threads each own a worker: a network, a decoder, a buffer.

use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};

/// Does `work` on every item, in one thread per worker; each takes the next item that nobody has.
///
/// # Errors
/// The first error in the order of the threads; a thread ends with its first.
pub fn parallel_for_each<W: Send, I>(
    workers: Vec<W>,
    items: impl Iterator<Item = I> + Send,
    work: impl Fn(&mut W, I) -> Result<()> + Sync,
) -> Result<()> {
    let queue = Mutex::new(items);
    let run = |mut worker: W| loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(item) = next else { return Ok(()) };
        work(&mut worker, item)?;
    };
    std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = workers.into_iter().map(|worker| scope.spawn(move || run(worker))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<()>>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread ended by an internal error")))
        };
        // All are waited for, whatever the first says.
        let done: Vec<Result<()>> = threads.into_iter().map(join).collect();
        done.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_an_error_comes_back() {
        let sum = AtomicU32::new(0);
        let add = |worker: &mut u32, item: u32| {
            *worker += 1;
            sum.fetch_add(item, Ordering::Relaxed);
            if item == 101 { Err(anyhow!("no {item}")) } else { Ok(()) }
        };
        parallel_for_each(vec![0; 3], 1..=100, add).unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 5050);
        assert_eq!(parallel_for_each(vec![0; 3], 101..=101, add).unwrap_err().to_string(), "no 101");
    }
}

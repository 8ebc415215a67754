//! Work done by threads ahead of the one who needs it, handed over in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

/// A thread pool whose results come in the order of their jobs.
pub(super) struct Loader<J, T> {
    /// None once the loader is dropped.
    jobs: Option<Sender<(J, Sender<Result<T>>)>>,
    /// Whether what is not begun is to be left.
    ended: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
    coming: VecDeque<Receiver<Result<T>>>,
}

impl<J: Send + 'static, T: Send + 'static> Loader<J, T> {
    /// `workers` threads that do `work`, at least one. They end before the loader does.
    pub(super) fn new(workers: usize, work: impl Fn(J) -> Result<T> + Send + Sync + 'static) -> Self {
        let (jobs, queue) = unbounded::<(J, Sender<Result<T>>)>();
        let (work, ended) = (Arc::new(work), Arc::new(AtomicBool::new(false)));
        let worker = |_| {
            let (queue, work, ended) = (queue.clone(), Arc::clone(&work), Arc::clone(&ended));
            std::thread::spawn(move || {
                for (job, result) in queue {
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                    // Nobody may wait for it any more.
                    let _ = result.send(work(job));
                }
            })
        };
        let workers = (0..workers.max(1)).map(worker).collect();
        Self { jobs: Some(jobs), ended, workers, coming: VecDeque::new() }
    }

    /// How many results are asked for and not taken yet.
    pub(super) fn ahead(&self) -> usize {
        self.coming.len()
    }

    /// Asks for one more.
    pub(super) fn ask(&mut self, job: J) {
        let (result, coming) = bounded(1);
        // Workers live as long as the loader; without one, the next result is an error.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send((job, result)));
        self.coming.push_back(coming);
    }

    /// The next result in the order in which they were asked for; waits for it.
    ///
    /// # Errors
    /// What the work says, or that nothing was asked for.
    pub(super) fn next(&mut self) -> Result<T> {
        let coming = self.coming.pop_front().ok_or_else(|| anyhow!("nothing was asked for"))?;
        coming.recv().map_err(|_| anyhow!("a thread ended by an internal error"))?
    }
}

impl<J, T> Drop for Loader<J, T> {
    /// Waits for what is being done, and leaves what is not begun: a thread that reads images while the program ends takes it
    /// down.
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.jobs = None;
        for worker in self.workers.drain(..) {
            // One that failed has said so to whoever waited for it.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_whoever_is_faster() {
        let mut loader = Loader::new(3, |job: u64| {
            std::thread::sleep(Duration::from_millis(5 * (3 - job % 3)));
            if job == 7 { Err(anyhow!("no {job}")) } else { Ok(job * 2) }
        });
        (0..9).for_each(|job| loader.ask(job));
        assert_eq!(loader.ahead(), 9);
        for job in 0..9 {
            match loader.next() {
                Ok(result) => assert_eq!(result, job * 2),
                Err(error) => assert_eq!((job, error.to_string()), (7, "no 7".to_owned())),
            }
        }
        assert!(loader.next().is_err());
    }

    #[test]
    fn what_is_begun_ends_before_the_loader_and_what_is_not_is_left() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let mut loader = Loader::new(2, move |_: u64| {
            std::thread::sleep(Duration::from_millis(20));
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        (0..100).for_each(|job| loader.ask(job));
        loader.next().unwrap();
        drop(loader);
        let when_dropped = done.load(Ordering::SeqCst);
        assert!((1..100).contains(&when_dropped), "{when_dropped}");
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(done.load(Ordering::SeqCst), when_dropped);
        assert_eq!(Arc::strong_count(&done), 1);
    }

    #[test]
    fn a_loader_whose_threads_have_ended_says_so() {
        let mut loader = Loader::<u64, u64>::new(1, |_| panic!("an internal error"));
        (0..2).for_each(|job| loader.ask(job));
        for _ in 0..2 {
            assert!(loader.next().unwrap_err().to_string().contains("internal error"));
        }
    }
}

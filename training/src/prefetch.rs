//! Batches prepared by threads ahead of the training step that needs them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

/// Jobs that are requested ahead of the one that is waited for.
const AHEAD: usize = 4;

/// Prefetching threads: as many as configured, or for 0 one per processor core, at most 4.
pub(crate) fn thread_count(workers: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if workers == 0 { cores.min(4) } else { workers }
}

/// A thread pool whose results come in the order of their jobs.
pub(crate) struct Prefetcher<J, T> {
    /// None once the prefetcher is dropped.
    jobs: Option<Sender<(J, Sender<Result<T>>)>>,
    /// Whether jobs that have not begun are to be dropped.
    ended: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
    pending: VecDeque<Receiver<Result<T>>>,
    /// The step whose job is requested next.
    next_step: u64,
    waited: Duration,
}

impl<J: Send + 'static, T: Send + 'static> Prefetcher<J, T> {
    /// `workers` threads that do `work`, at least one. They end before the prefetcher does.
    pub(crate) fn new(workers: usize, work: impl Fn(J) -> Result<T> + Send + Sync + 'static) -> Self {
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
        let pending = VecDeque::new();
        Self { jobs: Some(jobs), ended, workers, pending, next_step: 0, waited: Duration::ZERO }
    }

    /// The result of the job of a training step; the jobs of the steps after it, up to `end`, are requested meanwhile.
    /// `job` makes the job of a step. Steps come one after the other; the first may be any.
    ///
    /// # Errors
    /// Those of `job` and of the work.
    pub(crate) fn step(&mut self, step: u64, end: u64, mut job: impl FnMut(u64) -> Result<J>) -> Result<T> {
        if self.next_step != step + self.pending.len() as u64 {
            self.next_step = step;
        }
        while self.wants_more() && self.next_step < end {
            self.request(job(self.next_step)?);
            self.next_step += 1;
        }
        let start = Instant::now();
        let result = self.next();
        self.waited += start.elapsed();
        result
    }

    /// How long [`step`](Self::step) has waited for results so far.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// Whether fewer results are pending than are to be.
    pub(crate) fn wants_more(&self) -> bool {
        self.pending.len() <= AHEAD
    }

    /// Requests one more result.
    pub(crate) fn request(&mut self, job: J) {
        let (result, pending) = bounded(1);
        // Workers live as long as the prefetcher; without one, the next result is an error.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send((job, result)));
        self.pending.push_back(pending);
    }

    /// The next result in the order of the requests; waits for it.
    ///
    /// # Errors
    /// Those of the work, or that nothing was requested.
    pub(crate) fn next(&mut self) -> Result<T> {
        let pending = self.pending.pop_front().ok_or_else(|| anyhow!("nothing was requested"))?;
        pending.recv().map_err(|_| anyhow!("a thread ended by an internal error"))?
    }
}

impl<J, T> Drop for Prefetcher<J, T> {
    /// Waits for jobs that have begun and drops the others: a thread that still decodes images while the program ends
    /// crashes it.
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
        let mut prefetcher = Prefetcher::new(3, |job: u64| {
            std::thread::sleep(Duration::from_millis(5 * (3 - job % 3)));
            if job == 7 { Err(anyhow!("no {job}")) } else { Ok(job * 2) }
        });
        (0..9).for_each(|job| prefetcher.request(job));
        assert_eq!(prefetcher.pending.len(), 9);
        for job in 0..9 {
            match prefetcher.next() {
                Ok(result) => assert_eq!(result, job * 2),
                Err(error) => assert_eq!((job, error.to_string()), (7, "no 7".to_owned())),
            }
        }
        assert!(prefetcher.next().is_err());
    }

    #[test]
    fn jobs_that_have_begun_end_before_the_prefetcher_and_the_others_are_dropped() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let mut prefetcher = Prefetcher::new(2, move |_: u64| {
            std::thread::sleep(Duration::from_millis(20));
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        (0..100).for_each(|job| prefetcher.request(job));
        prefetcher.next().unwrap();
        drop(prefetcher);
        let when_dropped = done.load(Ordering::SeqCst);
        assert!((1..100).contains(&when_dropped), "{when_dropped}");
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(done.load(Ordering::SeqCst), when_dropped);
        assert_eq!(Arc::strong_count(&done), 1);
    }

    #[test]
    fn a_prefetcher_whose_threads_have_ended_says_so() {
        let mut prefetcher = Prefetcher::<u64, u64>::new(1, |_| panic!("an internal error"));
        (0..2).for_each(|job| prefetcher.request(job));
        for _ in 0..2 {
            assert!(prefetcher.next().unwrap_err().to_string().contains("internal error"));
        }
    }

    #[test]
    fn steps_come_in_order_from_any_first_one_and_none_is_requested_beyond_the_end() {
        let mut prefetcher = Prefetcher::new(2, |step: u64| Ok(step));
        let mut requested = Vec::new();
        for (step, end) in [(3, 6), (4, 6), (5, 6), (6, 20), (7, 20), (12, 20)] {
            if step == 12 {
                while prefetcher.next().is_ok() {}
            }
            let result = prefetcher.step(step, end, |step| {
                requested.push(step);
                Ok(step)
            });
            assert_eq!(result.unwrap(), step);
        }
        assert_eq!(requested, (3..6).chain(6..12).chain(12..17).collect::<Vec<_>>());
    }
}

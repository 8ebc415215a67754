//! How many threads the libraries use inside one operation.

use std::sync::{Mutex, PoisonError};

/// libtorch: `count` threads inside an operation that the calling thread starts.
///
/// A thread has a number of its own only from its first operation on; until then it takes whatever number another
/// thread was the last to set. Asking for the number counts as an operation.
pub(crate) fn of_libtorch(count: usize) {
    tch::set_num_threads(count as i32);
    tch::get_num_threads();
}

/// OpenCV: one thread inside an operation, in the whole program. There are threads enough of our own; more of them inside
/// one resize would only wait for each other.
///
/// It is said only once: OpenCV builds its threads anew each time, and crashes where another thread does so, too.
pub(crate) fn of_opencv() -> opencv::Result<()> {
    static IS_SET: Mutex<bool> = Mutex::new(false);
    let mut is_set = IS_SET.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_set {
        opencv::core::set_num_threads(1)?;
        *is_set = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_number_whatever_others_set() {
        let work = || {
            of_libtorch(3);
            std::thread::spawn(|| of_libtorch(1)).join().unwrap();
            tch::get_num_threads()
        };
        assert_eq!(std::thread::spawn(work).join().unwrap(), 3);
    }
}

//! How many threads OpenCV uses inside one operation.

use std::sync::{Mutex, PoisonError};

/// Makes OpenCV use one thread per operation, in the whole program. Sources and workers are threads of their own; more
/// threads inside one resize would only wait for each other.
///
/// It is set only once: OpenCV rebuilds its thread pool every time, and crashes when two threads do so at once.
///
/// # Errors
/// If OpenCV refuses.
pub fn limit_opencv_threads() -> opencv::Result<()> {
    static IS_SET: Mutex<bool> = Mutex::new(false);
    let mut is_set = IS_SET.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_set {
        opencv::core::set_num_threads(1)?;
        *is_set = true;
    }
    Ok(())
}

//! The number of threads that libtorch uses inside one operation.

/// Sets the number of threads that libtorch uses inside an operation of the calling thread.
///
/// A thread has a setting of its own only from its first operation on; until then the last setting of any thread applies.
/// Querying the setting counts as an operation.
pub fn set_libtorch_threads(count: usize) {
    tch::set_num_threads(count as i32);
    tch::get_num_threads();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_setting_whatever_others_set() {
        let work = || {
            set_libtorch_threads(3);
            std::thread::spawn(|| set_libtorch_threads(1)).join().unwrap();
            tch::get_num_threads()
        };
        assert_eq!(std::thread::spawn(work).join().unwrap(), 3);
    }
}

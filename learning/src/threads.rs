//! How many threads libtorch uses inside one operation.

/// Lets libtorch use `count` threads inside an operation that the calling thread starts.
///
/// A thread has a number of its own only from its first operation on; until then it takes whatever number another
/// thread was the last to set. Asking for the number counts as an operation.
pub fn set_libtorch_threads(count: usize) {
    tch::set_num_threads(count as i32);
    tch::get_num_threads();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_number_whatever_others_set() {
        let work = || {
            set_libtorch_threads(3);
            std::thread::spawn(|| set_libtorch_threads(1)).join().unwrap();
            tch::get_num_threads()
        };
        assert_eq!(std::thread::spawn(work).join().unwrap(), 3);
    }
}

//! How fast a run goes, just now.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Long enough to be steady, short enough to follow.
const WINDOW: Duration = Duration::from_secs(2);

/// Frame sets per second over the last two seconds.
#[derive(Debug, Default)]
pub(super) struct Speed {
    ticks: VecDeque<Instant>,
}

impl Speed {
    /// Counts a frame set that came through at `now`; `None` before the second one.
    pub(super) fn tick(&mut self, now: Instant) -> Option<f64> {
        self.ticks.push_back(now);
        // A slow run keeps two ticks, so that there always is a speed.
        while self.ticks.len() > 2
            && self.ticks.front().is_some_and(|first| now.duration_since(*first) > WINDOW)
        {
            self.ticks.pop_front();
        }
        let passed = now.duration_since(*self.ticks.front()?).as_secs_f64();
        (passed > 0.0).then(|| (self.ticks.len() - 1) as f64 / passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_of_late() {
        let (mut speed, start) = (Speed::default(), Instant::now());
        assert_eq!(speed.tick(start), None);
        for i in 1..=100 {
            let now = speed.tick(start + Duration::from_millis(100 * i)).unwrap();
            assert!((now - 10.0).abs() < 1e-9, "{now}");
        }
        // After a pause of 5 s the window holds only its two ends.
        assert_eq!(speed.tick(start + Duration::from_secs(15)), Some(0.2));
    }
}

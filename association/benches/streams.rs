//! Frame sets per second of the default associator on one core: of many people in many views, and after a long time.
//!
//! `cargo bench -p mvmhat-association --bench streams`, little more than a minute. Frame sets are made as they are
//! needed, and only the association is timed, as CPU time: it has one thread. Two tables:
//!
//! * **wide**: 16 cameras that see 50 people each, with 512-d embeddings;
//! * **long**: people who come and go without end, nobody twice, so that the gallery of those who left is full and changes
//!   all the time. Neither the cost of a frame set nor memory may grow with the length of the sequence.

#![allow(clippy::expect_used, reason = "a broken set-up may stop it")]

#[path = "../tests/support/crowd.rs"]
mod crowd;
#[path = "../tests/support/passers_by.rs"]
mod passers_by;

use std::time::Duration;

use cpu_time::ThreadTime;
use crowd::Crowd;
use mvmhat_association::{AssociationConfig, Associator, Evidence, build};
use mvmhat_scene::{FrameSet, PersonId, ViewDetections};
use passers_by::PassersBy;

/// Frame sets of the wide stream.
const WIDE: u64 = 500;
/// After how many frame sets the long stream is measured, over the window before. The gallery is full after some 500.
const LONG: [u64; 3] = [1_000, 10_000, 100_000];
const WINDOW: u64 = 500;

fn main() {
    wide();
    long();
}

fn associator() -> Box<dyn Associator> {
    build(&AssociationConfig::default(), Evidence::default()).expect("the defaults are valid")
}

fn wide() {
    let crowd = Crowd { cameras: 16, people: 50, dimension: 512 };
    let mut associator = associator();
    let mut times: Vec<_> = (0..WIDE).map(|t| associate(associator.as_mut(), crowd.frame_set(t)).0).collect();
    let first = times[0];
    times.sort();
    let mean = times.iter().sum::<Duration>() / WIDE as u32;
    println!("16 cameras x 50 people, 512-d, {WIDE} frame sets");
    println!(
        "  {:.0} frame sets per second; per frame set: mean {:.1} ms, median {:.1}, worst {:.1}, first {:.1}",
        1.0 / mean.as_secs_f64(),
        milliseconds(mean),
        milliseconds(times[times.len() / 2]),
        times.last().copied().map_or(0.0, milliseconds),
        milliseconds(first),
    );
}

fn long() {
    let mut crowd = PassersBy::new(4, 64);
    let mut associator = associator();
    let (mut in_window, mut worst, mut newest) = (Duration::ZERO, Duration::ZERO, PersonId(0));
    println!("people who come and go before 4 cameras, 64-d");
    println!(
        "  frame sets   per frame set (mean of the last {WINDOW})       worst    people   identities   memory"
    );
    for t in 1..=LONG[LONG.len() - 1] {
        let (elapsed, person) = associate(associator.as_mut(), crowd.next_set());
        in_window += elapsed;
        worst = worst.max(elapsed);
        newest = newest.max(person);
        if LONG.contains(&t) {
            println!(
                "  {t:10} {:34.3} ms {:9.3} ms {:9} {:12} {:>8}",
                milliseconds(in_window / WINDOW as u32),
                milliseconds(worst),
                crowd.people(),
                newest.0,
                resident_memory(),
            );
        }
        if t.is_multiple_of(WINDOW) {
            (in_window, worst) = (Duration::ZERO, Duration::ZERO);
        }
    }
}

/// The time of one frame set, and the highest identity in it.
fn associate(associator: &mut dyn Associator, set: FrameSet<ViewDetections>) -> (Duration, PersonId) {
    let start = ThreadTime::now();
    let decided = associator.associate(set);
    let elapsed = start.elapsed();
    let views = decided.iter().flat_map(FrameSet::present);
    let people = views.flat_map(|(_, view)| view.content.iter().map(|b| b.person));
    (elapsed, people.max().unwrap_or_default())
}

fn milliseconds(duration: Duration) -> f64 {
    1e3 * duration.as_secs_f64()
}

/// The memory of this process, as Linux reports it.
fn resident_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes.map_or("unknown".into(), |kibibytes| format!("{:.1} MB", kibibytes * 1024.0 / 1e6))
}

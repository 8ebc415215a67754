//! Frame sets a second of the default associator on one core, where there is much to do, and after a long time.
//!
//! `cargo bench -p association --bench streams`, little more than a minute. Frame sets are made as they are
//! needed, and only the association is timed, as time on the core: it has one thread. Two tables:
//!
//! * **wide**: 16 cameras that see 50 people each, with 512-d embeddings;
//! * **long**: people who come and go for ever, nobody twice, so that the gallery of those who left is full and is renewed
//!   all the time. Neither the cost of a frame set nor memory may grow with the length of the recording.

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
/// Where the long one is looked at, over the last frame sets before. The gallery is full after some 500.
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
    let mut times: Vec<_> = (0..WIDE).map(|t| associate(associator.as_mut(), crowd.at(t)).0).collect();
    let first = times[0];
    times.sort();
    let mean = times.iter().sum::<Duration>() / WIDE as u32;
    println!("16 cameras x 50 people, 512-d, {WIDE} frame sets");
    println!(
        "  {:.0} frame sets a second; a frame set {:.1} ms, the median {:.1}, the worst {:.1}, the first {:.1}",
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
        "  frame sets   a frame set (mean of the last {WINDOW})     the worst    people   identities   memory"
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

/// How long one frame set takes, and the highest identity in it.
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

/// The memory of this process, as Linux tells it.
fn resident_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes.map_or("unknown".into(), |kibibytes| format!("{:.1} MB", kibibytes * 1024.0 / 1e6))
}

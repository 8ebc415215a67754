//! One view, one crowd, several trackers: milliseconds per frame of ours, of [trackforge] and of [Similari], in one run.
//!
//! `RUST_LIB_BACKTRACE=0 cargo run --release --locked --manifest-path association/peers/Cargo.toml`; part of `make bench`.
//! Building Similari needs a `python3` of 3.7 to 3.11; Debian 12 has 3.11.
//!
//! # What is compared
//! * The same crowd for all ([`crowd`]), with embeddings for those that use them and without for the others, where ours
//!   gets none either. All keep an undetected object for 30 frames; the other settings are the defaults, or those of the
//!   crate's own benches.
//! * The time of the call that takes one frame and gives back the boxes with identities. What it takes is built before, in
//!   the form that the crate asks for, so nobody pays for conversions.
//! * Rounds: every tracker follows the crowd in turn, again and again, each time from nothing; the first frames are not
//!   counted. Of each the best round is shown, since other programs run on the machine.
//! * Ours and trackforge compute in one thread. Similari has one shard, which is what it advises up to 100 objects: a
//!   second thread that compares while the first waits, for which it may use a second core.
//! * Without backtraces: Similari makes an error of each two that are too far apart, and where `RUST_BACKTRACE` is set, each
//!   takes a backtrace, which would make it twenty times slower.
//!
//! Ours does more than the others: it associates identities across all views and with those who left, every few frames
//! anew. Boxes and identities are printed to show that each tracker does the work: there are as many people as objects, and
//! one in twenty is missed in a frame.
//!
//! [trackforge]: https://docs.rs/trackforge/0.5.1
//! [Similari]: https://docs.rs/similari/0.26.2

mod contenders;
mod crowd;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::collections::HashSet;
use std::time::Duration;

use anyhow::ensure;
use contenders::{Contender, WITH_APPEARANCE, WITHOUT_APPEARANCE};
use crowd::{Crowd, Frame};

/// Frames that are tracked but not counted: galleries fill, identities become stable.
const WARM_UP: usize = 20;
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    ensure!(
        Backtrace::capture().status() == BacktraceStatus::Disabled,
        "errors would take backtraces, which slows Similari down: set RUST_LIB_BACKTRACE=0"
    );
    for (dimension, contenders) in [(0, WITHOUT_APPEARANCE), (128, WITH_APPEARANCE), (512, WITH_APPEARANCE)] {
        for (people, length) in [(10, 400), (100, 120), (500, 60)] {
            let frames: Vec<_> = Crowd::new(people, dimension).take(length).collect();
            let embeddings =
                if dimension == 0 { "no embeddings".into() } else { format!("{dimension}-d embeddings") };
            println!("\n{people} objects, {embeddings}");
            compare(contenders, &frames)?;
        }
    }
    Ok(())
}

/// Prints a line for each contender, the first of which is ours.
fn compare(contenders: &[Contender], frames: &[Frame]) -> anyhow::Result<()> {
    let mut best: Vec<Option<Run>> = contenders.iter().map(|_| None).collect();
    for _ in 0..ROUNDS {
        for (contender, best) in contenders.iter().zip(&mut best) {
            let run = follow(contender, frames)?;
            if best.as_ref().is_none_or(|best| run.frame < best.frame) {
                *best = Some(run);
            }
        }
    }
    let ours = best.iter().flatten().next().map_or(0.0, |run| run.frame.as_secs_f64());
    for (contender, run) in contenders.iter().zip(best.into_iter().flatten()) {
        let (frame, ratio) = (run.frame.as_secs_f64(), run.frame.as_secs_f64() / ours);
        println!(
            "  {:<28} {:9.3} ms per frame {ratio:8.2} x ours   {:6.1} boxes per frame, {} identities",
            contender.name,
            1e3 * frame,
            run.boxes,
            run.identities,
        );
    }
    Ok(())
}

/// The result of a contender on a crowd.
struct Run {
    /// Mean time of a frame.
    frame: Duration,
    /// Mean number of boxes reported.
    boxes: f64,
    identities: usize,
}

fn follow(contender: &Contender, frames: &[Frame]) -> anyhow::Result<Run> {
    let mut tracker = (contender.start)()?;
    let (mut total, mut boxes, mut identities) = (Duration::ZERO, 0, HashSet::new());
    for (t, frame) in frames.iter().enumerate() {
        let (elapsed, reported) = tracker(frame);
        if t >= WARM_UP {
            total += elapsed;
            boxes += reported.len();
        }
        identities.extend(reported);
    }
    let counted = frames.len() - WARM_UP;
    Ok(Run {
        frame: total / counted as u32,
        boxes: boxes as f64 / counted as f64,
        identities: identities.len(),
    })
}

//! Reading MOT text: a million rows by this crate, and by the obvious reader of lines and fields as the peer.
//!
//! `cargo bench -p scene`; the ratio of the two times is the figure to watch.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mvmhat_scene::mot;

const ROWS: u32 = 1_000_000;

/// Four boxes per frame, as a detector writes them.
fn text() -> String {
    let mut text = String::new();
    for n in 0..ROWS {
        let (frame, place) = (n / 4 + 1, f64::from(n % 1999));
        let (x, y, w) = (place * 0.93, place * 0.51, 30.0 + place / 40.0);
        text += &format!(
            "{frame},{},{x:.2},{y:.2},{w:.2},{:.2},0.{:04},-1,-1,-1\n",
            n % 4 + 1,
            2.5 * w,
            n % 9999
        );
    }
    text
}

/// What a reader by the standard library does: a `str` a line, fields split and parsed.
fn plain(text: &str) -> Vec<[f64; 7]> {
    text.lines()
        .map(|line| {
            let mut row = [0.0; 7];
            for (number, field) in row.iter_mut().zip(line.split(',')) {
                *number = field.parse().unwrap_or(f64::NAN);
            }
            row
        })
        .collect()
}

fn read(c: &mut Criterion) {
    let text = text();
    let mut group = c.benchmark_group("a million rows");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(ROWS)));
    group.bench_function("mot::parse", |b| b.iter(|| mot::parse(black_box(text.as_bytes()))));
    group.bench_function("split and parse", |b| b.iter(|| plain(black_box(&text))));
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);

//! A million tracked boxes and a million true ones: 20,000 frames, 4 cameras, a crowd in which boxes overlap.
//!
//! The target is everything, from rows to scores, in 2 seconds and 500 MB. The peak of the process is printed first; it
//! holds the rows that are compared and one copy of them besides.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mvmhat_evaluation::{
    CameraRows, Comparison, Observation, Protocol, SequenceScores, clear, cross_view_pairs, hota, identity,
    mvmhat, stma,
};
use mvmhat_scene::BBox;

const FRAMES: u32 = 20_000;
const CAMERAS: u32 = 4;
const PEOPLE: u32 = 25;
/// How long a track lasts before it gets a new name.
const TRACK_LENGTH: u32 = 400;

/// 12.5 of the people at a time in each camera: they walk through it, and are found a few pixels off.
fn cameras() -> Vec<CameraRows> {
    let mut draws = 12345u64;
    let mut below = move |n: u64| {
        draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((draws >> 33) % n) as f64
    };
    let rows_of = |camera: u32| {
        let (mut gt, mut tracks) = (Vec::new(), Vec::new());
        for frame in 1..=FRAMES {
            for person in (0..PEOPLE).filter(|person| (person + frame / 100 + camera).is_multiple_of(2)) {
                let x = f64::from((frame * 2 + person * 77) % 1800) + below(3);
                let y = f64::from(person * 37 % 400) + below(3);
                gt.push(Observation::new(frame, i64::from(person + 1), BBox::new(x, y, 80.0, 200.0)));
                let name = i64::from(person + frame / TRACK_LENGTH * PEOPLE + 1);
                let bbox = BBox::new(x + below(12), y + below(12), 80.0, 200.0);
                tracks.push(Observation::new(frame, name, bbox));
            }
        }
        CameraRows { name: camera.to_string(), gt, tracks }
    };
    (0..CAMERAS).map(rows_of).collect()
}

fn compare(cameras: Vec<CameraRows>) -> Comparison {
    match Comparison::new(None, cameras) {
        Ok(comparison) => comparison,
        Err(error) => unreachable!("the generated scene has frames: {error}"),
    }
}

/// Peak memory of this process in megabytes, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn million(criterion: &mut Criterion) {
    let rows = cameras();
    let count: usize = rows.iter().map(|camera| camera.tracks.len()).sum();
    let comparison = compare(rows.clone());
    black_box(SequenceScores::new(&comparison, Protocol::TrackEval));
    match peak_megabytes() {
        Some(peak) => println!("{count} tracked boxes, peak memory {peak} MB"),
        None => println!("{count} tracked boxes, peak memory unknown on this system"),
    }
    let mut group = criterion.benchmark_group("million");
    group.sample_size(10);
    group.bench_function("from rows to all scores", |b| {
        b.iter_batched(
            || rows.clone(),
            |rows| SequenceScores::new(&compare(rows), Protocol::TrackEval),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("clear", |b| b.iter(|| clear(comparison.global(), Protocol::TrackEval)));
    group.bench_function("clear, devkit", |b| b.iter(|| clear(comparison.global(), Protocol::Devkit)));
    group.bench_function("identity", |b| b.iter(|| identity(comparison.global(), Protocol::TrackEval)));
    group.bench_function("hota", |b| b.iter(|| hota(comparison.global())));
    group.bench_function("mvmhat", |b| b.iter(|| mvmhat(&comparison)));
    group.bench_function("pairs", |b| b.iter(|| cross_view_pairs(&comparison)));
    group.bench_function("stma", |b| b.iter(|| stma(&comparison, [5, 10, 30])));
    group.finish();
}

criterion_group!(benches, million);
criterion_main!(benches);

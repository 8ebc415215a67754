//! Speed of the association: frame sets per second on a synthetic crowd and, where it is there, on the benchmark of the
//! reference data; and linear assignment compared with another implementation in the same run.

#![allow(clippy::expect_used, reason = "a broken set-up may stop it")]

#[path = "../tests/support/crowd.rs"]
mod crowd;
#[path = "../tests/support/sequences.rs"]
mod sequences;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crowd::Crowd;
use mvmhat_assignment::{CostMatrix, LinearAssignment};
use mvmhat_association::{AssociationConfig, ClusteringConfig, Evidence, MvmhatConfig, build};
use mvmhat_reference::find_shared;
use mvmhat_scene::{FrameSet, ViewDetections};

fn whole_sequence(c: &mut Criterion, name: &str, sets: &[FrameSet<ViewDetections>]) {
    let configs = [
        ("clustering", AssociationConfig::Clustering(ClusteringConfig::default())),
        ("mvmhat", AssociationConfig::Mvmhat(MvmhatConfig::default())),
    ];
    let mut group = c.benchmark_group(name);
    group.sample_size(10).throughput(Throughput::Elements(sets.len() as u64));
    for (associator, config) in configs {
        group.bench_function(associator, |b| {
            b.iter_batched(
                || sets.to_vec(),
                |sets| {
                    let mut associator = build(&config, Evidence::default()).expect("the defaults are valid");
                    sets.into_iter().map(|set| associator.associate(set).len()).sum::<usize>()
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn associators(c: &mut Criterion) {
    let crowd = Crowd { cameras: 4, people: 6, dimension: 64 };
    let sets: Vec<_> = (0..400).map(|t| crowd.frame_set(t)).collect();
    whole_sequence(c, "crowd, 4 cameras x 6 people, 64-d, 400 timesteps", &sets);
    let Some(sim60) = find_shared("bench/sim60") else {
        eprintln!("skipped: bench/sim60 of the reference data (MVMHAT_SHARED)");
        return;
    };
    for sequence in ["1", "8", "12"] {
        let (_, sets) = sequences::frame_sets(&sim60.join(sequence)).expect("a sequence");
        whole_sequence(c, &format!("sim60/{sequence}"), &sets);
    }
}

/// Cosine distances between the people of a crowd's two cameras.
fn distances(n: usize) -> Vec<f32> {
    let set = Crowd { cameras: 2, people: n as u16, dimension: 64 }.frame_set(0);
    let embeddings = |camera: usize| {
        let people = set.views[camera].iter().flat_map(|view| &view.content.detections);
        people.filter_map(|d| d.embedding.as_ref()).map(|e| e.as_slice()).collect::<Vec<_>>()
    };
    let (rows, columns) = (embeddings(0), embeddings(1));
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    rows.iter().flat_map(|a| columns.iter().map(|b| 1.0 - cosine(a, b)).collect::<Vec<_>>()).collect()
}

fn linear_assignment(c: &mut Criterion) {
    let mut group = c.benchmark_group("linear assignment");
    for n in [6, 20, 100] {
        let costs = distances(n);
        let ours = CostMatrix::from_fn(n, n, |row, column| costs[row * n + column]);
        let mut solver = LinearAssignment::default();
        group.bench_function(BenchmarkId::new("ours", n), |b| {
            b.iter(|| solver.solve(black_box(&ours)).expect("numbers").len());
        });
        let theirs = lapjv::Matrix::from_shape_vec((n, n), costs).expect("square");
        group.bench_function(BenchmarkId::new("lapjv", n), |b| {
            b.iter(|| lapjv::lapjv(black_box(&theirs)).expect("numbers").0.len());
        });
    }
    group.finish();
}

criterion_group!(benches, associators, linear_assignment);
criterion_main!(benches);

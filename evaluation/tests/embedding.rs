//! What must hold of the scores of any embedding.

// A broken fixture should fail the test.
#![allow(clippy::unwrap_used, clippy::panic)]

use mvmhat_evaluation::{Crop, Crops, DatasetEmbeddingScores, EmbeddingScores, PrincipalComponents};
use mvmhat_scene::{CameraId, Embedding, FrameIndex};
use proptest::prelude::*;

fn crop(camera: u16, timestep: u64, person: i64, embedding: Vec<f32>) -> Crop {
    let embedding = Embedding::normalized(embedding);
    Crop { camera: CameraId(camera), timestep: FrameIndex(timestep), person, embedding }
}

fn score(crops: Vec<Crop>) -> EmbeddingScores {
    EmbeddingScores::new(&Crops::new(crops).unwrap())
}

/// Everybody in every camera at every timestep, described by `embedding(camera, timestep, person)`.
fn crowd(size: [u16; 3], mut embedding: impl FnMut(u16, u16, u16) -> Vec<f32>) -> Vec<Crop> {
    let [cameras, timesteps, people] = size;
    let mut crops = Vec::new();
    for camera in 0..cameras {
        for timestep in 0..timesteps {
            for person in 0..people {
                let embedding = embedding(camera, timestep, person);
                crops.push(crop(camera, u64::from(timestep), i64::from(person), embedding));
            }
        }
    }
    crops
}

fn one_hot(index: u16, size: u16) -> Vec<f32> {
    (0..size).map(|i| if i == index { 1.0 } else { 0.0 }).collect()
}

#[test]
fn an_embedding_that_knows_everyone_is_perfect() {
    let scores = score(crowd([3, 4, 5], |_, _, person| one_hot(person, 5)));
    let perfect = |counts: &mvmhat_evaluation::EmbeddingCounts| {
        assert_eq!(counts.cross_view.accuracy(), 1.0);
        assert_eq!(counts.retrieval.rank1(), 1.0);
        assert_eq!(counts.retrieval.mean_average_precision(), 1.0);
        assert_eq!(counts.separation.auc(), 1.0);
        assert_eq!(counts.separation.equal_error().0, 0.0);
    };
    perfect(&scores.overall);
    scores.pairs.iter().for_each(|(_, counts)| perfect(counts));
    assert!(scores.confusions.is_empty());
    // By hand: 3 pairs of cameras x 4 timesteps x 5 people; every crop a query; 3 pairs of cameras x 20 x 20 pairs of crops,
    // a fifth of them of one person.
    assert_eq!((scores.overall.cross_view.people, scores.overall.retrieval.queries), (60, 60));
    assert_eq!(scores.overall.separation.pairs(), (240, 960));
}

#[test]
fn an_embedding_that_says_the_same_of_everyone_gets_nothing() {
    let scores = score(crowd([2, 3, 4], |_, _, _| vec![1.0, 0.0]));
    assert_eq!(scores.overall.cross_view.accuracy(), 0.0);
    assert_eq!(scores.overall.retrieval.rank1(), 0.0);
    assert_eq!(
        scores.overall.retrieval.mean_average_precision(),
        0.25,
        "one of four in the gallery is right"
    );
    assert_eq!(scores.overall.separation.auc(), 0.5);
    assert_eq!(scores.overall.separation.d_prime(), 0.0);
}

#[test]
fn a_random_embedding_is_at_chance_level() {
    // Numbers of a fixed linear congruential generator, roughly normal as sums of four.
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let people = 8;
    let crops = crowd([3, 30, people], |_, _, _| (0..32).map(|_| (0..4).map(|_| random()).sum()).collect());
    let overall = score(crops).overall;
    let chance = 1.0 / f64::from(people);
    // A permutation at random has one fixed point in the mean; 720 trials each.
    assert!((overall.cross_view.accuracy() - chance).abs() < 0.04, "{}", overall.cross_view.accuracy());
    assert!((overall.retrieval.rank1() - chance).abs() < 0.04, "{}", overall.retrieval.rank1());
    assert!((overall.retrieval.mean_average_precision() - chance).abs() < 0.04);
    assert!((overall.separation.auc() - 0.5).abs() < 0.02, "{}", overall.separation.auc());
    assert!((overall.separation.equal_error().0 - 0.5).abs() < 0.02);
    assert!(overall.separation.d_prime().abs() < 0.06);
}

#[test]
fn a_small_scene_by_hand() {
    // Two cameras, people 1 and 2, timesteps 1 and 2. Person 2 of camera 1 has the appearance of person 1 at timestep 2.
    let (one, two) = (vec![1.0, 0.0], vec![0.0, 1.0]);
    let scores = score(vec![
        crop(0, 1, 1, one.clone()),
        crop(0, 1, 2, two.clone()),
        crop(0, 2, 1, one.clone()),
        crop(1, 1, 1, one.clone()),
        crop(1, 1, 2, two.clone()),
        crop(1, 2, 1, vec![0.8, 0.6]),
        crop(1, 2, 2, one),
    ]);
    // Timestep 1: both right. Timestep 2: camera 0 sees person 1 only, more similar to camera 1's person 2.
    assert_eq!((scores.overall.cross_view.correct, scores.overall.cross_view.people), (2, 3));
    // Galleries: of camera 0 at timestep 1: {1: 0.8, 2: 1.0} for person 1 -> wrong, precision 1/2;
    //   for person 2: {1: 0.6, 2: 0} -> wrong, 1/2. At timestep 2, person 1: {1: 1.0, 2: 0} -> right, 1.
    // Of camera 1 at timestep 1: person 1: {1: 1.0} -> right, 1; person 2's gallery has no person 2: no query.
    //   At timestep 2: person 1: {1: 0.8, 2: 0.6} -> right, 1; person 2: {1: 1.0, 2: 0} -> wrong, 1/2.
    let retrieval = scores.overall.retrieval;
    assert_eq!((retrieval.queries, retrieval.first), (6, 3));
    assert!((retrieval.precision - 4.5).abs() < 1e-12, "{retrieval:?}");
    // Pairs of camera 0's 1, 2, 1 with camera 1's 1, 2, 1, 2: same: 1.0, 0.8, 1.0, 0 (person 2 at 2), 1.0, 0.8.
    assert_eq!(scores.overall.separation.pairs(), (6, 6));
    assert!((scores.overall.separation.means().0 - 4.6 / 6.0).abs() < 1e-6);
    assert_eq!(scores.pairs.len(), 1);
    assert_eq!(scores.pairs[0].1, scores.overall, "two cameras are one pair");
    let confused: Vec<_> =
        scores.confusions.iter().map(|c| (c.person, c.taken_for, c.queries, c.of)).collect();
    assert_eq!(confused, [(2, 1, 2, 2), (1, 2, 1, 4)]);
    assert_eq!(scores.nearest[0], Some(6), "crops are sorted by camera, timestep and person");
    assert_eq!(scores.nearest[4], None);
}

#[test]
fn sequences_are_pooled_by_their_counts() {
    let good = score(crowd([2, 2, 3], |_, _, person| one_hot(person, 3))).overall;
    let bad = score(crowd([2, 2, 3], |camera, _, person| one_hot((person + camera) % 3, 3))).overall;
    let all = DatasetEmbeddingScores::new(vec![("good".into(), good.clone()), ("bad".into(), bad)]);
    assert_eq!(all.overall.cross_view.accuracy(), 0.5);
    assert_eq!(all.overall.retrieval.rank1(), 0.5);
    assert_eq!(all.overall.retrieval.queries, 2 * good.retrieval.queries);
    let table = all.table().render(mvmhat_evaluation::TableFormat::Csv);
    assert!(table.contains("good,100.00,6,100.00,100.00,12,100.00,0.00,"), "{table}");
    assert!(table.contains("overall,50.00,12,50.00,"), "{table}");
}

/// Crops of few people, described by few coarse numbers: many ties.
fn crops() -> impl Strategy<Value = Vec<Crop>> {
    let one = (0u16..4, 0u64..4, 1i64..5, prop::collection::vec(-2i8..3, 3));
    prop::collection::vec(one, 2..60).prop_map(|rows| {
        let mut crops: Vec<Crop> = Vec::new();
        for (camera, timestep, person, embedding) in rows {
            let new = crop(camera, timestep, person, embedding.into_iter().map(f32::from).collect());
            let same = |c: &Crop| (c.camera, c.timestep, c.person) == (new.camera, new.timestep, new.person);
            if !crops.iter().any(same) {
                crops.push(new);
            }
        }
        crops
    })
}

proptest! {
    #[test]
    fn the_order_of_crops_does_not_matter(crops in crops(), seed in any::<u64>()) {
        let Ok(sorted) = Crops::new(crops.clone()) else { return Ok(()) };
        let mut shuffled = crops;
        shuffled.sort_by_key(|c| (u64::from(c.camera.0) * 31 + c.timestep.0 * 7 + c.person as u64).wrapping_mul(seed | 1));
        let shuffled = Crops::new(shuffled).unwrap();
        prop_assert_eq!(EmbeddingScores::new(&sorted), EmbeddingScores::new(&shuffled));
        prop_assert_eq!(PrincipalComponents::new(&sorted), PrincipalComponents::new(&shuffled));
    }

    #[test]
    fn everything_is_a_number_within_its_range(crops in crops()) {
        let Ok(crops) = Crops::new(crops) else { return Ok(()) };
        let scores = EmbeddingScores::new(&crops);
        for counts in scores.pairs.iter().map(|(_, counts)| counts).chain([&scores.overall]) {
            for ratio in [
                counts.cross_view.accuracy(), counts.retrieval.rank1(), counts.retrieval.mean_average_precision(),
                counts.separation.auc(), counts.separation.equal_error().0,
            ] {
                prop_assert!((0.0..=1.0).contains(&ratio), "{} in {:?}", ratio, counts.retrieval);
            }
            prop_assert!(counts.separation.d_prime().is_finite());
        }
        let pairs = |f: fn(&mvmhat_evaluation::EmbeddingCounts) -> u64| scores.pairs.iter().map(|(_, t)| f(t)).sum::<u64>();
        prop_assert_eq!(pairs(|t| t.cross_view.people), scores.overall.cross_view.people);
        prop_assert_eq!(pairs(|t| t.separation.pairs().0), scores.overall.separation.pairs().0);
        prop_assert!(pairs(|t| t.retrieval.queries) >= scores.overall.retrieval.queries);
        let queries = scores.nearest.iter().flatten().count() as u64;
        prop_assert_eq!(queries, scores.overall.retrieval.queries);
        let wrong: u64 = scores.confusions.iter().map(|c| c.queries).sum();
        prop_assert_eq!(queries - wrong, scores.overall.retrieval.first, "the nearest is the one that counts");
        for point in PrincipalComponents::new(&crops).points {
            prop_assert!(point.iter().all(|v| v.is_finite() && v.abs() <= 2.0));
        }
    }
}

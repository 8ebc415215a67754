//! All scores of an embedding, from one pass over the similarities.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

use mvmhat_scene::CameraId;

use super::retrieval::Ranker;
use super::{Crops, CrossViewAccuracy, Retrieval, Separation};

/// Counts and sums of a pair of cameras, a sequence or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingCounts {
    /// At one timestep.
    pub cross_view: CrossViewAccuracy,
    /// At other times.
    pub retrieval: Retrieval,
    /// Cosines.
    pub separation: Separation,
}

impl AddAssign<&Self> for EmbeddingCounts {
    fn add_assign(&mut self, other: &Self) {
        self.cross_view += &other.cross_view;
        self.retrieval += &other.retrieval;
        self.separation += &other.separation;
    }
}

/// A person who is confused with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Who it is.
    pub person: i64,
    /// The person of the most similar crop.
    pub taken_for: i64,
    /// In how many queries.
    pub queries: u64,
    /// Of how many of this person.
    pub of: u64,
}

/// All scores of an embedding on one sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingScores {
    /// How many crops there are.
    pub crops: usize,
    /// How many people.
    pub people: usize,
    /// Each pair of cameras that have crops: a query's gallery is the other camera.
    pub pairs: Vec<([CameraId; 2], EmbeddingCounts)>,
    /// All cameras: a query's gallery is all other cameras.
    pub overall: EmbeddingCounts,
    /// Confusions, the most frequent first.
    pub confusions: Vec<Confusion>,
    /// The most similar crop in the gallery of each query, in the order of [`Crops::as_slice`]; `None` for a crop that is
    /// no query.
    pub nearest: Vec<Option<usize>>,
}

impl EmbeddingScores {
    /// Computes all scores.
    pub fn new(crops: &Crops) -> Self {
        let cameras = crops.cameras();
        let mut pairs = Pairs::new(crops);
        let mut overall = EmbeddingCounts::default();
        let mut nearest = Vec::with_capacity(crops.as_slice().len());
        let mut ranker = Ranker::default();
        crops.for_each_row(|query, cosines| {
            let from = &crops.as_slice()[query];
            let person = crops.dense()[query];
            let entry = |index: usize| (cosines[index], crops.dense()[index] == person);
            let at_other_times = |index: &usize| crops.as_slice()[*index].timestep != from.timestep;
            let elsewhere = || cameras.iter().enumerate().filter(|(_, (camera, _))| *camera != from.camera);
            for (index, (_, range)) in elsewhere() {
                let counts = pairs.counts_of(query, index);
                counts.retrieval += &ranker.answer(range.clone().filter(at_other_times).map(entry));
                // Once per pair: from the camera that comes first.
                if query < range.start {
                    range.clone().map(entry).for_each(|(cosine, same)| counts.separation.add(cosine, same));
                }
            }
            let gallery = elsewhere().flat_map(|(_, (_, range))| range.clone()).filter(at_other_times);
            let answer = ranker.answer(gallery.clone().map(entry));
            overall.retrieval += &answer;
            // A wrong crop comes before right ones that are equally similar.
            let rank = |index: usize| (cosines[index], !entry(index).1);
            let first = gallery.reduce(|best, next| if rank(next) > rank(best) { next } else { best });
            nearest.push(first.filter(|_| answer.queries > 0));
        });
        for counts in pairs.counts.iter() {
            overall.cross_view += &counts.1.cross_view;
            overall.separation += &counts.1.separation;
        }
        let confusions = confusions(crops, &nearest);
        let (count, people) = (crops.as_slice().len(), crops.people());
        Self { crops: count, people, pairs: pairs.counts, overall, confusions, nearest }
    }
}

/// The counts of all pairs of cameras.
struct Pairs {
    counts: Vec<([CameraId; 2], EmbeddingCounts)>,
    ranges: Vec<Range<usize>>,
}

impl Pairs {
    /// Begins with what needs no similarities of other timesteps.
    fn new(crops: &Crops) -> Self {
        let cameras = crops.cameras();
        let mut counts = Vec::new();
        for (index, (b, of_b)) in cameras.iter().enumerate() {
            for (a, of_a) in &cameras[..index] {
                let cross_view = CrossViewAccuracy::new(crops, of_a.clone(), of_b.clone());
                counts.push(([*a, *b], EmbeddingCounts { cross_view, ..EmbeddingCounts::default() }));
            }
        }
        Self { counts, ranges: cameras.iter().map(|(_, range)| range.clone()).collect() }
    }

    /// The pair of a crop's camera and another one.
    fn counts_of(&mut self, crop: usize, other: usize) -> &mut EmbeddingCounts {
        let own = self.ranges.partition_point(|range| range.end <= crop);
        let (a, b) = (own.min(other), own.max(other));
        &mut self.counts[b * (b - 1) / 2 + a].1
    }
}

fn confusions(crops: &Crops, nearest: &[Option<usize>]) -> Vec<Confusion> {
    let mut answers = BTreeMap::<(u32, u32), u64>::new();
    let mut queries = vec![0; crops.people()];
    for (query, first) in nearest.iter().enumerate() {
        let Some(first) = first else { continue };
        let person = crops.dense()[query];
        queries[person as usize] += 1;
        *answers.entry((person, crops.dense()[*first])).or_default() += 1;
    }
    let wrong = answers.into_iter().filter(|((person, taken_for), _)| person != taken_for);
    let mut confusions: Vec<_> = wrong
        .filter_map(|((person, taken_for), count)| {
            let of = queries[person as usize];
            let (person, taken_for) = (crops.name(person)?, crops.name(taken_for)?);
            Some(Confusion { person, taken_for, queries: count, of })
        })
        .collect();
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.queries));
    confusions
}

/// All scores of an embedding on several sequences.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetEmbeddingScores {
    /// Each sequence by its name.
    pub sequences: Vec<(String, EmbeddingCounts)>,
    /// All of them pooled: queries have no gallery in another sequence.
    pub overall: EmbeddingCounts,
}

impl DatasetEmbeddingScores {
    /// Pools sequences.
    pub fn new(sequences: Vec<(String, EmbeddingCounts)>) -> Self {
        let mut overall = EmbeddingCounts::default();
        sequences.iter().for_each(|(_, counts)| overall += counts);
        Self { sequences, overall }
    }
}

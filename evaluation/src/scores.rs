//! All metrics of a sequence, and of a dataset the way the field pools them.

use std::ops::AddAssign;

use mvmhat_scene::{BBox, FrameRange};

use crate::{
    CameraSequence, Clear, Comparison, CrossViewPairs, GroundPoint, GtAndTracks, Hota, Identity, Location,
    MIN_ABSENCE, MvmhatScores, Protocol, ReEntries, STMA_LENGTHS, clear, cross_view_pairs, hota, identity,
    mvmhat, re_entries, stma,
};

/// The scores of one sequence: a camera, all cameras pooled, or all cameras end to end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Misses, false positives and switches.
    pub clear: Clear,
    /// How long identities are right.
    pub identity: Identity,
    /// Detection and association in equal parts.
    pub hota: Hota,
}

impl Scores {
    /// Scores one sequence. `protocol` decides about CLEAR and the identity measures; HOTA has one definition.
    pub fn new<P: Location>(sequence: CameraSequence<'_, P>, protocol: Protocol) -> Self {
        Self {
            clear: clear(sequence, protocol),
            identity: identity(sequence, protocol),
            hota: hota(sequence),
        }
    }
}

/// Pools counts; the ratios follow from their sums.
impl AddAssign<&Self> for Scores {
    fn add_assign(&mut self, other: &Self) {
        self.clear += &other.clear;
        self.identity += &other.identity;
        self.hota += &other.hota;
    }
}

/// Whether the views agree with each other and over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossView {
    /// The protocol of MvMHAT.
    pub mvmhat: MvmhatScores,
    /// One-to-one pairs.
    pub pairs: CrossViewPairs,
    /// STMA for each of [`STMA_LENGTHS`], 0 to 1.
    pub stma: [f64; STMA_LENGTHS.len()],
    /// Who came back after [`MIN_ABSENCE`] frames out of all views.
    pub re_entries: ReEntries,
}

impl CrossView {
    /// Scores all views of a sequence.
    pub fn new(comparison: &Comparison) -> Self {
        Self {
            mvmhat: mvmhat(comparison),
            pairs: cross_view_pairs(comparison),
            stma: stma(comparison, STMA_LENGTHS),
            re_entries: re_entries(comparison, MIN_ABSENCE),
        }
    }

    /// The scores of several sequences together: pairs and re-entries add up, STMA and the ratios of MvMHAT are unweighted means.
    pub fn pool<'a>(sequences: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let mut pooled =
            Self { mvmhat: MvmhatScores::pool(sequences.clone().map(|one| &one.mvmhat)), ..Self::default() };
        let n = sequences.clone().count().max(1) as f64;
        for one in sequences {
            pooled.pairs += &one.pairs;
            pooled.re_entries += &one.re_entries;
            for (pooled, one) in pooled.stma.iter_mut().zip(one.stma) {
                *pooled += one / n;
            }
        }
        pooled
    }
}

/// All scores of one sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceScores {
    /// Whose rules CLEAR and the identity measures follow.
    pub protocol: Protocol,
    /// The frames that were scored.
    pub window: FrameRange,
    /// Rows that repeat an identity in their frame.
    pub duplicates: GtAndTracks<usize>,
    /// Each camera by its name.
    pub cameras: Vec<(String, Scores)>,
    /// The cameras pooled: each with identities of its own.
    pub overall: Scores,
    /// The cameras end to end as one sequence: identities shared by all of them.
    pub global: Scores,
    /// Whether the cameras agree.
    pub cross_view: CrossView,
    /// Scores on the ground plane, where world positions were compared: see [`modp`](crate::modp).
    pub ground: Option<Scores>,
}

impl SequenceScores {
    /// Computes all metrics of a sequence.
    pub fn new(comparison: &Comparison<BBox>, protocol: Protocol) -> Self {
        let scores = comparison.sequences().map(|sequence| Scores::new(sequence, protocol));
        let cameras: Vec<_> = comparison.cameras().map(str::to_owned).zip(scores).collect();
        Self {
            protocol,
            window: comparison.window(),
            duplicates: comparison.duplicates(),
            overall: sum(cameras.iter().map(|(_, scores)| scores)),
            global: Scores::new(comparison.global(), protocol),
            cross_view: CrossView::new(comparison),
            cameras,
            ground: None,
        }
    }

    /// Adds the scores on the ground plane.
    #[must_use]
    pub fn with_ground_plane(self, ground: &Comparison<GroundPoint>) -> Self {
        Self { ground: Some(Scores::new(ground.global(), self.protocol)), ..self }
    }
}

/// All scores of several sequences.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetScores {
    /// Each sequence by its name.
    pub sequences: Vec<(String, SequenceScores)>,
    /// All cameras of all sequences pooled.
    pub overall: Scores,
    /// The global scores of the sequences pooled.
    pub global: Scores,
    /// The cross-view scores pooled.
    pub cross_view: CrossView,
    /// The scores on the ground plane pooled, where some sequence has them.
    pub ground: Option<Scores>,
}

impl DatasetScores {
    /// Pools sequences.
    pub fn new(sequences: Vec<(String, SequenceScores)>) -> Self {
        let all = || sequences.iter().map(|(_, scores)| scores);
        let grounds = all().filter_map(|one| one.ground.as_ref());
        Self {
            overall: sum(all().map(|one| &one.overall)),
            global: sum(all().map(|one| &one.global)),
            cross_view: CrossView::pool(all().map(|one| &one.cross_view)),
            ground: all().any(|one| one.ground.is_some()).then(|| sum(grounds)),
            sequences,
        }
    }
}

fn sum<'a>(scores: impl Iterator<Item = &'a Scores>) -> Scores {
    scores.fold(Scores::default(), |mut sum, one| {
        sum += one;
        sum
    })
}

//! The score that a search maximizes.

use clap::ValueEnum;
use mvmhat_evaluation::SequenceScores;

/// One of the scores of `mvmhat eval`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Objective {
    /// One identity over time and in all cameras
    #[default]
    GlobalIdf1,
    /// The same, with detection and association in equal parts
    GlobalHota,
    /// Few misses, false positives and identity switches, all cameras end to end
    GlobalMota,
    /// One identity over time in each camera by itself
    Idf1,
    /// Detection and association in equal parts, in each camera by itself
    Hota,
    /// Few misses, false positives and identity switches, in each camera by itself
    Mota,
    /// Agreement of the cameras, MvMHAT's protocol
    Cvidf1,
    /// Errors of that agreement, MvMHAT's protocol
    Cvma,
    /// Agreement of the cameras by one-to-one pairs
    PairF1,
    /// Agreement of the cameras over ten frames, MvMHAT++'s STMA
    Stma10,
}

impl Objective {
    /// The score in percent.
    pub(crate) fn percent(self, scores: &SequenceScores) -> f64 {
        let (overall, global, views) = (&scores.overall, &scores.global, &scores.cross_view);
        let ratio = match self {
            Self::GlobalIdf1 => global.identity.idf1(),
            Self::GlobalHota => global.hota.hota(),
            Self::GlobalMota => global.clear.mota(),
            Self::Idf1 => overall.identity.idf1(),
            Self::Hota => overall.hota.hota(),
            Self::Mota => overall.clear.mota(),
            Self::Cvidf1 => views.mvmhat.cvidf1(),
            Self::Cvma => views.mvmhat.cvma(),
            Self::PairF1 => views.pairs.f1(),
            Self::Stma10 => mvmhat_evaluation::STMA_LENGTHS
                .iter()
                .zip(views.stma)
                .find(|(n, _)| **n == 10)
                .map_or(0.0, |(_, v)| v),
        };
        100.0 * ratio
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

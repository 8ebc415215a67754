//! Ground truth and tracks of one multi-view sequence side by side.

use mvmhat_scene::{BBox, FrameNumber, FrameRange};

use crate::camera_overlaps::{CameraOverlaps, FrameOverlaps, FrameRows, Pairs, RowsByFrame};
use crate::{Location, Observation};

/// The rows of one camera: its ground truth and its tracks, in the order of their files.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraRows<P = BBox> {
    /// The camera's name.
    pub name: String,
    /// Ground truth.
    pub gt: Vec<Observation<P>>,
    /// Tracks under test.
    pub tracks: Vec<Observation<P>>,
}

/// Why a sequence cannot be scored.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ComparisonError {
    /// There is neither a window nor a row of ground truth that would give one.
    #[error(
        "no camera has ground truth, so there are no frames to score: give the frames, or check the ground truth"
    )]
    NoFrames,
    /// The window ends before it starts.
    #[error("the frames {first}..={last} end before they start: write the smaller number first")]
    Backwards {
        /// Start of the window.
        first: FrameNumber,
        /// End of the window.
        last: FrameNumber,
    },
    /// The window is longer than any sequence.
    #[error(
        "the frames {first}..={last} are more than {limit}: a frame number of the ground truth is wrong, or give the frames"
    )]
    TooLong {
        /// Start of the window.
        first: FrameNumber,
        /// End of the window.
        last: FrameNumber,
        /// The greatest number of frames.
        limit: u64,
    },
    /// More rows than can be numbered.
    #[error("camera {camera} has {rows} rows, more than the {limit} that can be scored")]
    TooManyRows {
        /// Name of the camera.
        camera: String,
        /// How many rows there are.
        rows: usize,
        /// The greatest number of rows.
        limit: usize,
    },
}

/// Longest window: four days at 50 frames per second.
const MAX_FRAMES: u64 = 1 << 24;
/// Most rows of ground truth, or of tracks, of one camera.
const MAX_ROWS: usize = 1 << 28;

/// Ground truth and tracks of all cameras of one sequence, ready for every metric.
///
/// Rows outside the window are dropped. Of rows with the same frame and identity in one camera the last one counts
/// (and [`duplicates`](Self::duplicates) tells how many there were); only [`mvmhat`](crate::mvmhat()) and
/// [`stma`](crate::stma()) look at all of them, as the code of their authors does.
#[derive(Debug)]
pub struct Comparison<P = BBox> {
    pub(crate) views: Vec<CameraOverlaps<P>>,
    window: FrameRange,
    gt_ids: Identities,
    track_ids: Identities,
    pairs: Vec<(u32, u32)>,
    outside: GtAndTracks<usize>,
}

/// One value for the ground truth, one for the tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GtAndTracks<T> {
    /// Of the ground truth.
    pub gt: T,
    /// Of the tracks.
    pub tracks: T,
}

impl<P: Location> Comparison<P> {
    /// Lays out `cameras` for scoring. Without a window it goes from the first to the last frame in which any camera
    /// has ground truth.
    ///
    /// # Errors
    /// Where there are no frames to score, or more of them than a sequence can have.
    pub fn new(window: Option<FrameRange>, cameras: Vec<CameraRows<P>>) -> Result<Self, ComparisonError> {
        let window = match window {
            Some(window) => window,
            None => labelled(&cameras).ok_or(ComparisonError::NoFrames)?,
        };
        let (first, last) = (window.first, window.last);
        if first > last {
            return Err(ComparisonError::Backwards { first, last });
        }
        if window.frame_count() > MAX_FRAMES {
            return Err(ComparisonError::TooLong { first, last, limit: MAX_FRAMES });
        }
        for camera in &cameras {
            let rows = camera.gt.len().max(camera.tracks.len());
            if rows > MAX_ROWS {
                let camera = camera.name.clone();
                return Err(ComparisonError::TooManyRows { camera, rows, limit: MAX_ROWS });
            }
        }
        let frames = window.frame_count() as usize;
        let gt_ids = Identities::new(cameras.iter().flat_map(|c| &c.gt), window);
        let track_ids = Identities::new(cameras.iter().flat_map(|c| &c.tracks), window);
        let mut pairs = Pairs::new(gt_ids.len());
        let mut outside = GtAndTracks::default();
        let mut views = Vec::with_capacity(cameras.len());
        for CameraRows { name, gt, tracks } in cameras {
            let gt_side = RowsByFrame::new(&gt, first.0, frames, |id| gt_ids.dense(id));
            let track_side = RowsByFrame::new(&tracks, first.0, frames, |id| track_ids.dense(id));
            outside.gt += gt.len() - gt_side.len();
            outside.tracks += tracks.len() - track_side.len();
            drop((gt, tracks));
            let identities = GtAndTracks { gt: gt_ids.len(), tracks: track_ids.len() };
            views.push(CameraOverlaps::new(&name, gt_side, track_side, identities, &mut pairs));
        }
        Ok(Self { views, window, gt_ids, track_ids, pairs: pairs.identities(), outside })
    }

    /// How many rows repeat the identity of another row of their camera and frame.
    pub fn duplicates(&self) -> GtAndTracks<usize> {
        self.views.iter().map(CameraOverlaps::duplicates).fold(GtAndTracks::default(), |sum, one| {
            GtAndTracks { gt: sum.gt + one.gt, tracks: sum.tracks + one.tracks }
        })
    }
}

impl<P> Comparison<P> {
    /// The frames that are scored.
    pub fn window(&self) -> FrameRange {
        self.window
    }

    /// Names of the cameras.
    pub fn cameras(&self) -> impl ExactSizeIterator<Item = &str> {
        self.views.iter().map(|view| view.name.as_str())
    }

    /// How many rows were dropped because they lie outside the window.
    pub fn rows_outside(&self) -> GtAndTracks<usize> {
        self.outside
    }

    /// Each camera as a sequence of its own, in the order of [`cameras`](Self::cameras).
    pub fn sequences(&self) -> impl ExactSizeIterator<Item = CameraSequence<'_, P>> {
        self.views.iter().map(|view| CameraSequence { views: std::slice::from_ref(view), comparison: self })
    }

    /// All cameras laid end to end as one sequence with shared identities.
    pub fn global(&self) -> CameraSequence<'_, P> {
        CameraSequence { views: &self.views, comparison: self }
    }

    /// The rows of a frame of the window, by camera in the order of [`cameras`](Self::cameras); none in a frame
    /// outside. Identities are those of the files.
    pub fn people(&self, frame: FrameNumber) -> Vec<GtAndTracks<Vec<Observation<P>>>>
    where
        P: Location,
    {
        let index = self.window.contains(frame).then(|| (frame.0 - self.window.first.0) as usize);
        let side = |people: FrameRows<'_, P>, ids: &Identities| {
            let people = people.ids.iter().zip(people.locations);
            people
                .map(|(id, location)| Observation { frame, id: ids.original(*id), location: *location })
                .collect()
        };
        let content = |view: &CameraOverlaps<P>| match index.map(|index| view.frame(index)) {
            Some(FrameOverlaps { gt, tracks, .. }) => {
                GtAndTracks { gt: side(gt, &self.gt_ids), tracks: side(tracks, &self.track_ids) }
            }
            None => GtAndTracks::default(),
        };
        self.views.iter().map(content).collect()
    }

    pub(crate) fn gt_ids(&self) -> &Identities {
        &self.gt_ids
    }

    pub(crate) fn track_ids(&self) -> &Identities {
        &self.track_ids
    }

    /// True and tracked identity (dense) of each pair of identities that ever overlap.
    pub(crate) fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    pub(crate) fn frames(&self) -> usize {
        self.window.frame_count() as usize
    }
}

/// Frames that follow each other with identities of their own: what a single-camera metric scores.
///
/// One camera of a [`Comparison`], or all of its cameras laid end to end.
#[derive(Debug)]
pub struct CameraSequence<'a, P = BBox> {
    pub(crate) views: &'a [CameraOverlaps<P>],
    pub(crate) comparison: &'a Comparison<P>,
}

// By hand, because a derive would ask `P` to be `Copy` where only the references are copied.
impl<P> Clone for CameraSequence<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for CameraSequence<'_, P> {}

impl<'a, P: Location> CameraSequence<'a, P> {
    /// All frames, empty ones too.
    pub(crate) fn frames(self) -> impl Iterator<Item = FrameOverlaps<'a, P>> {
        let frames = self.comparison.frames();
        self.views.iter().flat_map(move |view| (0..frames).map(|frame| view.frame(frame)))
    }

    /// In how many frames each identity of the ground truth and of the tracks is.
    pub(crate) fn presence(self) -> GtAndTracks<Vec<u32>> {
        let mut gt = vec![0; self.comparison.gt_ids.len()];
        let mut tracks = vec![0; self.comparison.track_ids.len()];
        for frame in self.frames() {
            frame.gt.ids.iter().for_each(|id| gt[*id as usize] += 1);
            frame.tracks.ids.iter().for_each(|id| tracks[*id as usize] += 1);
        }
        GtAndTracks { gt, tracks }
    }
}

/// The identities of the ground truth or of the tracks: the numbers in the files, sorted, whose indices are the dense
/// identities.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities(Vec<i64>);

impl Identities {
    fn new<'a, P: 'a>(rows: impl Iterator<Item = &'a Observation<P>>, window: FrameRange) -> Self {
        let mut ids: Vec<i64> = rows.filter(|row| window.contains(row.frame)).map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.shrink_to_fit();
        Self(ids)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number the file gave.
    pub(crate) fn original(&self, dense: u32) -> i64 {
        self.0[dense as usize]
    }

    /// The dense identity of one that is in the window.
    fn dense(&self, id: i64) -> u32 {
        // Most files number people without gaps.
        let guess = self.0.first().and_then(|first| usize::try_from(id.checked_sub(*first)?).ok());
        match guess {
            Some(guess) if self.0.get(guess) == Some(&id) => guess as u32,
            _ => self.0.partition_point(|other| *other < id) as u32,
        }
    }
}

/// From the first to the last frame with ground truth.
fn labelled<P>(cameras: &[CameraRows<P>]) -> Option<FrameRange> {
    let frames = || cameras.iter().flat_map(|camera| &camera.gt).map(|row| row.frame);
    Some(FrameRange { first: frames().min()?, last: frames().max()? })
}

//! An evaluation in the Rerun viewer: the errors beside the tracks.
//!
//! | entity | what |
//! |---|---|
//! | `/cameras/<name>/image`, `people`, `trails`, `/ground/*` | as of a run |
//! | `/cameras/<name>/ground_truth` | boxes of the ground truth, gray |
//! | `/cameras/<name>/errors/<kind>` | a broad margin in the kind's color round the boxes that are wrong |
//! | `/plots/people/<name>` | people tracked in each camera |
//! | `/plots/errors/<kind>` | errors of all cameras at each frame |
//! | `/switches` | the identity switches as lines of text: a click goes there |
//!
//! `frame` is the number of the frame as the source has it, the one of the tables and lists of errors.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_evaluation::{
    Comparison, ErrorKind, GtAndTracks, Observation, Protocol, TrackingError, tracking_errors,
};
use mvmhat_scene::{
    BBox, Clock, DEFAULT_FPS, FrameIndex, FrameNumber, FrameSet, PersonId, Sequence, TrackedBox, ViewFrame,
};
use rerun::blueprint::components::PlayState;
use rerun::components::DrawOrder;
use rerun::{Color, EntityPath, Radius, RecordingStream, Scalars, SeriesLines, TextLog, entity_path};

use super::layout::{builder, image_sizes, plot, text};
use super::sequence_log::{self, SequenceLog, boxes_2d};
use crate::config::OutputConfig;
use crate::sinks::mosaic::Size;
use crate::sinks::palette::Rgb;
use crate::sinks::replay;

/// Below the boxes of people (10), above images (-10): Rerun draws the greatest last.
const BELOW_PEOPLE: DrawOrder = DrawOrder(rerun::datatypes::Float32(5.0));
/// The most pixels an empty image has on a side, whatever a wrong row says.
const LARGEST: f64 = 65_535.0;
const GROUND_TRUTH: Rgb = Rgb { r: 200, g: 200, b: 200 };

/// How errors of one kind are shown.
struct Style {
    kind: ErrorKind,
    entity: &'static str,
    name: &'static str,
    color: Rgb,
    /// Of the margin, in points of the viewer: two errors of one box are both seen.
    width: f32,
}

const STYLES: [Style; 4] = [
    Style {
        kind: ErrorKind::FalsePositive,
        entity: "false_positives",
        name: "FP",
        color: Rgb { r: 255, g: 40, b: 40 },
        width: 3.0,
    },
    Style {
        kind: ErrorKind::FalseNegative,
        entity: "false_negatives",
        name: "FN",
        color: Rgb { r: 255, g: 205, b: 0 },
        width: 3.0,
    },
    Style {
        kind: ErrorKind::Switch,
        entity: "switches",
        name: "IDSW",
        color: Rgb { r: 255, g: 0, b: 220 },
        width: 3.0,
    },
    Style {
        kind: ErrorKind::CrossView,
        entity: "cross_view",
        name: "cross-view",
        color: Rgb { r: 0, g: 215, b: 255 },
        width: 5.0,
    },
];

/// Writes the tracks and their errors by the rules of `protocol` to a file for the viewer. The recording's images are
/// shown where it has any; a camera without shows an empty image.
///
/// # Errors
/// A file that cannot be written.
pub fn save_errors(
    path: &Path,
    sequence: &Sequence,
    comparison: &Comparison,
    protocol: Protocol,
) -> Result<()> {
    let sequence = scored_cameras(sequence, comparison);
    let mut sizes = image_sizes(&sequence);
    if sizes.contains(&None) {
        let seen = extents(comparison);
        sizes.iter_mut().zip(seen).for_each(|(size, seen)| *size = size.or(seen));
    }
    let below = vec![
        plot("Errors", "/plots/errors/**"),
        plot("People tracked", sequence_log::PEOPLE),
        text("Identity switches", "/switches"),
    ];
    let stream = super::save(builder(&sequence, &sizes, below, PlayState::Paused), path)?;
    let log = SequenceLog::open(&stream, &sequence, &sizes, OutputConfig::default().trail)?;
    for style in &STYLES {
        let line = SeriesLines::new().with_names([style.name]).with_colors([Color::from(style.color)]);
        stream.log_static(counts(style), &line)?;
    }
    let fps = replay::rate(&sequence).unwrap_or(DEFAULT_FPS);
    let clock = sequence.clock(|_| fps).context("the recording has no clock")?;
    let mut errors = tracking_errors(comparison, protocol).peekable();
    let mut log = ErrorLog { stream, log, clock };
    let mut now = Vec::new();
    for number in frames(comparison) {
        now.clear();
        now.extend(std::iter::from_fn(|| errors.next_if(|error| error.frame == number)));
        log.write(comparison, number, &now)?;
    }
    log.stream.flush_blocking()?;
    log.stream.finalize_deferred_sinks();
    Ok(())
}

/// An evaluation on its way to the viewer.
struct ErrorLog {
    stream: RecordingStream,
    log: SequenceLog,
    clock: Clock,
}

impl ErrorLog {
    /// Logs a frame of all cameras.
    fn write(
        &mut self,
        comparison: &Comparison,
        number: FrameNumber,
        errors: &[TrackingError<'_>],
    ) -> Result<()> {
        let people = comparison.people(number);
        let index = FrameIndex(u64::from(number.0));
        let views = people.iter().map(|camera| {
            let content = camera.tracks.iter().map(tracked).collect();
            Some(ViewFrame { number, content })
        });
        self.log.write(&FrameSet { index, seconds: self.clock.seconds(index), views: views.collect() })?;
        for (((path, scale), GtAndTracks { gt, .. }), name) in
            self.log.cameras().zip(&people).zip(comparison.cameras())
        {
            let boxes = boxes_2d(gt.iter().map(|row| row.location), scale)
                .with_colors([Color::from(GROUND_TRUTH)])
                .with_radii([Radius::new_ui_points(0.75)])
                .with_labels(gt.iter().map(|row| format!("gt {}", row.id)))
                .with_show_labels(false);
            self.stream.log(path.join(&entity_path!("ground_truth")), &boxes)?;
            for style in &STYLES {
                let here = errors.iter().filter(|error| error.kind == style.kind && error.camera == name);
                let (boxes, labels): (Vec<BBox>, Vec<String>) = labelled(here).unzip();
                let boxes = boxes_2d(boxes, scale)
                    .with_colors([Color::from(style.color)])
                    .with_radii([Radius::new_ui_points(style.width)])
                    .with_labels(labels)
                    .with_show_labels(true)
                    .with_draw_order(BELOW_PEOPLE);
                self.stream.log(path.join(&entity_path!("errors", style.entity)), &boxes)?;
            }
        }
        for style in &STYLES {
            let count = errors.iter().filter(|error| error.kind == style.kind).count();
            self.stream.log(counts(style), &Scalars::single(count as f64))?;
        }
        for error in errors.iter().filter(|error| error.kind == ErrorKind::Switch) {
            let text = format!("{}: {}", error.camera, label(error));
            self.stream.log(entity_path!("switches"), &TextLog::new(text))?;
        }
        Ok(())
    }
}

/// The boxes of errors of one kind, each once: a box that disagrees with several views has a line for each of them.
fn labelled<'a>(errors: impl Iterator<Item = &'a TrackingError<'a>>) -> impl Iterator<Item = (BBox, String)> {
    let mut boxes = BTreeMap::<_, (BBox, Vec<String>)>::new();
    for error in errors {
        let (_, lines) = boxes.entry((error.gt, error.track)).or_insert((error.bbox, Vec::new()));
        lines.push(label(error));
    }
    boxes.into_iter().map(|((_, track), (bbox, lines))| {
        // The viewer puts all labels of a box in one place: the first line is that of the track's identity.
        let first = if track.is_some() { "\n" } else { "" };
        (bbox, format!("{first}{}", lines.join("\n")))
    })
}

/// What is wrong, in a word or two.
fn label(error: &TrackingError<'_>) -> String {
    let (gt, track) = (error.gt.unwrap_or_default(), error.track.unwrap_or_default());
    match (error.kind, error.other) {
        (ErrorKind::FalsePositive, _) => "FP".to_owned(),
        (ErrorKind::FalseNegative, _) => format!("FN {gt}"),
        (ErrorKind::CrossView, Some(other)) if other.gt == gt => {
            format!("{} in {}", other.track, other.camera)
        }
        (ErrorKind::CrossView, Some(other)) => format!("gt {gt}, {} in {}", other.gt, other.camera),
        (ErrorKind::Switch | ErrorKind::CrossView, _) => format!("gt {gt} is {track} now"),
    }
}

fn counts(style: &Style) -> EntityPath {
    entity_path!("plots", "errors", style.entity)
}

/// A row of tracks as the viewer shows it. Numbers that no track of ours can have lose their upper half.
fn tracked(row: &Observation) -> TrackedBox {
    TrackedBox { person: PersonId(row.id as u32), bbox: row.location, score: 1.0 }
}

fn frames(comparison: &Comparison) -> impl Iterator<Item = FrameNumber> {
    let window = comparison.window();
    (window.first.0..=window.last.0).map(FrameNumber)
}

/// The recording with the cameras that are scored only.
fn scored_cameras(sequence: &Sequence, comparison: &Comparison) -> Sequence {
    let mut scored = sequence.clone();
    scored.retain_cameras(|camera| comparison.cameras().any(|name| name == camera.name));
    scored
}

/// How far the boxes of each camera reach, which is what its images measure at least.
fn extents(comparison: &Comparison) -> Vec<Option<Size>> {
    let mut reach = vec![(0.0, 0.0); comparison.cameras().len()];
    for number in frames(comparison) {
        for (reach, people) in reach.iter_mut().zip(comparison.people(number)) {
            for Observation { location: b, .. } in people.gt.iter().chain(&people.tracks) {
                *reach = (f64::max(reach.0, b.x + b.w), f64::max(reach.1, b.y + b.h));
            }
        }
    }
    let pixels = |reach: f64| reach.ceil().min(LARGEST) as u32;
    let sizes = reach.into_iter().map(|(x, y)| Size { width: pixels(x), height: pixels(y) });
    sizes.map(|size| (size.width > 0 && size.height > 0).then_some(size)).collect()
}

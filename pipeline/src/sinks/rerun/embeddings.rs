//! An embedding in the Rerun viewer: who is confused with whom, and what they look like.
//!
//! | entity | what |
//! |---|---|
//! | `/map/<camera>` | a point per crop, at its two principal components, colored by identity; larger where the most similar crop shows somebody else |
//! | `/map/people` | the number of each person in the middle of their crops |
//! | `/map/query` | from the query to the most similar crop: green if it is the same person, red if not |
//! | `/nearest/image` | the query, and the most similar crops of other cameras at other times, framed in the same colors |
//! | `/queries` | every query in words: a click goes there |
//!
//! The timeline `query` goes through the queries: the wrong ones first, the most frequent confusion of two people at the
//! front, then the right ones, the least certain first. A point of the map says which query it is.

use std::path::Path;

use anyhow::Result;
use mvmhat_evaluation::{Crops, EmbeddingScores, PrincipalComponents};
use mvmhat_scene::{FrameNumber, PersonId, Sequence};
use rerun::blueprint::components::{PanelState, PlayState};
use rerun::blueprint::{
    Blueprint, BlueprintPanel, Horizontal, SelectionPanel, Spatial2DView, TextLogView, TimePanel, Vertical,
};
use rerun::{
    Color, EncodedImage, LineStrips2D, Points2D, Radius, RecordingStream, RecordingStreamBuilder, TextLog,
    entity_path,
};

use super::contact_sheet::{Cell, RIGHT, WRONG, contact_sheet};
use crate::sinks::palette::color;

/// The timeline of queries.
const QUERY: &str = "query";
/// Queries that can be gone through: a sheet of thumbnails has some 25 kB.
const MOST: usize = 1000;
/// Crops that are shown beside a query.
const SHOWN: usize = 8;
/// Units of the map that the unit of embeddings has: the viewer is made for pixels.
const SCALE: f64 = 1000.0;

/// What belongs to a crop beside its embedding.
pub struct EmbeddedCrop {
    /// Its frame as the camera numbers it.
    pub number: FrameNumber,
    /// A small image as JPEG, where there is one.
    pub thumbnail: Option<Vec<u8>>,
}

/// Writes a map of the embeddings for the viewer. `labels` has one entry per crop, in the order of [`Crops::as_slice`].
///
/// # Errors
/// A file that cannot be written.
pub fn save_embedding(
    path: &Path,
    sequence: &Sequence,
    crops: &Crops,
    scores: &EmbeddingScores,
    labels: &[EmbeddedCrop],
) -> Result<()> {
    let map = PrincipalComponents::new(crops);
    let stream = super::save(builder(sequence, map.explained), path)?;
    stream.set_log_tick_enabled(false);
    stream.set_log_time_enabled(false);
    let points = map.points.iter().map(|point| point.map(|v| (SCALE * v) as f32)).collect();
    let view = MapLog { stream, sequence, crops, scores, labels, points };
    let queries = queries(crops, scores);
    view.log_map(&queries)?;
    for (time, query) in (1..).zip(&queries) {
        view.stream.set_time_sequence(QUERY, time);
        view.log_query(*query)?;
    }
    view.stream.flush_blocking()?;
    view.stream.finalize_deferred_sinks();
    Ok(())
}

fn builder(sequence: &Sequence, [first, second]: [f64; 2]) -> RecordingStreamBuilder {
    let name = format!("Map: {:.0} % and {:.0} % of the variance", 100.0 * first, 100.0 * second);
    let map = Spatial2DView::new(name).with_origin("/map");
    let nearest = Spatial2DView::new("Query and the most similar crops").with_origin("/nearest");
    let queries = TextLogView::new("Queries").with_contents(["/queries"]);
    let beside = Vertical::new([nearest.into(), queries.into()]).with_row_shares([1.0, 1.0]);
    let time = TimePanel::new().with_timeline(QUERY).with_play_state(PlayState::Paused);
    let blueprint = Blueprint::new(Horizontal::new([map.into(), beside.into()]))
        .with_blueprint_panel(BlueprintPanel::from_state(PanelState::Collapsed))
        .with_selection_panel(SelectionPanel::from_state(PanelState::Collapsed))
        .with_time_panel(time);
    RecordingStreamBuilder::new("mvmhat")
        .recording_name(format!("embeddings of {}", sequence.name))
        .with_blueprint(blueprint)
}

/// The queries in the order of the timeline.
fn queries(crops: &Crops, scores: &EmbeddingScores) -> Vec<usize> {
    let person = |crop: usize| crops.as_slice()[crop].person;
    let rank = |(query, nearest): (usize, usize)| {
        let confused =
            |c: &mvmhat_evaluation::Confusion| (c.person, c.taken_for) == (person(query), person(nearest));
        scores.confusions.iter().position(confused).unwrap_or(usize::MAX)
    };
    let of_queries =
        scores.nearest.iter().enumerate().filter_map(|(query, nearest)| Some((query, (*nearest)?)));
    let mut order: Vec<_> = of_queries
        .map(|(query, nearest)| {
            let (rank, cosine) = (rank((query, nearest)), crops.cosine(query, nearest));
            // Of the wrong ones those first that are most sure, of the right ones those that are least.
            (rank, if rank == usize::MAX { cosine } else { -cosine }, query)
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    order.into_iter().take(MOST).map(|(_, _, query)| query).collect()
}

/// A map on its way to the viewer.
struct MapLog<'a> {
    stream: RecordingStream,
    sequence: &'a Sequence,
    crops: &'a Crops,
    scores: &'a EmbeddingScores,
    labels: &'a [EmbeddedCrop],
    points: Vec<[f32; 2]>,
}

impl MapLog<'_> {
    /// What does not change with the query.
    fn log_map(&self, queries: &[usize]) -> Result<()> {
        let mut time = vec![None; self.points.len()];
        (1..).zip(queries).for_each(|(number, query)| time[*query] = Some(number));
        for camera in &self.sequence.cameras {
            let is_of_camera = |index: &usize| self.crops.as_slice()[*index].camera == camera.id;
            let indices: Vec<usize> = (0..self.points.len()).filter(is_of_camera).collect();
            let label = |index: &usize| {
                let query = time[*index].map(|number: u32| format!(", query {number}")).unwrap_or_default();
                format!("{}{query}", self.name(*index))
            };
            let radius = |index: &usize| if self.is_wrong(*index) { 4.5 } else { 2.5 };
            let points = Points2D::new(indices.iter().map(|index| self.points[*index]))
                .with_colors(indices.iter().map(|index| self.color(*index)))
                .with_radii(indices.iter().map(|index| Radius::new_ui_points(radius(index))))
                .with_labels(indices.iter().map(label))
                .with_show_labels(false);
            self.stream.log_static(entity_path!("map", camera.name), &points)?;
        }
        let mut middles = std::collections::BTreeMap::<i64, ([f32; 2], f32)>::new();
        for (crop, point) in self.crops.as_slice().iter().zip(&self.points) {
            let ([x, y], count) = middles.entry(crop.person).or_default();
            (*x, *y, *count) = (*x + point[0], *y + point[1], *count + 1.0);
        }
        let names = Points2D::new(middles.values().map(|([x, y], count)| [x / count, y / count]))
            .with_colors(middles.keys().map(|person| Color::from(color(PersonId(*person as u32)))))
            .with_radii([Radius::new_ui_points(7.0)])
            .with_labels(middles.keys().map(ToString::to_string))
            .with_show_labels(true);
        Ok(self.stream.log_static(entity_path!("map", "people"), &names)?)
    }

    fn log_query(&self, query: usize) -> Result<()> {
        let person = self.crops.as_slice()[query].person;
        let is_right = |index: usize| self.crops.as_slice()[index].person == person;
        let ranking = self.crops.ranking(query);
        let Some(nearest) = self.scores.nearest[query] else { return Ok(()) };
        let frame = |index: usize| if is_right(index) { RIGHT } else { WRONG };
        let line = LineStrips2D::new([[self.points[query], self.points[nearest]]])
            .with_colors([Color::from(frame(nearest))])
            .with_radii([Radius::new_ui_points(1.5)]);
        self.stream.log(entity_path!("map", "query"), &line)?;

        let cosine = self.crops.cosine(query, nearest);
        let mut text = format!("{}: ", self.name(query));
        if is_right(nearest) {
            text += &format!("right, {} (cosine {cosine:.3})", self.name(nearest));
        } else {
            text += &format!("taken for {} (cosine {cosine:.3})", self.name(nearest));
            if let Some(rank) = ranking.iter().position(|(index, _)| is_right(*index)) {
                let (index, cosine) = ranking[rank];
                text += &format!("; rank {} is {} (cosine {cosine:.3})", rank + 1, self.name(index));
            }
        }
        let level = if is_right(nearest) { rerun::TextLogLevel::INFO } else { rerun::TextLogLevel::ERROR };
        self.stream.log(entity_path!("queries"), &TextLog::new(text).with_level(level))?;

        let cell = |index: usize, frame, cosine: Option<f32>| {
            let crop = &self.labels[index];
            let camera = &self.sequence.cameras[self.crops.as_slice()[index].camera.index()].name;
            let lines = [
                format!("person {}", self.crops.as_slice()[index].person),
                format!("{camera} {}", crop.number),
                cosine.map_or_else(|| "query".to_owned(), |cosine| format!("{cosine:.3}")),
            ];
            Some(Cell { thumbnail: crop.thumbnail.as_deref()?, frame, lines })
        };
        let of_query = [cell(query, super::TEXT, None)];
        let shown =
            ranking.iter().take(SHOWN).map(|(index, cosine)| cell(*index, frame(*index), Some(*cosine)));
        // Without images there is no sheet.
        if let Some(cells) = of_query.into_iter().chain(shown).collect::<Option<Vec<_>>>() {
            let image = EncodedImage::from_file_contents(contact_sheet(&cells)?);
            self.stream.log(entity_path!("nearest", "image"), &image)?;
        }
        Ok(())
    }

    fn is_wrong(&self, index: usize) -> bool {
        let person = |index: usize| self.crops.as_slice()[index].person;
        self.scores.nearest[index].is_some_and(|nearest| person(nearest) != person(index))
    }

    fn color(&self, index: usize) -> Color {
        color(PersonId(self.crops.as_slice()[index].person as u32)).into()
    }

    fn name(&self, index: usize) -> String {
        let crop = &self.crops.as_slice()[index];
        let camera = &self.sequence.cameras[crop.camera.index()].name;
        format!("person {}, {camera} frame {}", crop.person, self.labels[index].number)
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_evaluation::Crop;
    use mvmhat_scene::{CameraId, Embedding, FrameIndex};

    use super::*;

    #[test]
    fn the_most_frequent_confusion_comes_first_and_what_is_sure_last() {
        let crop = |camera, timestep, person, angle: f32| Crop {
            camera: CameraId(camera),
            timestep: FrameIndex(timestep),
            person,
            embedding: Embedding::normalized(vec![angle.cos(), angle.sin()]),
        };
        // Camera 0 at timesteps 1 to 3 against camera 1 at timestep 9.
        let crops = Crops::new(vec![
            crop(0, 1, 1, 0.1), // 0: right, sure
            crop(0, 1, 2, 0.2), // 1: wrong, 1 for 2
            crop(0, 2, 1, 0.4), // 2: right, less sure
            crop(0, 2, 2, 0.1), // 3: wrong, surer
            crop(1, 9, 1, 0.0), // 4: nearest is 0 or 3, equally: wrong
            crop(1, 9, 2, 1.5), // 5: nearest is 2: wrong
        ]);
        let crops = crops.unwrap();
        let scores = EmbeddingScores::new(&crops);
        let order = queries(&crops, &scores);
        // Person 2 for 1: 3, 1 and 5; person 1 for 2: 4; then the right ones.
        assert_eq!(order, [3, 1, 5, 4, 2, 0]);
    }
}

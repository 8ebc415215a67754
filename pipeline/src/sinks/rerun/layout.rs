//! How the viewer is laid out when it opens a recording of ours.

use mvmhat_scene::{Camera, Sequence};
use rerun::RecordingStreamBuilder;
use rerun::blueprint::components::{PanelState, PlayState};
use rerun::blueprint::{
    Blueprint, BlueprintPanel, ContainerLike, Grid, Horizontal, SelectionPanel, Spatial2DView, Spatial3DView,
    TextLogView, TimePanel, TimeSeriesView, Vertical,
};

use crate::sinks::mosaic::{Mosaic, Size};
use crate::sinks::replay;

/// A screen, and what a camera of unknown size is taken for.
const SCREEN: Size = Size { width: 1920, height: 1080 };

/// Values over time.
pub(super) fn plot(name: &str, contents: &str) -> ContainerLike {
    TimeSeriesView::new(name).with_contents([contents]).into()
}

/// Lines of text over time.
pub(super) fn text(name: &str, contents: &str) -> ContainerLike {
    TextLogView::new(name).with_contents([contents]).into()
}

/// The size of each camera's images, or of those it was calibrated for.
pub(super) fn image_sizes(sequence: &Sequence) -> Vec<Option<Size>> {
    let calibrated = |camera: &Camera| {
        let (width, height) = sequence.calibration.as_ref()?.cameras.get(&camera.name)?.image_size;
        Some(Size { width, height })
    };
    sequence.cameras.iter().map(|camera| replay::image_size(camera).or_else(|| calibrated(camera))).collect()
}

/// A stream of this recording to be saved or sent, with the layout of the viewer: what is `below` the cameras varies.
pub(super) fn builder(
    sequence: &Sequence,
    sizes: &[Option<Size>],
    below: Vec<ContainerLike>,
    state: PlayState,
) -> RecordingStreamBuilder {
    // The same grid as the overlay's.
    let sizes: Vec<_> = sizes.iter().map(|size| size.unwrap_or(SCREEN)).collect();
    let columns = Mosaic::new(&sizes, SCREEN).map_or(1, |mosaic| mosaic.columns);
    RecordingStreamBuilder::new("mvmhat")
        .recording_name(sequence.name.as_str())
        .with_blueprint(blueprint(sequence, columns, below, state))
}

/// The cameras in a grid of `columns`, the ground beside them where it is known, what else there is `below`.
fn blueprint(sequence: &Sequence, columns: u32, below: Vec<ContainerLike>, state: PlayState) -> Blueprint {
    let views = sequence.cameras.iter().map(|camera| {
        // A view of a calibrated camera must look from its own path, else it would be one of the world.
        ContainerLike::from(
            Spatial2DView::new(camera.name.clone()).with_origin(super::camera_path(&camera.name)),
        )
    });
    let cameras: ContainerLike = Grid::new(views).with_name("Cameras").with_grid_columns(columns).into();
    let top: ContainerLike = if sequence.calibration.is_some() {
        let ground = Spatial3DView::new("Ground").with_contents(["/ground/**", "/cameras/**"]);
        Horizontal::new([cameras, ground.into()]).with_column_shares([2.0, 1.0]).into()
    } else {
        cameras
    };
    let mut time = TimePanel::new().with_timeline(super::FRAME).with_play_state(state);
    if let Some(fps) = replay::rate(sequence) {
        time = time.with_fps(fps);
    }
    Blueprint::new(Vertical::new([top, Horizontal::new(below).into()]).with_row_shares([3.0, 1.0]))
        .with_blueprint_panel(BlueprintPanel::from_state(PanelState::Collapsed))
        .with_selection_panel(SelectionPanel::from_state(PanelState::Collapsed))
        .with_time_panel(time)
}

//! How the viewer is laid out when it opens a recording of ours.

use rerun::blueprint::components::{PanelState, PlayState};
use rerun::blueprint::{
    Blueprint, BlueprintPanel, ContainerLike, Grid, Horizontal, SelectionPanel, Spatial2DView, Spatial3DView,
    TimePanel, TimeSeriesView, Vertical,
};
use scene::Recording;

/// The cameras in a grid of `columns`, the ground beside them where it is known, the plots below.
pub(super) fn blueprint(
    recording: &Recording,
    columns: u32,
    fps: Option<f64>,
    state: PlayState,
) -> Blueprint {
    let views = recording.cameras.iter().map(|camera| {
        // A view of a calibrated camera must look from its own path, else it would be one of the world.
        ContainerLike::from(
            Spatial2DView::new(camera.name.clone()).with_origin(super::camera_path(&camera.name)),
        )
    });
    let cameras: ContainerLike = Grid::new(views).with_name("Cameras").with_grid_columns(columns).into();
    let top: ContainerLike = if recording.calibration.is_some() {
        let ground = Spatial3DView::new("Ground").with_contents(["/ground/**", "/cameras/**"]);
        Horizontal::new([cameras, ground.into()]).with_column_shares([2.0, 1.0]).into()
    } else {
        cameras
    };
    let plot =
        |name: &str, contents: &str| ContainerLike::from(TimeSeriesView::new(name).with_contents([contents]));
    let plots = Horizontal::new([
        plot("People in view", "/plots/people/**"),
        plot("Identities", "/plots/identities/**"),
        plot("Frame sets per second", "/plots/speed"),
    ]);
    let mut time = TimePanel::new().with_timeline(super::FRAME).with_play_state(state);
    if let Some(fps) = fps {
        time = time.with_fps(fps);
    }
    Blueprint::new(Vertical::new([top, plots.into()]).with_row_shares([3.0, 1.0]))
        .with_blueprint_panel(BlueprintPanel::from_state(PanelState::Collapsed))
        .with_selection_panel(SelectionPanel::from_state(PanelState::Collapsed))
        .with_time_panel(time)
}

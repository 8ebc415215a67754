//! Where everybody stands, seen from above: for recordings with a calibration.

use std::collections::BTreeMap;

use anyhow::Result;
use mvmhat_scene::{Calibration, FrameSet, PersonId, Sequence, TrackedBox};
use rerun::{
    Color, EntityPath, LineStrips3D, Pinhole, Points3D, Radius, RecordingStream, Transform3D,
    ViewCoordinates, entity_path,
};

use crate::sinks::palette::color;
use crate::sinks::trails::Trails;

/// Size of a person on the ground, in metres.
const FOOTPRINT: f32 = 0.15;
/// Length of a camera's frustum, as a part of the distance between cameras.
const FRUSTUM: f64 = 0.15;

/// The world of a calibrated recording.
pub(super) struct Ground {
    calibration: Calibration,
    /// Names of the cameras, in the order of the cameras.
    cameras: Vec<String>,
    trails: Trails<[f32; 3]>,
}

impl Ground {
    /// Logs the cameras where they stand. Below each camera's path pixels are `scales` times those of the source.
    pub(super) fn open(
        sequence: &Sequence,
        trail: usize,
        scales: &[f64],
        stream: &RecordingStream,
    ) -> Result<Option<Self>> {
        let Some(calibration) = sequence.calibration.clone() else { return Ok(None) };
        stream.log_static(EntityPath::root(), &ViewCoordinates::RIGHT_HAND_Z_UP())?;
        let frustum = frustum_length(&calibration);
        for (camera, scale) in sequence.cameras.iter().zip(scales) {
            let Some(pinhole) = calibration.cameras.get(&camera.name) else { continue };
            let path = super::camera_path(&camera.name);
            // World from camera: the rows of R are the columns of its inverse, and matrices are given by columns.
            let place = Transform3D::from_translation_mat3x3(
                pinhole.center().map(|v| v as f32),
                pinhole.rotation().map(|row| row.map(|v| v as f32)),
            );
            stream.log_static(path.clone(), &place)?;
            let [[fx, _, cx], [_, fy, cy], _] =
                pinhole.intrinsics().map(|row| row.map(|v| (v * scale) as f32));
            let (width, height) = pinhole.image_size;
            let resolution = [width, height].map(|v| (f64::from(v) * scale) as f32);
            let lens = Pinhole::from_focal_length_and_resolution([fx, fy], resolution)
                .with_principal_point([cx, cy])
                .with_image_plane_distance(frustum as f32);
            stream.log_static(path, &lens)?;
        }
        let cameras = sequence.cameras.iter().map(|camera| camera.name.clone()).collect();
        Ok(Some(Self { calibration, cameras, trails: Trails::new(trail) }))
    }

    /// Logs where everybody stands and where they came from.
    pub(super) fn log(&mut self, stream: &RecordingStream, frames: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        let people = self.positions(frames);
        let colors = people.keys().map(|person| Color::from(color(*person)));
        let points = Points3D::new(people.values().copied())
            .with_radii(people.keys().map(|_| Radius::new_scene_units(FOOTPRINT)))
            .with_colors(colors)
            .with_labels(people.keys().map(ToString::to_string))
            .with_show_labels(true);
        stream.log(entity_path!("ground", "people"), &points)?;

        self.trails.extend(frames.index, people);
        let (colors, strips): (Vec<_>, Vec<Vec<_>>) =
            self.trails.iter().map(|(person, way)| (Color::from(color(person)), way.collect())).unzip();
        Ok(stream.log(entity_path!("ground", "trails"), &LineStrips3D::new(strips).with_colors(colors))?)
    }

    /// The middle of where the cameras see each person's feet. A camera counts with the inverse square of its
    /// distance: a pixel far away covers more ground.
    pub(super) fn positions(&self, frames: &FrameSet<Vec<TrackedBox>>) -> BTreeMap<PersonId, [f32; 3]> {
        let mut sums: BTreeMap<PersonId, (f64, f64, f64)> = BTreeMap::new();
        for (camera, view) in frames.present() {
            let Some(name) = self.cameras.get(camera.index()) else { continue };
            let Some(pinhole) = self.calibration.cameras.get(name) else { continue };
            let [from_x, from_y, _] = pinhole.center();
            for b in &view.content {
                let Some((x, y)) = self.calibration.ground_position(name, b.bbox.foot()) else { continue };
                let weight = 1.0 / ((x - from_x).powi(2) + (y - from_y).powi(2)).max(1e-6);
                let sum = sums.entry(b.person).or_default();
                *sum = (sum.0 + weight * x, sum.1 + weight * y, sum.2 + weight);
            }
        }
        let middle = |(x, y, weight): (f64, f64, f64)| (x / weight, y / weight);
        sums.into_iter()
            .map(|(person, sum)| {
                let (x, y) = middle(sum);
                (person, [x as f32, y as f32, self.calibration.ground.height(x, y).unwrap_or(0.0) as f32])
            })
            .collect()
    }
}

/// Visible, but not in the way: a part of how far the cameras stand from their middle.
fn frustum_length(calibration: &Calibration) -> f64 {
    let centers: Vec<_> = calibration.cameras.values().map(mvmhat_scene::Pinhole::center).collect();
    let count = centers.len().max(1) as f64;
    let middle = [0, 1, 2].map(|i| centers.iter().map(|c| c[i]).sum::<f64>() / count);
    let distance = |c: &[f64; 3]| (0..3).map(|i| (c[i] - middle[i]).powi(2)).sum::<f64>().sqrt();
    (2.0 * FRUSTUM * centers.iter().map(distance).sum::<f64>() / count).max(0.3)
}

//! The calibration file, and what a camera in it must be.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use super::Calibration;
use super::pinhole::{Pinhole, Plane, cross, dot};
use crate::suggest::with_nearest_key;

/// How far a rotation's rows may be from unit length and right angles: files carry six digits and more.
const ROTATION_TOLERANCE: f64 = 1e-3;
/// How far the stated center may be from -R^T t, in metres.
const CENTER_TOLERANCE: f64 = 0.01;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    units: Units,
    #[serde(default = "floor")]
    ground_plane: [f64; 4],
    cameras: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Units {
    #[default]
    Metres,
    Centimetres,
    Millimetres,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    image_size: [u32; 2],
    #[serde(rename = "K")]
    k: [[f64; 3]; 3],
    #[serde(default)]
    dist: Vec<f64>,
    #[serde(rename = "R")]
    r: [[f64; 3]; 3],
    t: [f64; 3],
    center: Option<[f64; 3]>,
}

fn floor() -> [f64; 4] {
    [0.0, 0.0, 1.0, 0.0]
}

pub(super) fn parse(yaml: &[u8]) -> Result<Calibration, String> {
    let file: File = serde_yaml::from_slice(yaml).map_err(|e| with_nearest_key(&e.to_string()))?;
    let scale = match file.units {
        Units::Metres => 1.0,
        Units::Centimetres => 0.01,
        Units::Millimetres => 0.001,
    };
    let [a, b, c, d] = file.ground_plane;
    let length = dot([a, b, c], [a, b, c]).sqrt();
    // The offset is a length in the file's units once the normal has length 1.
    let ground = Plane::new([a / length, b / length, c / length, d / length * scale])
        .ok_or("ground_plane: four finite numbers a, b, c, d are needed, and (a, b, c) must not be 0")?;
    let mut cameras = BTreeMap::new();
    for (name, entry) in file.cameras {
        let camera = entry.camera(scale).map_err(|problem| format!("camera {name}: {problem}"))?;
        cameras.insert(name, camera);
    }
    Ok(Calibration { ground, cameras })
}

impl Entry {
    fn camera(self, scale: f64) -> Result<Pinhole, String> {
        let Self { image_size: [width, height], k, r, .. } = self;
        if width == 0 || height == 0 {
            return Err(format!("image_size: {width} x {height} is no image"));
        }
        let numbers: [(&str, Vec<f64>); 5] = [
            ("K", k.concat()),
            ("dist", self.dist.clone()),
            ("R", r.concat()),
            ("t", self.t.to_vec()),
            ("center", self.center.into_iter().flatten().collect()),
        ];
        for (key, values) in &numbers {
            if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
                return Err(format!("{key}: {bad} is not a finite number"));
            }
        }
        if k[0][0] <= 0.0 || k[1][1] <= 0.0 || k[1][0] != 0.0 || k[2] != [0.0, 0.0, 1.0] {
            return Err(
                "K: it must be [[fx, skew, cx], [0, fy, cy], [0, 0, 1]] with positive fx and fy".to_owned()
            );
        }
        if self.dist.len() > 5 {
            return Err(format!(
                "dist: {} numbers, at most five are known: k1, k2, p1, p2, k3",
                self.dist.len()
            ));
        }
        let mut dist = [0.0; 5];
        dist.iter_mut().zip(&self.dist).for_each(|(to, from)| *to = *from);
        check_rotation(&r)?;
        let camera = Pinhole { image_size: (width, height), k, dist, r, t: self.t.map(|v| v * scale) };
        if let Some(stated) = self.center {
            let center = camera.center();
            let distance = (0..3).map(|i| (stated[i] * scale - center[i]).powi(2)).sum::<f64>().sqrt();
            // Files carry six digits: far from the origin a fixed tolerance would be too strict.
            if distance > CENTER_TOLERANCE + 1e-4 * dot(center, center).sqrt() {
                let at = center.map(|v| v / scale);
                return Err(format!("center: {stated:.3?} is not -R^T t, which is {at:.3?}"));
            }
        }
        Ok(camera)
    }
}

fn check_rotation(r: &[[f64; 3]; 3]) -> Result<(), String> {
    let off = |i: usize, j: usize| (dot(r[i], r[j]) - f64::from(u8::from(i == j))).abs();
    let worst = (0..3).flat_map(|i| (i..3).map(move |j| off(i, j))).fold(0.0, f64::max);
    if worst > ROTATION_TOLERANCE {
        return Err(format!("R: its rows are not at right angles and of length 1 (off by {worst:.2e})"));
    }
    let [a, b, c] = *r;
    if dot(cross(a, b), c) < 0.0 {
        return Err("R: it mirrors (its determinant is -1)".to_owned());
    }
    Ok(())
}

/// The text of a calibration: numbers in full, so that reading gives the same again.
pub(super) fn text(calibration: &Calibration) -> String {
    let mut yaml =
        format!("units: metres\nground_plane: {:?}\ncameras:\n", calibration.ground.coefficients());
    for (name, Pinhole { image_size: (width, height), k, dist, r, t }) in &calibration.cameras {
        // Writing to a string does not fail.
        let _ = write!(
            yaml,
            "  {name}:\n    image_size: [{width}, {height}]\n    K: {k:?}\n    dist: {dist:?}\n    R: {r:?}\n    t: {t:?}\n"
        );
    }
    yaml
}

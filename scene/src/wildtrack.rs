//! WILDTRACK annotations: where everybody stands, and their boxes in all cameras, one JSON file a frame.
//!
//! Chavdarova et al., *WILDTRACK: A Multi-camera HD Dataset for Dense Unscripted Pedestrian Detection* (CVPR 2018).
//! `annotations_positions/00000005.json` is a list of people, each with `personID`, `positionID` and `views`: for
//! camera `viewNum` (C1 is 0) the corners `xmin, ymin, xmax, ymax`, all -1 where the person is not visible.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::read_error::{ReadError, read_bytes};
use crate::world::Position;
use crate::{BBox, FrameNumber, mot};

/// Cells of the ground grid in the first coordinate; `positionID` counts these first. There are 1440 in the second.
const GRID_WIDTH: u32 = 480;
/// Cells of the ground grid in the second coordinate.
const GRID_LENGTH: u32 = 1440;
/// Side of a cell in metres.
const CELL: f64 = 0.025;
/// Where cell 0 lies, in metres: the grid of the data set's own calibration.
const ORIGIN: (f64, f64) = (-3.0, -9.0);

/// Everything annotated in a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// The boxes of every camera, in the order of `viewNum` (C1 first), by frame.
    pub views: Vec<Vec<mot::Row>>,
    /// Where everybody stands, in metres, by frame.
    pub positions: Vec<Position>,
}

#[derive(Deserialize)]
struct Person {
    #[serde(rename = "personID")]
    person: i64,
    #[serde(rename = "positionID")]
    position: u32,
    views: Vec<Corners>,
}

#[derive(Deserialize)]
struct Corners {
    #[serde(rename = "viewNum")]
    view: u16,
    xmin: f64,
    ymin: f64,
    xmax: f64,
    ymax: f64,
}

impl Annotations {
    /// Reads the folder `annotations_positions`; a file's name is the number of its frame.
    ///
    /// # Errors
    /// Where the folder or a file cannot be read, a file is named after no frame, or is no annotation.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let unreadable = |error| ReadError::Io { path: folder.to_owned(), error };
        let mut files: Vec<(FrameNumber, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
                let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
                let number = number.ok_or_else(|| {
                    ReadError::content(&path, "an annotation is named after its frame, as in 00000005.json")
                })?;
                files.push((FrameNumber(number), path));
            }
        }
        files.sort();
        let mut annotations = Self::default();
        for (frame, path) in files {
            let added = annotations.add(frame, &read_bytes(&path)?);
            added.map_err(|problem| ReadError::content(&path, problem))?;
        }
        Ok(annotations)
    }

    /// Adds the annotations of one frame, the bytes of its JSON file.
    ///
    /// # Errors
    /// Says what is wrong, with line and column where it is no JSON of this form.
    pub fn add(&mut self, frame: FrameNumber, json: &[u8]) -> Result<(), String> {
        let people: Vec<Person> = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        for Person { person, position, views } in people {
            if position >= GRID_WIDTH * GRID_LENGTH {
                return Err(format!(
                    "person {person}: position {position} lies outside the {GRID_WIDTH} x {GRID_LENGTH} grid"
                ));
            }
            let (across, along) = (position % GRID_WIDTH, position / GRID_WIDTH);
            let (x, y) = (ORIGIN.0 + f64::from(across) * CELL, ORIGIN.1 + f64::from(along) * CELL);
            self.positions.push(Position { frame, id: person, x, y });
            for Corners { view, xmin, ymin, xmax, ymax } in views {
                let view = usize::from(view);
                // The data set has seven cameras; a damaged number must not ask for any amount of memory.
                if view >= 64 {
                    return Err(format!("person {person}: no camera has the viewNum {view}"));
                }
                if self.views.len() <= view {
                    self.views.resize_with(view + 1, Vec::new);
                }
                if [xmin, ymin, xmax, ymax] == [-1.0; 4] {
                    continue;
                }
                let bbox = BBox::new(xmin, ymin, xmax - xmin, ymax - ymin);
                if !bbox.is_valid() {
                    return Err(format!("person {person}, viewNum {view}: a box without an area"));
                }
                let row = mot::Row { frame, id: person, bbox, score: 1.0, class: Some(1), visibility: None };
                self.views[view].push(row);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: &str = r#"[{"personID": 122, "positionID": 456826, "views": [
        {"viewNum": 0, "xmin": 1561, "ymin": 128, "xmax": 1630, "ymax": 330},
        {"viewNum": 1, "xmin": -1, "ymin": -1, "xmax": -1, "ymax": -1}]}]"#;

    #[test]
    fn boxes_and_positions() {
        let mut annotations = Annotations::default();
        annotations.add(FrameNumber(5), FRAME.as_bytes()).unwrap();
        // 456826 = 951 * 480 + 346: x = -3 + 346 * 0.025, y = -9 + 951 * 0.025.
        let Position { frame, id, x, y } = annotations.positions[0];
        assert_eq!((frame.0, id), (5, 122));
        assert!((x - 5.65).abs() < 1e-9 && (y - 14.775).abs() < 1e-9, "{x} {y}");
        assert_eq!(annotations.views[0][0].bbox, BBox::new(1561.0, 128.0, 69.0, 202.0));
        assert!(annotations.views[1].is_empty(), "-1 is not visible");
    }

    #[test]
    fn files_are_frames() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["00000010.json", "00000005.json"] {
            std::fs::write(folder.path().join(name), FRAME).unwrap();
        }
        std::fs::write(folder.path().join("README"), "").unwrap();
        let annotations = Annotations::read(folder.path()).unwrap();
        assert_eq!(annotations.views[0].iter().map(|r| r.frame.0).collect::<Vec<_>>(), [5, 10]);
        std::fs::write(folder.path().join("10.json"), "[{]").unwrap();
        let error = Annotations::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("10.json: ") && error.contains("line 1 column 3"), "{error}");
    }

    #[test]
    fn numbers_outside_the_data_set_are_refused() {
        let error = |from, to| {
            Annotations::default().add(FrameNumber(0), FRAME.replace(from, to).as_bytes()).unwrap_err()
        };
        assert!(error("456826", "691200").contains("outside"));
        assert!(error("\"viewNum\": 1", "\"viewNum\": 65535").contains("65535"));
        assert!(error("1630", "1561").contains("without an area"));
    }

    proptest! {
        #[test]
        fn any_damage_is_read_or_refused(at in 0..FRAME.len(), byte in any::<u8>()) {
            let mut json = FRAME.as_bytes().to_vec();
            json[at] = byte;
            let _ = Annotations::default().add(FrameNumber(0), &json);
        }
    }
}

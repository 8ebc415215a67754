//! Ground truth and tracks of a multi-view sequence, camera by camera.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mvmhat_evaluation::{CameraRows, GroundPoint, Observation, fuse};
use mvmhat_scene::{FrameNumber, FrameRange, Sequence, mot};

use super::rows::{RowSelection, counts, is_scored, labelled_cameras};

/// The ground truth that is scored, by camera. `views` leaves out the cameras whose number is greater.
///
/// # Errors
/// Ground truth that cannot be read.
pub fn observations(sequence: &Sequence, views: Option<u32>) -> Result<Vec<(String, Vec<Observation>)>> {
    let cameras = labelled_cameras(sequence, &RowSelection { views, ..RowSelection::default() })?;
    let observed =
        |rows: Vec<mot::Row>| rows.iter().filter(|row| counts(row)).map(Observation::from).collect();
    let named = cameras.into_iter().filter_map(|labelled| {
        let rows = labelled.rows?;
        Some((labelled.camera.name.clone(), observed(rows)))
    });
    Ok(named.collect())
}

/// The rows of all cameras: ground truth, and the tracks of a run folder (`DIR/tracks/<camera>.txt`) or a plain one
/// (`DIR/<camera>.txt`). `views` leaves out the cameras whose number is greater.
///
/// # Errors
/// Files that cannot be read, and cameras that only one of the two has.
pub fn gt_and_tracks(sequence: &Sequence, tracks: &Path, views: Option<u32>) -> Result<Vec<CameraRows>> {
    let labelled = observations(sequence, views)?;
    let folder = if tracks.join("tracks").is_dir() { tracks.join("tracks") } else { tracks.to_owned() };
    let track_files: Vec<_> =
        track_files(&folder)?.into_iter().filter(|(name, _)| is_scored(name, views)).collect();
    let (gt_names, track_names): (BTreeSet<&str>, BTreeSet<&str>) = (
        labelled.iter().map(|(name, _)| name.as_str()).collect(),
        track_files.iter().map(|(name, _)| name.as_str()).collect(),
    );
    if gt_names != track_names {
        let list = |names: &BTreeSet<&str>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.iter().copied().collect::<Vec<_>>().join(", "),
        };
        bail!(
            "the cameras differ: {} has ground truth of {}; {} has tracks of {}. Give the files the same names",
            sequence.root.display(),
            list(&gt_names),
            folder.display(),
            list(&track_names),
        );
    }
    let mut cameras = Vec::with_capacity(labelled.len());
    for (name, gt) in labelled {
        let Some((_, path)) = track_files.iter().find(|(other, _)| *other == name) else { continue };
        let tracks = mot::read(path)?.iter().map(Observation::from).collect();
        cameras.push(CameraRows { name, gt, tracks });
    }
    Ok(cameras)
}

/// The tracks in a folder by the names of their cameras: `<camera>.txt`, `<camera>/tracks.txt` or
/// `<camera>/published.txt`.
fn track_files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let cannot = || format!("cannot read the tracks in {}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = |name: Option<&std::ffi::OsStr>| name.map(|name| name.to_string_lossy().into_owned());
        let (camera, file) = if path.is_dir() {
            let nested = ["tracks.txt", "published.txt"].map(|file| path.join(file));
            (name(path.file_name()), nested.into_iter().find(|file| file.is_file()))
        } else {
            let is_text = path.extension().is_some_and(|extension| extension == "txt");
            (name(path.file_stem()), is_text.then(|| path.clone()))
        };
        if let (Some(camera), Some(file)) = (camera, file)
            && !camera.starts_with('.')
        {
            files.push((camera, file));
        }
    }
    Ok(files)
}

/// From the first to the last frame in which any camera has ground truth.
pub fn labelled_window<'a>(gt: impl Iterator<Item = &'a Vec<Observation>>) -> Option<FrameRange> {
    let frames: Vec<FrameNumber> = gt.flatten().map(|row| row.frame).collect();
    Some(FrameRange { first: *frames.iter().min()?, last: *frames.iter().max()? })
}

/// The part of a range that is scored; an end that was left open is that of the labelled frames.
pub fn scored_window(labelled: FrameRange, range: FrameRange) -> FrameRange {
    let all = FrameRange::default();
    FrameRange {
        first: if range.first == all.first { labelled.first } else { range.first },
        last: if range.last == all.last { labelled.last } else { range.last },
    }
}

/// Positions on the ground plane: the true ones, and those of the feet of the tracks by the calibration, averaged over the
/// cameras.
///
/// # Errors
/// A sequence without calibration or without true positions.
pub fn ground_positions(sequence: &Sequence, cameras: &[CameraRows]) -> Result<CameraRows<GroundPoint>> {
    let Some(calibration) = &sequence.calibration else {
        bail!(
            "--ground-plane needs to know where the cameras stand: {} has no calibration.yaml",
            sequence.root.display()
        );
    };
    let feet = cameras.iter().flat_map(|camera| {
        camera.tracks.iter().filter_map(|row| {
            let (x, y) = calibration.ground_position(&camera.name, row.location.foot())?;
            Some(Observation { frame: row.frame, id: row.id, location: GroundPoint { x, y } })
        })
    });
    let Some(gt) = sequence.ground_truth_positions()? else {
        bail!(
            "--ground-plane needs true positions: {} has no ground_truth_world.csv and no annotations of WILDTRACK",
            sequence.root.display()
        );
    };
    let gt = gt.iter().map(Observation::from).collect();
    Ok(CameraRows { name: "ground".to_owned(), gt, tracks: fuse(feet) })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Writes files of one row each.
    fn write(root: &Path, files: &[&str], row: &str) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, row).unwrap();
        }
    }

    fn read(root: &Path, tracks: &str, views: Option<u32>) -> Result<Vec<CameraRows>> {
        gt_and_tracks(&Sequence::open(&root.join("gt"))?, &root.join(tracks), views)
    }

    #[test]
    fn tracks_of_a_run_a_plain_folder_and_nested_ones() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &["gt/a/gt/gt.txt", "gt/b/gt/gt.txt"], "1,1,0,0,10,10,1,1,1");
        let row = "1,7,0,0,10,10,1,-1,-1,-1";
        write(root.path(), &["run/tracks/a.txt", "run/tracks/b.txt", "run/run.json"], row);
        write(root.path(), &["plain/a.txt", "plain/b.txt"], row);
        write(root.path(), &["nested/a/tracks.txt", "nested/b/published.txt"], row);
        for tracks in ["run", "plain", "nested"] {
            let cameras = read(root.path(), tracks, None).unwrap();
            let names: Vec<&str> = cameras.iter().map(|camera| camera.name.as_str()).collect();
            assert_eq!(names, ["a", "b"], "{tracks}");
            assert!(cameras.iter().all(|camera| camera.gt.len() == 1 && camera.tracks[0].id == 7));
        }
    }

    #[test]
    fn a_camera_missing_on_either_side_is_told_with_both_lists() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &["gt/a/gt/gt.txt", "gt/b/gt/gt.txt"], "1,1,0,0,10,10");
        write(root.path(), &["tracks/a.txt", "tracks/c.txt"], "1,7,0,0,10,10");
        let error = read(root.path(), "tracks", None).unwrap_err().to_string();
        assert!(error.contains("ground truth of a, b;") && error.contains("tracks of a, c."), "{error}");
    }

    #[test]
    fn views_beyond_the_scored_ones_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &["gt/1/gt.txt", "gt/2/gt.txt", "gt/3/gt.txt"], "1,1,0,0,10,10,0,0,0,0");
        write(root.path(), &["tracks/1.txt", "tracks/2.txt"], "1,7,0,0,10,10");
        let cameras = read(root.path(), "tracks", Some(2)).unwrap();
        assert_eq!(cameras.len(), 2);
        assert_eq!(cameras[0].gt.len(), 1, "a 0 in the seventh of ten columns means nothing");
    }

    #[test]
    fn marked_rows_of_motchallenge_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &["gt/a/gt/gt.txt"], "1,1,0,0,10,10,1,1,1\n1,2,0,0,10,10,0,8,1\n");
        write(root.path(), &["tracks/a.txt"], "");
        let cameras = read(root.path(), "tracks", None).unwrap();
        assert_eq!(cameras[0].gt.len(), 1);
        assert!(cameras[0].tracks.is_empty());
    }

    #[test]
    fn open_ends_are_those_of_the_labelled_frames() {
        let labelled = FrameRange::new(10, 20);
        assert_eq!(scored_window(labelled, "..=15".parse().unwrap()), FrameRange::new(10, 15));
        assert_eq!(scored_window(labelled, "5..".parse().unwrap()), FrameRange::new(5, 20));
    }
}

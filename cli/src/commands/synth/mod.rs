//! `mvmhat synth`: a synthetic recording with exact ground truth.

mod camera_folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use mvmhat_console::{CancellationToken, Progress, cancel_on_ctrl_c, outputs, print, usage};
use mvmhat_scene::{Calibration, DEFAULT_FPS, FrameNumber, PersonId, world};
use mvmhat_synth::{Options, PlaceKind, RenderedFrame, SyntheticSequence};
use rayon::prelude::*;

use crate::arguments::OverwriteArg;
use crate::examples::examples;
use camera_folder::CameraFolder;

/// Render a synthetic recording: people who walk, meet, leave and come back among things that hide them, with exact ground
/// truth.
///
/// Leaves in OUT a folder for each camera (video.mp4 or img1/, gt/gt.txt, seqinfo.ini), calibration.yaml and
/// ground_truth_world.csv: what `mvmhat track`, `train` and `eval` read. The same options give the same recording.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat synth --out plaza                                       four cameras, ten people, ten seconds",
    "mvmhat synth --out hall --place hall --people 25 --frames 1500",
    "mvmhat synth --out small --size 320x180 --images               images instead of videos",
])]
pub(crate) struct Synth {
    /// Folder for the recording
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    overwrite: OverwriteArg,
    /// Where it plays: plaza, lobby, street or hall
    #[arg(long, value_name = "PLACE", default_value = "plaza")]
    place: PlaceKind,
    /// How many cameras there are
    #[arg(long, value_name = "N", default_value_t = 4)]
    cameras: usize,
    /// How many people there are, here or away
    #[arg(long, value_name = "N", default_value_t = 10)]
    people: usize,
    /// How many frames each camera has
    #[arg(long, value_name = "N", default_value_t = 250)]
    frames: u32,
    /// Frames per second
    #[arg(long, value_name = "RATE", default_value_t = DEFAULT_FPS)]
    fps: f64,
    /// Width and height of the images
    #[arg(long, value_name = "WxH", default_value = "640x360", value_parser = size)]
    size: (u32, u32),
    /// Another seed, other people in another place
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write images (img1/000001.jpg and on) instead of videos
    #[arg(long)]
    images: bool,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let both = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    both.ok_or_else(|| format!("`{text}` is no size; give width and height as 640x360"))
}

impl Synth {
    pub(crate) fn run(self) -> Result<()> {
        let token = Arc::new(CancellationToken::default());
        cancel_on_ctrl_c(&token)?;
        let options = Options {
            place: self.place,
            cameras: self.cameras,
            people: self.people,
            frames: self.frames,
            size: self.size,
            fps: self.fps,
            seed: self.seed,
        };
        options.check().map_err(|problem| usage!("--{problem}"))?;
        outputs::check_folder("--out", &self.out, self.overwrite.overwrite, &[])?;
        let existed = self.out.exists();
        forget_earlier_recording(&self.out);
        let start = Instant::now();
        let sequence = SyntheticSequence::new(&options)?;
        let mut cameras = sequence
            .names()
            .into_iter()
            .map(|name| CameraFolder::create(&self.out.join(&name), name, &options, self.images))
            .collect::<Result<Vec<_>>>()?;
        outputs::write_file(&self.out.join("calibration.yaml"), sequence.calibration().to_yaml())?;

        let rendered = render(&sequence, &mut cameras, self.frames, &token)?;
        if rendered == 0 {
            drop(cameras);
            if !existed {
                // The folder is new, so that all in it is of this run.
                std::fs::remove_dir_all(&self.out)
                    .with_context(|| format!("{}: cannot be removed", self.out.display()))?;
            }
            bail!("stopped before the first frame; nothing is left of it");
        }
        cameras.into_iter().try_for_each(|camera| camera.finish(rendered))?;
        let path = self.out.join("ground_truth_world.csv");
        world::write(&path, &positions(&sequence, rendered))
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        self.conclude(rendered, start.elapsed().as_secs_f64())
    }

    /// What came of it.
    fn conclude(&self, rendered: u32, seconds: f64) -> Result<()> {
        let out = self.out.display();
        print::lines(&format!(
            "{rendered} frame sets of {} cameras in {seconds:.1} s ({:.1} per second)\nrecording  {out}",
            self.cameras,
            f64::from(rendered) / seconds.max(1e-9)
        ));
        if rendered < self.frames {
            let all = self.frames;
            bail!("stopped after frame {rendered} of {all}; the recording in {out} is whole up to there");
        }
        Ok(())
    }
}

/// Renders all timesteps, as many at a time as there are threads; gives how many were rendered before a stop was asked for.
fn render(
    sequence: &SyntheticSequence,
    cameras: &mut [CameraFolder],
    frames: u32,
    token: &CancellationToken,
) -> Result<u32> {
    let progress = Progress::new(u64::from(frames), "frame sets");
    let at_once = 2 * rayon::current_num_threads() as u32;
    let mut rendered = 0;
    while rendered < frames && !token.is_cancelled() {
        let timesteps = rendered..(rendered + at_once).min(frames);
        rendered = timesteps.end;
        let first = timesteps.start;
        let sets: Vec<Vec<RenderedFrame>> =
            timesteps.into_par_iter().map(|timestep| sequence.render(timestep)).collect();
        cameras.par_iter_mut().enumerate().try_for_each(|(i, camera)| {
            let own = sets.iter().filter_map(|set| set.get(i));
            (first + 1..).zip(own).try_for_each(|(number, frame)| camera.write(FrameNumber(number), frame))
        })?;
        sets.iter().for_each(|_| progress.advance());
    }
    progress.finish();
    Ok(rendered)
}

/// Where everybody is at the first so many timesteps.
fn positions(sequence: &SyntheticSequence, frames: u32) -> Vec<world::Position> {
    let at_timestep = |timestep: u32| {
        let position = move |(person, [x, y]): (PersonId, [f64; 2])| world::Position {
            frame: FrameNumber(timestep + 1),
            id: i64::from(person.0),
            x,
            y,
        };
        sequence.positions(timestep).into_iter().map(position)
    };
    (0..frames).flat_map(at_timestep).collect()
}

/// Removes what an earlier recording left in the folder. Its calibration names its cameras; other files are not touched.
fn forget_earlier_recording(out: &Path) {
    let Ok(calibration) = Calibration::read(&out.join("calibration.yaml")) else { return };
    for camera in calibration.cameras.keys() {
        let folder = out.join(camera);
        let gt = folder.join("gt");
        for file in [folder.join("video.mp4"), folder.join("seqinfo.ini"), gt.join("gt.txt")] {
            let _ = std::fs::remove_file(file);
        }
        let _ = std::fs::remove_dir_all(folder.join("img1"));
        // Only if they are empty.
        let _ = std::fs::remove_dir(gt).and_then(|()| std::fs::remove_dir(folder));
    }
}

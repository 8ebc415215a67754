//! `mvmhat synth`: a made-up recording with exact ground truth.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use opencv::core::{Mat, Vector};
use opencv::imgcodecs;
use opencv::prelude::*;
use rayon::prelude::*;
use mvmhat_scene::{FrameNumber, mot, world};
use mvmhat_synth::{Options, PlaceKind, RenderedFrame, SyntheticSequence};

use crate::error::usage;
use crate::progress::Progress;
use crate::stream::Stop;
use crate::video_file::{Codec, VideoFile};
use crate::{interrupt, outputs, print};

/// Make up a recording: people who walk, meet, leave and come back among things that hide them, with exact ground truth.
///
/// Leaves in OUT a folder for each camera (video.mp4 or img1/, gt/gt.txt, seqinfo.ini), calibration.yaml and
/// ground_truth_world.csv: what `mvmhat track`, `train` and `eval` read. The same options give the same recording.
#[derive(Debug, Args)]
pub(crate) struct Synth {
    /// Folder for the recording; if it exists, it must be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where it plays: plaza, lobby, street or hall
    #[arg(long, default_value = "plaza")]
    place: PlaceKind,
    /// How many cameras film it
    #[arg(long, value_name = "N", default_value_t = 4)]
    cameras: usize,
    /// How many people there are, here or away
    #[arg(long, value_name = "N", default_value_t = 10)]
    people: usize,
    /// How many frames each camera has
    #[arg(long, value_name = "N", default_value_t = 250)]
    frames: u32,
    /// Frames a second
    #[arg(long, value_name = "RATE", default_value_t = 25.0)]
    fps: f64,
    /// Width and height of the images
    #[arg(long, value_name = "WxH", default_value = "640x360", value_parser = size)]
    size: (u32, u32),
    /// Another number, other people in another place
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
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
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
        self.refuse_outputs()?;
        let start = Instant::now();
        let film = SyntheticSequence::new(&options)?;
        let mut cameras = film
            .names()
            .into_iter()
            .map(|name| CameraFolder::create(&self.out.join(&name), name, &options, self.images))
            .collect::<Result<Vec<_>>>()?;
        let calibration = self.out.join("calibration.yaml");
        std::fs::write(&calibration, film.calibration().to_yaml())
            .with_context(|| format!("{}: cannot be written", calibration.display()))?;

        let filmed = film_all(&film, &mut cameras, self.frames, &stop)?;
        if filmed == 0 {
            drop(cameras);
            // The folder was empty, so that all in it is of this run.
            std::fs::remove_dir_all(&self.out)
                .with_context(|| format!("{}: cannot be removed", self.out.display()))?;
            bail!("stopped before the first frame; nothing is left of it");
        }
        cameras.into_iter().try_for_each(|camera| camera.finish(filmed))?;
        let path = self.out.join("ground_truth_world.csv");
        world::write(&path, &positions(&film, filmed))
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        let seconds = start.elapsed().as_secs_f64();
        let out = self.out.display();
        print::lines(&format!(
            "{filmed} frame sets of {} cameras in {seconds:.1} s ({:.1} per second)\nrecording  {out}",
            self.cameras,
            f64::from(filmed) / seconds.max(1e-9)
        ));
        if filmed < self.frames {
            bail!(
                "stopped after frame {filmed} of {}; the recording in {out} is whole up to there",
                self.frames
            );
        }
        Ok(())
    }

    fn refuse_outputs(&self) -> Result<()> {
        outputs::refuse(&self.out, &[])?;
        if std::fs::read_dir(&self.out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(usage!(
                "--out {}: there is something in this folder; give another one",
                self.out.display()
            ));
        }
        Ok(())
    }
}

/// Films all timesteps, as many at a time as there are threads; gives how many were filmed before a stop was asked for.
fn film_all(film: &SyntheticSequence, cameras: &mut [CameraFolder], frames: u32, stop: &Stop) -> Result<u32> {
    let progress = Progress::new(u64::from(frames), "frame sets");
    let at_once = 2 * rayon::current_num_threads() as u32;
    let mut filmed = 0;
    while filmed < frames && !stop.is_requested() {
        let timesteps = filmed..(filmed + at_once).min(frames);
        filmed = timesteps.end;
        let first = timesteps.start;
        let shots: Vec<Vec<RenderedFrame>> = timesteps.into_par_iter().map(|timestep| film.render(timestep)).collect();
        cameras.par_iter_mut().enumerate().try_for_each(|(i, camera)| {
            let own = shots.iter().filter_map(|set| set.get(i));
            (first + 1..).zip(own).try_for_each(|(number, shot)| camera.write(FrameNumber(number), shot))
        })?;
        shots.iter().for_each(|_| progress.advance());
    }
    progress.finish();
    Ok(filmed)
}

/// Where everybody is at the first so many timesteps.
fn positions(film: &SyntheticSequence, frames: u32) -> Vec<world::Position> {
    let at = |timestep: u32| {
        let position = move |(person, [x, y]): (mvmhat_scene::PersonId, [f64; 2])| world::Position {
            frame: FrameNumber(timestep + 1),
            id: i64::from(person.0),
            x,
            y,
        };
        film.positions(timestep).into_iter().map(position)
    };
    (0..frames).flat_map(at).collect()
}

/// The folder of one camera while it is written.
struct CameraFolder {
    name: String,
    folder: PathBuf,
    size: (u32, u32),
    fps: f64,
    images: Images,
    truth: mot::Writer,
}

enum Images {
    Video(VideoFile),
    /// A folder of JPEGs.
    Images(PathBuf),
}

impl CameraFolder {
    fn create(folder: &Path, name: String, options: &Options, images: bool) -> Result<Self> {
        let img1 = folder.join("img1");
        let mut folders = vec![folder.join("gt")];
        folders.extend(images.then(|| img1.clone()));
        for path in folders {
            std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        }
        let images = if images {
            Images::Images(img1)
        } else {
            // H.264 takes several times as long as the rendering.
            let codecs = [Codec::Mpeg4, Codec::H264];
            let path = folder.join("video.mp4");
            Images::Video(VideoFile::create(&path, options.fps, options.size, &codecs)?)
        };
        let truth = folder.join("gt/gt.txt");
        let truth =
            mot::Writer::create(&truth).with_context(|| format!("{}: cannot be written", truth.display()))?;
        Ok(Self { name, folder: folder.to_path_buf(), size: options.size, fps: options.fps, images, truth })
    }

    fn write(&mut self, frame: FrameNumber, shot: &RenderedFrame) -> Result<()> {
        let flat = Mat::from_slice(&shot.image)?;
        let image = flat.reshape(3, self.size.1 as i32)?;
        match &mut self.images {
            Images::Video(video) => video.write(&image)?,
            Images::Images(folder) => {
                let path = folder.join(format!("{:06}.jpg", frame.0));
                let written = imgcodecs::imwrite(&path, &image, &Vector::new())?;
                written.then_some(()).ok_or_else(|| anyhow!("{}: cannot be written", path.display()))?;
            }
        }
        for sighting in &shot.annotations {
            let row = mot::Row {
                frame,
                id: i64::from(sighting.person.0),
                bbox: sighting.bbox,
                score: 1.0,
                class: Some(1),
                visibility: Some(sighting.visibility),
            };
            self.truth.push(&row).with_context(|| format!("{}: gt/gt.txt", self.folder.display()))?;
        }
        Ok(())
    }

    /// Completes all files of so many frames.
    fn finish(self, frames: u32) -> Result<()> {
        let place = match self.images {
            Images::Video(video) => {
                video.finish()?;
                "video=video.mp4"
            }
            Images::Images(_) => "imDir=img1\nimExt=.jpg",
        };
        self.truth.finish().with_context(|| format!("{}: gt/gt.txt", self.folder.display()))?;
        let (width, height) = self.size;
        let text = format!(
            "[Sequence]\nname={}\n{place}\nframeRate={}\nseqLength={frames}\nimWidth={width}\nimHeight={height}\n",
            self.name, self.fps
        );
        let path = self.folder.join("seqinfo.ini");
        std::fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))
    }
}

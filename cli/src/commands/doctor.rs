//! `mvmhat doctor`: what works on this machine, and what to do about the rest.

use anyhow::{Result, anyhow, ensure};
use clap::Args;
use mvmhat_console::print;
use mvmhat_pipeline::sinks::viewer;
use mvmhat_pipeline::{Config, versions};
use mvmhat_weights::WeightsLocation;
use opencv::core::{CV_8UC3, Mat, Scalar, Size};
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture, VideoWriter};
use tch::{Cuda, Kind, Tensor};

use crate::examples::examples;

/// Check every piece this program needs, and say what to do about those that do not work.
#[derive(Debug, Args)]
#[command(after_help = examples!["mvmhat doctor"])]
pub(crate) struct Doctor {}

/// How a piece is.
enum State {
    Works,
    /// Not there; only some things need it.
    Missing,
    /// Nothing goes without it.
    Broken,
}

/// What was found out about one piece.
struct Check {
    piece: &'static str,
    state: State,
    says: String,
}

impl Check {
    /// A piece nothing goes without.
    fn essential(piece: &'static str, found: Result<String>, remedy: &str) -> Self {
        match found {
            Ok(says) => Self { piece, state: State::Works, says },
            Err(e) => Self { piece, state: State::Broken, says: format!("{e:#}; {remedy}") },
        }
    }
}

impl Doctor {
    pub(crate) fn run(self) -> Result<()> {
        let mut checks = vec![
            Check::essential("OpenCV", opencv_library(), "run scripts/system-packages.sh and build again"),
            Check::essential(
                "video",
                video(),
                "install OpenCV with its FFmpeg back end (Debian: libopencv-videoio-dev), then build again",
            ),
            Check::essential("libtorch", libtorch(), "run scripts/libtorch.sh and build again"),
            devices(),
        ];
        checks.extend(weights());
        checks.push(rerun_viewer());

        for check in &checks {
            let mark = match check.state {
                State::Works => "ok     ",
                State::Missing => "missing",
                State::Broken => "BROKEN ",
            };
            print::lines(&format!("{mark}  {:<9} {}", check.piece, check.says));
        }
        let broken: Vec<_> =
            checks.iter().filter(|f| matches!(f.state, State::Broken)).map(|f| f.piece).collect();
        ensure!(broken.is_empty(), "{} must work before anything else does", broken.join(" and "));
        Ok(())
    }
}

fn opencv_library() -> Result<String> {
    let backends = videoio::get_backends()?;
    let names: Vec<String> = backends.iter().filter_map(|b| videoio::get_backend_name(b).ok()).collect();
    ensure!(!names.is_empty(), "OpenCV {} has no video back end", versions::opencv());
    Ok(format!("{}, video back ends: {}", versions::opencv(), names.join(", ")))
}

/// Writes a short video and reads it again.
fn video() -> Result<String> {
    const FRAMES: usize = 5;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("check.mp4");
    let name = file.to_str().ok_or_else(|| anyhow!("the folder for temporary files has no readable name"))?;
    let mut writer =
        VideoWriter::new(name, VideoWriter::fourcc('m', 'p', '4', 'v')?, 25.0, Size::new(64, 48), true)?;
    ensure!(writer.is_opened()?, "no MPEG-4 encoder");
    for shade in 0..FRAMES {
        writer.write(&Mat::new_rows_cols_with_default(48, 64, CV_8UC3, Scalar::all(40.0 * shade as f64))?)?;
    }
    writer.release()?;
    let mut capture = VideoCapture::from_file(name, videoio::CAP_ANY)?;
    let backend = capture.get_backend_name()?;
    let (mut image, mut read) = (Mat::default(), 0);
    while capture.read(&mut image)? {
        read += 1;
    }
    ensure!(read == FRAMES, "a video of {FRAMES} frames was written and {read} were read");
    Ok(format!("written and read again by {backend}"))
}

/// Convolves ones with ones: every sum is known.
fn libtorch() -> Result<String> {
    let on_cpu = (Kind::Float, tch::Device::Cpu);
    let image = Tensor::f_ones([1, 3, 8, 8], on_cpu)?;
    let kernel = Tensor::f_ones([4, 3, 3, 3], on_cpu)?;
    let sums = image.f_conv2d(&kernel, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
    let wrong = f64::try_from(sums.f_sub_scalar(27.0)?.f_abs()?.f_max()?)?;
    ensure!(wrong < 1e-6, "a convolution is wrong by {wrong}");
    let (version, file) = versions::libtorch();
    let version = version.unwrap_or_else(|| "of unknown version".into());
    let file = file.map(|f| format!(" ({})", f.display())).unwrap_or_default();
    Ok(format!("{version}{file}, {} threads, convolution checked", tch::get_num_threads()))
}

fn devices() -> Check {
    let says = match Cuda::device_count() {
        0 => "cpu; no GPU that this libtorch can use (for one, set LIBTORCH to a libtorch with CUDA and build again)"
            .to_owned(),
        n => format!("cpu and {n} GPU(s): cuda:0 to cuda:{}", n - 1),
    };
    Check { piece: "devices", state: State::Works, says }
}

/// The weights the default configuration needs, and how many others are here.
fn weights() -> Vec<Check> {
    let found = Config::load(None, &[]).and_then(|config| Ok((config, mvmhat_weights::available()?)));
    let (config, known) = match found {
        Ok(found) => found,
        Err(e) => return vec![Check { piece: "weights", state: State::Broken, says: format!("{e:#}") }],
    };
    let needed = [config.detector.weights(), config.embedder.weights()];
    let mut checks: Vec<Check> = needed
        .into_iter()
        .flatten()
        .map(|name| match mvmhat_weights::locate(name) {
            Ok(path) => {
                Check { piece: "weights", state: State::Works, says: format!("{name}: {}", path.display()) }
            }
            Err(e) => Check { piece: "weights", state: State::Missing, says: e.to_string() },
        })
        .collect();
    let here = known.iter().filter(|w| w.location != WeightsLocation::Absent).count();
    let says = format!("{here} of {} known weights are here, see `mvmhat weights list`", known.len());
    checks.push(Check { piece: "weights", state: State::Works, says });
    checks
}

fn rerun_viewer() -> Check {
    let program = viewer::installed().unwrap_or_else(|| "no `rerun` program".into());
    let Some(wanted) = versions::rerun_sdk() else {
        let says = "this program was built without the feature `rerun`: no --rrd and no --view".to_owned();
        return Check { piece: "viewer", state: State::Missing, says };
    };
    let (state, says) = match (viewer::to_install(), program) {
        (Some(first), program) => {
            (State::Missing, format!("{program}; before recordings can be watched: {first}"))
        }
        (None, program) if program.contains(&wanted) => (State::Works, program),
        (None, program) => (
            State::Works,
            format!(
                "{program}; recordings are written by {wanted}, a viewer of that version is sure to read them"
            ),
        ),
    };
    Check { piece: "viewer", state, says }
}

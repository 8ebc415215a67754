//! `mvmhat weights`: which weights are known and here, and how they come here.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use mvmhat_console::{print, usage};
use mvmhat_weights::{
    Fetched, WeightsEntry, WeightsError, WeightsLocation, WeightsOrigin, WeightsStore, available,
};

use crate::examples::examples;

/// List, fetch and import the weights of networks.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat weights list",
    "mvmhat weights pull yolox-nano osnet-x0.25-msmt17",
    "mvmhat weights import osnet.pth --as osnet-x1.0-msmt17",
])]
pub(crate) struct Weights {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the known weights, their licences, and which of them are on this machine
    List,
    /// Bring known weights to the cache folder: from MVMHAT_WEIGHTS_MIRROR if they are there, else from the internet
    Pull {
        /// Names that `mvmhat weights list` shows
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Copy a weights file to the cache folder, to be used by a known name from then on
    Import {
        /// A safetensors file or a PyTorch checkpoint
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The known name it is to go by
        #[arg(long = "as", value_name = "NAME")]
        name: String,
    },
}

impl Weights {
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::List => list(),
            Command::Pull { names } => names.iter().try_for_each(|name| pull(name)),
            Command::Import { file, name } => {
                show(&WeightsStore::from_env()?.import(&file, &name).map_err(explain)?);
                Ok(())
            }
        }
    }
}

fn list() -> Result<()> {
    let mut rows = vec![["NAME", "ARCHITECTURE", "SIZE", "HERE", "LICENCE", "TRAINED ON"].map(String::from)];
    for known in available()? {
        let WeightsEntry { name, architecture, summary, licence, files, .. } = known.entry;
        let (here, size) = match &known.location {
            WeightsLocation::Cache(path) => ("cached", path.metadata().ok().map(|file| file.len())),
            WeightsLocation::Mirror(path) => ("in mirror", path.metadata().ok().map(|file| file.len())),
            WeightsLocation::Shipped => ("built in", files.first().and_then(|file| file.bytes)),
            WeightsLocation::Absent => ("no", files.first().and_then(|file| file.bytes)),
        };
        let size = size.map_or_else(|| "?".into(), |bytes| HumanBytes(bytes).to_string());
        let terms = format!("{}; {}", licence.code, licence.data);
        rows.push([name, architecture, size, here.into(), terms, summary]);
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        print::lines(cells.join("  ").trim_end());
    }
    Ok(())
}

fn pull(name: &str) -> Result<()> {
    let store = WeightsStore::from_env()?;
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template(
        "{bar:30.cyan/blue} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
    )?);
    let fetched = store.pull(name, &mut |done, total| {
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(done);
    });
    bar.finish_and_clear();
    show(&fetched.map_err(explain)?);
    Ok(())
}

/// An unknown name is wrong usage; everything else is a run that failed.
fn explain(error: WeightsError) -> anyhow::Error {
    match error {
        WeightsError::Unknown { .. } => usage!("{error}"),
        error => error.into(),
    }
}

fn show(fetched: &Fetched) {
    let origin = match &fetched.origin {
        WeightsOrigin::Cache => "was in the cache already".into(),
        WeightsOrigin::Mirror(path) => format!("copied from {}", path.display()),
        WeightsOrigin::Program => "part of the program".into(),
        WeightsOrigin::Download(url) => format!("downloaded from {url}"),
        WeightsOrigin::Import { published: true } => "imported: one of the published files".into(),
        WeightsOrigin::Import { published: false } => {
            "imported: none of the published files, so its checksum is now noted".into()
        }
    };
    print::lines(&format!("{}\nsha256 {}\n{origin}", fetched.path.display(), fetched.sha256));
}

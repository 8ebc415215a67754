//! Downloading and importing weights into the cache folder.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mvmhat_scene::{AtomicFile, write_atomically};
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::checksum::{hex, sha256_of_bytes, sha256_of_file};
use crate::store::{imported_name, note_path};
use crate::{StateDict, WeightsEntry, WeightsError, WeightsStore, shipped};

/// How long the server may take to answer, or to send the next bytes.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Larger than any known weights, in bytes.
const MAX_BYTES: u64 = 1 << 32;

/// Weights that are in the cache folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Its checksum.
    pub sha256: String,
    /// Where it came from.
    pub origin: WeightsOrigin,
}

/// Where weights came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsOrigin {
    /// The cache, where they were already.
    Cache,
    /// A file of the mirror folder.
    Mirror(PathBuf),
    /// The program itself, which they are part of.
    Program,
    /// The internet: the URL.
    Download(String),
    /// An imported file.
    Import {
        /// Whether it is a published file of the list, by its checksum.
        published: bool,
    },
}

impl WeightsStore {
    /// Brings known weights to the cache folder: they are there already, or are copied from the mirror folder, or
    /// downloaded. `progress` gets the number of bytes so far and, once it is known, the total.
    ///
    /// The file must have the checksum of the list; where the list has none, it must be a weights file of the right
    /// architecture, and its checksum is stored with it. A file appears under its name only when it is complete.
    ///
    /// # Errors
    /// If there are no weights of that name, every URL fails (the error has each reason), or the cache folder cannot be
    /// written.
    pub fn pull(
        &self,
        name: &str,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Fetched, WeightsError> {
        let entry = self.registry.entry(name)?;
        for found in self.cached(entry) {
            match found.verify(name) {
                Ok(()) => {
                    let sha256 = sha256_of_file(&found.path)?;
                    return Ok(Fetched { path: found.path, sha256, origin: WeightsOrigin::Cache });
                }
                Err(damaged @ WeightsError::Checksum { .. }) => {
                    warn!("{damaged}: fetching it again");
                    fs::remove_file(&found.path).map_err(WeightsError::io("remove", &found.path))?;
                }
                Err(other) => return Err(other),
            }
        }
        if let Some(found) = self.mirrored(entry).into_iter().next() {
            found.verify(name)?;
            let known = found.sha256.is_some();
            if !known {
                check_architecture(&found.path, &found.path, entry)?;
            }
            let file_name = found.path.file_name().map(PathBuf::from).unwrap_or_default();
            let (path, sha256) = self.copy_in(&found.path, &file_name, !known)?;
            return Ok(Fetched { path, sha256, origin: WeightsOrigin::Mirror(found.path) });
        }
        if let Some(bytes) = shipped::bytes(entry) {
            let path = shipped::unpacked(&self.cache, &entry.name, bytes)?;
            return Ok(Fetched { path, sha256: sha256_of_bytes(bytes), origin: WeightsOrigin::Program });
        }
        self.download(entry, progress)
    }

    /// Copies a file to the cache folder, where `name` finds it from then on. A published file, known by its checksum, keeps
    /// its published name; another must be a weights file of the right architecture, and takes precedence over the
    /// published ones.
    ///
    /// # Errors
    /// If there are no weights of that name, the file cannot be read, is no weights file or one of another architecture,
    /// or the cache folder cannot be written.
    pub fn import(&self, file: &Path, name: &str) -> Result<Fetched, WeightsError> {
        let entry = self.registry.entry(name)?;
        if !file.is_file() {
            return Err(WeightsError::NoFile { path: file.to_path_buf() });
        }
        let actual = sha256_of_file(file)?;
        let known = entry.files.iter().find(|known| known.sha256.as_ref() == Some(&actual));
        let own = PathBuf::from(imported_name(entry));
        let (path, sha256) = if let Some(known) = known {
            let stored = self.copy_in(file, Path::new(&known.name), false)?;
            remove_if_there(&self.cache.join(own))?;
            stored
        } else {
            check_architecture(file, file, entry)?;
            self.copy_in(file, &own, true)?
        };
        Ok(Fetched { path, sha256, origin: WeightsOrigin::Import { published: known.is_some() } })
    }

    fn download(
        &self,
        entry: &WeightsEntry,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Fetched, WeightsError> {
        let mut reasons = Vec::new();
        for file in &entry.files {
            for url in &file.urls {
                let mut incoming = Incoming::create(self.cache.join(&file.name))?;
                let transferred = request(url).map_err(Transfer::Source).and_then(|(mut body, len)| {
                    incoming.fill(&mut body, &mut |done| progress(done, len.or(file.bytes)))
                });
                let reason = match transferred {
                    Err(Transfer::Target(error)) => {
                        return Err(WeightsError::io("write", &self.cache)(error));
                    }
                    Err(Transfer::Source(error)) => error.to_string(),
                    Ok(sha256) => match incoming.mismatch(entry, file.sha256.as_deref(), &sha256)? {
                        Some(reason) => reason,
                        None => {
                            let path = incoming.keep(&sha256, file.sha256.is_none())?;
                            return Ok(Fetched {
                                path,
                                sha256,
                                origin: WeightsOrigin::Download(url.clone()),
                            });
                        }
                    },
                };
                reasons.push(format!("{url}: {reason}"));
            }
        }
        if reasons.is_empty() {
            let origin = entry.files.first().map_or("nowhere", |file| &file.origin);
            reasons.push(format!("no URL of it is known, it comes from {origin}"));
        }
        Err(WeightsError::Download { name: entry.name.clone(), reason: reasons.join("; ") })
    }

    /// Copies a file to the cache under a name, and with `note` writes its checksum beside it.
    fn copy_in(&self, file: &Path, name: &Path, note: bool) -> Result<(PathBuf, String), WeightsError> {
        let mut source = File::open(file).map_err(WeightsError::io("read", file))?;
        let mut incoming = Incoming::create(self.cache.join(name))?;
        let sha256 = incoming.fill(&mut source, &mut |_| ()).map_err(|error| match error {
            Transfer::Source(source) => WeightsError::io("read", file)(source),
            Transfer::Target(source) => WeightsError::io("write", &self.cache)(source),
        })?;
        let path = incoming.keep(&sha256, note)?;
        Ok((path, sha256))
    }
}

/// A file of the cache folder that is being written; nothing is left of it unless it is kept.
struct Incoming {
    path: PathBuf,
    file: AtomicFile,
}

/// Which side of a copy failed.
enum Transfer {
    Source(io::Error),
    Target(io::Error),
}

impl Incoming {
    /// Starts the file that will be `path`, and creates its folder.
    fn create(path: PathBuf) -> Result<Self, WeightsError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(WeightsError::io("create", folder))?;
        let file = AtomicFile::create(&path).map_err(WeightsError::io("write", &path))?;
        Ok(Self { path, file })
    }

    /// Copies all of `source` and gives its checksum.
    fn fill(&mut self, source: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<String, Transfer> {
        let mut hasher = Sha256::new();
        let mut block = vec![0; 1 << 16];
        let mut done = 0;
        loop {
            let read = match source.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Transfer::Source(error)),
            };
            hasher.update(&block[..read]);
            self.file.write_all(&block[..read]).map_err(Transfer::Target)?;
            done += read as u64;
            progress(done);
        }
        Ok(hex(hasher))
    }

    /// Why the file is not the expected one, if it is not.
    fn mismatch(
        &mut self,
        entry: &WeightsEntry,
        expected: Option<&str>,
        actual: &str,
    ) -> Result<Option<String>, WeightsError> {
        let Some(expected) = expected else {
            let partial = self.file.partial().map_err(WeightsError::io("write", &self.path))?;
            let checked = check_architecture(partial, Path::new("what came"), entry);
            return Ok(checked.err().map(|error| error.to_string()));
        };
        Ok((expected != actual).then(|| format!("what came has sha256 {actual}, not {expected}")))
    }

    /// Gives the file its name, and with `note` writes its checksum beside it.
    fn keep(self, sha256: &str, note: bool) -> Result<PathBuf, WeightsError> {
        let Self { path, file } = self;
        if note {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let note = note_path(&path);
            write_atomically(&note, format!("{sha256}  {name}\n"))
                .map_err(WeightsError::io("write", &note))?;
        }
        file.commit().map_err(WeightsError::io("write", &path))?;
        Ok(path)
    }
}

/// Requests a file: its bytes, at most [`MAX_BYTES`], and their number if the server tells.
fn request(url: &str) -> io::Result<(impl Read + use<>, Option<u64>)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(TIMEOUT))
        .timeout_recv_response(Some(TIMEOUT))
        .timeout_per_read(Some(TIMEOUT))
        .build()
        .into();
    let response = agent.get(url).call().map_err(ureq::Error::into_io)?;
    let len = response.body().content_length();
    Ok((response.into_body().into_reader().take(MAX_BYTES), len))
}

/// Fails unless `file`, called `shown` in the error, holds weights of the entry's architecture.
fn check_architecture(file: &Path, shown: &Path, entry: &WeightsEntry) -> Result<(), WeightsError> {
    let found = StateDict::read(file)?.architecture();
    if found == Some(entry.architecture.as_str()) {
        return Ok(());
    }
    Err(WeightsError::Architecture {
        path: shown.to_path_buf(),
        name: entry.name.clone(),
        expected: entry.architecture.clone(),
        found,
    })
}

fn remove_if_there(path: &Path) -> Result<(), WeightsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(WeightsError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

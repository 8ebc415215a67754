//! Where weights are on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Registry, WeightsEntry, WeightsError, sha256_of_file, shipped};

/// The file of the weights given by path or by name, its checksum verified.
///
/// A path to an existing file wins. A name of `configs/weights.yaml` is looked up in the cache folder
/// (`$MVMHAT_CACHE/weights`, else `$XDG_CACHE_HOME/mvmhat/weights`, else `~/.cache/mvmhat/weights`), then in the folder
/// `MVMHAT_WEIGHTS_MIRROR`; weights that are part of the program are unpacked into the cache folder. A file found by
/// name must have its known checksum, which takes about a second per half gigabyte.
///
/// # Errors
/// If there is no such file or name (the error suggests the nearest one), the weights are not on this machine (the error
/// gives the command that fetches them), or their checksum is wrong.
pub fn locate(name_or_path: &str) -> Result<PathBuf, WeightsError> {
    WeightsStore::from_env()?.locate(name_or_path)
}

/// Which of the known weights are on this machine. The files are not opened.
///
/// # Errors
/// If the environment does not say where the cache folder is.
pub fn available() -> Result<Vec<Availability>, WeightsError> {
    Ok(WeightsStore::from_env()?.available())
}

/// Known weights, and whether they are on this machine.
#[derive(Debug, Clone)]
pub struct Availability {
    /// The weights.
    pub entry: WeightsEntry,
    /// Where they are.
    pub location: WeightsLocation,
}

/// Where the file of weights is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsLocation {
    /// In the cache folder.
    Cache(PathBuf),
    /// In the mirror folder only.
    Mirror(PathBuf),
    /// Part of the program.
    Shipped,
    /// Not on this machine.
    Absent,
}

/// The cache folder, where fetched and imported weights are kept, and the mirror folder, which is only read: for files
/// that a machine without internet access was given.
#[derive(Debug, Clone)]
pub struct WeightsStore {
    pub(super) registry: Registry,
    pub(super) cache: PathBuf,
    pub(super) mirror: Option<PathBuf>,
}

/// A file that holds known weights, and the checksum it should have.
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) sha256: Option<String>,
}

impl WeightsStore {
    /// A store with the given list of weights and folders, which need not exist.
    pub fn new(registry: Registry, cache: PathBuf, mirror: Option<PathBuf>) -> Self {
        Self { registry, cache, mirror }
    }

    /// The store with the built-in list and the folders of the environment variables; see [`locate`].
    ///
    /// # Errors
    /// If none of the variables, `HOME` included, gives the cache folder.
    pub fn from_env() -> Result<Self, WeightsError> {
        let folder =
            |variable: &str| env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        let cache = folder("MVMHAT_CACHE")
            .or_else(|| folder("XDG_CACHE_HOME").map(|path| path.join("mvmhat")))
            .or_else(|| folder("HOME").map(|path| path.join(".cache/mvmhat")))
            .ok_or(WeightsError::NoCache)?;
        Ok(Self::new(Registry::builtin()?.clone(), cache.join("weights"), folder("MVMHAT_WEIGHTS_MIRROR")))
    }

    /// The folder where fetched and imported weights are kept.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// See [`locate`].
    ///
    /// # Errors
    /// As [`locate`].
    pub fn locate(&self, name_or_path: &str) -> Result<PathBuf, WeightsError> {
        let path = Path::new(name_or_path);
        if path.is_file() {
            return Ok(path.to_path_buf());
        }
        let entry = match self.registry.entry(name_or_path) {
            Err(_) if looks_like_path(path) => return Err(WeightsError::NoFile { path: path.to_path_buf() }),
            entry => entry?,
        };
        let Some(found) = self.cached(entry).into_iter().chain(self.mirrored(entry)).next() else {
            if let Some(bytes) = shipped::bytes(entry) {
                return shipped::unpacked(&self.cache, &entry.name, bytes);
            }
            let file = entry.files.first().map(|file| file.name.clone()).unwrap_or_default();
            let way = match entry.files.first() {
                Some(file) if file.urls.is_empty() => format!("they come from {}", file.origin),
                _ => format!("run `mvmhat weights pull {}`", entry.name),
            };
            return Err(WeightsError::Absent { name: entry.name.clone(), way, file });
        };
        found.verify(&entry.name)?;
        Ok(found.path)
    }

    /// See [`available`].
    pub fn available(&self) -> Vec<Availability> {
        let location = |entry: &WeightsEntry| {
            let cached =
                self.cached(entry).into_iter().next().map(|found| WeightsLocation::Cache(found.path));
            let mirrored =
                || self.mirrored(entry).into_iter().next().map(|found| WeightsLocation::Mirror(found.path));
            let shipped = || shipped::bytes(entry).map(|_| WeightsLocation::Shipped);
            cached.or_else(mirrored).or_else(shipped).unwrap_or(WeightsLocation::Absent)
        };
        let entries = self.registry.entries().iter();
        entries.map(|entry| Availability { entry: entry.clone(), location: location(entry) }).collect()
    }

    /// The files of the cache that hold these weights: what was imported under their name wins.
    pub(super) fn cached(&self, entry: &WeightsEntry) -> Vec<Candidate> {
        let published = entry.files.iter().map(|file| (file.name.clone(), file.sha256.clone()));
        std::iter::once((imported_name(entry), None))
            .chain(published)
            .map(|(name, sha256)| (self.cache.join(name), sha256))
            .filter(|(path, _)| path.is_file())
            .map(|(path, sha256)| Candidate { sha256: sha256.or_else(|| noted_checksum(&path)), path })
            .collect()
    }

    /// The files of the mirror that hold these weights.
    pub(super) fn mirrored(&self, entry: &WeightsEntry) -> Vec<Candidate> {
        let Some(mirror) = &self.mirror else { return Vec::new() };
        entry
            .files
            .iter()
            .map(|file| Candidate { path: mirror.join(&file.name), sha256: file.sha256.clone() })
            .filter(|found| found.path.is_file())
            .collect()
    }
}

impl Candidate {
    /// Fails if the file has another checksum than it should have.
    pub(super) fn verify(&self, name: &str) -> Result<(), WeightsError> {
        let Some(expected) = &self.sha256 else { return Ok(()) };
        let actual = sha256_of_file(&self.path)?;
        if actual == *expected {
            return Ok(());
        }
        Err(WeightsError::Checksum {
            path: self.path.clone(),
            name: name.into(),
            expected: expected.clone(),
            actual,
        })
    }
}

/// Whether this was meant as the path of a file rather than as a name.
fn looks_like_path(path: &Path) -> bool {
    let weights = ["pt", "pth", "tar", "safetensors"];
    path.components().count() > 1
        || path.extension().and_then(|suffix| suffix.to_str()).is_some_and(|suffix| weights.contains(&suffix))
}

/// The name in the cache of a file that was imported for these weights and is none of the published ones.
pub(super) fn imported_name(entry: &WeightsEntry) -> String {
    format!("{}.weights", entry.name)
}

/// Where the checksum of a file of the cache is noted, in the format of `sha256sum`.
pub(super) fn note_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

/// The checksum a file had when it came to the cache.
fn noted_checksum(file: &Path) -> Option<String> {
    let note = fs::read_to_string(note_path(file)).ok()?;
    note.split_whitespace().next().map(str::to_owned)
}

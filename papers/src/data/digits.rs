//! The handwritten digits of MNIST.

use std::path::{Path, PathBuf};

use tch::Kind;

use super::{DataError, Samples, read_idx};

/// Handwritten digits.
#[derive(Debug)]
pub struct Digits {
    /// The training set.
    pub train: Samples,
    /// The test set.
    pub test: Samples,
}

impl Digits {
    /// Reads the files from `folder` or `folder/mnist`, under their published names, compressed with gzip or not. A training
    /// set that is not there is read from the user's cache folder, to which `scripts/digits.sh` downloads 10,000 digits.
    ///
    /// # Errors
    /// If a file is missing or does not have images of 28 x 28 pixels with one label each.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let here = vec![folder.join("mnist"), folder.to_path_buf()];
        let with_cache: Vec<_> = here.iter().cloned().chain(cache()).collect();
        Ok(Self { train: part(&with_cache, "train")?, test: part(&here, "t10k")? })
    }

    /// Reads the test set only.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_test(folder: &Path) -> Result<Samples, DataError> {
        part(&[folder.join("mnist"), folder.to_path_buf()], "t10k")
    }
}

/// The folder to which `scripts/digits.sh` downloads digits.
fn cache() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    Some(std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?.join("mvmhat/digits"))
}

fn part(folders: &[PathBuf], name: &str) -> Result<Samples, DataError> {
    let (images, labels) = (format!("{name}-images-idx3-ubyte"), format!("{name}-labels-idx1-ubyte"));
    let (images, labels) = (find(folders, &images)?, find(folders, &labels)?);
    let (inputs, numbers) = (read_idx(&images)?, read_idx(&labels)?);
    let &[count, 28, 28] = inputs.size().as_slice() else {
        let reason = format!("it has the shape {:?}, and images of 28 x 28 are needed", inputs.size());
        return Err(DataError::format(&images, "MNIST", reason));
    };
    if numbers.size() != [count] {
        let reason = format!("it has the shape {:?}, and there are {count} images", numbers.size());
        return Err(DataError::format(&labels, "MNIST", reason));
    }
    let inputs = inputs.to_kind(Kind::Float).view([count, 1, 28, 28]) / 255.0;
    Ok(Samples { inputs, labels: numbers.to_kind(Kind::Int64) })
}

fn find(folders: &[PathBuf], name: &str) -> Result<PathBuf, DataError> {
    let paths = folders.iter().flat_map(|folder| [folder.join(name), folder.join(format!("{name}.gz"))]);
    paths.into_iter().find(|path| path.is_file()).ok_or_else(|| DataError::Missing {
        what: name.to_owned(),
        folders: folders.to_vec(),
        remedy: "scripts/digits.sh downloads 10,000 training digits; all of MNIST is at https://yann.lecun.com/exdb/mnist \
                 and its mirrors",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named_with_where_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Digits::read_test(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no t10k-images-idx3-ubyte in "), "{error}");
        assert!(error.contains("scripts/digits.sh"), "{error}");
    }

    #[test]
    fn images_of_another_size_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("t10k-images-idx3-ubyte", &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 7]);
        write("t10k-labels-idx1-ubyte", &[0, 0, 8, 1, 0, 0, 0, 1, 3]);
        let error = Digits::read_test(folder.path()).unwrap_err().to_string();
        assert!(error.contains("shape [1, 1, 2], and images of 28 x 28 are needed"), "{error}");
    }
}

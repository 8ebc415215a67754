//! The formats of weights files: [`safetensors`], and PyTorch's own, a zip archive ([`torch_zip`]) or one stream
//! ([`torch_legacy`]), both of which hold a [`pickle`].

mod checkpoint;
mod pickle;
mod safetensors;
mod tensors;
mod torch_legacy;
mod torch_zip;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use tch::Tensor;

use crate::WeightsError;
use crate::error::Fault;

/// What a weights file holds.
pub(super) struct Contents {
    /// Names and tensors, in the order of the file.
    pub(super) tensors: Vec<(String, Tensor)>,
    /// The metadata of a safetensors file; no other format has any.
    pub(super) metadata: BTreeMap<String, String>,
}

impl From<Vec<(String, Tensor)>> for Contents {
    fn from(tensors: Vec<(String, Tensor)>) -> Self {
        Self { tensors, metadata: BTreeMap::new() }
    }
}

/// Reads a weights file. Its first bytes decide the format, not its name.
///
/// # Errors
/// If the file cannot be read, is of another format, is damaged, or holds no state dict.
pub(super) fn read(path: &Path) -> Result<Contents, WeightsError> {
    let mut file = File::open(path).map_err(WeightsError::io("read", path))?;
    let mut head = Vec::new();
    let len = file
        .by_ref()
        .take(16)
        .read_to_end(&mut head)
        .and_then(|_| file.rewind())
        .and_then(|()| file.metadata())
        .map_err(WeightsError::io("read", path))?
        .len();
    let contents = if head.starts_with(torch_zip::MAGIC) {
        torch_zip::read(BufReader::new(file), len).map(Contents::from)
    } else if head.starts_with(torch_legacy::MAGIC) {
        torch_legacy::read(BufReader::new(file)).map(Contents::from)
    } else if safetensors::begins(&head) {
        safetensors::read(path)
    } else if head.is_empty() {
        Err(Fault::damaged("it is empty"))
    } else {
        return Err(WeightsError::Format { path: path.to_path_buf() });
    };
    contents.map_err(|fault| fault.in_file(path))
}

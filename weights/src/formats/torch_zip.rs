//! PyTorch checkpoints as zip archives, what `torch.save` has written since 1.6.
//!
//! The archive holds one folder: `data.pkl`, the pickled object, whose tensors name storages; `data/KEY`, the bytes of
//! a storage; `byteorder`. Nothing in it is compressed (`torch/csrc/jit/serialization` in PyTorch), so that reading one
//! never takes more memory than the file has bytes.

use std::io::{Read, Seek};

use tch::Tensor;
use zip::{CompressionMethod, ZipArchive};

use super::checkpoint;
use super::pickle;
use super::tensors::Storages;
use crate::error::Fault;

/// What a zip archive begins with.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// Larger than any checkpoint's `data.pkl`, in bytes.
const MAX_PICKLE: u64 = 1 << 28;

/// The named tensors of an archive of `len` bytes.
pub(super) fn read(file: impl Read + Seek, len: u64) -> Result<Vec<(String, Tensor)>, Fault> {
    let mut archive =
        Archive { zip: ZipArchive::new(file).map_err(damaged)?, bytes_left: len, folder: String::new() };
    archive.folder = archive
        .zip
        .file_names()
        .find_map(|name| name.strip_suffix("/data.pkl").filter(|folder| !folder.contains('/')))
        .ok_or_else(|| {
            Fault::Unsupported("it is a zip archive without data.pkl, not a PyTorch checkpoint".into())
        })?
        .to_owned();
    if archive.has("constants.pkl") {
        return Err(Fault::Unsupported("it is a TorchScript program".into()));
    }
    if archive.has("byteorder") && archive.record("byteorder", 16)? != b"little" {
        return Err(Fault::Unsupported("it was written on a big-endian machine".into()));
    }
    let pickle = pickle::read(&mut archive.record("data.pkl", MAX_PICKLE)?.as_slice())?;
    let named = checkpoint::state_dict(&pickle)?;
    let mut storages = Storages::default();
    for (_, view) in &named {
        let storage = &view.storage;
        if !storages.contains(&storage.key) {
            let bytes = storage.bytes().ok_or_else(|| Fault::damaged("a storage larger than any memory"))?;
            storages.insert(storage, &archive.record(&format!("data/{}", storage.key), bytes as u64)?)?;
        }
    }
    named.iter().map(|(name, view)| Ok((name.to_string(), storages.view(view)?))).collect()
}

struct Archive<F> {
    zip: ZipArchive<F>,
    folder: String,
    /// Records may overlap in a forged archive; together they are still not larger than the file.
    bytes_left: u64,
}

impl<F: Read + Seek> Archive<F> {
    fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(&format!("{}/{name}", self.folder)).is_some()
    }

    /// The bytes of a record, at most `limit`; their CRC is checked.
    fn record(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Fault> {
        let path = format!("{}/{name}", self.folder);
        let mut record = self.zip.by_name(&path).map_err(damaged)?;
        if record.compression() != CompressionMethod::Stored {
            return Err(Fault::Unsupported(format!(
                "its record {path} is compressed, which PyTorch never does"
            )));
        }
        if record.size() > limit.min(self.bytes_left) {
            return Err(Fault::Damaged(format!("its record {path} declares {} bytes", record.size())));
        }
        self.bytes_left -= record.size();
        let mut bytes = Vec::new();
        record.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn damaged(error: zip::result::ZipError) -> Fault {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        error => Fault::Damaged(error.to_string()),
    }
}

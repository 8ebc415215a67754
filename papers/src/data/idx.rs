//! IDX, the format of MNIST: two zero bytes, the type, the number of dimensions, the sizes as 32-bit big-endian integers,
//! then the values. The file may be compressed with gzip, as published, or not.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use tch::{Kind, Tensor};

use super::DataError;

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The type code of unsigned bytes, the only type in MNIST.
const UNSIGNED_BYTES: u8 = 8;

/// The array of unsigned bytes in a file, for instance the images of MNIST, N x 28 x 28, or its N labels.
///
/// # Errors
/// If the file cannot be read, is not an IDX file of unsigned bytes, or is truncated.
pub fn read_idx(path: &Path) -> Result<Tensor, DataError> {
    let mut bytes = DataError::read(path)?;
    if bytes.starts_with(&GZIP) {
        let mut decompressed = Vec::new();
        let read = GzDecoder::new(&bytes[..]).read_to_end(&mut decompressed);
        read.map_err(|source| DataError::Io { path: path.to_path_buf(), source })?;
        bytes = decompressed;
    }
    let refuse = |reason: String| DataError::format(path, "IDX", reason);
    let [0, 0, kind, dimensions, rest @ ..] = &bytes[..] else {
        return Err(refuse(
            "it does not begin with two zero bytes, a type and a number of dimensions".into(),
        ));
    };
    if *kind != UNSIGNED_BYTES {
        return Err(refuse(format!(
            "its values are of type {kind}, and only type 8, unsigned bytes, is supported"
        )));
    }
    let (sizes, _) = rest.as_chunks::<4>();
    let Some(sizes) = sizes.get(..usize::from(*dimensions)) else {
        return Err(refuse(format!("it ends within the sizes of its {dimensions} dimensions")));
    };
    let values = &rest[4 * sizes.len()..];
    let sizes: Vec<_> = sizes.iter().map(|size| i64::from(u32::from_be_bytes(*size))).collect();
    let expected = sizes.iter().try_fold(1i64, |product, &size| product.checked_mul(size));
    if expected != i64::try_from(values.len()).ok() {
        return Err(refuse(format!("its sizes are {sizes:?}, and it has {} values", values.len())));
    }
    Ok(Tensor::from_data_size(values, &sizes, Kind::Uint8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Tensor, DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_idx(file.path())
    }

    #[test]
    fn an_array_by_hand() {
        let array = read(&[0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]).unwrap();
        assert_eq!(array, Tensor::from_slice(&[1u8, 2, 3, 4, 5, 255]).view([2, 3]));
    }

    #[test]
    fn an_invalid_file_is_refused_with_the_reason() {
        for (bytes, expected) in [
            (&b"PK"[..], "does not begin with two zero bytes"),
            (&[0, 0, 13, 1, 0, 0, 0, 0], "of type 13"),
            (&[0, 0, 8, 2, 0, 0, 0, 2], "ends within the sizes of its 2 dimensions"),
            (&[0, 0, 8, 1, 0, 0, 0, 3, 7, 7], "its sizes are [3], and it has 2 values"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = read_idx(Path::new("nowhere/labels")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read nowhere/labels");
    }

    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_test_digits_of_mnist() {
        let folder = mvmhat_reference::shared("learn/mnist");
        let images = read_idx(&folder.join("t10k-images-idx3-ubyte.gz")).unwrap();
        let labels = read_idx(&folder.join("t10k-labels-idx1-ubyte.gz")).unwrap();
        assert_eq!((images.size(), labels.size()), (vec![10_000, 28, 28], vec![10_000]));
        // The first digit of the test set is a 7.
        assert_eq!(labels.int64_value(&[0]), 7);
    }
}

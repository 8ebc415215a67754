//! CIFAR-10 in its binary version: for each image a label and 3 x 32 x 32 values, one color plane after the other.

use std::path::Path;

use tch::Tensor;

use super::DataError;

/// Bytes of an image.
const IMAGE: usize = 3 * 32 * 32;

/// Images (N x 3 x 32 x 32 unsigned bytes: red, green, blue) and labels (N integers, 0 to 9) of a file such as
/// `data_batch_1.bin`.
///
/// # Errors
/// If the file cannot be read, is not a whole number of images, or has a label above 9.
pub fn read_cifar10(path: &Path) -> Result<(Tensor, Tensor), DataError> {
    let bytes = DataError::read(path)?;
    let refuse = |reason: String| DataError::format(path, "CIFAR-10", reason);
    let (records, rest) = bytes.as_chunks::<{ 1 + IMAGE }>();
    if records.is_empty() || !rest.is_empty() {
        return Err(refuse(format!("{} bytes are not a whole number of images of 3073 bytes", bytes.len())));
    }
    if let Some((i, record)) = records.iter().enumerate().find(|(_, record)| record[0] > 9) {
        return Err(refuse(format!("the label of image {} is {}, above 9", i + 1, record[0])));
    }
    let labels: Vec<_> = records.iter().map(|record| i64::from(record[0])).collect();
    let values: Vec<u8> = records.iter().flat_map(|record| &record[1..]).copied().collect();
    Ok((Tensor::from_slice(&values).view([-1, 3, 32, 32]), Tensor::from_slice(&labels)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Tensor, Tensor), DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_cifar10(file.path())
    }

    #[test]
    fn two_images_by_hand() {
        let mut bytes = vec![0; 2 * 3073];
        (bytes[0], bytes[3073]) = (6, 9);
        // Green, second row, third column of the second image.
        bytes[3073 + 1 + 1024 + 32 + 2] = 200;
        let (images, labels) = read(&bytes).unwrap();
        assert_eq!(labels, Tensor::from_slice(&[6i64, 9]));
        assert_eq!(images.size(), [2, 3, 32, 32]);
        assert_eq!(images.int64_value(&[1, 1, 1, 2]), 200);
    }

    #[test]
    fn an_invalid_file_is_refused_with_the_reason() {
        let error = read(&[0; 3000]).unwrap_err().to_string();
        assert!(error.contains("3000 bytes are not a whole number"), "{error}");
        let error = read(&[10; 3073]).unwrap_err().to_string();
        assert!(error.contains("the label of image 1 is 10"), "{error}");
        assert!(read(&[]).is_err());
    }
}

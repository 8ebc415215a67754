//! One image from a file, or the reason why not.

use std::path::Path;

use opencv::core::{Mat, Vector};
use opencv::imgcodecs;
use opencv::prelude::*;

/// Reads an image as BGR, 8 bit. A file that stops in the middle is an error: the decoder would fill the rest
/// with gray and say nothing.
pub(crate) fn read(path: &Path) -> Result<Mat, String> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|e| format!("{name}: {e}"))?;
    if bytes.is_empty() {
        return Err(format!("{name}: the file is empty (0 bytes)"));
    }
    if is_truncated(&bytes) {
        return Err(format!("{name}: the image is cut off after {} bytes", bytes.len()));
    }
    // An EXIF orientation is honoured, as every viewer does.
    let image = imgcodecs::imdecode(&Vector::from_slice(&bytes), imgcodecs::IMREAD_COLOR)
        .map_err(|e| format!("{name}: {}", e.message))?;
    if image.empty() { Err(format!("{name}: not an image that OpenCV can decode")) } else { Ok(image) }
}

/// Whether a JPEG or PNG lacks its end. Other kinds are left to the decoder.
fn is_truncated(bytes: &[u8]) -> bool {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    if bytes.starts_with(PNG) {
        return !bytes.windows(4).rev().take(64).any(|w| w == b"IEND");
    }
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    // Walk the segments up to the compressed data, so that a thumbnail's end is not taken for the image's.
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        if marker == 0xff {
            at += 1; // fill byte
            continue;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == 0xda {
            // In compressed data 0xff is followed by 0 or a restart marker, so this pair can only be the end.
            return !bytes.get(at..).unwrap_or_default().windows(2).rev().any(|w| w == [0xff, 0xd9]);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image with enough detail that its compressed data is long.
    fn encoded(extension: &str) -> Vec<u8> {
        let mut image =
            Mat::new_rows_cols_with_default(64, 48, opencv::core::CV_8UC3, opencv::core::Scalar::all(0.0))
                .unwrap();
        for (i, byte) in image.data_bytes_mut().unwrap().iter_mut().enumerate() {
            *byte = (i * 7919 % 251) as u8;
        }
        let mut bytes = Vector::new();
        imgcodecs::imencode(extension, &image, &mut bytes, &Vector::new()).unwrap();
        bytes.to_vec()
    }

    #[test]
    fn a_whole_file_is_read_and_a_cut_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        for extension in [".jpg", ".png"] {
            let bytes = encoded(extension);
            let path = folder.path().join(format!("1{extension}"));
            std::fs::write(&path, &bytes).unwrap();
            let image = read(&path).unwrap();
            assert_eq!((image.rows(), image.cols()), (64, 48));
            for keep in [0, 1, 3, 10, bytes.len() / 2, bytes.len() - 2] {
                std::fs::write(&path, &bytes[..keep]).unwrap();
                let error = read(&path).unwrap_err();
                assert!(error.contains(&path.display().to_string()), "{error}");
            }
        }
    }

    #[test]
    fn bytes_after_the_end_do_no_harm() {
        let mut bytes = encoded(".jpg");
        bytes.extend([0; 100]);
        assert!(!is_truncated(&bytes));
    }
}

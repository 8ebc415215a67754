//! Whether a file of the MP4 family is whole.
//!
//! It is a row of boxes: four bytes with the length (big-endian), four with the kind, and the content; a length of 1 means
//! that eight more bytes have it, 0 that the box is the last one (ISO/IEC 14496-12, section 4.2).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Whether the boxes of an `mp4`, `mov` or `m4v` file end where it ends; false for every other kind of file.
pub(super) fn is_whole(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    ["m4v", "mov", "mp4"].contains(&extension.as_str()) && boxes_fit(path).unwrap_or(false)
}

fn boxes_fit(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let end = file.metadata()?.len();
    let mut start = 0u64;
    while start < end {
        file.seek(SeekFrom::Start(start))?;
        let mut head = [0; 8];
        if file.read_exact(&mut head).is_err() {
            return Ok(false);
        }
        let [a, b, c, d, ..] = head;
        let length = match u32::from_be_bytes([a, b, c, d]) {
            0 => return Ok(true),
            1 => {
                let mut large = [0; 8];
                if file.read_exact(&mut large).is_err() {
                    return Ok(false);
                }
                u64::from_be_bytes(large)
            }
            length => length.into(),
        };
        if length < 8 {
            return Ok(false);
        }
        start = start.saturating_add(length);
    }
    Ok(start == end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_by_hand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.mp4");
        let whole = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            is_whole(&path)
        };
        let small = b"\0\0\0\x0cftypisom";
        let large = b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12xx";
        assert!(whole(small) && whole(&[&small[..], large].concat()));
        assert!(whole(&[&small[..], b"\0\0\0\0mdat and all the rest"].concat()));
        assert!(!whole(&small[..10]), "cut in a box");
        assert!(!whole(&[&small[..], &large[..12]].concat()), "cut in a length");
        assert!(!whole(b"\0\0\0\x04ftyp"), "no box is as short");
        let other = folder.path().join("clip.avi");
        std::fs::write(&other, small).unwrap();
        assert!(!is_whole(&other));
    }
}

//! Which files are images, which are videos, and the frame an image's name stands for.

use std::path::{Path, PathBuf};

use super::SequenceError;
use super::listing::Listing;
use crate::FrameNumber;

/// Images OpenCV reads.
const IMAGES: [&str; 9] = ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "ppm", "pgm"];
/// Containers of video OpenCV reads.
const VIDEOS: [&str; 12] =
    ["mp4", "avi", "mov", "mkv", "m4v", "webm", "mpg", "mpeg", "ts", "mts", "m2ts", "wmv"];

pub(super) fn is_image(name: &str) -> bool {
    has_extension(name, &IMAGES)
}

pub(super) fn is_video(name: &str) -> bool {
    has_extension(name, &VIDEOS)
}

fn has_extension(name: &str, known: &[&str]) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| known.iter().any(|k| e.eq_ignore_ascii_case(k)))
}

/// The name of a file without its extension.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The images of a folder by ascending number; none where it holds no image.
pub(super) fn numbered_images(folder: &Listing) -> Result<Vec<(FrameNumber, PathBuf)>, SequenceError> {
    let names: Vec<&str> = folder.files.iter().map(String::as_str).filter(|name| is_image(name)).collect();
    let digits = |name: &&str| last_number(stem(name)).is_some();
    let mut numbered = Vec::with_capacity(names.len());
    if names.iter().any(digits) {
        for name in names {
            let number = last_number(stem(name)).ok_or_else(|| {
                let problem =
                    format!("the image {name} has no number in its name as the others have: move it away");
                SequenceError::content(&folder.path, problem)
            })?;
            let number = number.parse().map_err(|_| {
                let problem =
                    format!("the image {name}: {number} is too large for a frame number, rename the images");
                SequenceError::content(&folder.path, problem)
            })?;
            numbered.push((FrameNumber(number), name));
        }
        numbered.sort_by_key(|(number, _)| *number);
    } else {
        numbered.extend((1..).map(FrameNumber).zip(names));
    }
    if let Some(twice) = numbered.windows(2).find(|w| w[0].0 == w[1].0) {
        let (number, first) = twice[0];
        let (first, second) = (first.to_owned(), twice[1].1.to_owned());
        return Err(SequenceError::TwoImages { folder: folder.path.clone(), number, first, second });
    }
    Ok(numbered.into_iter().map(|(number, name)| (number, folder.path.join(name))).collect())
}

/// The last run of digits in a name.
fn last_number(stem: &str) -> Option<&str> {
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    Some(&stem[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(files: &[&str]) -> Result<Vec<u32>, String> {
        let files = files.iter().map(ToString::to_string).collect();
        let folder = Listing { path: PathBuf::from("img1"), folders: Vec::new(), files };
        numbered_images(&folder).map(|p| p.iter().map(|(n, _)| n.0).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_last_number_of_a_name_counts() {
        assert_eq!(numbers(&["cam2_000010.jpg", "cam2_000009.JPG", "notes.txt"]), Ok(vec![9, 10]));
        assert_eq!(numbers(&["0000.png", "0005.png"]), Ok(vec![0, 5]));
        assert_eq!(numbers(&["7é.png"]), Ok(vec![7]));
        assert_eq!(numbers(&["é8.png"]), Ok(vec![8]));
        assert_eq!(numbers(&["a.jpg", "b.jpg"]), Ok(vec![1, 2]));
    }

    #[test]
    fn contradictions_are_named() {
        let error = |files| numbers(files).unwrap_err();
        assert_eq!(
            error(&["1.jpg", "01.png"]),
            "img1: 1.jpg and 01.png are both frame 1: remove or rename one"
        );
        assert!(error(&["1.jpg", "background.jpg"]).contains("background.jpg has no number"));
        assert!(error(&["1700000000123.jpg"]).contains("1700000000123 is too large"));
    }
}

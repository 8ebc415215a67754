//! What is in a folder, in an order that does not depend on the file system.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::SequenceError;

/// The names in a folder, hidden ones left out, each kind in natural order.
pub(super) struct Listing {
    pub(super) path: PathBuf,
    pub(super) folders: Vec<String>,
    pub(super) files: Vec<String>,
}

impl Listing {
    pub(super) fn read(path: &Path) -> Result<Self, SequenceError> {
        let unreadable = |error| SequenceError::Unreadable { path: path.to_owned(), error };
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().into_string().map_err(|name| {
                SequenceError::content(path, format!("the name {name:?} is not UTF-8: rename it"))
            })?;
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() || kind.is_symlink() && entry.path().is_dir() {
                folders.push(name);
            } else {
                files.push(name);
            }
        }
        folders.sort_unstable_by(|a, b| natural(a, b));
        files.sort_unstable_by(|a, b| natural(a, b));
        Ok(Self { path: path.to_owned(), folders, files })
    }

    /// As [`read`](Self::read), empty where there is no such folder.
    pub(super) fn if_any(path: &Path) -> Result<Self, SequenceError> {
        match Self::read(path) {
            Err(SequenceError::Unreadable { error, .. })
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                Ok(Self { path: path.to_owned(), folders: Vec::new(), files: Vec::new() })
            }
            listing => listing,
        }
    }

    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders.iter().any(|f| f == name)
    }

    pub(super) fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|f| f == name)
    }

    /// A few of the names, for a message.
    pub(super) fn in_short(&self) -> String {
        const SHOWN: usize = 8;
        let folders = self.folders.iter().map(|f| format!("{f}/"));
        let names: Vec<String> = folders.chain(self.files.iter().cloned()).collect();
        match names.len() {
            0 => "nothing".to_owned(),
            count if count <= SHOWN => names.join(", "),
            count => format!("{}, ... ({count} in all)", names[..SHOWN].join(", ")),
        }
    }
}

/// The order in which people count: numbers in names by value, `cam2` before `cam10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (x, y) = (chunk(left), chunk(right));
        if x.is_empty() || y.is_empty() {
            // Equal but for leading zeros (cam1, cam01): any fixed order will do.
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        }
        let order = if x[0].is_ascii_digit() && y[0].is_ascii_digit() {
            let (x, y) = (value(x), value(y));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            x.cmp(y)
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (&left[x.len()..], &right[y.len()..]);
    }
}

/// The run of digits, or of anything else, at the beginning.
fn chunk(text: &[u8]) -> &[u8] {
    let digit = text.first().is_some_and(u8::is_ascii_digit);
    let end = text.iter().position(|b| b.is_ascii_digit() != digit).unwrap_or(text.len());
    &text[..end]
}

/// Digits without leading zeros.
fn value(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|b| *b != b'0').unwrap_or(digits.len());
    &digits[start..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["cam10", "cam2", "cam01", "cam1", "b", "cam", "a10b2", "a10b10", "10", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "a10b2", "a10b10", "b", "cam", "cam01", "cam1", "cam2", "cam10"]);
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "[a0-2]{0,5}", b in "[a0-2]{0,5}", c in "[a0-2]{0,5}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b) != Ordering::Greater && natural(&b, &c) != Ordering::Greater {
                prop_assert!(natural(&a, &c) != Ordering::Greater);
            }
        }
    }
}

//! How near the meanings of words are by a thesaurus: the way from one to the other over what they are kinds of.
//!
//! ```text
//! similarity = 1 / (1 + links of the shortest way),  as WordNet's path similarity
//! ```
//!
//! A file has a line `car<tab>motor vehicle` for each link. *Deep Learning from Scratch 2*, ch. 2.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::{DataError, read_pairs};

/// Words and what they are kinds of.
#[derive(Debug)]
pub(crate) struct Thesaurus {
    kinds: BTreeMap<String, Vec<String>>,
}

impl Thesaurus {
    /// A file of links.
    pub(crate) fn read(path: &Path) -> Result<Self, DataError> {
        let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (word, kind) in read_pairs(path)? {
            kinds.entry(word).or_default().push(kind);
        }
        Ok(Self { kinds })
    }

    /// From 0 to 1; none where no way leads from one word to the other.
    pub(crate) fn similarity(&self, a: &str, b: &str) -> Option<f64> {
        let (above_a, above_b) = (self.above(a), self.above(b));
        let ways = above_a.iter().filter_map(|(word, links)| Some(links + above_b.get(word)?));
        ways.min().map(|links| 1.0 / f64::from(1 + links))
    }

    /// A word and all that it is a kind of, with the links in between.
    fn above(&self, word: &str) -> BTreeMap<String, u32> {
        let mut above = BTreeMap::from([(word.to_owned(), 0)]);
        let mut level = vec![word];
        for links in 1.. {
            let kinds = level.iter().filter_map(|word| self.kinds.get(*word)).flatten();
            level = kinds.map(String::as_str).filter(|kind| !above.contains_key(*kind)).collect();
            if level.is_empty() {
                break;
            }
            above.extend(level.iter().map(|kind| ((*kind).to_owned(), links)));
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cars_motorcycles_and_dogs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let links = "car\tmotor vehicle\nmotorcycle\tmotor vehicle\nmotor vehicle\tthing\ndog\tanimal\nanimal\tthing\n";
        std::fs::write(file.path(), links).unwrap();
        let thesaurus = Thesaurus::read(file.path()).unwrap();
        // WordNet, too, has both as motor vehicles: two links, a similarity of a third, as the book prints.
        assert_eq!(thesaurus.similarity("car", "motorcycle"), Some(1.0 / 3.0));
        assert_eq!(thesaurus.similarity("car", "car"), Some(1.0));
        assert_eq!(thesaurus.similarity("car", "dog"), Some(1.0 / 5.0));
        assert_eq!(thesaurus.similarity("car", "idea"), None);
    }
}

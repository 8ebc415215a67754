//! Path similarity of words in a thesaurus: the shortest path over their hypernyms.
//!
//! ```text
//! similarity = 1 / (1 + length of the shortest path),  as in WordNet
//! ```
//!
//! A file has one line per word and hypernym, `car<tab>motor vehicle`. *Deep Learning from Scratch 2*, ch. 2.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::{DataError, read_pairs};

/// Words and their hypernyms.
#[derive(Debug)]
pub(crate) struct Thesaurus {
    hypernyms: BTreeMap<String, Vec<String>>,
}

impl Thesaurus {
    /// Reads a file of words and hypernyms.
    pub(crate) fn read(path: &Path) -> Result<Self, DataError> {
        let mut hypernyms: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (word, hypernym) in read_pairs(path)? {
            hypernyms.entry(word).or_default().push(hypernym);
        }
        Ok(Self { hypernyms })
    }

    /// From 0 to 1; none if the words have no common hypernym.
    pub(crate) fn similarity(&self, a: &str, b: &str) -> Option<f64> {
        let (above_a, above_b) = (self.ancestors(a), self.ancestors(b));
        let paths = above_a.iter().filter_map(|(word, length)| Some(length + above_b.get(word)?));
        paths.min().map(|length| 1.0 / f64::from(1 + length))
    }

    /// A word and all its direct and indirect hypernyms, with their distances.
    fn ancestors(&self, word: &str) -> BTreeMap<String, u32> {
        let mut ancestors = BTreeMap::from([(word.to_owned(), 0)]);
        let mut level = vec![word];
        for distance in 1.. {
            let hypernyms = level.iter().filter_map(|word| self.hypernyms.get(*word)).flatten();
            level = hypernyms.map(String::as_str).filter(|word| !ancestors.contains_key(*word)).collect();
            if level.is_empty() {
                break;
            }
            ancestors.extend(level.iter().map(|word| ((*word).to_owned(), distance)));
        }
        ancestors
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
        // In WordNet, too, both are motor vehicles: a path of length 2, a similarity of 1/3, as printed in the book.
        assert_eq!(thesaurus.similarity("car", "motorcycle"), Some(1.0 / 3.0));
        assert_eq!(thesaurus.similarity("car", "car"), Some(1.0));
        assert_eq!(thesaurus.similarity("car", "dog"), Some(1.0 / 5.0));
        assert_eq!(thesaurus.similarity("car", "idea"), None);
    }
}

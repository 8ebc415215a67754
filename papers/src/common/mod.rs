//! What several models share: tasks, layers, data augmentation.

pub(crate) mod augmentation;
pub(crate) mod character_pairs;
pub(crate) mod classification;
pub(crate) mod recurrent;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod thesaurus;
pub(crate) mod translation;
pub(crate) mod word_vectors;

pub use augmentation::Augmentation;
pub use recurrent::Cell;
pub use word_vectors::Query;

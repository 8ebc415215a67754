//! Words as vectors: which are near, and which relate to each other as others do.

use tch::{Kind, Tensor};

use super::{ChapterError, Findings};
use crate::data::Vocabulary;

/// a is to b as c is to d, a line each.
const ANALOGIES: &str = include_str!("analogies.txt");
/// How many words a search may name.
const TOP: usize = 5;

/// Vectors of the words of a vocabulary, of length 1.
pub(super) struct WordVectors<'a> {
    vocabulary: &'a Vocabulary,
    /// Words x numbers.
    vectors: Tensor,
}

impl<'a> WordVectors<'a> {
    /// Vectors of any length, words x numbers.
    pub(super) fn new(vocabulary: &'a Vocabulary, vectors: &Tensor) -> Self {
        let lengths = vectors.square().sum_dim_intlist([1i64].as_slice(), true, vectors.kind()).sqrt();
        Self { vocabulary, vectors: vectors / lengths.clamp_min(1e-8) }
    }

    /// The nearest words to a vector by cosine, and the cosines; those left out are not named.
    fn nearest(&self, vector: &Tensor, without: &[i64]) -> Vec<(i64, f64)> {
        let cosines = self.vectors.matmul(vector);
        for &number in without {
            let _ = cosines.get(number).fill_(f64::NEG_INFINITY);
        }
        let (cosines, numbers) =
            cosines.topk(TOP.min(self.vocabulary.count() - without.len()) as i64, 0, true, true);
        let count = numbers.size()[0];
        (0..count).map(|i| (numbers.int64_value(&[i]), cosines.double_value(&[i]))).collect()
    }

    fn number(&self, word: &str, key: &'static str) -> Result<i64, ChapterError> {
        let unknown = || ChapterError::UnknownWord { key, word: word.to_owned() };
        self.vocabulary.number(word).ok_or_else(unknown)
    }

    /// Tells the nearest words of a word.
    pub(super) fn tell_nearest(
        &self,
        word: &str,
        findings: &mut Findings,
    ) -> Result<Vec<String>, ChapterError> {
        let number = self.number(word, "queries")?;
        let nearest = self.nearest(&self.vectors.get(number), &[number]);
        let words: Vec<_> =
            nearest.iter().map(|(number, _)| self.vocabulary.word(*number).to_owned()).collect();
        let told = words.iter().zip(&nearest).map(|(word, (_, cosine))| format!("{word} {cosine:.2}"));
        findings.tell(format!("near {word}"), told.collect::<Vec<_>>().join(", "));
        Ok(words)
    }

    /// The share of analogies `a : b = c : d` whose d is among the five words nearest to b - a + c.
    pub(super) fn analogies(&self) -> Result<f64, ChapterError> {
        let lines: Vec<Vec<&str>> = ANALOGIES.lines().map(|line| line.split_whitespace().collect()).collect();
        let mut right = 0;
        for words in &lines {
            let numbers = words.iter().map(|word| self.number(word, "analogies"));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            let [a, b, c, d] = numbers[..] else { continue };
            let vector = |number| self.vectors.get(number);
            let query = vector(b) - vector(a) + vector(c);
            right += i64::from(self.nearest(&query, &[a, b, c]).iter().any(|(found, _)| *found == d));
        }
        Ok(right as f64 / lines.len() as f64)
    }

    /// Words in the plane of the two directions in which the vectors of these words differ most.
    pub(super) fn plane(&self, words: &[String]) -> Result<Vec<(String, f64, f64)>, ChapterError> {
        let numbers = words.iter().map(|word| self.number(word, "map")).collect::<Result<Vec<_>, _>>()?;
        let vectors = self.vectors.index_select(0, &Tensor::from_slice(&numbers)).to_kind(Kind::Double);
        let centred = &vectors - vectors.mean_dim(&[0i64][..], true, Kind::Double);
        let (_, _, directions) = centred.svd(true, true);
        let places = centred.matmul(&directions.narrow(1, 0, 2.min(directions.size()[1])));
        let place = |i: usize| {
            let at = |axis| places.double_value(&[i as i64, axis]);
            (words[i].clone(), at(0), if places.size()[1] > 1 { at(1) } else { 0.0 })
        };
        Ok((0..words.len()).map(place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Corpus;

    #[test]
    fn nearest_words_and_differences_by_hand() {
        let corpus = Corpus::of_text("man woman king queen stone").unwrap();
        let vectors = [[1f32, 0.0, 0.1], [0.0, 1.0, 0.1], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, -9.0]];
        let vectors = Tensor::from_slice(&vectors.concat()).view([5, 3]);
        let words = WordVectors::new(&corpus.vocabulary, &vectors);
        let mut findings = Findings::default();
        assert_eq!(words.tell_nearest("man", &mut findings).unwrap()[0], "king");
        let query = words.vectors.get(1) - words.vectors.get(0) + words.vectors.get(2);
        assert_eq!(words.nearest(&query, &[0, 1, 2])[0].0, 3);
        let error = words.tell_nearest("prince", &mut findings).unwrap_err().to_string();
        assert_eq!(error, "chapter.queries: the corpus has no word `prince`");
        let plane = words.plane(&["man".into(), "stone".into()]).unwrap();
        assert!((plane[0].1 + plane[1].1).abs() < 1e-6, "centred");
    }

    #[test]
    fn there_are_a_hundred_analogies_of_four_words() {
        assert_eq!(ANALOGIES.lines().count(), 100);
        assert!(ANALOGIES.lines().all(|line| line.split_whitespace().count() == 4));
    }
}

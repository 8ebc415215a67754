//! What somebody may have meant by a name that does not exist.

/// The one of `candidates` that `name` was most likely meant to be, `None` where none is similar.
///
/// ```
/// assert_eq!(mvmhat_scene::nearest("rotaton", ["fps", "rotation"]), Some("rotation"));
/// assert_eq!(mvmhat_scene::nearest("color", ["fps", "rotation"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Jaro-Winkler forgives a missing end (rot), Damerau-Levenshtein two letters swapped (fsp); 0.65 keeps
    // similarity by chance out.
    let similarity =
        |a: &str, b: &str| strsim::jaro_winkler(a, b).max(strsim::normalized_damerau_levenshtein(a, b));
    let name = name.to_lowercase();
    let scored = candidates.into_iter().map(|c| (similarity(&name, &c.to_lowercase()), c));
    scored.filter(|(score, _)| *score > 0.65).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, c)| c)
}

/// The key that was meant, out of serde's message about an unknown field or variant: it names the valid ones.
///
/// ```
/// let message = "cameras.left: unknown field `fsp`, expected one of `path`, `fps`, `start` at line 3 column 5";
/// assert_eq!(mvmhat_scene::nearest_key(message), Some("fps"));
/// ```
pub fn nearest_key(message: &str) -> Option<&str> {
    let (_, rest) =
        message.split_once("unknown field ").or_else(|| message.split_once("unknown variant "))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    nearest(unknown, quoted)
}

/// A message of serde, with the key that was probably meant behind it.
pub(crate) fn with_nearest_key(message: &str) -> String {
    nearest_key(message)
        .map_or_else(|| message.to_owned(), |key| format!("{message} (did you mean `{key}`?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter() {
        assert_eq!(nearest("FPS", ["path", "fps"]), Some("fps"));
    }

    #[test]
    fn other_messages_have_no_key() {
        assert_eq!(nearest_key("invalid type: string \"x\", expected f64"), None);
        assert_eq!(nearest_key("unknown field `zzz`, expected `name` or `path`"), None);
    }
}

//! Lines of numbers, separated by commas, spaces or tabs: the text all formats of this field share.

use crate::FrameNumber;
use crate::read_error::ParseError;

/// Calls `row` with every line that holds numbers: not the blank ones, nor comments (`#` or `%`).
///
/// Lines end in LF or CRLF; a byte order mark is passed over.
pub(crate) fn for_each_line(
    text: &[u8],
    mut row: impl FnMut(&mut Fields<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut rest = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut number = 0;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        number += 1;
        let mut fields = Fields { line, number, at: 0 };
        fields.skip_blanks();
        if !matches!(fields.peek(), None | Some(b'#' | b'%')) {
            row(&mut fields)?;
        }
    }
    Ok(())
}

/// The fields of one line, read from left to right.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    line: &'a [u8],
    number: usize,
    at: usize,
}

impl<'a> Fields<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Steps over what separates two fields: blanks with at most one comma among them.
    fn skip_separator(&mut self) {
        self.skip_blanks();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip_blanks();
        }
    }

    /// Whether the line has no further field.
    pub(crate) fn is_over(&self) -> bool {
        self.at >= self.line.len()
    }

    /// How many fields follow, whatever is in them.
    pub(crate) fn remaining(&self) -> usize {
        let mut rest = self.clone();
        let mut count = 0;
        while !rest.is_over() {
            rest.at += rest.word().len();
            rest.skip_separator();
            count += 1;
        }
        count
    }

    /// Whether the next field is this word, in capitals or not: a line of names.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.word().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The next field, not yet taken.
    fn word(&self) -> &'a [u8] {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|b| matches!(b, b',' | b' ' | b'\t')).unwrap_or(rest.len());
        &rest[..end]
    }

    /// The next field as a finite number; `what` it is, for the error.
    #[inline]
    pub(crate) fn number(&mut self, what: &str) -> Result<f64, ParseError> {
        let rest = self.line.get(self.at..).unwrap_or_default();
        match fast_float2::parse_partial::<f64, _>(rest) {
            Ok((value, length))
                if value.is_finite() && matches!(rest.get(length), None | Some(b',' | b' ' | b'\t')) =>
            {
                self.at += length;
                self.skip_separator();
                Ok(value)
            }
            _ => Err(self.error(&format!("the {what} {}", self.complaint()))),
        }
    }

    /// The next field as a whole number from `min` to `max`, also where it is written `8.810000e+02`.
    #[inline]
    fn integer(&mut self, what: &str, min: i64, max: i64) -> Result<i64, ParseError> {
        let before = self.clone();
        let value = match self.digits() {
            Some(value) => value,
            None => {
                let value = self.number(what)?;
                // Beyond 2^53 a float is not the whole number that was written any more.
                if value.fract() != 0.0 || value.abs() > 9_007_199_254_740_992.0 {
                    let word = String::from_utf8_lossy(before.word());
                    return Err(before.error(&format!("the {what} {word} is not a whole number")));
                }
                value as i64
            }
        };
        if value < min || value > max {
            return Err(before.error(&format!("the {what} {value} is not between {min} and {max}")));
        }
        Ok(value)
    }

    /// Short runs of digits, which nearly all whole numbers are, without the detour over a float.
    #[inline]
    fn digits(&mut self) -> Option<i64> {
        let rest = self.line.get(self.at..)?;
        let (negative, digits) = match rest.first()? {
            b'-' => (true, &rest[1..]),
            _ => (false, rest),
        };
        let count = digits.iter().take(16).take_while(|b| b.is_ascii_digit()).count();
        if !(1..=15).contains(&count) || !matches!(digits.get(count), None | Some(b',' | b' ' | b'\t')) {
            return None;
        }
        let value = digits[..count].iter().fold(0, |v, b| v * 10 + i64::from(b - b'0'));
        self.at += count + usize::from(negative);
        self.skip_separator();
        Some(if negative { -value } else { value })
    }

    /// The next field as the number of a frame.
    #[inline]
    pub(crate) fn frame(&mut self) -> Result<FrameNumber, ParseError> {
        self.integer("frame number", 0, i64::from(u32::MAX)).map(|n| FrameNumber(n as u32))
    }

    /// The next field as the identity of somebody, -1 for nobody.
    #[inline]
    pub(crate) fn id(&mut self) -> Result<i64, ParseError> {
        self.integer("id", i64::MIN, i64::MAX)
    }

    /// An error at the next field.
    #[cold]
    pub(crate) fn error(&self, problem: &str) -> ParseError {
        ParseError { line: self.number, column: self.at + 1, problem: problem.to_owned() }
    }

    fn complaint(&self) -> String {
        if self.is_over() {
            return "is missing".to_owned();
        }
        let word = String::from_utf8_lossy(self.word());
        let shown: String = word.chars().take(20).collect();
        match shown.as_str() {
            "" => "is empty".to_owned(),
            _ if fast_float2::parse::<f64, _>(self.word()).is_ok() => format!("{shown} is not finite"),
            _ => format!("is not a number: {shown:?}"),
        }
    }
}

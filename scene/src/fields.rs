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

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Steps over what separates two fields: blanks with at most one comma among them.
    #[inline]
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
        let parsed = short_decimal(rest).or_else(|| fast_float2::parse_partial(rest).ok());
        match parsed.filter(|(value, length)| value.is_finite() && ends_field(rest.get(*length))) {
            Some((value, length)) => {
                self.at += length;
                self.skip_separator();
                Ok(value)
            }
            None => Err(self.error(&format!("the {what} {}", self.problem()))),
        }
    }

    /// The next field as a whole number from `min` to `max`, also where it is written `8.810000e+02`.
    #[inline]
    fn integer(&mut self, what: &str, min: i64, max: i64) -> Result<i64, ParseError> {
        let before = self.clone();
        let value = self.number(what)?;
        // Beyond 2^53 a float is not the whole number that was written any more.
        if value.fract() != 0.0 || value.abs() > 9_007_199_254_740_992.0 {
            let word = String::from_utf8_lossy(before.word());
            return Err(before.error(&format!("the {what} {word} is not a whole number")));
        }
        let value = value as i64;
        if value < min || value > max {
            return Err(before.error(&format!("the {what} {value} is not between {min} and {max}")));
        }
        Ok(value)
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

    fn problem(&self) -> String {
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

fn ends_field(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b',' | b' ' | b'\t'))
}

/// A number of at most 15 digits without an exponent, and how long it is: nearly every number there is.
///
/// Its digits and the power of ten below them are exact in `f64`, so their quotient is rounded correctly (Clinger,
/// *How to read floating point numbers accurately*, 1990).
#[inline]
fn short_decimal(text: &[u8]) -> Option<(f64, usize)> {
    const TENS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    // Sixteen digits and more may wrap around: they are not taken.
    let digits = |mantissa: u64, text: &[u8]| {
        let run = text.iter().map(|b| b.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
        run.fold((mantissa, 0), |(m, count), digit| {
            (m.wrapping_mul(10).wrapping_add(u64::from(digit)), count + 1)
        })
    };
    let negative = text.first() == Some(&b'-');
    let whole = &text[usize::from(negative)..];
    let (mut mantissa, mut count) = digits(0, whole);
    let (mut length, mut decimals) = (usize::from(negative) + count, 0);
    if whole.get(count) == Some(&b'.') {
        (mantissa, decimals) = digits(mantissa, &whole[count + 1..]);
        count += decimals;
        length += decimals + 1;
    }
    if !(1..=15).contains(&count) || !ends_field(text.get(length)) {
        return None;
    }
    let value = mantissa as f64 / TENS.get(decimals)?;
    Some((if negative { -value } else { value }, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_short_and_what_is_not() {
        assert_eq!(short_decimal(b"-12.50,3"), Some((-12.5, 6)));
        assert_eq!(short_decimal(b".5"), Some((0.5, 2)));
        assert_eq!(short_decimal(b"7.\t"), Some((7.0, 2)));
        for long in ["", "-", ".", "1e3", "1.2.3", "0x1", "1234567890123456", "--1"] {
            assert_eq!(short_decimal(long.as_bytes()), None, "{long}");
        }
    }

    proptest! {
        #[test]
        fn short_decimals_are_what_the_standard_library_reads(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}") {
            if let Some((value, length)) = short_decimal(text.as_bytes()) {
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
                prop_assert_eq!(length, text.len());
            }
        }
    }
}

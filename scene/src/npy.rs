//! NumPy's file format, as far as a table of numbers needs it.
//!
//! Version 1 to 3 of the format (NEP 1), two axes, `float32` or `float64`, little endian, C order: what `numpy.save`
//! writes of such an array on today's machines. Nothing is allocated by what a header claims.

/// A table of numbers in the bytes of a `.npy` file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    data: &'a [u8],
    columns: usize,
    width: Width,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Width {
    F32,
    F64,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

impl<'a> Table<'a> {
    /// The table in the bytes of a file; an error says what is wrong and how to save it instead.
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, String> {
        let (header, data) = split(file)?;
        let Header { width, fortran_order, shape } = header_of(header)?;
        let (rows, columns) = match shape[..] {
            [0] => (0, 0),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("an array of {} axes where a table of two is needed", shape.len())),
        };
        if fortran_order && rows > 1 && columns > 1 {
            return Err(
                "the array is stored column by column: save numpy.ascontiguousarray(array)".to_owned()
            );
        }
        // Multiplied in this order, no width of a row overflows either, not even where there are no rows.
        let needed = columns.checked_mul(width.bytes()).and_then(|row| row.checked_mul(rows));
        if needed != Some(data.len()) {
            return Err(format!(
                "the header promises {rows} x {columns} numbers of {} bytes, but {} bytes follow it: the file is \
                 truncated or damaged",
                width.bytes(),
                data.len()
            ));
        }
        Ok(Self { data, columns, width })
    }

    /// Numbers in a row; 0 in an empty table that does not say.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The rows, each as an iterator of its numbers.
    pub(crate) fn rows(self) -> impl Iterator<Item = impl Iterator<Item = f64> + 'a> {
        let bytes = self.width.bytes();
        // A table without columns has no bytes either; the length of a chunk must still not be 0.
        let rows = self.data.chunks_exact((self.columns * bytes).max(1));
        rows.map(move |row| {
            row.chunks_exact(bytes).map(move |number| match (self.width, number) {
                (Width::F32, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
                (_, number) => number.try_into().map_or(f64::NAN, f64::from_le_bytes),
            })
        })
    }
}

/// What stands before the numbers of a table of `float64`, row by row: version 1, padded to 64 bytes as `numpy.save` does.
pub(crate) fn header(rows: usize, columns: usize) -> Vec<u8> {
    let dictionary = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version and length, and the line break at the end.
    let length = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{dictionary:<width$}\n", width = length - 1).bytes());
    bytes
}

/// The header's text and the data behind it.
fn split(file: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let rest = file.strip_prefix(b"\x93NUMPY").ok_or("no NumPy file: it does not begin with \\x93NUMPY")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (u32::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
        [major, ..] if *major > 3 => return Err(format!("version {major} of the NumPy format is not known")),
        _ => return Err("the NumPy header is truncated".to_owned()),
    };
    rest.split_at_checked(length as usize).ok_or_else(|| "the NumPy header is truncated".to_owned())
}

struct Header {
    width: Width,
    fortran_order: bool,
    shape: Vec<usize>,
}

/// Reads the literal of a Python dictionary that a header is.
fn header_of(text: &[u8]) -> Result<Header, String> {
    let text = std::str::from_utf8(text).map_err(|_| "the NumPy header is not text".to_owned())?;
    let value = |key: &str| {
        let at = text.find(&format!("'{key}'")).or_else(|| text.find(&format!("\"{key}\"")));
        let rest = at.and_then(|at| text.get(at + key.len() + 2..)).map(str::trim_start);
        rest.and_then(|rest| rest.strip_prefix(':'))
            .map(str::trim_start)
            .ok_or_else(|| format!("the NumPy header has no {key:?}"))
    };
    let descr = value("descr")?;
    let kind = descr.get(1..4).unwrap_or_default();
    let width = match kind {
        "<f4" => Width::F32,
        "<f8" => Width::F64,
        _ => {
            let end = descr.find(',').unwrap_or(descr.len());
            let descr = &descr[..end];
            return Err(format!("numbers of type {descr}: save array.astype('<f4') instead"));
        }
    };
    let fortran_order = match value("fortran_order")? {
        order if order.starts_with("True") => true,
        order if order.starts_with("False") => false,
        _ => return Err("the NumPy header's fortran_order is neither True nor False".to_owned()),
    };
    let shape = value("shape")?;
    let axes = shape.strip_prefix('(').and_then(|s| s.split_once(')')).map(|(axes, _)| axes.split(','));
    let numbers = axes.into_iter().flatten().map(str::trim).filter(|axis| !axis.is_empty());
    let shape = numbers.map(str::parse).collect::<Result<_, _>>();
    let shape = shape.map_err(|_| "the NumPy header's shape is not a tuple of whole numbers".to_owned())?;
    Ok(Header { width, fortran_order, shape })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file as `numpy.save` writes it, header padded to 64 bytes.
    pub(crate) fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        let padded = (header.len() + 1 + 10).next_multiple_of(64) - 10;
        file.extend((padded as u16).to_le_bytes());
        file.extend(format!("{header:<width$}\n", width = padded - 1).bytes());
        file.extend(data);
        file
    }

    fn values(file: &[u8]) -> Vec<Vec<f64>> {
        Table::parse(file).unwrap().rows().map(Iterator::collect).collect()
    }

    #[test]
    fn both_widths() {
        let f32s: Vec<u8> = [1.5_f32, -2.0, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let f64s: Vec<u8> = [0.1_f64, 0.2].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(values(&npy("<f4", "(2, 2)", &f32s)), [[1.5, -2.0], [3.0, 4.0]]);
        assert_eq!(values(&npy("<f8", "(1, 2)", &f64s)), [[0.1, 0.2]]);
        assert!(values(&npy("<f8", "(0,)", &[])).is_empty());
        assert!(values(&npy("<f4", "(0, 74)", &[])).is_empty());
    }

    #[test]
    fn a_header_is_that_of_numpy() {
        let data = [0.1_f64, 0.2].map(f64::to_le_bytes).concat();
        assert_eq!([header(1, 2), data.clone()].concat(), npy("<f8", "(1, 2)", &data));
        assert!((0..30).all(|digits| header(10_usize.pow(digits % 19), 2).len().is_multiple_of(64)));
    }

    #[test]
    fn version_two_has_a_longer_length() {
        let one = npy("<f4", "(1, 1)", &1.0_f32.to_le_bytes());
        let mut two = b"\x93NUMPY\x02\x00".to_vec();
        two.extend(u32::from(u16::from_le_bytes([one[8], one[9]])).to_le_bytes());
        two.extend(&one[10..]);
        assert_eq!(values(&two), [[1.0]]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let error = |file: &[u8]| Table::parse(file).unwrap_err();
        assert!(error(b"").contains("NUMPY"));
        assert!(error(b"\x93NUMPY\x01\x00\xff").contains("truncated"));
        assert!(error(b"\x93NUMPY\x07\x00\xff").contains("version 7"));
        assert!(error(&npy(">f4", "(1, 1)", &[0; 4])).contains("'>f4': save array.astype('<f4')"));
        assert!(error(&npy("<f4", "(1, 2, 2)", &[0; 16])).contains("3 axes"));
        assert!(error(&npy("<f4", "(4611686018427387904, 4611686018427387904)", &[])).contains("promises"));
        assert!(error(&npy("<f4", "(0, 4611686018427387904)", &[])).contains("promises"));
        assert!(error(&npy("<f4", "(2, 1)", &[0; 7])).contains("7 bytes follow"));
        let fortran = npy("<f4", "(2, 2)", &[0; 16]);
        let at = fortran.windows(5).position(|w| w == b"False").unwrap();
        let mut fortran = fortran;
        fortran[at..at + 5].copy_from_slice(b"True ");
        assert!(error(&fortran).contains("ascontiguousarray"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Table::parse(&bytes).map(|t| t.rows().flatten().count());
        }

        #[test]
        fn any_damage_is_read_or_refused(at in 0..136_usize, byte in any::<u8>()) {
            let mut file = npy("<f8", "(1, 1)", &[0; 8]);
            file[at] = byte;
            let _ = Table::parse(&file).map(|t| t.rows().flatten().count());
        }
    }
}

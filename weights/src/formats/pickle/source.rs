//! The bytes of a pickle: arguments of opcodes, and how much text there may be in all.

use std::io::{BufRead, Read};

use crate::error::Fault;

/// More text than any checkpoint has: names of tensors, and what else a training run notes. In bytes.
const MAX_TEXT: usize = 1 << 26;

/// A reader of a pickle.
pub(super) struct Source<'a, R> {
    reader: &'a mut R,
    text_left: usize,
}

impl<'a, R: BufRead> Source<'a, R> {
    pub(super) fn new(reader: &'a mut R) -> Self {
        Self { reader, text_left: MAX_TEXT }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn length32(&mut self) -> Result<u64, Fault> {
        self.array().map(|b| u32::from_le_bytes(b).into())
    }

    pub(super) fn length64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_le_bytes)
    }

    /// `len` bytes. Memory grows with what the source really has, whatever length it declares.
    pub(super) fn take(&mut self, len: u64) -> Result<Vec<u8>, Fault> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.text_left);
        let len = len.ok_or_else(|| Fault::damaged("its pickle holds more text than any checkpoint"))?;
        self.text_left -= len;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(len as u64).read_to_end(&mut bytes)?;
        if bytes.len() == len { Ok(bytes) } else { Err(Fault::damaged("it ends within a text")) }
    }

    /// The text up to the end of the line.
    pub(super) fn line(&mut self) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(self.text_left as u64).read_until(b'\n', &mut bytes)?;
        self.text_left -= read;
        match bytes.split_last() {
            Some((b'\n', name)) => String::from_utf8(name.to_vec())
                .map_err(|_| Fault::damaged("a global whose name is not UTF-8")),
            _ => Err(Fault::damaged("it ends within the name of a global")),
        }
    }
}

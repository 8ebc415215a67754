//! The stack machine.

use std::collections::HashMap;
use std::io::BufRead;

use super::construct;
use super::containers::Containers;
use super::opcode as op;
use super::source::Source;
use super::value::{Pickle, Value};
use crate::error::Fault;

/// More opcodes than any checkpoint has: a tensor takes some forty. Limits stack, memo and containers.
pub(super) const MAX_OPCODES: usize = 1 << 22;

/// Reads one pickle, up to its end and not a byte further.
///
/// # Errors
/// If it ends early, breaks the rules of the language, uses an opcode that is not of protocols 2 to 5, or is larger
/// than any checkpoint.
pub(crate) fn read(source: &mut impl BufRead) -> Result<Pickle, Fault> {
    let mut machine = Machine {
        source: Source::new(source),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        heap: Containers::default(),
    };
    for _ in 0..MAX_OPCODES {
        match machine.source.byte()? {
            op::STOP => {
                let root = machine.pop()?;
                return Ok(machine.heap.into_pickle(root));
            }
            opcode => machine.step(opcode)?,
        }
    }
    Err(too_long())
}

struct Machine<'a, R> {
    source: Source<'a, R>,
    stack: Vec<Value>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    heap: Containers,
}

impl<R: BufRead> Machine<'_, R> {
    /// Executes one opcode. Long because it is a table: one arm per opcode.
    fn step(&mut self, opcode: u8) -> Result<(), Fault> {
        match opcode {
            op::PROTO => match self.source.byte()? {
                2..=5 => Ok(()),
                version => {
                    Err(Fault::Unsupported(format!("its pickle is of protocol {version}, not 2 to 5")))
                }
            },
            op::FRAME => self.source.array::<8>().map(drop),

            op::NONE => self.push(Value::None),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::BININT => {
                self.source.array().and_then(|b| self.push(Value::Int(i32::from_le_bytes(b).into())))
            }
            op::BININT1 => self.source.byte().and_then(|b| self.push(Value::Int(b.into()))),
            op::BININT2 => {
                self.source.array().and_then(|b| self.push(Value::Int(u16::from_le_bytes(b).into())))
            }
            op::LONG1 => self.source.byte().and_then(|n| self.long(n.into())),
            op::LONG4 => self.source.length32().and_then(|n| self.long(n)),
            op::BINFLOAT => self.source.array::<8>().and_then(|_| self.push(Value::Opaque("a float".into()))),

            op::SHORT_BINUNICODE => self.source.byte().and_then(|n| self.unicode(n.into())),
            op::BINUNICODE => self.source.length32().and_then(|n| self.unicode(n)),
            op::BINUNICODE8 => self.source.length64().and_then(|n| self.unicode(n)),
            op::SHORT_BINSTRING => self.source.byte().and_then(|n| self.latin1(n.into())),
            op::BINSTRING => self.source.length32().and_then(|n| self.latin1(n)),
            op::SHORT_BINBYTES => self.source.byte().and_then(|n| self.bytes(n.into())),
            op::BINBYTES => self.source.length32().and_then(|n| self.bytes(n)),
            op::BINBYTES8 | op::BYTEARRAY8 => self.source.length64().and_then(|n| self.bytes(n)),

            op::EMPTY_TUPLE | op::EMPTY_LIST | op::EMPTY_SET => self.push_sequence(Vec::new()),
            op::TUPLE1 => self.top(1).and_then(|members| self.push_sequence(members)),
            op::TUPLE2 => self.top(2).and_then(|members| self.push_sequence(members)),
            op::TUPLE3 => self.top(3).and_then(|members| self.push_sequence(members)),
            op::TUPLE | op::LIST | op::FROZENSET => {
                self.pop_to_mark().and_then(|members| self.push_sequence(members))
            }
            op::APPEND => self.top(1).and_then(|members| self.extend(members)),
            op::APPENDS | op::ADDITEMS => self.pop_to_mark().and_then(|members| self.extend(members)),
            op::EMPTY_DICT => self.push_dict(&[]),
            op::DICT => self.pop_to_mark().and_then(|items| self.push_dict(&items)),
            op::SETITEM => self.top(2).and_then(|items| self.set(&items)),
            op::SETITEMS => self.pop_to_mark().and_then(|items| self.set(&items)),

            op::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::POP => self.pop().map(drop),
            op::POP_MARK => self.pop_to_mark().map(drop),
            op::DUP => {
                let top = self.peek()?.clone();
                self.push(top)
            }
            op::BINPUT => self.source.byte().and_then(|index| self.remember(index.into())),
            op::LONG_BINPUT => self.source.array().and_then(|index| self.remember(u32::from_le_bytes(index))),
            op::MEMOIZE => {
                // At most MAX_OPCODES entries, so the cast keeps the number.
                self.remember(self.memo.len() as u32)
            }
            op::BINGET => self.source.byte().and_then(|index| self.recall(index.into())),
            op::LONG_BINGET => self.source.array().and_then(|index| self.recall(u32::from_le_bytes(index))),

            op::GLOBAL => {
                let (module, name) = (self.source.line()?, self.source.line()?);
                self.push(Value::Global(format!("{module}.{name}").into()))
            }
            op::STACK_GLOBAL => match self.top(2)?.as_slice() {
                [Value::Text(module), Value::Text(name)] => {
                    self.push(Value::Global(format!("{module}.{name}").into()))
                }
                _ => Err(Fault::damaged("a global whose name is not text")),
            },
            op::REDUCE | op::NEWOBJ => self.reduce(),
            op::NEWOBJ_EX => {
                self.pop()?; // the keyword arguments: none of the known names takes any
                self.reduce()
            }
            // The state of an object: a state dict's own (`_metadata`) says nothing of its tensors, another's is opaque.
            op::BUILD => self.pop().map(drop),
            op::BINPERSID => {
                let id = self.pop()?;
                let value = construct::persistent(&mut self.heap, &id)?;
                self.push(value)
            }
            other => {
                Err(Fault::Damaged(format!("its pickle has an opcode 0x{other:02x} that none should have")))
            }
        }
    }

    fn reduce(&mut self) -> Result<(), Fault> {
        let arguments = self.pop()?;
        let callable = self.pop()?;
        let value = construct::reduce(&mut self.heap, &callable, &arguments)?;
        self.push(value)
    }

    // The stack.

    fn push(&mut self, value: Value) -> Result<(), Fault> {
        self.stack.push(value);
        Ok(())
    }

    fn push_sequence(&mut self, members: Vec<Value>) -> Result<(), Fault> {
        let value = self.heap.new_sequence(members);
        self.push(value)
    }

    fn push_dict(&mut self, items: &[Value]) -> Result<(), Fault> {
        let dict = self.heap.new_dict(Vec::new());
        self.push(dict)?;
        self.set(items)
    }

    /// The lowest index that may be popped: what lies under a mark is taken only after the mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn peek(&self) -> Result<&Value, Fault> {
        self.stack[self.floor()..].last().ok_or_else(underflow)
    }

    fn pop(&mut self) -> Result<Value, Fault> {
        if self.stack.len() > self.floor() { self.stack.pop() } else { None }.ok_or_else(underflow)
    }

    fn top(&mut self, count: usize) -> Result<Vec<Value>, Fault> {
        match self.stack.len().checked_sub(count) {
            Some(start) if start >= self.floor() => Ok(self.stack.split_off(start)),
            _ => Err(underflow()),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, Fault> {
        let start = self.marks.pop().ok_or_else(underflow)?;
        Ok(self.stack.split_off(start))
    }

    /// Appends to the list or set on top of the stack; what is added to an opaque object is dropped.
    fn extend(&mut self, members: Vec<Value>) -> Result<(), Fault> {
        match *self.peek()? {
            Value::Sequence(index) => self.heap.extend_sequence(index, members),
            Value::Opaque(_) => {}
            _ => return Err(Fault::damaged("something is appended to what is no list")),
        }
        Ok(())
    }

    /// Sets keys and values, one after the other, in the dictionary on top of the stack.
    fn set(&mut self, items: &[Value]) -> Result<(), Fault> {
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(Fault::damaged("a dictionary with a key and no value"));
        };
        match *self.peek()? {
            Value::Dict(index) => {
                self.heap.extend_dict(index, pairs);
            }
            Value::Opaque(_) => {}
            _ => return Err(Fault::damaged("a key is set in what is no dictionary")),
        }
        Ok(())
    }

    // The memo.

    fn remember(&mut self, index: u32) -> Result<(), Fault> {
        let value = self.peek()?.clone();
        self.memo.insert(index, value);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<(), Fault> {
        let value = self.memo.get(&index).cloned();
        self.push(value.ok_or_else(|| Fault::damaged("its pickle recalls what it never remembered"))?)
    }

    // Text and integers.

    fn unicode(&mut self, len: u64) -> Result<(), Fault> {
        let bytes = self.source.take(len)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Fault::damaged("a text that is not UTF-8"))?;
        self.push(Value::Text(text.into()))
    }

    /// A string of Python 2: bytes, which for names of tensors are text.
    fn latin1(&mut self, len: u64) -> Result<(), Fault> {
        let text: String = self.source.take(len)?.into_iter().map(char::from).collect();
        self.push(Value::Text(text.into()))
    }

    fn bytes(&mut self, len: u64) -> Result<(), Fault> {
        self.source.take(len)?;
        self.push(Value::Opaque("bytes".into()))
    }

    /// A little-endian two's complement integer of any length; one that does not fit 64 bits is kept opaque.
    fn long(&mut self, len: u64) -> Result<(), Fault> {
        let bytes = self.source.take(len)?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        let value = match whole.get_mut(..bytes.len()) {
            Some(low) => {
                low.copy_from_slice(&bytes);
                Value::Int(i64::from_le_bytes(whole))
            }
            None => Value::Opaque("an integer of more than 64 bits".into()),
        };
        self.push(value)
    }
}

pub(super) fn too_long() -> Fault {
    Fault::damaged("its pickle is longer than any checkpoint's")
}

fn underflow() -> Fault {
    Fault::damaged("its pickle takes more than it put on its stack")
}

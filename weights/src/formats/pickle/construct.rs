//! The few things a state dict is constructed from: storages, tensors, parameters, ordered dictionaries.

use std::rc::Rc;

use tch::Kind;

use super::containers::Containers;
use super::value::{MAX_DIMENSIONS, Storage, TensorView, Value};
use crate::error::Fault;

/// What `callable(*arguments)` would be. A name that is not known gives an opaque value that carries it.
pub(super) fn reduce(heap: &mut Containers, callable: &Value, arguments: &Value) -> Result<Value, Fault> {
    let Value::Global(name) = callable else { return Ok(Value::Opaque("the result of a call".into())) };
    match &**name {
        "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2" => {
            tensor(heap, heap.sequence(arguments)?)
        }
        // (data, requires_grad, hooks, ...): a parameter is its tensor.
        "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" => {
            let data = heap.sequence(arguments)?.first().cloned();
            data.ok_or_else(|| Fault::damaged("a parameter without its tensor"))
        }
        "collections.OrderedDict" => ordered_dict(heap, arguments),
        _ => Ok(Value::Opaque(Rc::clone(name))),
    }
}

/// `OrderedDict()` or `OrderedDict([(key, value), …])`.
fn ordered_dict(heap: &mut Containers, arguments: &Value) -> Result<Value, Fault> {
    let mut entries = Vec::new();
    if let Some(pairs) = heap.sequence(arguments)?.first().cloned() {
        heap.note_copies(heap.sequence(&pairs)?.len())?;
        for pair in heap.sequence(&pairs)? {
            match heap.sequence(pair)? {
                [key, value] => entries.push((key.clone(), value.clone())),
                _ => return Err(Fault::damaged("an ordered dictionary made of something else than pairs")),
            }
        }
    }
    Ok(heap.new_dict(entries))
}

/// `_rebuild_tensor[_v2](storage, offset, size, stride, …)`.
fn tensor(heap: &Containers, arguments: &[Value]) -> Result<Value, Fault> {
    let [Value::Storage(storage), Value::Int(offset), size, stride, ..] = arguments else {
        // A storage of a type that is not known was kept as an opaque value, and so is its tensor.
        return match arguments.first() {
            Some(Value::Opaque(what)) => Ok(Value::Opaque(Rc::clone(what))),
            _ => Err(Fault::damaged("a tensor that does not say its storage, offset, size and stride")),
        };
    };
    let view = TensorView::new(Rc::clone(storage), *offset, integers(heap, size)?, integers(heap, stride)?)
        .map_err(Fault::Damaged)?;
    Ok(Value::Tensor(Rc::new(view)))
}

fn integers(heap: &Containers, sequence: &Value) -> Result<Vec<i64>, Fault> {
    let number = |value: &Value| match value {
        Value::Int(n) => Ok(*n),
        _ => Err(Fault::damaged("the size or stride of a tensor is not made of integers")),
    };
    let sequence = heap.sequence(sequence)?;
    if sequence.len() > MAX_DIMENSIONS {
        return Err(Fault::damaged("a tensor of more dimensions than any has"));
    }
    sequence.iter().map(number).collect()
}

/// What a persistent identifier stands for: `("storage", type, key, location, length)`, and in files of PyTorch before
/// 1.6 a sixth member, the window of a storage that is itself a view.
pub(super) fn persistent(heap: &mut Containers, id: &Value) -> Result<Value, Fault> {
    let malformed = || Fault::damaged("a persistent identifier that is not that of a storage");
    let [Value::Text(tag), Value::Global(class), Value::Text(key), _location, Value::Int(len), view @ ..] =
        heap.sequence(id)?
    else {
        return Err(malformed());
    };
    if &**tag != "storage" {
        return Err(malformed());
    }
    if !matches!(view, [] | [Value::None]) {
        return Err(Fault::Unsupported(
            "it holds storages that are views of others (PyTorch before 0.4)".into(),
        ));
    }
    let len = usize::try_from(*len).map_err(|_| malformed())?;
    let (key, class) = (Rc::clone(key), Rc::clone(class));
    Ok(match kind_of(&class) {
        Some(kind) => heap.new_storage(Storage { key, kind, len }),
        None => Value::Opaque(class),
    })
}

/// The element type of a storage class, wherever it lay (`torch.FloatStorage`, `torch.cuda.FloatStorage`).
fn kind_of(class: &str) -> Option<Kind> {
    let class = class.strip_prefix("torch.")?;
    let class = class.strip_prefix("cuda.").unwrap_or(class);
    Some(match class.strip_suffix("Storage")? {
        "Float" => Kind::Float,
        "Half" => Kind::Half,
        "BFloat16" => Kind::BFloat16,
        "Double" => Kind::Double,
        "Long" => Kind::Int64,
        "Int" => Kind::Int,
        "Short" => Kind::Int16,
        "Char" => Kind::Int8,
        "Byte" => Kind::Uint8,
        "Bool" => Kind::Bool,
        _ => return None,
    })
}

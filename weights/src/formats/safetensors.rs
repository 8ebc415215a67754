//! Files in the safetensors format, read by the crate of that name.

use std::fs;
use std::path::Path;

use ::safetensors::tensor::TensorView;
use ::safetensors::{Dtype, SafeTensorError, SafeTensors};
use tch::Kind;

use super::{Contents, tensors};
use crate::error::Fault;

/// Whether a file that begins with these bytes may be a safetensors file: the length of a JSON header, 64 bits, then
/// its opening brace.
pub(super) fn begins(head: &[u8]) -> bool {
    head.get(8) == Some(&b'{')
}

/// The tensors of a file, in the order of their bytes, and its metadata.
pub(super) fn read(path: &Path) -> Result<Contents, Fault> {
    let bytes = fs::read(path)?;
    let damaged = |error: SafeTensorError| Fault::Damaged(error.to_string());
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let metadata =
        header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let tensor = |(name, view): (String, TensorView)| {
        let kind = kind_of(view.dtype())
            .ok_or_else(|| Fault::Unsupported(format!("its tensor {name} is of type {:?}", view.dtype())))?;
        let size = view.shape().iter().map(|&n| i64::try_from(n)).collect::<Result<Vec<_>, _>>();
        let size =
            size.map_err(|_| Fault::Damaged(format!("its tensor {name} is larger than any memory")))?;
        Ok((name, tensors::from_bytes(view.data(), &size, kind)?))
    };
    Ok(Contents { tensors: file.tensors().into_iter().map(tensor).collect::<Result<_, Fault>>()?, metadata })
}

fn kind_of(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::F64 => Kind::Double,
        Dtype::I64 => Kind::Int64,
        Dtype::I32 => Kind::Int,
        Dtype::I16 => Kind::Int16,
        Dtype::I8 => Kind::Int8,
        Dtype::U8 => Kind::Uint8,
        Dtype::BOOL => Kind::Bool,
        _ => return None,
    })
}

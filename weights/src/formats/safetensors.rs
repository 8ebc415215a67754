//! Files in the safetensors format, read by the crate of that name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensorError, SafeTensors};
use tch::{Kind, Tensor};

use crate::error::Fault;
use crate::tensors;

/// Whether a file that begins with these bytes may be a safetensors file: the length of a JSON header, 64 bits, then
/// its opening brace.
pub(super) fn begins(head: &[u8]) -> bool {
    head.get(8) == Some(&b'{')
}

/// The named tensors of a file, in the order of their bytes; what it says of itself goes into `metadata`.
pub(super) fn read(
    path: &Path,
    metadata: &mut BTreeMap<String, String>,
) -> Result<Vec<(String, Tensor)>, Fault> {
    let bytes = fs::read(path)?;
    let damaged = |error: SafeTensorError| Fault::Damaged(error.to_string());
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    metadata.extend(header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            let kind = kind_of(view.dtype()).ok_or_else(|| {
                Fault::Unsupported(format!("its tensor {name} is of type {:?}", view.dtype()))
            })?;
            let size = view.shape().iter().map(|&n| i64::try_from(n)).collect::<Result<Vec<_>, _>>();
            let size =
                size.map_err(|_| Fault::Damaged(format!("its tensor {name} is larger than any memory")))?;
            Ok((name, tensors::from_bytes(view.data(), &size, kind)?))
        })
        .collect()
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

//! From the output of a network to embeddings.

use mvmhat_scene::Embedding;
use tch::{Device, Tensor};

use crate::Error;

/// The rows of a matrix, N x D on any device, as unit vectors.
///
/// # Errors
/// If libtorch has no memory for them.
pub fn embeddings(rows: &Tensor) -> Result<Vec<Embedding>, Error> {
    let dimensions = rows.size().get(1).map_or(1, |&width| width as usize).max(1);
    let values = Vec::<f32>::try_from(rows.f_to_device(Device::Cpu)?.f_contiguous()?.f_flatten(0, -1)?)?;
    Ok(values.chunks_exact(dimensions).map(|row| Embedding::normalized(row.to_vec())).collect())
}

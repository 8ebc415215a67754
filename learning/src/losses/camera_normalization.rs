//! Cross-camera normalization: what a camera does to everybody it sees (its light, colours, height) is taken out.
//!
//! With mu_c the mean embedding of camera c in the batch and mu the mean of those means,
//!
//! ```text
//! x' = normalize(x - mu_c + mu)
//! ```
//!
//! so that all cameras have the same mean, which removes such a shift to first order; one camera alone stays as it is.
//! A camera with fewer than two boxes has no mean of its own: its box, and what the others are moved to, are left alone.
//! The idea is camera-based batch normalization (Zhuang et al., *Rethinking the Distribution Gap of Person
//! Re-identification with Camera-based Batch Normalization*, ECCV 2020), here on the embeddings, and no part of the
//! published losses. It is only as good as its assumption: that the cameras see about the same people.

use tch::Tensor;

/// `embeddings` (N x d, L2-normalized rows), with the same mean in each camera, L2-normalized again. `cameras` (N
/// integers from 0) says by which camera each is. Gradients flow through the means too.
pub fn normalize_cameras(embeddings: &Tensor, cameras: &Tensor) -> Tensor {
    if embeddings.size()[0] == 0 {
        return embeddings.shallow_clone();
    }
    let kind = embeddings.kind();
    let of_camera = cameras.one_hot(-1).to_kind(kind);
    let boxes = of_camera.sum_dim_intlist([0i64].as_slice(), false, kind).unsqueeze(1);
    let means = of_camera.tr().matmul(embeddings) / boxes.clamp_min(1.0);
    let known = boxes.ge(2.0).to_kind(kind);
    let common =
        (&means * &known).sum_dim_intlist([0i64].as_slice(), true, kind) / known.sum(kind).clamp_min(1.0);
    let shift = (common - means) * known;
    let moved = embeddings + shift.index_select(0, cameras);
    let norm = moved.norm_scalaropt_dim(2.0, [1i64].as_slice(), true).clamp_min(1e-12);
    moved / norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn by_hand() {
        // Camera 0 sees (1, 0) and (0, 1): mean (0.5, 0.5). Camera 1 sees (0, 1) and (0.6, 0.8): mean (0.3, 0.9).
        // Their mean is (0.4, 0.7): camera 0 is moved by (-0.1, 0.2), camera 1 by (0.1, -0.2). Camera 2 sees one person.
        let embeddings = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.6, 0.8], [0.8, -0.6]];
        let expected = [[0.9, 0.2], [-0.1, 1.2], [0.1, 0.8], [0.7, 0.6], [0.8, -0.6]];
        let expected = expected.map(|[x, y]: [f64; 2]| [x / x.hypot(y), y / x.hypot(y)]);
        let moved =
            normalize_cameras(&Tensor::from_slice2(&embeddings), &Tensor::from_slice(&[0i64, 0, 1, 1, 2]));
        assert!(moved.allclose(&Tensor::from_slice2(&expected), 0.0, 1e-12, false), "{moved:?}");
    }

    #[test]
    fn one_camera_stays_as_it_is_and_none_is_nothing() {
        let embeddings = Tensor::from_slice2(&[[1.0, 0.0], [0.6, 0.8]]);
        let same = normalize_cameras(&embeddings, &Tensor::from_slice(&[1i64, 1]));
        assert!(same.allclose(&embeddings, 0.0, 1e-12, false));
        let none = Tensor::zeros([0, 2], (Kind::Float, Device::Cpu));
        let cameras = Tensor::zeros([0], (Kind::Int64, Device::Cpu));
        assert_eq!(normalize_cameras(&none, &cameras).size(), [0, 2]);
    }
}

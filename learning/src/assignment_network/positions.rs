//! Positional encoding of the entries of a matrix: sines and cosines of row and column at several wavelengths.
//!
//! With d channels, half of them encode the row and half the column; position x is encoded by
//! `sin(x w_k)` and `cos(x w_k)` with `w_k = 10000^(-4k / d)`, k = 0 … d/4 - 1 (Vaswani et al., *Attention Is All You Need*,
//! 2017, in two dimensions).

use tch::{Device, Kind, Tensor};

use crate::sinusoids;

/// The positions of all entries of an N x N matrix, row after row: N^2 x `channels`, which must be a multiple of 4.
///
/// Channels: sines of the row, cosines of the row, sines of the column, cosines of the column.
pub(super) fn positions(boxes: i64, channels: i64, options: (Kind, Device)) -> Tensor {
    let half = channels / 2;
    let along = sinusoids(boxes, half, options);
    let rows = along.unsqueeze(1).expand([boxes, boxes, half], false);
    let columns = along.unsqueeze(0).expand([boxes, boxes, half], false);
    Tensor::cat(&[rows, columns], 2).view([boxes * boxes, channels])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_by_hand() {
        // Eight channels: wavelengths of 1 and 10000^(-1/2) = 0.01. The entry of row 1 and column 2 is the sixth of nine.
        let all = positions(3, 8, (Kind::Double, Device::Cpu));
        assert_eq!(all.size(), [9, 8]);
        let expected = [
            1f64.sin(),
            0.01f64.sin(),
            1f64.cos(),
            0.01f64.cos(),
            2f64.sin(),
            0.02f64.sin(),
            2f64.cos(),
            0.02f64.cos(),
        ];
        assert!(all.get(5).allclose(&Tensor::from_slice(&expected), 0.0, 1e-12, false));
    }
}

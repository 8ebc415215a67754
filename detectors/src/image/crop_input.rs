//! From boxes in an image to the input of a re-ID network: cut out, resized, normalized.

use mvmhat_scene::BBox;
use opencv::core::Mat;
use opencv::imgproc::{COLOR_BGR2RGB, cvt_color_def};
use opencv::prelude::*;
use tch::{Device, Kind, Tensor};

use super::{Image, crop};
use crate::Error;

/// Mean and deviation of the colors of ImageNet (red, green, blue, 0 to 1), by which all these networks normalize.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// See [`MEAN`].
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// The input convention of a re-ID network: crops of one size, colors of mean 0 and deviation 1.
#[derive(Debug)]
pub struct CropInput {
    height: i32,
    width: i32,
    /// A batch of pixels 0 to 255 is multiplied by `scale`, then `shift` is added; both 1 x 3 x 1 x 1.
    scale: Tensor,
    shift: Tensor,
}

impl CropInput {
    /// For crops of a height and width, pixels.
    pub fn new([height, width]: [i32; 2], device: Device) -> Self {
        let column = |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]).to_device(device);
        let scale = column(DEVIATION.map(|deviation| 1.0 / (255.0 * deviation)));
        let shift = column([0, 1, 2].map(|i| -MEAN[i] / DEVIATION[i]));
        Self { height, width, scale, shift }
    }

    /// Bytes of a crop.
    pub fn bytes(&self) -> usize {
        self.height as usize * self.width as usize * 3
    }

    /// Appends the part of an image inside a box to `pixels`: [`bytes`](Self::bytes), red, green, blue, row by row.
    ///
    /// # Errors
    /// If OpenCV cannot resize it.
    pub fn push(&self, image: &Image, bbox: BBox, pixels: &mut Vec<u8>) -> Result<(), Error> {
        let crop = crop(image, bbox, self.width, self.height)?;
        // OpenCV's channel order is BGR, the networks' RGB.
        let mut rgb = Mat::default();
        cvt_color_def(&crop, &mut rgb, COLOR_BGR2RGB)?;
        pixels.extend_from_slice(rgb.data_bytes()?);
        Ok(())
    }

    /// The input for crops that lie one after the other in `pixels`: N x 3 x height x width.
    ///
    /// # Errors
    /// If libtorch has no memory for it.
    pub fn batch(&self, pixels: &[u8]) -> Result<Tensor, Error> {
        let crops = (pixels.len() / self.bytes()) as i64;
        let size = [crops, i64::from(self.height), i64::from(self.width), 3];
        let batch = Tensor::f_from_data_size(pixels, &size, Kind::Uint8)?;
        let mut batch =
            batch.f_permute([0, 3, 1, 2])?.f_to_device(self.scale.device())?.f_to_kind(Kind::Float)?;
        Ok(batch.f_mul_(&self.scale)?.f_add_(&self.shift)?)
    }
}

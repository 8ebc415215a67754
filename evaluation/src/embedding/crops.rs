//! Crops of known people and the similarities between them.

use std::collections::BTreeMap;
use std::ops::Range;

use mvmhat_scene::{CameraId, Embedding, FrameIndex};
use nalgebra::DMatrix;
use thiserror::Error;

/// How many rows of similarities are computed at once. A row is as long as there are crops, so that 20,000 of them need
/// 20 MB here, where all similarities together would need 1.6 GB.
const BLOCK: usize = 256;

/// One person in one image, and the embedding of their appearance.
#[derive(Clone, Debug, PartialEq)]
pub struct Crop {
    /// Whose image.
    pub camera: CameraId,
    /// When.
    pub timestep: FrameIndex,
    /// Who it is, by ground truth; identities are shared by all cameras.
    pub person: i64,
    /// The appearance of the person.
    pub embedding: Embedding,
}

/// Why crops cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CropError {
    /// Embeddings of several embedders.
    #[error("an embedding of {found} dimensions cannot be compared with one of {expected}")]
    Dimension {
        /// Length of the first one.
        expected: usize,
        /// Length of another one.
        found: usize,
    },
    /// Twice in one image, so that it is not known where.
    #[error("person {person} is twice in camera {camera} at timestep {timestep}")]
    Repeated {
        /// Who.
        person: i64,
        /// Where.
        camera: CameraId,
        /// When.
        timestep: FrameIndex,
    },
    /// Nothing to compare.
    #[error("no two cameras see the same person")]
    NothingShared,
}

/// Crops in the order of cameras, timesteps and people: whatever order they are given in, the scores are the same.
#[derive(Clone, Debug)]
pub struct Crops {
    crops: Vec<Crop>,
    /// The crops of each camera that has any.
    cameras: Vec<(CameraId, Range<usize>)>,
    /// Number of each crop's person, dense.
    people: Vec<u32>,
    /// Who has which number.
    names: Vec<i64>,
    /// D x N: one column per crop.
    embeddings: DMatrix<f32>,
}

impl Crops {
    /// Takes crops in any order.
    ///
    /// # Errors
    /// Embeddings of different lengths, a person twice in one image, or no person that two cameras see.
    pub fn new(mut crops: Vec<Crop>) -> Result<Self, CropError> {
        let key = |crop: &Crop| (crop.camera, crop.timestep, crop.person);
        crops.sort_by_key(key);
        let dimension = crops.first().map_or(0, |crop| crop.embedding.len());
        if let Some(other) = crops.iter().find(|crop| crop.embedding.len() != dimension) {
            return Err(CropError::Dimension { expected: dimension, found: other.embedding.len() });
        }
        if let Some([crop, _]) = crops.array_windows().find(|[a, b]| key(a) == key(b)) {
            let Crop { person, camera, timestep, .. } = *crop;
            return Err(CropError::Repeated { person, camera, timestep });
        }
        let mut homes = BTreeMap::<i64, (CameraId, bool)>::new();
        for crop in &crops {
            let (first, shared) = homes.entry(crop.person).or_insert((crop.camera, false));
            *shared |= *first != crop.camera;
        }
        if !homes.values().any(|(_, shared)| *shared) {
            return Err(CropError::NothingShared);
        }
        let names: Vec<i64> = homes.into_keys().collect();
        let number = |crop: &Crop| names.partition_point(|name| *name < crop.person) as u32;
        let people = crops.iter().map(number).collect();
        let mut start = 0;
        let cameras = crops.chunk_by(|a, b| a.camera == b.camera).filter_map(|of_camera| {
            let range = start..start + of_camera.len();
            start = range.end;
            Some((of_camera.first()?.camera, range))
        });
        let cameras = cameras.collect();
        let numbers = crops.iter().flat_map(|crop| crop.embedding.as_slice().iter().copied());
        let embeddings = DMatrix::from_iterator(dimension, crops.len(), numbers);
        Ok(Self { crops, cameras, people, names, embeddings })
    }

    /// All crops, in their order.
    pub fn as_slice(&self) -> &[Crop] {
        &self.crops
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        self.names.len()
    }

    /// Each camera that has crops, with where they are.
    pub(crate) fn cameras(&self) -> &[(CameraId, Range<usize>)] {
        &self.cameras
    }

    /// The dense number of each crop's person.
    pub(crate) fn dense(&self) -> &[u32] {
        &self.people
    }

    /// The person of a dense number.
    pub(crate) fn name(&self, dense: u32) -> Option<i64> {
        self.names.get(dense as usize).copied()
    }

    /// The embeddings, D x N: one column per crop.
    pub(crate) fn embeddings(&self) -> &DMatrix<f32> {
        &self.embeddings
    }

    /// The cosine of two crops.
    ///
    /// # Panics
    /// Where there is no such crop.
    pub fn cosine(&self, a: usize, b: usize) -> f32 {
        self.embeddings.column(a).dot(&self.embeddings.column(b))
    }

    /// Calls `row` with every crop and its cosines with all crops, in order, itself included.
    pub(crate) fn for_each_row(&self, mut row: impl FnMut(usize, &[f32])) {
        let all = self.embeddings.transpose();
        for start in (0..self.crops.len()).step_by(BLOCK) {
            let size = BLOCK.min(self.crops.len() - start);
            // N x size: the cosines of one crop lie one after the other.
            let block = &all * self.embeddings.columns(start, size);
            for (index, column) in block.column_iter().enumerate() {
                row(start + index, column.as_slice());
            }
        }
    }

    /// The crops that `query` is compared with when it is searched for, see [`Retrieval`](crate::Retrieval), most similar
    /// first, with their cosines.
    pub fn ranking(&self, query: usize) -> Vec<(usize, f32)> {
        let Some(from) = self.crops.get(query) else { return Vec::new() };
        let is_elsewhere =
            |(_, other): &(usize, &Crop)| other.camera != from.camera && other.timestep != from.timestep;
        let gallery = self.crops.iter().enumerate().filter(is_elsewhere);
        let mut ranking: Vec<_> = gallery.map(|(index, _)| (index, self.cosine(query, index))).collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranking
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A crop of (camera, timestep, person) with this embedding, which is scaled to unit length.
    pub(crate) fn crop(camera: u16, timestep: u64, person: i64, embedding: &[f32]) -> Crop {
        let embedding = Embedding::normalized(embedding.to_vec());
        Crop { camera: CameraId(camera), timestep: FrameIndex(timestep), person, embedding }
    }

    #[test]
    fn similarities_are_the_inner_products() {
        let angles = [0.0f32, 0.4, 1.1, 2.0, 3.0];
        let crops = angles.iter().zip(0..);
        let crops = crops.map(|(a, i)| crop(i % 2, u64::from(i), 1, &[a.cos(), a.sin()])).collect();
        let crops = Crops::new(crops).unwrap();
        let order = [0.0f32, 1.1, 3.0, 0.4, 2.0]; // camera 0 first
        let mut rows = 0;
        crops.for_each_row(|query, row| {
            rows += 1;
            for (other, cosine) in row.iter().enumerate() {
                let expected = (order[query] - order[other]).cos();
                assert!((cosine - expected).abs() < 1e-6, "{query} {other}: {cosine} {expected}");
                assert!((crops.cosine(query, other) - expected).abs() < 1e-6);
            }
        });
        assert_eq!(rows, 5);
    }

    #[test]
    fn rows_of_more_than_one_block() {
        let count = 2 * BLOCK as u64 + 3;
        let crops = (0..count).map(|i| crop((i % 2) as u16, i, 1, &[1.0, i as f32])).collect();
        let crops = Crops::new(crops).unwrap();
        let mut seen = Vec::new();
        crops.for_each_row(|query, row| {
            seen.push(query);
            assert_eq!(row.len(), count as usize);
            assert!((row[query] - 1.0).abs() < 1e-6);
            assert!((row[7] - crops.cosine(query, 7)).abs() < 1e-6);
        });
        assert!(seen.iter().copied().eq(0..count as usize));
    }

    #[test]
    fn a_ranking_has_other_cameras_at_other_times_only() {
        let crops = Crops::new(vec![
            crop(0, 1, 1, &[1.0, 0.0]),
            crop(0, 2, 1, &[1.0, 0.0]),
            crop(1, 1, 1, &[1.0, 0.0]),
            crop(1, 2, 1, &[0.0, 1.0]),
            crop(2, 3, 2, &[0.6, 0.8]),
        ]);
        assert_eq!(crops.unwrap().ranking(0), [(4, 0.6), (3, 0.0)]);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let error = |crops: &[Crop]| Crops::new(crops.to_vec()).unwrap_err().to_string();
        let (a, b) = (crop(0, 1, 1, &[1.0, 0.0]), crop(1, 1, 1, &[1.0, 0.0]));
        assert!(error(&[a.clone(), crop(1, 1, 1, &[1.0])]).contains("1 dimensions"));
        assert!(error(&[a.clone(), b.clone(), a.clone()]).contains("person 1 is twice in camera 0"));
        assert_eq!(error(&[a.clone(), crop(1, 1, 2, &[1.0, 0.0])]), "no two cameras see the same person");
        assert_eq!(Crops::new(Vec::new()).unwrap_err(), CropError::NothingShared);
        assert_eq!(Crops::new(vec![a, b]).unwrap().people(), 1);
    }
}

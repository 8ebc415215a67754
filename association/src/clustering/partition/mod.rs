//! Joint clustering of the tracklets of all views into people, by their affinities.
//!
//! The objective is that of correlation clustering: the sum of affinities within clusters, under cannot-link constraints.
//! [`average_linkage`] builds the clusters, [`local_search`] improves them.

mod average_linkage;
mod local_search;

use super::affinity::PairMatrix;

/// The cluster of each thing, named by a number below their count. Where `improve` is set, local search follows on average
/// linkage.
pub(super) fn partition(affinities: &PairMatrix, improve: bool) -> Vec<usize> {
    let mut clusters = average_linkage::average_linkage(affinities);
    if improve {
        local_search::local_search(affinities, &mut clusters);
    }
    clusters
}

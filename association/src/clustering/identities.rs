//! Identities: one decision about all tracklets, of all views, present and past.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mvmhat_scene::PersonId;

use super::affinity::{CoOccurrences, Likelihoods, affinities, appearance_similarities};
use super::detections_to_tracklets::{TrackletDescriptor, TrackletId};
use super::partition::partition;
use crate::ClusteringConfig;

/// The identities so far, and the gallery: the descriptors of tracklets that ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    gallery: Vec<TrackletDescriptor>,
    likelihoods: Likelihoods,
    /// One counter for all views.
    last_person: u32,
    co_occurrences: CoOccurrences,
}

/// How often a decision is repeated with the likelihoods that follow from the one before.
const ROUNDS: usize = 3;

/// Tracklets that are clustered at once at the end of a sequence: the time grows with their square.
const OFFLINE_BATCH: usize = 1500;

impl Identities {
    /// What a similarity means in this sequence, as far as it is known.
    pub(crate) fn likelihoods(&self) -> &Likelihoods {
        &self.likelihoods
    }

    /// The descriptors of tracklets that ended.
    pub(crate) fn gallery(&self) -> &[TrackletDescriptor] {
        &self.gallery
    }

    /// Evidence from timesteps at which tracklets co-occurred.
    pub(crate) fn co_occurrences_mut(&mut self) -> &mut CoOccurrences {
        &mut self.co_occurrences
    }

    /// Adds the descriptor of a tracklet that ended to the gallery. Those of one person in one view are merged, and where
    /// there are too many the oldest is forgotten, unless boxes of it are in the output buffer.
    pub(crate) fn remember(&mut self, descriptor: TrackletDescriptor, config: &ClusteringConfig) {
        if descriptor.person.is_none() {
            return;
        }
        let same = |d: &&mut TrackletDescriptor| d.person == descriptor.person && d.view == descriptor.view;
        match self.gallery.iter_mut().find(same) {
            Some(known) => known.merge(&descriptor),
            None => self.gallery.push(descriptor),
        }
        while self.gallery.len() > config.gallery_size {
            let free = (0..self.gallery.len()).filter(|&i| self.gallery[i].tracklets.is_empty());
            let Some(oldest) = free.min_by_key(|&i| (self.gallery[i].last, self.gallery[i].person)) else {
                break;
            };
            self.gallery.remove(oldest);
        }
    }

    /// Forgets which tracklets the descriptors of the gallery are made of, except those in the output buffer.
    pub(crate) fn retain_tracklets(&mut self, buffered: &BTreeSet<TrackletId>) {
        for descriptor in &mut self.gallery {
            descriptor.tracklets.retain(|tracklet| buffered.contains(tracklet));
        }
    }

    /// Forgets people last detected before `timestep`, unless boxes of them are in the output buffer.
    pub(crate) fn forget_before(&mut self, timestep: u64) {
        self.gallery.retain(|d| d.last >= timestep || !d.tracklets.is_empty());
    }

    /// Clusters the `present` tracklets and those of the gallery anew, and gives each its identity.
    pub(crate) fn recluster(&mut self, present: Vec<&mut TrackletDescriptor>, config: &ClusteringConfig) {
        let mut descriptors: Vec<&mut TrackletDescriptor> = present;
        descriptors.extend(&mut self.gallery);
        descriptors.sort_by(|a, b| a.canonical_order(b));
        let similarities = appearance_similarities(&descriptors, config.csls);
        let mut identity: Vec<Option<usize>> = vec![None; descriptors.len()];
        let mut clusters = Vec::new();
        for _ in 0..ROUNDS {
            self.likelihoods =
                Likelihoods::estimate(&descriptors, &similarities, &identity, config.min_deviations);
            let affinities =
                affinities(&descriptors, &similarities, &self.likelihoods, &self.co_occurrences, config);
            clusters = partition(&affinities, config.local_search);
            identity = clusters.iter().copied().map(Some).collect();
        }
        name_clusters(&mut descriptors, &clusters, &mut self.last_person);
        self.merge_gallery();
    }

    /// Batch clustering of a whole sequence: all its tracklets, which have no identities yet.
    pub(crate) fn cluster_offline(
        mut all: Vec<TrackletDescriptor>,
        co_occurrences: CoOccurrences,
        config: &ClusteringConfig,
    ) -> Self {
        all.sort_by(TrackletDescriptor::canonical_order);
        let mut identities = Self { co_occurrences, ..Self::default() };
        while !all.is_empty() {
            // What exceeds one batch is clustered in several; the people of those before are in the gallery.
            let mut batch: Vec<_> = all.drain(..all.len().min(OFFLINE_BATCH)).collect();
            identities.recluster(batch.iter_mut().collect(), config);
            identities.gallery.append(&mut batch);
            if !all.is_empty() {
                identities.merge_gallery();
            }
        }
        identities
    }

    /// Merges the descriptors of each person in each view.
    fn merge_gallery(&mut self) {
        self.gallery.sort_by_key(|d| (d.person, d.view, d.first));
        self.gallery.dedup_by(|later, earlier| {
            let same = later.person == earlier.person && later.view == earlier.view;
            if same {
                earlier.merge(later);
            }
            same
        });
    }
}

/// Gives each cluster the identity that most of its detections had, each identity to one cluster, and new ones to those
/// that have none left.
fn name_clusters(descriptors: &mut [&mut TrackletDescriptor], clusters: &[usize], last_person: &mut u32) {
    let mut claims: BTreeMap<(PersonId, usize), u64> = BTreeMap::new();
    for (descriptor, &cluster) in descriptors.iter().zip(clusters) {
        if let Some(person) = descriptor.person {
            *claims.entry((person, cluster)).or_default() += u64::from(descriptor.hits);
        }
    }
    let mut claims: Vec<_> = claims.into_iter().collect();
    claims.sort_by_key(|&((person, cluster), hits)| (Reverse(hits), person, cluster));
    let mut names: Vec<Option<PersonId>> = vec![None; descriptors.len()];
    let mut taken: Vec<PersonId> = Vec::new();
    for ((person, cluster), _) in claims {
        if names[cluster].is_none() && !taken.contains(&person) {
            names[cluster] = Some(person);
            taken.push(person);
        }
    }
    for (descriptor, &cluster) in descriptors.iter_mut().zip(clusters) {
        descriptor.person = Some(*names[cluster].get_or_insert_with(|| {
            *last_person += 1;
            PersonId(*last_person)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(person: u32, hits: u32) -> TrackletDescriptor {
        TrackletDescriptor {
            person: (person > 0).then_some(PersonId(person)),
            hits,
            ..TrackletDescriptor::new(0, 0)
        }
    }

    #[test]
    fn a_cluster_keeps_the_identity_of_most_of_its_detections() {
        // Person 1 is split: the larger part keeps the name. The cluster that takes the rest has person 2 in it.
        let mut descriptors = [descriptor(1, 9), descriptor(1, 5), descriptor(2, 3), descriptor(0, 1)];
        let mut last_person = 2;
        name_clusters(&mut descriptors.each_mut(), &[0, 2, 2, 3], &mut last_person);
        assert_eq!(descriptors.map(|d| d.person.map(|p| p.0)), [Some(1), Some(2), Some(2), Some(3)]);
    }

    #[test]
    fn the_gallery_is_bounded_and_keeps_one_descriptor_per_person_and_view() {
        let config = ClusteringConfig { gallery_size: 2, ..ClusteringConfig::default() };
        let mut identities = Identities::default();
        for (person, last) in [(1, 1), (2, 2), (2, 3), (3, 4)] {
            identities.remember(TrackletDescriptor { last, ..descriptor(person, 1) }, &config);
        }
        let kept: Vec<_> = identities.gallery.iter().map(|d| (d.person.map(|p| p.0), d.hits)).collect();
        assert_eq!(kept, [(Some(2), 2), (Some(3), 1)], "person 1 is the longest ago");
        identities.forget_before(4);
        assert_eq!(identities.gallery.len(), 1, "person 2 was last detected before that");
    }

    #[test]
    fn nobody_is_forgotten_while_boxes_of_them_are_buffered() {
        let config = ClusteringConfig { gallery_size: 1, ..ClusteringConfig::default() };
        let mut identities = Identities::default();
        for (person, tracklet) in [(1, 10), (2, 20), (3, 30)] {
            let (tracklets, last) = (vec![TrackletId(tracklet)], person.into());
            identities.remember(TrackletDescriptor { tracklets, last, ..descriptor(person, 1) }, &config);
        }
        identities.forget_before(9);
        assert_eq!(identities.gallery.len(), 3);
        identities.retain_tracklets(&BTreeSet::from([TrackletId(20)]));
        identities.remember(TrackletDescriptor { last: 4, ..descriptor(4, 1) }, &config);
        let kept: Vec<_> = identities.gallery.iter().map(|d| d.person.map(|p| p.0)).collect();
        assert_eq!(kept, [Some(2)]);
    }
}

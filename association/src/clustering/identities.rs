//! Who the sightings are: one decision about all of them, in all views, present and past.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mvmhat_scene::PersonId;

use super::agglomeration::{FORBIDDEN, cluster};
use super::likelihoods::Likelihoods;
use super::likeness::likeness;
use super::meetings::Meetings;
use super::pairs::Pairs;
use super::refinement::refine;
use super::tracklet::{Sighting, TrackletId};
use crate::ClusteringConfig;

/// The identities there are, and what is remembered of sightings that are over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    gallery: Vec<Sighting>,
    likelihoods: Likelihoods,
    /// One counter for all views.
    last_person: u32,
    /// What timesteps told about people seen at one time.
    meetings: Meetings,
}

/// How often a decision is made anew with what the one before taught about likeness.
const ROUNDS: usize = 3;

/// Sightings that are decided about at once at the end of a recording: the time grows with their square.
const AT_ONCE: usize = 1500;

impl Identities {
    /// What likeness means in this recording, as far as it is known.
    pub(crate) fn likelihoods(&self) -> &Likelihoods {
        &self.likelihoods
    }

    /// What is remembered of sightings that are over.
    pub(crate) fn gallery(&self) -> &[Sighting] {
        &self.gallery
    }

    /// What timesteps told about people seen at one time.
    pub(crate) fn meetings_mut(&mut self) -> &mut Meetings {
        &mut self.meetings
    }

    /// Remembers a sighting that is over. Those of one person in one view become one, and where there are too many the oldest
    /// is forgotten, unless boxes wait for its name.
    pub(crate) fn remember(&mut self, sighting: Sighting, config: &ClusteringConfig) {
        if sighting.person.is_none() {
            return;
        }
        let same = |s: &&mut Sighting| s.person == sighting.person && s.view == sighting.view;
        match self.gallery.iter_mut().find(same) {
            Some(known) => known.absorb(&sighting),
            None => self.gallery.push(sighting),
        }
        while self.gallery.len() > config.gallery_size {
            let free = (0..self.gallery.len()).filter(|&i| self.gallery[i].tracklets.is_empty());
            let Some(oldest) = free.min_by_key(|&i| (self.gallery[i].last, self.gallery[i].person)) else {
                break;
            };
            self.gallery.remove(oldest);
        }
    }

    /// Forgets which tracklets the remembered sightings are made of, but for those that boxes still wait under.
    pub(crate) fn keep_names_of(&mut self, waiting: &BTreeSet<TrackletId>) {
        for sighting in &mut self.gallery {
            sighting.tracklets.retain(|tracklet| waiting.contains(tracklet));
        }
    }

    /// Forgets who was last seen before `timestep`, unless boxes wait for their name.
    pub(crate) fn forget_before(&mut self, timestep: u64) {
        self.gallery.retain(|s| s.last >= timestep || !s.tracklets.is_empty());
    }

    /// Decides anew who the `present` sightings (and the remembered ones) are.
    pub(crate) fn review(&mut self, present: Vec<&mut Sighting>, config: &ClusteringConfig) {
        let mut sightings: Vec<&mut Sighting> = present;
        sightings.extend(&mut self.gallery);
        sightings.sort_by(|a, b| a.in_order(b));
        let likeness = likeness(&sightings, config.csls);
        let mut identity: Vec<Option<usize>> = vec![None; sightings.len()];
        let mut clusters = Vec::new();
        for _ in 0..ROUNDS {
            self.likelihoods = Likelihoods::estimate(&sightings, &likeness, &identity, config.min_deviations);
            let affinities = affinities(&sightings, &likeness, &self.likelihoods, &self.meetings, config);
            clusters = cluster(&affinities);
            if config.local_search {
                refine(&affinities, &mut clusters);
            }
            identity = clusters.iter().copied().map(Some).collect();
        }
        name(&mut sightings, &clusters, &mut self.last_person);
        self.unite();
    }

    /// Decides about a whole recording at once: all its sightings, which have no names yet.
    pub(crate) fn settle(mut all: Vec<Sighting>, meetings: Meetings, config: &ClusteringConfig) -> Self {
        all.sort_by(Sighting::in_order);
        let mut identities = Self { meetings, ..Self::default() };
        while !all.is_empty() {
            // What does not fit into one decision is made in several; people then are known by what was seen of them before.
            let mut part: Vec<_> = all.drain(..all.len().min(AT_ONCE)).collect();
            identities.review(part.iter_mut().collect(), config);
            identities.gallery.append(&mut part);
            if !all.is_empty() {
                identities.unite();
            }
        }
        identities
    }

    /// Makes one of the remembered sightings of each person in each view.
    fn unite(&mut self) {
        self.gallery.sort_by_key(|s| (s.person, s.view, s.first));
        self.gallery.dedup_by(|later, earlier| {
            let same = later.person == earlier.person && later.view == earlier.view;
            if same {
                earlier.absorb(later);
            }
            same
        });
    }
}

/// How much each two sightings speak for being one person.
fn affinities(
    sightings: &[&mut Sighting],
    likeness: &Pairs,
    likelihoods: &Likelihoods,
    meetings: &Meetings,
    config: &ClusteringConfig,
) -> Pairs {
    // Little evidence says little: it is drawn towards neither.
    let reliability: Vec<f64> = sightings.iter().map(|s| s.reliability()).collect();
    let most = config.max_evidence;
    Pairs::from_fn(sightings.len(), |i, j| {
        let (a, b) = (&sightings[i], &sightings[j]);
        if a.met(b) {
            return Some(FORBIDDEN);
        }
        let evidence = |l| likelihoods.evidence(a.view == b.view, l).clamp(-most, most);
        let decided = a.person.is_some() && a.person == b.person;
        let former = if decided { config.hysteresis } else { 0.0 };
        let looks = reliability[i] * reliability[j] * (likeness.get(i, j).map_or(0.0, evidence) + former);
        Some(looks + meetings.evidence(a, b))
    })
}

/// Gives each cluster the identity that most of its detections had, each identity to one cluster, and new ones to those
/// that have none left.
fn name(sightings: &mut [&mut Sighting], clusters: &[usize], last_person: &mut u32) {
    let mut claims: BTreeMap<(PersonId, usize), u64> = BTreeMap::new();
    for (sighting, &cluster) in sightings.iter().zip(clusters) {
        if let Some(person) = sighting.person {
            *claims.entry((person, cluster)).or_default() += u64::from(sighting.hits);
        }
    }
    let mut claims: Vec<_> = claims.into_iter().collect();
    claims.sort_by_key(|&((person, cluster), hits)| (Reverse(hits), person, cluster));
    let mut names: Vec<Option<PersonId>> = vec![None; sightings.len()];
    let mut taken: Vec<PersonId> = Vec::new();
    for ((person, cluster), _) in claims {
        if names[cluster].is_none() && !taken.contains(&person) {
            names[cluster] = Some(person);
            taken.push(person);
        }
    }
    for (sighting, &cluster) in sightings.iter_mut().zip(clusters) {
        sighting.person = Some(*names[cluster].get_or_insert_with(|| {
            *last_person += 1;
            PersonId(*last_person)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(person: u32, hits: u32) -> Sighting {
        Sighting { person: (person > 0).then_some(PersonId(person)), hits, ..Sighting::new(0, 0) }
    }

    #[test]
    fn a_cluster_keeps_the_identity_of_most_of_its_detections() {
        // Person 1 is split: the larger part keeps the name. The cluster that takes the rest has person 2 in it.
        let mut sightings = [sighting(1, 9), sighting(1, 5), sighting(2, 3), sighting(0, 1)];
        let mut last_person = 2;
        name(&mut sightings.each_mut(), &[0, 2, 2, 3], &mut last_person);
        assert_eq!(sightings.map(|s| s.person.map(|p| p.0)), [Some(1), Some(2), Some(2), Some(3)]);
    }

    #[test]
    fn the_gallery_is_bounded_and_keeps_one_sighting_a_person_and_view() {
        let config = ClusteringConfig { gallery_size: 2, ..ClusteringConfig::default() };
        let mut identities = Identities::default();
        for (person, last) in [(1, 1), (2, 2), (2, 3), (3, 4)] {
            identities.remember(Sighting { last, ..sighting(person, 1) }, &config);
        }
        let kept: Vec<_> = identities.gallery.iter().map(|s| (s.person.map(|p| p.0), s.hits)).collect();
        assert_eq!(kept, [(Some(2), 2), (Some(3), 1)], "person 1 is the longest ago");
        identities.forget_before(4);
        assert_eq!(identities.gallery.len(), 1, "person 2 was seen before that");
    }

    #[test]
    fn nobody_is_forgotten_while_boxes_wait_for_their_name() {
        let config = ClusteringConfig { gallery_size: 1, ..ClusteringConfig::default() };
        let mut identities = Identities::default();
        for (person, tracklet) in [(1, 10), (2, 20), (3, 30)] {
            let tracklets = vec![TrackletId(tracklet)];
            identities.remember(Sighting { tracklets, last: person.into(), ..sighting(person, 1) }, &config);
        }
        identities.forget_before(9);
        assert_eq!(identities.gallery.len(), 3);
        identities.keep_names_of(&BTreeSet::from([TrackletId(20)]));
        identities.remember(Sighting { last: 4, ..sighting(4, 1) }, &config);
        let kept: Vec<_> = identities.gallery.iter().map(|s| s.person.map(|p| p.0)).collect();
        assert_eq!(kept, [Some(2)]);
    }
}

//! Who the sightings are: one decision about all of them, in all views, present and past.

use scene::PersonId;

use super::clustering::Affinities;
use super::likeness::Scale;
use super::local_scaling::scale_locally;
use super::tracklet::Sighting;
use crate::FusedConfig;

/// The identities there are, and what is remembered of sightings that are over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    gallery: Vec<Sighting>,
    scale: Scale,
    /// One counter for all views.
    last_person: u32,
}

/// Observations after which a sighting has half its full weight: before, chance says as much about its looks as the
/// person does.
const HALF_WEIGHT: f32 = 5.0;

impl Identities {
    /// What cosines mean in this recording, as far as it is known.
    pub(crate) fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Remembers a sighting that is over. Those of one person in one view become one.
    pub(crate) fn remember(&mut self, sighting: Sighting, config: &FusedConfig) {
        if sighting.person.is_none() || !sighting.looks.is_known() {
            return;
        }
        let same = |s: &&mut Sighting| s.person == sighting.person && s.view == sighting.view;
        match self.gallery.iter_mut().find(same) {
            Some(known) => known.absorb(&sighting),
            None => self.gallery.push(sighting),
        }
        if self.gallery.len() > config.gallery_size {
            let oldest =
                (0..self.gallery.len()).min_by_key(|&i| (self.gallery[i].last, self.gallery[i].person));
            oldest.map(|oldest| self.gallery.remove(oldest));
        }
    }

    /// Decides anew who the `present` sightings (and the remembered ones) are.
    pub(crate) fn review(&mut self, present: Vec<&mut Sighting>, config: &FusedConfig) {
        let mut sightings: Vec<&mut Sighting> = present;
        sightings.extend(&mut self.gallery);
        let n = sightings.len();
        let mut likeness = vec![None; n * n];
        for i in 0..n {
            for j in i + 1..n {
                let value = sightings[i].looks.likeness(&sightings[j].looks).map(f64::from);
                (likeness[i * n + j], likeness[j * n + i]) = (value, value);
            }
        }
        let view_of: Vec<usize> = sightings.iter().map(|s| s.view).collect();
        scale_locally(&mut likeness, &view_of);
        let likeness = |i: usize, j: usize| likeness[i * n + j];
        let scale = Scale::estimate(&sightings, likeness);
        // Little evidence says little: it is drawn towards neither.
        let weights: Vec<f64> = sightings.iter().map(|s| weight(s)).collect();
        let affinities = Affinities::new(n, |i, j| {
            let (a, b) = (&sightings[i], &sightings[j]);
            if a.met(b) {
                return Affinities::FORBIDDEN;
            }
            let decided = a.person.is_some() && a.person == b.person;
            let evidence = likeness(i, j).map_or(0.0, |l| scale.affinity(l, config.min_deviations));
            weights[i] * weights[j] * (evidence + if decided { config.hysteresis } else { 0.0 })
        });
        let clusters = affinities.cluster();
        name(&mut sightings, &clusters, &mut self.last_person);
        self.scale = scale;
        self.unite();
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

/// How much a sighting's looks can be relied on, 0 to 1.
fn weight(sighting: &Sighting) -> f64 {
    let observations = sighting.looks.weight();
    f64::from(observations / (observations + HALF_WEIGHT))
}

/// Gives each cluster the identity that most of its detections had, each identity to one cluster, and new ones to those
/// that have none left.
fn name(sightings: &mut [&mut Sighting], clusters: &[usize], last_person: &mut u32) {
    let mut claims: Vec<(PersonId, usize, u64)> = Vec::new();
    for (sighting, &cluster) in sightings.iter().zip(clusters) {
        let Some(person) = sighting.person else { continue };
        let hits = u64::from(sighting.hits);
        match claims.iter_mut().find(|claim| (claim.0, claim.1) == (person, cluster)) {
            Some(claim) => claim.2 += hits,
            None => claims.push((person, cluster, hits)),
        }
    }
    claims.sort_by_key(|&(person, cluster, hits)| (std::cmp::Reverse(hits), person, cluster));
    let mut names: Vec<Option<PersonId>> = vec![None; sightings.len()];
    let mut taken: Vec<PersonId> = Vec::new();
    for (person, cluster, _) in claims {
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
    use super::super::looks::Looks;
    use super::*;

    fn sighting(person: u32, hits: u32) -> Sighting {
        let person = (person > 0).then_some(PersonId(person));
        Sighting { person, view: 0, looks: Looks::default(), first: 0, last: 0, hits }
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
        let config = FusedConfig { gallery_size: 2, ..FusedConfig::default() };
        let mut identities = Identities::default();
        let over = |person, last| {
            let mut sighting = Sighting { last, ..sighting(person, 1) };
            sighting.looks.learn(&[1.0], 1.0);
            sighting
        };
        for (person, last) in [(1, 1), (2, 2), (2, 3), (3, 4)] {
            identities.remember(over(person, last), &config);
        }
        let kept: Vec<_> = identities.gallery.iter().map(|s| (s.person.map(|p| p.0), s.hits)).collect();
        assert_eq!(kept, [(Some(2), 2), (Some(3), 1)], "person 1 is the longest ago");
    }
}

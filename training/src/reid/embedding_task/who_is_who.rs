//! The rounds of `loss: identities`: who is who with what has been learned so far, and the head that is solved from it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use mvmhat_learning::{LdaHead, LdaHeadConfig, LdaHeadError, TrainingStep};
use tch::{Tensor, no_grad};

use super::{AHEAD, BATCH, EmbeddingTask, Samples};
use crate::training::augmentation::AugmentationConfig;
use crate::training::identity_samples::IdentitySamples;
use crate::training::plan::{Grouping, Plan};
use crate::training::pseudo_identities;

impl EmbeddingTask {
    /// Finds out who is who where it is due.
    pub(super) fn label(&mut self, at: TrainingStep) -> Result<()> {
        let Samples::Identities { current } = &self.samples else { return Ok(()) };
        let round = at.epoch / self.config.people.renew;
        if current.as_ref().is_some_and(|(of, _)| *of == round) {
            return Ok(());
        }
        let path = pseudo_identities::path(&self.run, round);
        let first_of_round = at.batch == 0 && at.epoch.is_multiple_of(self.config.people.renew);
        let identities = if first_of_round {
            let start = Instant::now();
            let (_, identities) = self.identify(round)?;
            self.time.labelling += start.elapsed();
            identities
        } else {
            pseudo_identities::load(&path, &self.footage)?
        };
        let (people, seed) = (&self.config.people, self.config.trainer.seed);
        let samples = IdentitySamples::new(&self.footage, &identities, people, seed)?;
        tracing::info!(
            "round {round}: {} people in {} recordings, {} of {} crops have one of them",
            samples.people(),
            self.footage.recordings.len(),
            labelled(&identities),
            identities.len(),
        );
        self.samples = Samples::Identities { current: Some((round, samples)) };
        Ok(())
    }

    /// Finds out who is who with what is known before a round, and keeps it; with the features that told it.
    ///
    /// After the first round the head that looks are compared by is solved from the answers of the round before: it tells
    /// people apart better than the one that is being learned.
    fn identify(&mut self, round: u64) -> Result<(Tensor, Vec<i64>)> {
        let plain = |range: Range<usize>| Ok(Plan::plain(range));
        let features = self.features(plain)?;
        let head = match (&self.config.discriminant, round.checked_sub(1)) {
            (Some(config), Some(before)) => {
                let path = pseudo_identities::path(&self.run, before);
                let identities = pseudo_identities::load(&path, &self.footage)?;
                self.discriminant(config, &features, &identities)?
            }
            _ => None,
        };
        let embeddings = no_grad(|| match head {
            Some(head) => head.project(&features),
            None => self.network.head(&features, false),
        });
        let embeddings = mvmhat_detectors::embeddings(&embeddings)?;
        let identities = pseudo_identities::associate(&self.footage, embeddings, &self.association)?;
        pseudo_identities::save(&pseudo_identities::path(&self.run, round), &self.footage, &identities)?;
        Ok((features, identities))
    }

    /// The head that tells these people apart best; none where there is too little to solve it from.
    ///
    /// # Errors
    /// Those of libtorch: labels must not depend on the memory that happens to be free.
    fn discriminant(
        &self,
        config: &LdaHeadConfig,
        features: &Tensor,
        identities: &[i64],
    ) -> Result<Option<LdaHead>, LdaHeadError> {
        let learned = |why: &str| {
            tracing::info!("looks are compared by the head that is learned: {why}");
            Ok(None)
        };
        if let Err(why) = self.enough(labelled(identities)) {
            return learned(&why);
        }
        match config.fit(features, identities, self.config.network.dimension) {
            Ok(head) => Ok(Some(head)),
            Err(LdaHeadError::Tch(error)) => Err(error.into()),
            Err(why) => learned(&why.to_string()),
        }
    }

    /// Whether so many crops of known people are enough to solve the head from: fewer than a feature has numbers do not
    /// even span the space, and what they leave out is lost. If not, why.
    fn enough(&self, crops: usize) -> Result<(), String> {
        let features = self.config.network.backbone.features();
        if crops as i64 >= features {
            return Ok(());
        }
        Err(format!(
            "it takes {features} crops or more that have an identity, as many as a feature has numbers, and there are {crops}"
        ))
    }

    /// What the head is given of all crops, N x F, as plans of ranges of them have it.
    fn features(&mut self, plan: impl Fn(Range<usize>) -> Result<Plan>) -> Result<Tensor> {
        let count = self.footage.crops.len();
        let mut ranges = (0..count).step_by(BATCH).map(|start| start..(start + BATCH).min(count));
        let mut features = Vec::with_capacity(count.div_ceil(BATCH));
        for _ in 0..count.div_ceil(BATCH) {
            while self.loader.ahead() <= AHEAD
                && let Some(range) = ranges.next()
            {
                self.loader.ask(plan(range)?);
            }
            let batch = mvmhat_learning::channels_last(&self.input.batch(&self.loader.next()?.pixels)?);
            features.push(no_grad(|| self.network.features(&batch, false)));
        }
        Ok(Tensor::f_cat(&features, 0)?)
    }

    /// Solves the head of the network that training found, from who is who and how people look as they are and augmented:
    /// shaken, partly hidden, in other light. Their hues stay, or one person would be several.
    ///
    /// # Errors
    /// Crops that cannot be read or files that cannot be written. A head that cannot be solved stays as it was learned.
    pub(super) fn solve_head(&mut self, config: &LdaHeadConfig, at: TrainingStep) -> Result<()> {
        let learned = |why: String| {
            tracing::warn!("the head stays as it was learned: {why}");
            Ok(())
        };
        // Known before anything is asked of the network, who is who included.
        if let Err(why) = self.enough(self.footage.crops.len()) {
            return learned(why);
        }
        let renew = self.config.people.renew;
        let round = at.epoch / renew + u64::from(at.batch > 0 || !at.epoch.is_multiple_of(renew));
        let (plain, identities) = self.identify(round)?;
        let crops = labelled(&identities);
        if let Err(why) = self.enough(crops) {
            return learned(why);
        }
        tracing::info!("the head is solved from {crops} crops");
        let augmentation = AugmentationConfig { hue: 0.0, ..self.config.augmentation.clone() };
        let (footage, seed) = (Arc::clone(&self.footage), self.config.trainer.seed);
        let augmented = self.features(|range| {
            // Numbers that no step of training has.
            let number = at.step + 1 + (range.start / BATCH) as u64;
            let grouping = Grouping::Identities(Vec::new());
            Ok(Plan::new(&[range.collect()], grouping, &footage, &augmentation, seed, number))
        })?;
        let looks = Tensor::f_cat(&[plain, augmented], 0)?;
        match config.fit(&looks, &identities.repeat(2), self.config.network.dimension) {
            Ok(head) => Ok(self.network.set_head(&head)?),
            Err(why) => learned(why.to_string()),
        }
    }
}

/// How many crops have an identity.
fn labelled(identities: &[i64]) -> usize {
    identities.iter().filter(|identity| **identity >= 0).count()
}

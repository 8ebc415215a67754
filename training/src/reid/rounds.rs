//! The rounds of `loss: identities`: pseudo-labels from what has been learned so far, and the closed-form LDA head that is fitted
//! to them.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use mvmhat_learning::{LdaHead, LdaHeadConfig, LdaHeadError, TrainingStep};
use tch::{Tensor, no_grad};

use super::augmentation::ReidAugmentationConfig;
use super::batch_plan::{BatchPlan, Grouping, StepAugmentation};
use super::pk_sampler::PkSampler;
use super::pseudo_labels;
use super::task::{BATCH, ReidTask, Samples};

impl ReidTask {
    /// Computes the pseudo-labels of the round that a step belongs to, unless they are there.
    pub(super) fn label(&mut self, at: TrainingStep) -> Result<()> {
        let Samples::Identities { current } = &self.samples else { return Ok(()) };
        let relabel_every = self.recipe.pk_sampling.relabel_every;
        let round = at.epoch / relabel_every;
        if current.as_ref().is_some_and(|(of, _)| *of == round) {
            return Ok(());
        }
        let is_first_of_round = at.batch == 0 && at.epoch.is_multiple_of(relabel_every);
        let identities = if is_first_of_round {
            let start = Instant::now();
            let labelled = self.compute_labels(round)?;
            self.labelling += start.elapsed();
            labelled.identities
        } else {
            pseudo_labels::load(&pseudo_labels::path(&self.run, round), &self.dataset)?
        };
        let (config, seed) = (&self.recipe.pk_sampling, self.recipe.trainer.seed);
        let sampler = PkSampler::new(&self.dataset, &identities, config, seed)?;
        tracing::info!(
            "round {round}: {} people in {} recordings, {} of {} crops are labelled",
            sampler.identities(),
            self.dataset.sequences.len(),
            labelled_count(&identities),
            identities.len(),
        );
        self.samples = Samples::Identities { current: Some((round, sampler)) };
        Ok(())
    }

    /// Computes the pseudo-labels of a round and keeps them; with the features that they come from.
    ///
    /// After the first round the embeddings that are compared come from an LDA head fitted to the labels of the round before: it
    /// tells people apart better than the head that is being learned.
    fn compute_labels(&mut self, round: u64) -> Result<LabelledFeatures> {
        let features = self.features(|range| Ok(BatchPlan::plain(range)))?;
        let head = match (&self.recipe.lda_head, round.checked_sub(1)) {
            (Some(config), Some(before)) => {
                let path = pseudo_labels::path(&self.run, before);
                let identities = pseudo_labels::load(&path, &self.dataset)?;
                self.fit_lda_head(config, &features, &identities)?
            }
            _ => None,
        };
        let embeddings = no_grad(|| match head {
            Some(head) => head.project(&features),
            None => self.network.head(&features, false),
        });
        let embeddings = mvmhat_detectors::embeddings(&embeddings)?;
        let identities = pseudo_labels::compute(&self.dataset, embeddings, &self.association)?;
        pseudo_labels::save(&pseudo_labels::path(&self.run, round), &self.dataset, &identities)?;
        Ok(LabelledFeatures { features, identities })
    }

    /// The head that tells these people apart best; none where there is too little to fit it to.
    ///
    /// # Errors
    /// Those of libtorch: labels must not depend on how much memory happens to be free.
    fn fit_lda_head(
        &self,
        config: &LdaHeadConfig,
        features: &Tensor,
        identities: &[i64],
    ) -> Result<Option<LdaHead>, LdaHeadError> {
        let keep_learned = |why: &str| {
            tracing::info!("embeddings are compared by the learned head: {why}");
            Ok(None)
        };
        if let Err(why) = self.check_crops_for_lda(labelled_count(identities)) {
            return keep_learned(&why);
        }
        match config.fit(features, identities, self.recipe.network.embedding_dim) {
            Ok(head) => Ok(Some(head)),
            Err(LdaHeadError::Torch(error)) => Err(error.into()),
            Err(why) => keep_learned(&why.to_string()),
        }
    }

    /// Whether so many labelled crops are enough to fit an LDA head to: fewer than there are feature dimensions do not span the
    /// space, and what they leave out would be lost. If not, why.
    fn check_crops_for_lda(&self, crops: usize) -> Result<(), String> {
        let features = self.recipe.network.backbone.features;
        if crops as i64 >= features {
            return Ok(());
        }
        Err(format!(
            "it takes {features} labelled crops or more, as many as there are feature dimensions, and there are {crops}"
        ))
    }

    /// The input of the head for all crops, N x F, for plans of ranges of the crops.
    fn features(&mut self, plan: impl Fn(Range<usize>) -> Result<BatchPlan>) -> Result<Tensor> {
        let count = self.dataset.crops.len();
        let mut ranges = (0..count).step_by(BATCH).map(|start| start..(start + BATCH).min(count));
        let mut features = Vec::with_capacity(count.div_ceil(BATCH));
        for _ in 0..count.div_ceil(BATCH) {
            while self.prefetcher.wants_more()
                && let Some(range) = ranges.next()
            {
                self.prefetcher.request(plan(range)?);
            }
            let pixels = self.prefetcher.next()?.pixels;
            let batch = mvmhat_learning::channels_last(&self.input.batch(&pixels)?);
            features.push(no_grad(|| self.network.features(&batch, false)));
        }
        Ok(Tensor::f_cat(&features, 0)?)
    }

    /// Replaces the head of the trained network by an LDA head fitted to pseudo-labels and the features of all crops, with and
    /// without augmentation. Hues are not rotated, or one person would count as several.
    ///
    /// # Errors
    /// Crops that cannot be read or files that cannot be written. A head that cannot be fitted stays as it was learned.
    pub(super) fn replace_head(&mut self, config: &LdaHeadConfig, at: TrainingStep) -> Result<()> {
        let keep_learned = |why: String| {
            tracing::warn!("the head stays as it was learned: {why}");
            Ok(())
        };
        // Checked before anything is embedded or labelled.
        if let Err(why) = self.check_crops_for_lda(self.dataset.crops.len()) {
            return keep_learned(why);
        }
        let relabel_every = self.recipe.pk_sampling.relabel_every;
        let round =
            at.epoch / relabel_every + u64::from(at.batch > 0 || !at.epoch.is_multiple_of(relabel_every));
        let LabelledFeatures { features: plain, identities } = self.compute_labels(round)?;
        let crops = labelled_count(&identities);
        if let Err(why) = self.check_crops_for_lda(crops) {
            return keep_learned(why);
        }
        tracing::info!("the LDA head is fitted to {crops} crops");
        let augmentation = ReidAugmentationConfig { hue: 0.0, ..self.recipe.augmentation.clone() };
        let (dataset, seed) = (Arc::clone(&self.dataset), self.recipe.trainer.seed);
        let augmented = self.features(|range| {
            // Numbers that no step of training has.
            let step = at.step + 1 + (range.start / BATCH) as u64;
            let augmentation = StepAugmentation { config: &augmentation, seed, step };
            let grouping = Grouping::Identities(Vec::new());
            Ok(BatchPlan::new(&[range.collect()], grouping, &dataset, augmentation))
        })?;
        let features = Tensor::f_cat(&[plain, augmented], 0)?;
        match config.fit(&features, &identities.repeat(2), self.recipe.network.embedding_dim) {
            Ok(head) => Ok(self.network.set_head(&head)?),
            Err(why) => keep_learned(why.to_string()),
        }
    }
}

/// The features of all crops, N x F, and their pseudo-labels.
struct LabelledFeatures {
    features: Tensor,
    identities: Vec<i64>,
}

/// How many crops have an identity.
fn labelled_count(identities: &[i64]) -> usize {
    identities.iter().filter(|identity| **identity >= 0).count()
}

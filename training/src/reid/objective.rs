//! What is minimized: a loss, and for one of them a network beside the embedding network.

use anyhow::{Result, bail};
use mvmhat_learning::{AssignmentNetwork, Loss, LossConfig, ViewEmbeddings};
use tch::Tensor;

use super::batch_plan::Grouping;

/// A loss with what it needs.
pub(super) struct Objective {
    pub(super) loss: LossConfig,
    /// For [`LossConfig::MvmhatPp`].
    pub(super) assignment_network: Option<AssignmentNetwork>,
}

impl Objective {
    /// The names of the terms of a loss; one that is switched off is 0.
    pub(super) fn terms(&self) -> &'static [&'static str] {
        match &self.loss {
            LossConfig::Mvmhat(_) => &["symmetric", "transitive"],
            LossConfig::MvmhatPp(_) => {
                &["symmetric", "transitive", "pseudo_labels", "symmetry", "nuclear_norm", "sums"]
            }
            LossConfig::Identities(_) => &["contrastive"],
        }
    }

    /// The losses of a batch, one per sample. `embeddings` are N x D, rows of unit length.
    ///
    /// # Errors
    /// Embeddings that are not finite, or a grouping that is not that of the loss.
    pub(super) fn losses(&self, embeddings: &Tensor, grouping: &Grouping) -> Result<Vec<Loss>> {
        match (grouping, &self.loss) {
            (Grouping::Identities(identities), LossConfig::Identities(loss)) => {
                let identities = Tensor::from_slice(identities).to_device(embeddings.device());
                Ok(vec![loss.loss(embeddings, &identities)])
            }
            (Grouping::EmbeddingSets(samples), _) => {
                let sizes: Vec<i64> = samples.iter().flatten().map(|size| *size as i64).collect();
                let mut sets = embeddings.split_with_sizes(sizes, 0).into_iter();
                let sets_of = |sizes: &Vec<usize>| sets.by_ref().take(sizes.len()).collect::<Vec<_>>();
                let samples = samples.iter().map(sets_of);
                samples.map(|sets| self.sample_loss(&ViewEmbeddings::new(&sets)?)).collect()
            }
            _ => bail!("the batch is not of the kind that the loss learns from"),
        }
    }

    fn sample_loss(&self, sets: &ViewEmbeddings) -> Result<Loss> {
        match (&self.loss, &self.assignment_network) {
            (LossConfig::Mvmhat(loss), _) => Ok(loss.loss(sets)),
            (LossConfig::MvmhatPp(loss), Some(network)) => Ok(loss.loss(sets, |soft| network.forward(soft))?),
            _ => bail!("the loss does not learn from samples of several views"),
        }
    }
}

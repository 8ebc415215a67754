//! Tracklets as labels: a contrastive loss that uses only what is sure without labels.
//!
//! A *tracklet* is what following one person in one view over time gives, also over gaps longer than the two instants of
//! a frame-set pair. Two boxes of one tracklet are the same person (positives). Two boxes of one frame-set, one view at
//! one instant, are different people, and so are any two boxes of two tracklets that meet in some frame-set (negatives).
//! Of all other pairs nothing is known, and they are left out: somebody in another view may well be the same.
//!
//! For box a with positives P(a), strangers Q(a), cosines s and temperature t:
//!
//! ```text
//! L_a = mean over p in P(a) of  - ln( exp(s_ap / t) / (exp(s_ap / t) + sum over q in Q(a) of exp(s_aq / t)) )
//! ```
//!
//! and the loss is the mean over all boxes with a positive and a stranger. This is InfoNCE (van den Oord et al., 2018)
//! with several positives (Khosla et al., *Supervised Contrastive Learning*, NeurIPS 2020), and ours: it is in neither
//! of the published losses.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::LossConfigError;
use super::config_error::{not_negative, positive};

/// Constants of the contrastive loss, the key `contrastive` of the section `train`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContrastiveConfig {
    /// Whether it is part of the loss. Default false, as published.
    pub enabled: bool,
    /// What it counts beside the published loss, 0 or more. Default 1.
    pub weight: f64,
    /// t, over 0; the smaller, the more the most similar strangers count. Default 0.1.
    pub temperature: f64,
}

impl Default for ContrastiveConfig {
    fn default() -> Self {
        Self { enabled: false, weight: 1.0, temperature: 0.1 }
    }
}

impl ContrastiveConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        let section = |error| LossConfigError { section: "contrastive", ..error };
        not_negative("weight", self.weight).map_err(section)?;
        positive("temperature", self.temperature).map_err(section)
    }
}

/// The contrastive loss of `embeddings` (N x d, L2-normalized rows), a number; 0 where no box has a positive and a
/// stranger.
///
/// `tracklets` (N integers from 0) says of which tracklet each box is, `frame_sets` (N integers from 0) of which view
/// and instant. A tracklet has at most one box in a frame-set.
pub fn tracklet_contrastive(
    embeddings: &Tensor,
    tracklets: &Tensor,
    frame_sets: &Tensor,
    temperature: f64,
) -> Tensor {
    let kind = embeddings.kind();
    if embeddings.size()[0] == 0 {
        return embeddings.sum(kind);
    }
    let of_tracklet = indicator(tracklets, kind);
    let seen = of_tracklet.tr().matmul(&indicator(frame_sets, kind)).gt(0.0).to_kind(kind);
    let meet = seen.matmul(&seen.tr()).gt(0.0);
    let strangers = meet.index_select(0, tracklets).index_select(1, tracklets);
    let same = tracklets.unsqueeze(1).eq_tensor(&tracklets.unsqueeze(0));
    let strangers = strangers.logical_and(&same.logical_not());
    let positives = same.logical_and(&Tensor::eye(same.size()[0], (Kind::Bool, same.device())).logical_not());
    let anchors = positives.any_dim(1, false).logical_and(&strangers.any_dim(1, false));

    let similarity = embeddings.matmul(&embeddings.tr()) / temperature;
    // Where there is no stranger this is minus infinity; such boxes are left out below.
    let others = similarity.masked_fill(&strangers.logical_not(), f64::NEG_INFINITY);
    let others =
        others.masked_fill(&anchors.logical_not().unsqueeze(1), 0.0).logsumexp([1i64].as_slice(), true);
    // -ln(e^s / (e^s + e^o)) = ln(1 + e^(o - s))
    let losses = (others - similarity).logaddexp(&Tensor::zeros([1], (kind, embeddings.device())));
    let positives = positives.logical_and(&anchors.unsqueeze(1)).to_kind(kind);
    let along = [1i64].as_slice();
    let each = (losses * &positives).sum_dim_intlist(along, false, kind)
        / positives.sum_dim_intlist(along, false, kind).clamp_min(1.0);
    each.sum(kind) / anchors.sum(kind).clamp_min(1.0)
}

/// One row a box, one column a group, 1 where the box is of the group.
fn indicator(groups: &Tensor, kind: Kind) -> Tensor {
    groups.one_hot(-1).to_kind(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(embeddings: &[[f64; 2]], tracklets: &[i64], frame_sets: &[i64], temperature: f64) -> f64 {
        let embeddings = Tensor::from_slice2(embeddings);
        let [tracklets, frame_sets] = [tracklets, frame_sets].map(Tensor::from_slice);
        tracklet_contrastive(&embeddings, &tracklets, &frame_sets, temperature).double_value(&[])
    }

    const EAST: [f64; 2] = [1.0, 0.0];
    const NORTH: [f64; 2] = [0.0, 1.0];
    const BETWEEN: [f64; 2] = [0.6, 0.8];

    #[test]
    fn a_loss_by_hand() {
        // Tracklet 0 twice, tracklet 1 once, which meets tracklet 0 in frame-set 0 and so is a stranger to both of its
        // boxes. t = 1. First box: positive 0.6, stranger 0: ln(1 + e^(0 - 0.6)) = 0.4374879.
        // Third: positive 0.6, stranger 0.8: ln(1 + e^(0.8 - 0.6)) = 0.7981389. The mean of both.
        let value = loss(&[EAST, NORTH, BETWEEN], &[0, 1, 0], &[0, 0, 1], 1.0);
        assert!((value - 0.617_813_4).abs() < 1e-7, "{value}");
    }

    #[test]
    fn of_those_who_never_meet_nothing_is_known() {
        // Tracklets 0 and 1 are of other frame-sets (another view, say).
        assert_eq!(loss(&[EAST, NORTH, BETWEEN], &[0, 1, 0], &[0, 1, 2], 1.0), 0.0);
        // A third tracklet met by tracklet 0 changes nothing between the first two.
        let alone = loss(&[EAST, BETWEEN, NORTH], &[0, 0, 2], &[0, 1, 0], 0.5);
        let with_unknown = loss(&[EAST, BETWEEN, NORTH, BETWEEN], &[0, 0, 2, 1], &[0, 1, 0, 2], 0.5);
        assert!(alone > 0.0 && (alone - with_unknown).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_compare_is_zero_with_a_gradient() {
        for rows in [0, 1, 3] {
            let embeddings =
                Tensor::ones([rows, 2], (Kind::Double, tch::Device::Cpu)).set_requires_grad(true);
            let each = Tensor::arange(rows, (Kind::Int64, tch::Device::Cpu));
            let loss = tracklet_contrastive(&embeddings, &each, &each, 0.1);
            assert_eq!(loss.double_value(&[]), 0.0);
            loss.backward();
            assert_eq!(embeddings.grad().abs().sum(Kind::Double).double_value(&[]), 0.0);
        }
    }
}

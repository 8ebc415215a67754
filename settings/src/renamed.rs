//! The keys and choices that were called otherwise before. What somebody still writes is refused with its present name.
//!
//! The one table of them: a former key stands here and nowhere else, but for the associator's former name, which the library
//! `mvmhat-association` refuses itself, since it is also used without this crate.

/// Former and present path of a key. A path without its first parts stands for all that end so: the keys of `trainer` are
/// those of `train.trainer` too.
#[rustfmt::skip]
const KEYS: &[(&str, &str)] = &[
    ("association.min_score", "association.track_low_thresh"),
    ("association.high_score", "association.track_high_thresh"),
    ("association.sure_score", "association.instant_confirm_score"),
    ("association.confirm_hits", "association.min_hits"),
    ("association.max_misses", "association.max_age"),
    ("association.min_overlap", "association.min_iou"),
    ("association.min_visible", "association.min_visibility"),
    ("association.local_scaling", "association.csls"),
    ("association.refine", "association.local_search"),
    ("association.review_every", "association.recluster_every"),
    ("association.ground", "association.ground_plane"),
    ("association.delay", "association.lag"),
    ("association.fill_gaps", "association.interpolate"),

    ("detector.score", "detector.conf"),
    ("detector.overlap", "detector.nms_iou"),
    ("detector.crop_padding", "detector.rectangular"),
    ("detector.input", "detector.input_size"),

    ("train.network.dimension", "train.network.embedding_dim"),
    ("train.network.neck", "train.network.bn_neck"),
    ("train.network.crop", "train.network.crop_size"),
    ("train.network.size", "train.network.input_size"),

    ("train.data.visibility", "train.data.min_visibility"),
    ("train.data.score", "train.data.conf"),
    ("train.data.doubt", "train.data.ignore_thresh"),

    ("train.augmentation.flip", "train.augmentation.horizontal_flip"),
    ("train.augmentation.colour", "train.augmentation.color"),
    ("train.augmentation.shake", "train.augmentation.box_jitter"),
    ("train.augmentation.cut", "train.augmentation.truncation"),
    ("train.augmentation.erase", "train.augmentation.random_erasing"),
    ("train.augmentation.coarse", "train.augmentation.down_up_sampling"),
    ("train.augmentation.occlude", "train.augmentation.cut_paste_occlusion"),
    ("train.augmentation.grey", "train.augmentation.grayscale"),

    ("train.people", "train.pk_sampling"),
    ("train.pk_sampling.batch", "train.pk_sampling.identities_per_batch"),
    ("train.pk_sampling.crops", "train.pk_sampling.images_per_identity"),
    ("train.pk_sampling.recordings", "train.pk_sampling.sequences_per_batch"),
    ("train.pk_sampling.renew", "train.pk_sampling.relabel_every"),
    ("train.samples.instants", "train.samples.timesteps"),
    ("train.discriminant", "train.lda_head"),
    ("train.lda_head.total", "train.lda_head.total_scatter"),
    ("train.half", "train.fp16"),

    ("train.loss.partners", "train.loss.unmatched"),
    ("train.loss.partner_threshold", "train.loss.match_threshold"),
    ("train.loss.partnerless_margin", "train.loss.unmatched_margin"),
    ("train.loss.partnerless_weight", "train.loss.unmatched_weight"),

    ("trainer.rate", "trainer.lr"),
    ("trainer.lr.warmup", "trainer.lr.warmup_steps"),
    ("trainer.lr.decline", "trainer.lr.schedule"),
    ("trainer.optimizer.decay", "trainer.optimizer.weight_decay"),
    ("trainer.decay_vectors", "trainer.decay_biases_and_norms"),
    ("trainer.clip", "trainer.grad_clip_norm"),
    ("trainer.average", "trainer.ema"),
    ("trainer.best", "trainer.monitor"),
    ("trainer.monitor.goal", "trainer.monitor.mode"),
    ("trainer.keep", "trainer.save_top_k"),

    // configs/papers
    ("chapter", "experiment"),
    ("experiment.of", "experiment.kind"),
    ("experiment.told", "experiment.architecture"),
];

/// Path of a choice, its former and its present name.
#[rustfmt::skip]
const CHOICES: &[(&str, &str, &str)] = &[
    ("association.name", "fused", "clustering"),
    ("embedder.name", "colour-histogram", "color-histogram"),
    ("trainer.monitor.mode", "highest", "max"),
    ("trainer.monitor.mode", "lowest", "min"),
    ("experiment.name", "counts", "ppmi"),
    ("experiment.name", "valley", "ill-conditioned-quadratic"),
    ("experiment.name", "starts", "initialization"),
    ("experiment.name", "margins", "hinge-loss"),
];

/// What the key at `path` is called now, where it was renamed: the whole path.
pub(crate) fn key(path: &str) -> Option<String> {
    KEYS.iter().find_map(|(former, present)| Some(format!("{}{present}", front(path, former)?)))
}

/// What the choice `name` of the key at `path` is called now, where it was renamed.
pub(crate) fn choice(path: &str, name: &str) -> Option<&'static str> {
    let found = CHOICES.iter().find(|(key, former, _)| *former == name && front(path, key).is_some());
    found.map(|(_, _, present)| *present)
}

/// What stands before `tail` in a path that ends so.
fn front<'a>(path: &'a str, tail: &str) -> Option<&'a str> {
    let front = path.strip_suffix(tail)?;
    (front.is_empty() || front.ends_with('.')).then_some(front)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_whole_path_or_by_its_end() {
        assert_eq!(key("detector.score").as_deref(), Some("detector.conf"));
        assert_eq!(key("train.trainer.rate").as_deref(), Some("train.trainer.lr"));
        assert_eq!(key("trainer.rate").as_deref(), Some("trainer.lr"));
        assert_eq!(key("pretrainer.rate"), None);
        assert_eq!(key("detector.conf"), None);
    }

    #[test]
    fn a_choice_is_found_where_it_was_one() {
        assert_eq!(choice("association.name", "fused"), Some("clustering"));
        assert_eq!(choice("detector.name", "fused"), None);
    }

    #[test]
    fn no_present_name_is_a_former_one() {
        for (_, present) in KEYS {
            assert_eq!(key(present), None, "{present}");
        }
    }
}

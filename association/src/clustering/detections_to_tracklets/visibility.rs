//! How much of each person nearer people leave visible.

use mvmhat_scene::BBox;

/// For each box the fraction of it that no nearer box covers (counting the one that covers most), rescaled from
/// `least..=1` to `0..=1`.
///
/// Of two boxes the one whose lower edge is lower is nearer: feet stand on the ground, and cameras look down on it.
pub(super) fn visibilities(boxes: &[BBox], least: f32, visibilities: &mut Vec<f32>) {
    visibilities.clear();
    visibilities.extend(boxes.iter().map(|b| {
        let nearer = boxes.iter().filter(|other| other.bottom() > b.bottom());
        let covered = nearer.map(|other| b.intersection(other)).fold(0.0, f64::max);
        let visible = (1.0 - covered / b.area()) as f32;
        ((visible - least) / (1.0 - least)).clamp(0.0, 1.0)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_one_occludes_the_other() {
        let far = BBox::new(0.0, 0.0, 10.0, 20.0);
        let near = BBox::new(5.0, 10.0, 10.0, 20.0);
        let mut visibility = Vec::new();
        // 5 x 10 of 10 x 20 are covered.
        visibilities(&[far, near], 0.0, &mut visibility);
        assert_eq!(visibility, [0.75, 1.0]);
        visibilities(&[near, far, BBox::new(0.0, 0.0, 10.0, 21.0)], 0.0, &mut visibility);
        assert_eq!(visibility[1], 0.0, "by the one that covers most");
        visibilities(&[far, near], 0.5, &mut visibility);
        assert_eq!(visibility, [0.5, 1.0], "halfway between half and all of it");
    }
}

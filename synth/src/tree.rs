//! Which of many bodies a ray meets, without asking each of them: boxes in boxes.

use crate::loft::V3;
use crate::solid::{Hit, Solid};

/// Bodies in a tree of boxes, written down in the order in which it is walked.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    solids: Vec<Solid>,
}

struct Node {
    low: V3,
    high: V3,
    /// The node that comes next where the ray misses this one.
    past: usize,
    /// The body of a leaf.
    solid: Option<usize>,
}

impl Tree {
    pub(crate) fn new(solids: Vec<Solid>) -> Self {
        let mut order: Vec<usize> = (0..solids.len()).collect();
        let mut tree = Self { nodes: Vec::with_capacity(2 * solids.len()), solids };
        if !order.is_empty() {
            tree.grow(&mut order);
        }
        tree
    }

    /// A node over these bodies, then those of its halves.
    fn grow(&mut self, of: &mut [usize]) {
        let bounds = |i: &usize| self.solids[*i].bounds();
        let all = of.iter().map(bounds).reduce(|a, b| (a.0.inf(&b.0), a.1.sup(&b.1)));
        let Some((low, high)) = all else { return };
        let own = self.nodes.len();
        let solid = if let [only] = of { Some(*only) } else { None };
        self.nodes.push(Node { low, high, past: 0, solid });
        if solid.is_none() {
            let axis = (high - low).imax();
            let middle = |i: &usize| {
                let (low, high) = self.solids[*i].bounds();
                low[axis] + high[axis]
            };
            of.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
            let (left, right) = of.split_at_mut(of.len() / 2);
            self.grow(left);
            self.grow(right);
        }
        self.nodes[own].past = self.nodes.len();
    }

    /// The first body on the way from `origin` along `ray`, and where.
    pub(crate) fn first(&self, origin: V3, ray: V3) -> Option<(Hit, &Solid)> {
        let mut best: Option<(Hit, &Solid)> = None;
        self.walk(origin, ray, |solid| {
            let reach = best.as_ref().map_or(f32::INFINITY, |(hit, _)| hit.distance);
            if let Some(hit) = solid.meet(origin, ray).filter(|hit| hit.distance < reach) {
                best = Some((hit, solid));
            }
            false
        });
        best
    }

    /// Whether any body that throws a shadow is on the way.
    pub(crate) fn is_shaded(&self, origin: V3, towards: V3) -> bool {
        self.walk(origin, towards, |solid| solid.shades && solid.meet(origin, towards).is_some())
    }

    /// Shows the bodies whose boxes the ray passes through, until one is enough; says whether one was.
    fn walk<'a>(&'a self, origin: V3, ray: V3, mut enough: impl FnMut(&'a Solid) -> bool) -> bool {
        let inverse = ray.map(f32::recip);
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            let (a, b) = (node.low - origin, node.high - origin);
            let (a, b) = (a.component_mul(&inverse), b.component_mul(&inverse));
            let (enter, leave) = (a.inf(&b).max(), a.sup(&b).min());
            if enter > leave || leave < 0.0 {
                next = node.past;
                continue;
            }
            if node.solid.is_some_and(|i| enough(&self.solids[i])) {
                return true;
            }
            next += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loft::v3;
    use crate::options::PlaceKind;
    use crate::place::Place;
    use mvmhat_random::Random;

    #[test]
    fn a_ray_meets_in_the_tree_what_it_meets_among_all() {
        let place = Place::new(PlaceKind::Plaza, 4);
        let solids: Vec<Solid> = place.solids.iter().chain(&place.props).cloned().collect();
        let tree = Tree::new(solids.clone());
        let random = &mut Random::new(1, "rays");
        for _ in 0..2000 {
            let mut number = |scale: f32| scale * random.bounded_normal();
            let (origin, ray) =
                (v3(number(3.0), number(3.0), 1.0 + number(0.3)), v3(number(1.0), number(1.0), number(0.4)));
            let distances = solids.iter().filter_map(|s| s.meet(origin, ray)).map(|hit| hit.distance);
            let nearest = distances.fold(f32::INFINITY, f32::min);
            assert_eq!(tree.first(origin, ray).map_or(f32::INFINITY, |(hit, _)| hit.distance), nearest);
            assert_eq!(tree.is_shaded(origin, ray), nearest < f32::INFINITY);
        }
    }
}

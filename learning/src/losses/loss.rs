//! A loss as a weighted sum of terms that can be inspected.

use tch::Tensor;

/// The loss of a sample: the total, and its terms.
#[derive(Debug)]
pub struct Loss {
    total: Tensor,
    terms: Vec<LossTerm>,
}

/// One term of a [`Loss`].
#[derive(Debug)]
pub struct LossTerm {
    /// Its key in the configuration.
    pub name: &'static str,
    /// Its weight in the total.
    pub weight: f64,
    /// Its unweighted value, detached.
    pub value: Tensor,
}

impl Loss {
    /// A loss without terms yet. `zero` is a zero that gradients flow through.
    pub(super) fn new(zero: Tensor) -> Self {
        Self { total: zero, terms: Vec::new() }
    }

    /// Adds `weight * value`.
    pub(super) fn add(&mut self, name: &'static str, weight: f64, value: &Tensor) {
        self.total = &self.total + value * weight;
        self.terms.push(LossTerm { name, weight, value: value.detach() });
    }

    /// The weighted sum of all terms, a number to call `backward` on.
    pub fn total(&self) -> &Tensor {
        &self.total
    }

    /// The enabled terms, in the order of the configuration.
    pub fn terms(&self) -> &[LossTerm] {
        &self.terms
    }
}

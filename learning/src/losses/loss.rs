//! A loss as a sum of weighted terms, each of which can be looked at.

use tch::Tensor;

/// The loss of a sample: what is minimized, and what it is made of.
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
    /// What it is multiplied with in the total.
    pub weight: f64,
    /// Its value before that, detached: for a log.
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

    /// The terms, those that are switched on, in the order of the configuration.
    pub fn terms(&self) -> &[LossTerm] {
        &self.terms
    }
}

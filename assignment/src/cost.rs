//! What a cost may be.

/// A floating-point type that costs are given in: `f32` or `f64`.
pub trait Cost: Copy + PartialOrd + Into<f64> + sealed::Sealed {
    /// The cost of a pair that must not be.
    const FORBIDDEN: Self;
}

impl Cost for f32 {
    const FORBIDDEN: Self = Self::INFINITY;
}

impl Cost for f64 {
    const FORBIDDEN: Self = Self::INFINITY;
}

/// Only floating-point numbers have the infinity and the comparisons that the solver relies on.
mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

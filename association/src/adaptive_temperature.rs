//! The adaptive temperature of MvMHAT.

/// The adaptive temperature `tau(n) = ln(delta / (1 - delta) * n) / epsilon` for a softmax over `n` candidates: the more
/// candidates, the sharper the softmax (Gan et al., *Self-supervised Multi-view Multi-Human Association and Tracking*,
/// ACM MM 2021, equation 3).
pub fn adaptive_temperature(candidates: usize, delta: f64, epsilon: f64) -> f64 {
    (delta / (1.0 - delta) * candidates as f64).ln() / epsilon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_by_hand() {
        // ln(4) / 0.5; ln(1) = 0: one candidate is always certain.
        assert!((adaptive_temperature(4, 0.5, 0.5) - 2.772_588_7).abs() < 1e-6);
        assert_eq!(adaptive_temperature(1, 0.5, 0.5), 0.0);
        // ln(3 * 4) / 0.1
        assert!((adaptive_temperature(4, 0.75, 0.1) - 24.849_066).abs() < 1e-4);
    }
}

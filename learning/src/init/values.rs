//! The random values of an initializer.

use mvmhat_random::Random;

use super::{Fan, Init};

/// The values of a variable in row-major order; None if its shape has no fans and the initializer needs them.
pub(super) fn draw(init: Init, shape: &[i64], random: &mut Random) -> Option<Vec<f32>> {
    let n = shape.iter().product::<i64>() as usize;
    let uniform = |random: &mut Random, bound: f64| fill(n, || bound * (2.0 * random.uniform() - 1.0));
    let normal = |random: &mut Random, deviation: f64| fill(n, || deviation * random.normal());
    Some(match init {
        Init::Zeros => vec![0.0; n],
        Init::Constant(value) => vec![value as f32; n],
        Init::Uniform { low, high } => fill(n, || low + (high - low) * random.uniform()),
        Init::Normal { deviation } => normal(random, deviation),
        // A uniform distribution in [-b, b) has the deviation b / sqrt(3).
        Init::XavierUniform { gain } => uniform(random, gain * (3.0 / mean_fan(shape)?).sqrt()),
        Init::XavierNormal { gain } => normal(random, gain / mean_fan(shape)?.sqrt()),
        Init::HeUniform { gain, fan } => uniform(random, gain * (3.0 / fan.count(shape)?).sqrt()),
        Init::HeNormal { gain, fan } => normal(random, gain / fan.count(shape)?.sqrt()),
        Init::Orthogonal { gain } => orthogonal(shape, gain, random)?,
    })
}

impl Fan {
    /// The fan of a weight, for a convolution times the positions of its kernel.
    fn count(self, shape: &[i64]) -> Option<f64> {
        let [outputs, inputs, kernel @ ..] = shape else { return None };
        let positions: i64 = kernel.iter().product();
        Some((positions * if self == Self::In { inputs } else { outputs }) as f64)
    }
}

fn mean_fan(shape: &[i64]) -> Option<f64> {
    Some((Fan::In.count(shape)? + Fan::Out.count(shape)?) / 2.0)
}

fn fill(n: usize, mut draw: impl FnMut() -> f64) -> Vec<f32> {
    (0..n).map(|_| draw() as f32).collect()
}

/// Random normal rows, orthogonalized by Gram-Schmidt: in plain arithmetic, since LAPACK's results differ between machines,
/// and twice, which removes rounding errors (Giraud, Langou and Rozloznik 2005).
fn orthogonal(shape: &[i64], gain: f64, random: &mut Random) -> Option<Vec<f32>> {
    let [outputs, inputs @ ..] = shape else { return None };
    if inputs.is_empty() {
        return None;
    }
    let (outputs, inputs) = (*outputs as usize, inputs.iter().product::<i64>() as usize);
    let (few, many) = (outputs.min(inputs), outputs.max(inputs));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(few);
    for _ in 0..few {
        let mut row: Vec<_> = (0..many).map(|_| random.normal()).collect();
        for _ in 0..2 {
            for other in &rows {
                let along = dot(&row, other);
                row.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
            }
            let length = dot(&row, &row).sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        rows.push(row);
    }
    let value =
        |out: usize, input: usize| if outputs <= inputs { rows[out][input] } else { rows[input][out] };
    Some((0..outputs * inputs).map(|i| (gain * value(i / inputs, i % inputs)) as f32).collect())
}

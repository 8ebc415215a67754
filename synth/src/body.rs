//! The bodies of people: lengths in metres.

use mvmhat_random::Random;

/// A body. What is not here follows from the height.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) height: f32,
    /// From hip joint to hip joint, and from shoulder joint to shoulder joint.
    pub(crate) hips: f32,
    pub(crate) shoulders: f32,
    /// 1 on average; scales everything across.
    pub(crate) girth: f32,
    /// Beyond that, of waist and belly.
    pub(crate) belly: f32,
    /// 0 to 1: how much the chest stands out.
    pub(crate) bust: f32,
}

impl Body {
    /// One of a woman or a man, after the spread of adults (NASA-STD-3000, vol. 1, sec. 3), and now and then a child.
    pub(crate) fn new(woman: bool, random: &mut Random) -> Self {
        let child = random.chance(0.04);
        let (mean, deviation) = if woman { (1.64, 0.06) } else { (1.77, 0.065) };
        let height = if child { random.range(1.25, 1.5) } else { mean + deviation * random.bounded_normal() };
        let girth = (1.0 + 0.1 * random.bounded_normal()).clamp(0.82, 1.32);
        Self {
            height,
            hips: height * if woman { 0.108 } else { 0.1 },
            shoulders: height * if woman { 0.196 } else { 0.216 },
            girth: if woman { girth * 0.96 } else { girth },
            belly: if random.chance(0.25) { random.range(1.08, 1.35) } else { random.range(0.94, 1.05) },
            bust: if woman && !child { random.range(0.4, 1.0) } else { 0.0 },
        }
    }
}

//! One person: body, manner of moving, clothing, and the textures of its surfaces.

use crate::body::Body;
use crate::clothing::{Bottom, Clothing, Hair, Hat, Pattern, Top};
use crate::color::{Rgb, mixed, scaled};
use crate::gait::Manner;
use crate::noise::{clouds, smooth};
use crate::texture::Texture;
use mvmhat_random::Random;

/// The surfaces of a person; each is an index into [`Person::textures`].
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Trunk,
    Arm,
    Leg,
    Hip,
    Skirt,
    Head,
    Skin,
    Hair,
    Shoe,
    Hat,
    Bag,
    Coat,
}

/// The probability that a person is dressed like an earlier one.
const LOOK_ALIKES: f32 = 0.3;

/// A person, the same at every timestep and for every camera.
pub(crate) struct Person {
    pub(crate) body: Body,
    pub(crate) manner: Manner,
    pub(crate) clothing: Clothing,
    pub(crate) textures: Vec<Texture>,
}

/// The people of a sequence. The first ones do not depend on how many there are.
pub(crate) fn people(count: usize, seed: u64) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(count);
    for i in 0..count {
        let random = &mut Random::new(seed, &format!("person {i}"));
        let woman = random.chance(0.5);
        let body = Body::new(woman, random);
        let manner = Manner::new(random);
        let model = random.chance(LOOK_ALIKES).then(|| random.below(i)).filter(|_| i > 0);
        let clothing = match model {
            Some(model) => Clothing::like(&people[model].clothing, woman, random),
            None => Clothing::new(woman, random),
        };
        let textures = textures(&clothing);
        people.push(Person { body, manner, clothing, textures });
    }
    people
}

/// In the order of [`Part`].
// Long because it paints twelve surfaces, one closure for each.
fn textures(o: &Clothing) -> Vec<Texture> {
    let seed = o.seed;
    // Folds and weave of cloth; every part has other ones.
    let worn = move |color: Rgb, u: f32, v: f32, part: u32| {
        let folds = clouds(5.0 * u, 7.0 * v, seed ^ (part * 0x51));
        scaled(color, 0.72 + 0.5 * folds + 0.1 * smooth(50.0 * u, 50.0 * v, seed ^ part))
    };
    let trunk = |u: f32, v: f32| {
        let front = (u - 0.5).abs();
        let open = matches!(o.top, Top::Jacket | Top::Coat { .. }) && front < 0.035 + 0.07 * v && v > 0.12;
        let color = if open { o.second } else { pattern(o, u, v, 1.0) };
        let collar = v > 0.93 && front < 0.14 && !open;
        let strap = o.bag == crate::clothing::Bag::Backpack && v > 0.45 && (front - 0.13).abs() < 0.022;
        let across = o.bag == crate::clothing::Bag::Shoulder && ((u - 0.35) - 0.3 * v).abs() < 0.02;
        let color = if strap || across {
            o.bag_cloth
        } else if collar {
            scaled(color, 0.75)
        } else {
            color
        };
        worn(color, u, v, 1)
    };
    let sleeve = match o.top {
        Top::Shirt { sleeve } => sleeve,
        _ => 0.97,
    };
    let arm = |u: f32, v: f32| {
        if v > sleeve {
            return skin(o, u, v);
        }
        let hem = v > sleeve - 0.03;
        let cloth = match o.pattern {
            Pattern::Sleeves => o.second,
            Pattern::Halves | Pattern::Sign => o.cloth,
            _ if matches!(o.top, Top::Jacket | Top::Coat { .. }) => o.cloth,
            _ => pattern(o, 0.25 * u, 0.9 - 0.6 * v, 1.0),
        };
        worn(scaled(cloth, if hem { 0.8 } else { 1.0 }), u, v, 2)
    };
    let faded = 0.2 * f32::from(seed & 1 == 0);
    let legs = |u: f32, v: f32| match o.bottom {
        Bottom::Shorts if v > 0.46 => skin(o, u, v),
        Bottom::Skirt { .. } => skin(o, u, v),
        _ => {
            let front = (1.0 - 4.0 * (u - 0.5).abs()).max(0.0) * (-(v - 0.3_f32).powi(2) * 20.0).exp();
            worn(mixed(o.bottom_cloth, [0.6; 3], faded * front), u, v, 3)
        }
    };
    let hip_cloth = match o.bottom {
        Bottom::Skirt { dress: true, .. } => o.cloth,
        _ => o.bottom_cloth,
    };
    let skirt = |u: f32, v: f32| {
        let dress = matches!(o.bottom, Bottom::Skirt { dress: true, .. });
        let color = if dress { pattern(o, u, 0.1 - 0.5 * v, 1.0) } else { o.bottom_cloth };
        let pleats = 0.88 + 0.12 * (std::f32::consts::TAU * 14.0 * u).sin();
        worn(scaled(color, pleats), u, v, 4)
    };
    let bag = |u: f32, v: f32| {
        let pocket = (u - 0.5).abs() < 0.17 && (0.2..0.55).contains(&v);
        let seam = ((u - 0.5).abs() - 0.2).abs() < 0.02 || (v - 0.62).abs() < 0.025;
        let shade = if seam {
            0.5
        } else if pocket {
            1.25
        } else {
            1.0
        };
        worn(scaled(o.bag_cloth, shade), u, v, 5)
    };
    let coat = |u: f32, v: f32| {
        let slit = (u - 0.5).abs() < 0.02;
        worn(scaled(pattern(o, u, 0.1 - 0.3 * v, 1.0), if slit { 0.5 } else { 1.0 }), u, v, 6)
    };
    let hair = |u: f32, v: f32| {
        scaled(
            o.hair_color,
            0.5 + 0.6 * smooth(28.0 * u, 5.0 * v, seed) + 0.4 * clouds(3.0 * u, 3.0 * v, seed),
        )
    };
    let shoe = |_u: f32, v: f32| if v < 0.3 && seed & 6 == 0 { [0.7; 3] } else { o.shoes };
    vec![
        Texture::paint(trunk),
        Texture::paint(arm),
        Texture::paint(legs),
        Texture::paint(|u, v| worn(hip_cloth, u, v, 7)),
        Texture::paint(skirt),
        Texture::paint(|u, v| head(o, u, v)),
        Texture::paint(|u, v| skin(o, u, v)),
        Texture::paint(hair),
        Texture::paint(shoe),
        Texture::paint(|u, v| worn(o.hat_cloth, u, v, 8)),
        Texture::paint(bag),
        Texture::paint(coat),
    ]
}

fn skin(o: &Clothing, u: f32, v: f32) -> Rgb {
    scaled(o.skin, 0.93 + 0.14 * clouds(4.0 * u, 4.0 * v, o.seed))
}

/// The cloth of the upper body, v from the hem up.
fn pattern(o: &Clothing, u: f32, v: f32, scale: f32) -> Rgb {
    let band = |x: f32, width: f32| (x * scale / width).rem_euclid(1.0) < 0.5;
    let second = match o.pattern {
        Pattern::Plain | Pattern::Sleeves => false,
        Pattern::Hoops => band(v, 0.16),
        Pattern::Stripes => band(u, 0.083),
        Pattern::Checks => {
            let (a, b) = (band(u, 0.111), band(v, 0.18));
            return mixed(o.cloth, o.second, 0.5 * (f32::from(a) + f32::from(b)));
        }
        Pattern::Halves => v < 0.55,
        Pattern::Sign => {
            (u - 0.5).abs().max(1.7 * (v - 0.72).abs()) < 0.1
                || (u - 0.5).abs() > 0.38 && (v - 0.7).abs() < 0.13
        }
        Pattern::Spots => ((u * 12.0).fract() - 0.5).hypot((v * 8.0).rem_euclid(1.0) - 0.5) < 0.3,
    };
    if second { o.second } else { o.cloth }
}

/// The head: face, ears, and the hair that lies close to it; v from the chin up.
fn head(o: &Clothing, u: f32, v: f32) -> Rgb {
    let side = (u - 0.5).abs();
    let spot =
        |at: f32, height: f32, wide: f32, high: f32| ((side - at) / wide).hypot((v - height) / high) < 1.0;
    let covered = matches!(o.hat, Hat::Scarf);
    let shaved = o.hair == Hair::None;
    if !covered && !shaved && (v > 0.8 || side > 0.24 && v > 0.32) {
        return o.hair_color;
    }
    let beard = o.beard && v < 0.36 && side < 0.2;
    if spot(0.0, 0.27, 0.045, 0.025) {
        return mixed(o.skin, [0.35, 0.08, 0.07], 0.6);
    }
    if beard {
        return mixed(o.hair_color, o.skin, 0.25);
    }
    if spot(0.075, 0.54, 0.03, 0.028) {
        return [0.03, 0.025, 0.02];
    }
    if spot(0.075, 0.62, 0.045, 0.018) {
        return mixed(o.hair_color, o.skin, 0.3);
    }
    // The nose throws a little shade, and so does the brow.
    let shade = if spot(0.0, 0.4, 0.025, 0.02) || spot(0.075, 0.56, 0.055, 0.06) { 0.78 } else { 1.0 };
    scaled(skin(o, u, v), shade)
}

//! Clothing: what people wear and carry, its cuts, and the colors and patterns of the cloth.

use crate::color::{Rgb, srgb, varied};
use mvmhat_random::Random;

/// How the upper body is dressed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Top {
    /// Sleeves end at this fraction of the arm.
    Shirt { sleeve: f32 },
    /// Wider, open in front over something of another color.
    Jacket,
    /// Down to this fraction of the thigh.
    Coat { length: f32 },
    /// A hood lies on the back.
    Hoodie,
}

/// How the legs are dressed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bottom {
    /// This loose: 1 is tight.
    Trousers {
        loose: f32,
    },
    Shorts,
    /// Down to this fraction of the leg, from the color of the top if it is a dress.
    Skirt {
        length: f32,
        dress: bool,
    },
}

/// How cloth is colored.
#[derive(Clone, Copy)]
pub(crate) enum Pattern {
    Plain,
    Hoops,
    Stripes,
    Checks,
    /// The lower part in the second color.
    Halves,
    /// The sleeves in the second color.
    Sleeves,
    /// A sign on chest and back.
    Sign,
    Spots,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Hair {
    None,
    Short,
    Bob,
    Long,
    Tail,
    Bun,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Hat {
    None,
    Cap,
    Beanie,
    Brim,
    Scarf,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bag {
    None,
    Backpack,
    Shoulder,
    Hand,
}

/// The appearance of a person apart from the body.
#[derive(Clone)]
pub(crate) struct Clothing {
    pub(crate) top: Top,
    pub(crate) bottom: Bottom,
    pub(crate) pattern: Pattern,
    pub(crate) hair: Hair,
    pub(crate) hat: Hat,
    pub(crate) bag: Bag,
    pub(crate) beard: bool,
    pub(crate) skin: Rgb,
    pub(crate) hair_color: Rgb,
    pub(crate) cloth: Rgb,
    pub(crate) second: Rgb,
    pub(crate) bottom_cloth: Rgb,
    pub(crate) shoes: Rgb,
    pub(crate) hat_cloth: Rgb,
    pub(crate) bag_cloth: Rgb,
    /// Of the weave and the folds.
    pub(crate) seed: u32,
}

/// Dark ones are worn most.
const TOPS: [u32; 26] = [
    0x1c_1c_1e, 0x22_26_30, 0x2a_2c_30, 0x1c_28_48, 0x24_34_58, 0x40_42_46, 0x6c_6e_72, 0x9a_9c_9e,
    0xe4_e4_e0, 0xf0_ee_ea, 0xd8_cc_b4, 0x8c_70_4c, 0x5c_40_2c, 0x50_58_38, 0x2c_50_38, 0x38_80_58,
    0x6c_1c_28, 0xb0_28_2c, 0xc8_48_40, 0xd8_90_a0, 0xd0_a0_30, 0xe0_c8_50, 0x2c_6c_a0, 0x80_b0_d0,
    0x58_40_78, 0xd0_70_30,
];
const BOTTOMS: [u32; 14] = [
    0x18_18_1a, 0x20_22_26, 0x30_32_36, 0x1c_24_3c, 0x2c_3c_5c, 0x34_48_70, 0x50_68_90, 0x84_98_b4,
    0x60_5c_54, 0xa0_90_70, 0xc4_b4_94, 0x4c_50_38, 0x58_3c_30, 0xdc_d8_d0,
];
const SHOES: [u32; 8] =
    [0x18_18_18, 0x20_1c_1a, 0x48_30_20, 0xe8_e8_e4, 0xd8_d8_d8, 0x60_60_66, 0x20_30_58, 0xa0_30_30];
const SKIN: [u32; 8] =
    [0xf0_cc_b4, 0xe8_bc_9c, 0xe0_b0_8c, 0xd0_9c_74, 0xb8_80_58, 0x98_68_44, 0x70_48_30, 0x4c_32_24];
const HAIR: [u32; 9] = [
    0x14_10_0e, 0x1c_16_12, 0x2c_20_18, 0x48_30_20, 0x68_48_2c, 0x98_74_48, 0xc0_a0_6c, 0x80_3c_20,
    0xa0_a0_a0,
];

impl Clothing {
    pub(crate) fn new(woman: bool, random: &mut Random) -> Self {
        let color = |codes: &[u32], random: &mut Random| varied(srgb(random.pick(codes)), random, 0.12);
        let bare = random.range(0.3, 0.5);
        let long = random.range(0.3, 0.75);
        let top = match random.below(10) {
            0..4 => Top::Shirt { sleeve: bare },
            4..6 => Top::Shirt { sleeve: 0.97 },
            6..8 => Top::Jacket,
            8 => Top::Coat { length: long },
            _ => Top::Hoodie,
        };
        let skirt = Bottom::Skirt { length: random.range(0.38, 0.9), dress: random.chance(0.5) };
        let trousers = Bottom::Trousers { loose: random.range(1.02, 1.4) };
        let bottom = match random.below(10) {
            0..3 if woman => skirt,
            3 | 4 if matches!(top, Top::Shirt { .. }) => Bottom::Shorts,
            _ => trousers,
        };
        use Pattern::{Checks, Halves, Hoops, Plain, Sign, Sleeves, Spots, Stripes};
        let patterns =
            [Plain, Plain, Plain, Plain, Hoops, Stripes, Checks, Halves, Sleeves, Sign, Sign, Spots];
        let hair = match (woman, random.below(10)) {
            (true, 0..4) => Hair::Long,
            (true, 4..6) => Hair::Bob,
            (true, 6 | 7) => Hair::Tail,
            (true, 8) => Hair::Bun,
            (false, 0) => Hair::None,
            (false, 1) => Hair::Bob,
            _ => Hair::Short,
        };
        let hats = [
            Hat::None,
            Hat::None,
            Hat::None,
            Hat::None,
            Hat::None,
            Hat::Cap,
            Hat::Cap,
            Hat::Beanie,
            Hat::Brim,
        ];
        let hat = if woman && random.chance(0.08) { Hat::Scarf } else { random.pick(&hats) };
        let bags = [Bag::None, Bag::None, Bag::None, Bag::Backpack, Bag::Backpack, Bag::Shoulder, Bag::Hand];
        Self {
            top,
            bottom,
            pattern: random.pick(&patterns),
            hair,
            hat,
            bag: random.pick(&bags),
            beard: !woman && random.chance(0.3),
            skin: color(&SKIN, random),
            hair_color: color(&HAIR, random),
            cloth: color(&TOPS, random),
            second: color(&TOPS, random),
            bottom_cloth: color(&BOTTOMS, random),
            shoes: color(&SHOES, random),
            hat_cloth: color(&TOPS, random),
            bag_cloth: color(&TOPS, random),
            seed: random.bits() as u32,
        }
    }

    /// Clothing nearly like that of another person: a few details differ, as among colleagues or in a team.
    pub(crate) fn like(other: &Self, woman: bool, random: &mut Random) -> Self {
        let own = Self::new(woman, random);
        let mut clothing = Self {
            hair: own.hair,
            beard: own.beard,
            skin: own.skin,
            hair_color: own.hair_color,
            seed: own.seed,
            ..other.clone()
        };
        if !woman && matches!(clothing.bottom, Bottom::Skirt { .. }) {
            clothing.bottom = Bottom::Trousers { loose: 1.15 };
        }
        if random.chance(0.6) {
            (clothing.bag, clothing.bag_cloth) = (own.bag, own.bag_cloth);
        }
        if random.chance(0.6) {
            (clothing.hat, clothing.hat_cloth) = (own.hat, own.hat_cloth);
        }
        if !woman && clothing.hat == Hat::Scarf {
            clothing.hat = Hat::None;
        }
        for _ in 0..2 {
            match random.below(4) {
                0 => clothing.shoes = own.shoes,
                1 => clothing.bottom_cloth = varied(clothing.bottom_cloth, random, 0.3),
                2 => clothing.pattern = own.pattern,
                _ => clothing.second = own.second,
            }
        }
        clothing
    }
}

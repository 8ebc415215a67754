//! The head and what is on it.

use super::Tailor;
use crate::clothing::{Hair, Hat};
use crate::loft::{Ring, V3, ball, v3};
use crate::person::Part;
use crate::skeleton::Axes;

impl Tailor<'_> {
    pub(super) fn head(&mut self) {
        self.around_head(V3::zeros(), v3(0.055, 0.044, 0.067), -std::f32::consts::FRAC_PI_2, Part::Head);
        // A jaw is narrower than a skull, and a nose stands out.
        let Axes { front, left, up } = self.s.head;
        let h = self.h;
        let nose = self.head_center() + front * (0.055 * h) - up * (0.008 * h);
        self.patches.push(ball(
            nose,
            front * 0.01 * h,
            left * 0.008 * h,
            up * 0.014 * h,
            Part::Skin as usize,
        ));
    }

    pub(super) fn hair(&mut self) {
        let clothing = &self.person.clothing;
        if clothing.hair == Hair::None || clothing.hat == Hat::Scarf {
            return;
        }
        let full = if clothing.hair == Hair::Short { 0.0 } else { 0.004 };
        self.around_head(v3(-0.011, 0.0, 0.008), v3(0.055, 0.047 + full, 0.069), -0.35, Part::Hair);
        let Axes { front, left, up } = self.s.head;
        let (center, h) = (self.head_center(), self.h);
        let strand = |rings: &[(f32, f32, f32, f32)]| -> Vec<Ring> {
            let ring = |&(back, down, thick, wide): &(f32, f32, f32, f32)| Ring {
                center: center - front * (back * h) - up * (down * h),
                front: front * (thick * h),
                side: left * (wide * h),
            };
            rings.iter().map(ring).collect()
        };
        match clothing.hair {
            Hair::Bob => {
                self.put(
                    &strand(&[
                        (0.012, 0.0, 0.048, 0.053),
                        (0.018, 0.05, 0.038, 0.054),
                        (0.022, 0.075, 0.02, 0.03),
                    ]),
                    10,
                    Part::Hair,
                );
            }
            Hair::Long => {
                let rings = [
                    (0.016, 0.0, 0.044, 0.052),
                    (0.03, 0.07, 0.03, 0.055),
                    (0.045, 0.15, 0.02, 0.058),
                    (0.05, 0.2, 0.008, 0.035),
                ];
                self.put(&strand(&rings), 10, Part::Hair);
            }
            Hair::Tail => {
                let rings = [
                    (0.055, -0.03, 0.01, 0.012),
                    (0.08, 0.0, 0.018, 0.018),
                    (0.08, 0.08, 0.015, 0.017),
                    (0.07, 0.15, 0.004, 0.005),
                ];
                self.put(&strand(&rings), 8, Part::Hair);
            }
            Hair::Bun => {
                let at = center - front * (0.05 * h) + up * (0.05 * h);
                let bun = ball(at, front * 0.026 * h, left * 0.026 * h, up * 0.026 * h, Part::Hair as usize);
                self.patches.push(bun);
            }
            Hair::Short | Hair::None => {}
        }
    }

    pub(super) fn hat(&mut self) {
        let Axes { front, left, up } = self.s.head;
        let (center, h) = (self.head_center(), self.h);
        let brim = |ahead: f32, long: f32, wide: f32| {
            let at = center + front * (ahead * h) + up * (0.03 * h);
            ball(at, front * (long * h), left * (wide * h), up * (0.005 * h), Part::Hat as usize)
        };
        match self.person.clothing.hat {
            Hat::None => {}
            Hat::Cap => {
                self.around_head(v3(-0.004, 0.0, 0.01), v3(0.061, 0.053, 0.068), 0.25, Part::Hat);
                let peak = brim(0.065, 0.045, 0.045);
                self.patches.push(peak);
            }
            Hat::Beanie => self.around_head(v3(-0.008, 0.0, 0.012), v3(0.06, 0.053, 0.08), 0.1, Part::Hat),
            Hat::Brim => {
                self.around_head(v3(-0.002, 0.0, 0.012), v3(0.06, 0.052, 0.074), 0.25, Part::Hat);
                let disc = brim(0.0, 0.098, 0.09);
                self.patches.push(disc);
            }
            Hat::Scarf => {
                self.around_head(v3(-0.015, 0.0, 0.004), v3(0.058, 0.054, 0.076), -1.1, Part::Hat);
            }
        }
    }

    fn head_center(&self) -> V3 {
        self.s.neck + self.s.head.up * (0.096 * self.h) + self.s.head.front * (0.008 * self.h)
    }

    /// An ellipsoid about the head, shifted, its radii as fractions of the height; from this angle above the middle up.
    fn around_head(&mut self, shift: V3, radii: V3, from: f32, part: Part) {
        let Axes { front, left, up } = self.s.head;
        let center = self.head_center() + (front * shift.x + left * shift.y + up * shift.z) * self.h;
        let ring = |i: usize| {
            let angle = from + (std::f32::consts::FRAC_PI_2 - from) * i as f32 / 6.0;
            let wide = angle.cos().max(0.02) * self.h;
            Ring {
                center: center + up * (angle.sin() * radii.z * self.h),
                front: front * (wide * radii.x),
                side: left * (wide * radii.y),
            }
        };
        let rings: Vec<Ring> = (0..7).map(ring).collect();
        self.put(&rings, 12, part);
    }
}

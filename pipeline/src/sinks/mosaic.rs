//! Where each camera's image goes when all of them share one.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A rectangle in the mosaic, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) size: Size,
}

/// All cameras in a grid of equal cells, row by row; each image keeps its aspect in the middle of its cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mosaic {
    /// Of the whole, both even: video codecs halve the resolution of color.
    pub(crate) size: Size,
    /// Cells side by side.
    pub(crate) columns: u32,
    /// Where each image goes, in the order of the cameras.
    pub(crate) tiles: Vec<Tile>,
}

impl Mosaic {
    /// Lays out images of these sizes within `bounds`, as large as they get; no image is enlarged.
    ///
    /// Of grids that show the images equally large, the one shaped most like `bounds` is taken, then the one with
    /// the fewest empty cells, then the widest.
    /// `None` where there is no image, or one without an area.
    pub(crate) fn new(images: &[Size], bounds: Size) -> Option<Self> {
        if images.iter().any(|p| p.width == 0 || p.height == 0) {
            return None;
        }
        // A cell as wide as the widest and as high as the highest image: alike cameras, the usual case, leave no
        // margin, and a portrait camera among landscape ones is not crushed.
        let widest = images.iter().map(|p| p.width).max()?;
        let highest = images.iter().map(|p| p.height).max()?;
        let count = u32::try_from(images.len()).ok()?;

        let scale = |columns: u32| {
            let rows = count.div_ceil(columns);
            let across = f64::from(bounds.width) / f64::from(columns) / f64::from(widest);
            let down = f64::from(bounds.height) / f64::from(rows) / f64::from(highest);
            across.min(down).min(1.0)
        };
        // How many times wider or narrower than the bounds, as a logarithm.
        let misshape = |columns: u32| {
            let (across, down) = (f64::from(columns * widest), f64::from(count.div_ceil(columns) * highest));
            (across / down / f64::from(bounds.width) * f64::from(bounds.height)).ln().abs()
        };
        let empty = |columns: u32| count.div_ceil(columns) * columns - count;
        // Columns that a narrower grid of as many rows does without would stay empty.
        let grids = (1..=count).filter(|columns| count.div_ceil(count.div_ceil(*columns)) == *columns);
        let columns = grids.max_by(|&a, &b| {
            let larger = scale(a).total_cmp(&scale(b));
            // Twice too wide and twice too narrow are equally bad, whatever the last digit says.
            let shapelier = || ((misshape(b) - misshape(a)) * 1e9).round().total_cmp(&0.0);
            larger.then_with(shapelier).then_with(|| empty(b).cmp(&empty(a))).then_with(|| a.cmp(&b))
        })?;

        let scale = scale(columns);
        let cell = Size { width: even(f64::from(widest) * scale), height: even(f64::from(highest) * scale) };
        let tiles = (0..count).zip(images).map(|(i, image)| {
            let size = fitted(*image, cell);
            Tile {
                x: i % columns * cell.width + (cell.width - size.width) / 2,
                y: i / columns * cell.height + (cell.height - size.height) / 2,
                size,
            }
        });
        let size = Size { width: columns * cell.width, height: count.div_ceil(columns) * cell.height };
        Some(Self { size, columns, tiles: tiles.collect() })
    }
}

/// The largest even number not above `v`, at least 2.
fn even(v: f64) -> u32 {
    // Rounding first, so that 539.9999 is 540.
    ((v + 1e-6) / 2.0).floor().max(1.0) as u32 * 2
}

/// The size of an image in a cell: as large as it gets with its aspect kept, never enlarged.
fn fitted(image: Size, cell: Size) -> Size {
    let across = f64::from(cell.width) / f64::from(image.width);
    let down = f64::from(cell.height) / f64::from(image.height);
    let scale = across.min(down).min(1.0);
    let fit = |length: u32, room: u32| ((f64::from(length) * scale).round() as u32).clamp(1, room);
    Size { width: fit(image.width, cell.width), height: fit(image.height, cell.height) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FULL_HD: Size = Size { width: 1920, height: 1080 };
    const LANDSCAPE: Size = Size { width: 1920, height: 1080 };
    const PORTRAIT: Size = Size { width: 1080, height: 1920 };

    fn laid_out(count: usize, image: Size) -> (u32, (u32, u32), (u32, u32)) {
        let mosaic = Mosaic::new(&vec![image; count], FULL_HD).unwrap();
        let last = mosaic.tiles[count - 1];
        assert_eq!(mosaic.tiles.len(), count);
        (mosaic.columns, (mosaic.size.width, mosaic.size.height), (last.size.width, last.size.height))
    }

    #[test]
    fn landscape_cameras_by_hand() {
        assert_eq!(laid_out(1, LANDSCAPE), (1, (1920, 1080), (1920, 1080)));
        assert_eq!(laid_out(2, LANDSCAPE), (2, (1920, 540), (960, 540)));
        assert_eq!(laid_out(3, LANDSCAPE), (2, (1920, 1080), (960, 540)));
        assert_eq!(laid_out(4, LANDSCAPE), (2, (1920, 1080), (960, 540)));
        assert_eq!(laid_out(7, LANDSCAPE), (3, (1920, 1080), (640, 360)));
        assert_eq!(laid_out(16, LANDSCAPE), (4, (1920, 1080), (480, 270)));
    }

    #[test]
    fn portrait_cameras_by_hand() {
        // One fills the height: 1080 / 1920 * 1080 = 607.5, cut to an even 606. Four share the width: 480 wide is
        // 853.3 high, cut to 852, where the image is 479.25 wide.
        assert_eq!(laid_out(1, PORTRAIT), (1, (606, 1080), (606, 1077)));
        assert_eq!(laid_out(2, PORTRAIT), (2, (1212, 1080), (606, 1077)));
        assert_eq!(laid_out(3, PORTRAIT), (3, (1818, 1080), (606, 1077)));
        assert_eq!(laid_out(4, PORTRAIT), (4, (1920, 852), (479, 852)));
        // Two rows of four: 480 wide would be 853 high, 540 high is 303.75 wide.
        assert_eq!(laid_out(7, PORTRAIT), (4, (1208, 1080), (302, 537)));
        assert_eq!(laid_out(16, PORTRAIT), (8, (1920, 852), (240, 426)));
    }

    #[test]
    fn small_images_are_not_enlarged() {
        let mosaic = Mosaic::new(&[Size { width: 640, height: 360 }; 4], FULL_HD).unwrap();
        assert_eq!(mosaic.size, Size { width: 1280, height: 720 });
        assert_eq!(mosaic.tiles[3], Tile { x: 640, y: 360, size: Size { width: 640, height: 360 } });
    }

    #[test]
    fn many_small_images_are_no_long_row() {
        assert_eq!(laid_out(9, Size { width: 160, height: 90 }), (3, (480, 270), (160, 90)));
        assert_eq!(laid_out(5, Size { width: 160, height: 90 }), (3, (480, 180), (160, 90)));
    }

    #[test]
    fn a_image_of_another_aspect_stands_in_the_middle() {
        let mosaic =
            Mosaic::new(&[Size { width: 400, height: 200 }, Size { width: 100, height: 200 }], FULL_HD)
                .unwrap();
        assert_eq!(mosaic.size, Size { width: 400, height: 400 });
        assert_eq!(mosaic.tiles[1], Tile { x: 150, y: 200, size: Size { width: 100, height: 200 } });
    }

    #[test]
    fn there_is_no_mosaic_of_nothing() {
        assert_eq!(Mosaic::new(&[], FULL_HD), None);
        assert_eq!(Mosaic::new(&[Size { width: 0, height: 10 }], FULL_HD), None);
    }

    proptest! {
        #[test]
        fn tiles_are_inside_apart_and_keep_their_aspect(
            sizes in prop::collection::vec((64..5000_u32, 64..5000_u32), 1..20),
            width in 160..4000_u32,
        ) {
            let bounds = Size { width, height: width * 9 / 16 };
            let images: Vec<_> = sizes.iter().map(|&(width, height)| Size { width, height }).collect();
            let Mosaic { size, tiles, .. } = Mosaic::new(&images, bounds).unwrap();
            prop_assert!(size.width <= bounds.width.max(2 * 20) && size.height <= bounds.height.max(2 * 20));
            prop_assert!(size.width % 2 == 0 && size.height % 2 == 0);
            for (i, (a, image)) in tiles.iter().zip(&images).enumerate() {
                prop_assert!(a.x + a.size.width <= size.width && a.y + a.size.height <= size.height);
                prop_assert!(a.size.width <= image.width && a.size.height <= image.height);
                // Rounding moves each side by half a pixel at most.
                let (w, h) = (f64::from(a.size.width), f64::from(a.size.height));
                let aspect = f64::from(image.width) / f64::from(image.height);
                prop_assert!((w - 0.5) / (h + 0.5) <= aspect && aspect <= (w + 0.5) / (h - 0.5).max(1e-9) || w.min(h) == 1.0);
                for b in &tiles[i + 1..] {
                    let beside = a.x + a.size.width <= b.x || b.x + b.size.width <= a.x;
                    let below = a.y + a.size.height <= b.y || b.y + b.size.height <= a.y;
                    prop_assert!(beside || below, "{a:?} and {b:?}");
                }
            }
        }
    }
}

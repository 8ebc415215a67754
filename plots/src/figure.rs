//! Figures as files, the same drawing as PNG and as SVG.
//!
//! The font is part of the program: a machine may have none.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use opencv::core::{Mat, Vec3b, Vector};
use opencv::imgcodecs;
use plotters::coord::Shift;
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, FontStyle, IntoDrawingArea, SVGBackend};
use plotters::style::register_font;
use mvmhat_scene::AtomicFile;

/// The name of the font to draw letters with.
pub(crate) const FONT: &str = "sans-serif";

/// Something that can be drawn on any kind of paper.
pub(crate) trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws all of it.
    ///
    /// # Errors
    /// Whatever the paper refuses.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static;

    /// Writes `<name>.png` and `<name>.svg` into a folder.
    ///
    /// # Errors
    /// What cannot be drawn, or files that cannot be written.
    fn save(&self, folder: &Path, name: &str) -> Result<()> {
        register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
            .map_err(|_| anyhow!("the built-in font cannot be read"))?;
        let (width, height) = self.size();
        let mut rgb = vec![0; (width * height * 3) as usize];
        self.draw(&BitMapBackend::with_buffer(&mut rgb, (width, height)).into_drawing_area())?;
        let mut svg = String::new();
        self.draw(&SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area())?;
        write(&folder.join(name).with_extension("png"), &png(&mut rgb, (width, height))?)?;
        write(&folder.join(name).with_extension("svg"), svg.as_bytes())
    }
}

fn png(rgb: &mut [u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    // OpenCV has blue first.
    rgb.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| pixel.swap(0, 2));
    let image = Mat::new_rows_cols_with_bytes::<Vec3b>(height as i32, width as i32, rgb)?;
    let mut bytes = Vector::new();
    imgcodecs::imencode(".png", &image, &mut bytes, &Vector::new())?;
    Ok(Vec::from(bytes))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes)?;
        file.commit()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

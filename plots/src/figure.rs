//! A figure: the same drawing as PNG and as SVG.

use std::io::Write;
use std::path::Path;

use mvmhat_scene::AtomicFile;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::{FontStyle, register_font};

use crate::PlotError;

/// The name of the font to draw letters with: DejaVu Sans, part of the program.
pub const FONT: &str = "sans-serif";

/// Something that can be drawn on any backend of plotters.
pub trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws the whole figure.
    ///
    /// # Errors
    /// Whatever the backend refuses.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError>;

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// What cannot be drawn or encoded.
    fn png(&self) -> Result<Vec<u8>, PlotError> {
        register()?;
        let (width, height) = self.size();
        let mut rgb = vec![0; (width * height * 3) as usize];
        self.draw(&BitMapBackend::with_buffer(&mut rgb, (width, height)).into_drawing_area())?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&rgb)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// The text of an SVG file.
    ///
    /// # Errors
    /// What cannot be drawn.
    fn svg(&self) -> Result<String, PlotError> {
        register()?;
        let mut svg = String::new();
        self.draw(&SVGBackend::with_string(&mut svg, self.size()).into_drawing_area())?;
        Ok(svg)
    }

    /// Writes `<name>.png` and `<name>.svg` into a folder.
    ///
    /// # Errors
    /// What cannot be drawn, or files that cannot be written.
    fn save(&self, folder: &Path, name: &str) -> Result<(), PlotError> {
        let (png, svg) = (self.png()?, self.svg()?);
        write(&folder.join(format!("{name}.png")), &png)?;
        write(&folder.join(format!("{name}.svg")), svg.as_bytes())
    }
}

/// Makes the font known to plotters. The first registration of a name holds; any later one is of the same font.
fn register() -> Result<(), PlotError> {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).map_err(|_| PlotError::Font)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PlotError> {
    let write = || {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes)?;
        file.commit()
    };
    write().map_err(|source| PlotError::Io { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;

    use super::*;

    struct Caption;

    impl Figure for Caption {
        fn size(&self) -> (u32, u32) {
            (120, 40)
        }

        fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
            area.fill(&WHITE)?;
            area.draw(&Text::new("caption", (10, 10), (FONT, 20).into_font()))?;
            area.present()?;
            Ok(())
        }
    }

    #[test]
    fn letters_are_drawn_and_both_files_written() {
        let folder = tempfile::tempdir().unwrap();
        // A name with a dot keeps what comes after it.
        Caption.save(folder.path(), "loss.train").unwrap();
        let png = std::fs::read(folder.path().join("loss.train.png")).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels.len(), 120 * 40 * 3);
        assert!(pixels.iter().any(|&value| value < 100), "the letters are dark");
        assert!(std::fs::read_to_string(folder.path().join("loss.train.svg")).unwrap().contains("caption"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Caption.save(&folder.path().join("none"), "figure").unwrap_err();
        assert!(error.to_string().contains("figure.png"), "{error}");
    }
}

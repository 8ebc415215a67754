//! What a chapter has to show: numbers, drawings and texts, as data. Whoever runs it draws and writes them.

use tch::Tensor;

/// What came of a chapter.
#[derive(Debug, Default)]
pub struct Findings {
    /// Numbers by name, in the order they are told.
    pub measures: Vec<(String, f64)>,
    /// Drawings by name.
    pub drawings: Vec<(String, Drawing)>,
    /// Texts by name: what a model writes, the nearest words.
    pub texts: Vec<(String, String)>,
}

impl Findings {
    /// Adds a number.
    pub(super) fn measure(&mut self, name: impl Into<String>, value: f64) {
        self.measures.push((name.into(), value));
    }

    /// Adds a drawing.
    pub(super) fn draw(&mut self, name: impl Into<String>, drawing: Drawing) {
        self.drawings.push((name.into(), drawing));
    }

    /// Adds a text.
    pub(super) fn tell(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.texts.push((name.into(), text.into()));
    }
}

/// Something to be drawn.
#[derive(Debug)]
pub enum Drawing {
    /// Lines, in one panel or several.
    Curves {
        /// What the axes tell: along and up.
        axes: [String; 2],
        /// The panels.
        panels: Vec<Panel>,
    },
    /// How often values occur, one panel a name.
    Histograms {
        /// What the values are.
        axis: String,
        /// The values.
        panels: Vec<(String, Vec<f64>)>,
    },
    /// Small grey images side by side, each from its lowest (black) to its highest value (white).
    Images {
        /// Images in a row.
        columns: usize,
        /// N x H x W.
        images: Tensor,
    },
    /// Named points in the plane.
    Map {
        /// Name, x and y.
        points: Vec<(String, f64, f64)>,
    },
    /// Numbers as shades, the lowest white: an attention map.
    Shades {
        /// The names of the rows.
        rows: Vec<String>,
        /// The names of the columns.
        columns: Vec<String>,
        /// One list a row.
        values: Vec<Vec<f64>>,
    },
}

/// Lines that share their axes.
#[derive(Debug)]
pub struct Panel {
    /// What stands over it.
    pub title: String,
    /// The lines.
    pub curves: Vec<Curve>,
}

/// A line.
#[derive(Debug)]
pub struct Curve {
    /// What it is of.
    pub name: String,
    /// Its points in order.
    pub points: Vec<(f64, f64)>,
}

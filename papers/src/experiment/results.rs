//! The results of an experiment: measures, charts and texts, as data. Whoever runs it draws and writes them.

use tch::Tensor;

/// The results of an experiment.
#[derive(Debug, Default)]
pub struct Results {
    /// Measures by name, in the order they are reported.
    pub measures: Vec<(String, f64)>,
    /// Charts by name.
    pub charts: Vec<(String, Chart)>,
    /// Texts by name: what a model writes, the nearest words.
    pub texts: Vec<(String, String)>,
}

impl Results {
    /// Adds a number.
    pub(crate) fn add_measure(&mut self, name: impl Into<String>, value: f64) {
        self.measures.push((name.into(), value));
    }

    /// Adds a chart.
    pub(crate) fn add_chart(&mut self, name: impl Into<String>, chart: Chart) {
        self.charts.push((name.into(), chart));
    }

    /// Adds a text.
    pub(crate) fn add_text(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.texts.push((name.into(), text.into()));
    }
}

/// Something to be drawn.
#[derive(Debug)]
pub enum Chart {
    /// Lines, in one panel or several.
    Curves {
        /// The labels of the x and the y axis.
        axes: [String; 2],
        /// The panels.
        panels: Vec<Panel>,
    },
    /// How often values occur, one panel per name.
    Histograms {
        /// What the values are.
        axis: String,
        /// The values.
        panels: Vec<(String, Vec<f64>)>,
    },
    /// Small gray images side by side, each from its lowest (black) to its highest value (white).
    ImageGrid {
        /// Images per row.
        columns: usize,
        /// N x H x W.
        images: Tensor,
    },
    /// Named points in the plane.
    Scatter {
        /// The points with their names.
        points: Vec<NamedPoint>,
    },
    /// Numbers as shades, the lowest white: an attention map.
    Heatmap {
        /// The names of the rows.
        rows: Vec<String>,
        /// The names of the columns.
        columns: Vec<String>,
        /// One list per row.
        values: Vec<Vec<f64>>,
    },
}

/// A point with a name.
#[derive(Debug)]
pub struct NamedPoint {
    /// What stands beside it.
    pub name: String,
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
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

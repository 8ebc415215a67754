//! The results of an experiment as data: measures, charts and texts. Drawing and writing them is the caller's task.

use tch::Tensor;

/// The results of an experiment.
#[derive(Debug, Default)]
pub struct Results {
    /// Measures by name, in the order they are reported.
    pub measures: Vec<(String, f64)>,
    /// Charts by name.
    pub charts: Vec<(String, Chart)>,
    /// Texts by name: generated text, nearest words.
    pub texts: Vec<(String, String)>,
}

impl Results {
    /// Adds a measure.
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

/// A chart.
#[derive(Debug)]
pub enum Chart {
    /// Curves in one or several panels.
    Curves {
        /// The labels of the x and the y axis.
        axes: [String; 2],
        /// The panels.
        panels: Vec<Panel>,
    },
    /// Histograms, one panel each.
    Histograms {
        /// The label of the x axis.
        axis: String,
        /// Title and values of each panel.
        panels: Vec<(String, Vec<f64>)>,
    },
    /// Small gray-scale images in a grid, each scaled from its lowest (black) to its highest value (white).
    ImageGrid {
        /// Images per row.
        columns: usize,
        /// N x H x W.
        images: Tensor,
    },
    /// A scatter plot of labeled points.
    Scatter {
        /// The points.
        points: Vec<NamedPoint>,
    },
    /// A heat map, the lowest value white: an attention map, for instance.
    Heatmap {
        /// The row labels.
        rows: Vec<String>,
        /// The column labels.
        columns: Vec<String>,
        /// The values, row by row.
        values: Vec<Vec<f64>>,
    },
}

/// A labeled point.
#[derive(Debug)]
pub struct NamedPoint {
    /// The label.
    pub name: String,
    /// Horizontal coordinate.
    pub x: f64,
    /// Vertical coordinate.
    pub y: f64,
}

/// Curves that share their axes.
#[derive(Debug)]
pub struct Panel {
    /// The title.
    pub title: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve.
#[derive(Debug)]
pub struct Curve {
    /// The name in the legend.
    pub name: String,
    /// The points, in order.
    pub points: Vec<(f64, f64)>,
}

//! The histories of several variants in one chart.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_console::usage;

use super::config::{Comparison, Variant};
use crate::experiment::{Chart, Curve, Panel};

/// The most points of a curve: a figure has no room for more.
const POINTS: usize = 400;

/// A chart of two columns of the histories of all variants.
pub(super) fn comparison(comparison: &Comparison, variants: &[Variant], out: &Path) -> Result<Chart> {
    let mut panels: Vec<Panel> = Vec::new();
    for variant in variants {
        let full = variant.name.as_deref().unwrap_or_default();
        let (group, name) = full.split_once('/').unwrap_or(("", full));
        let points = points(&variant.folder(out).join("history.csv"), comparison)?;
        let curve = Curve { name: name.to_owned(), points };
        match panels.iter_mut().find(|panel| panel.title == group) {
            Some(panel) => panel.curves.push(curve),
            None => panels.push(Panel { title: group.to_owned(), curves: vec![curve] }),
        }
    }
    Ok(Chart::Curves { axes: [comparison.x.clone(), comparison.y.clone()], panels })
}

/// The rows that have a value in both columns, averaged in chunks if they are more than [`POINTS`].
fn points(path: &Path, Comparison { x, y }: &Comparison) -> Result<Vec<(f64, f64)>> {
    let shown = || format!("cannot read {}", path.display());
    let mut reader = csv::Reader::from_path(path).with_context(shown)?;
    let headers = reader.headers().with_context(shown)?.clone();
    let column = |name: &str| {
        let known = || headers.iter().collect::<Vec<_>>().join(", ");
        headers.iter().position(|header| header == name).ok_or_else(|| {
            usage!("compare: there is no column `{name}` in {}, only: {}", path.display(), known())
        })
    };
    let (x, y) = (column(x)?, column(y)?);
    let mut points = Vec::new();
    for row in reader.records() {
        let row = row.with_context(shown)?;
        let value = |at: usize| row.get(at).and_then(|cell| cell.parse::<f64>().ok());
        points.extend(value(x).zip(value(y)));
    }
    let mean = |chunk: &[(f64, f64)]| {
        let count = chunk.len() as f64;
        (chunk.iter().map(|p| p.0).sum::<f64>() / count, chunk.iter().map(|p| p.1).sum::<f64>() / count)
    };
    Ok(points.chunks(points.len().div_ceil(POINTS).max(1)).map(mean).collect())
}

//! Scores as tables of text.

use std::fmt::Write as _;

use mvmhat_scene::CameraId;

use crate::metric::{DETECTION, EMBEDDING, GROUND, MVMHAT, Metric, Metrics, PAIRS, POINT, SEQUENCE, Unit};
use crate::{
    CrossView, DatasetDetectionScores, DatasetEmbeddingScores, DatasetScores, EmbeddingCounts,
    EmbeddingScores, FoundRatio, HEIGHT_BINS, MATCH_IOU, MIN_ABSENCE, Protocol, STMA_LENGTHS, Scores,
    SequenceScores, VISIBILITY_BINS,
};

/// How many confusions are shown; the others are in JSON.
const CONFUSIONS: usize = 10;

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableFormat {
    /// Aligned columns for a terminal.
    #[default]
    Text,
    /// A table of Markdown.
    Markdown,
    /// Comma-separated values; the title is a comment.
    Csv,
}

/// A title that says which protocol the numbers follow, and the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    title: String,
    /// Cells by row; the first row holds the names of the columns, the first column those of the rows.
    rows: Vec<Vec<String>>,
}

impl SequenceScores {
    /// The scores of the cameras, of all of them together and across them.
    pub fn tables(&self) -> Vec<Table> {
        let cameras = self.cameras.iter().map(|(name, scores)| (name.as_str(), scores));
        let together = [("overall", &self.overall), ("global", &self.global)];
        let title = format!(
            "Cameras one by one, pooled (overall) and end to end with shared identities (global). {}",
            rules(self.protocol)
        );
        let mut tables = vec![
            Table::new(title, &SEQUENCE, cameras.chain(together)),
            cross_view([("all views", &self.cross_view)]),
        ];
        tables.extend(self.ground.as_ref().map(|ground| ground_plane([("all views", ground)])));
        tables
    }
}

impl DatasetScores {
    /// The scores of the sequences and of all of them together.
    pub fn tables(&self) -> Vec<Table> {
        let protocol = self.sequences.first().map_or_else(Protocol::default, |(_, scores)| scores.protocol);
        let sequences = || self.sequences.iter().map(|(name, scores)| (name.as_str(), scores));
        let rules = rules(protocol);
        let mut tables = vec![
            Table::new(
                format!("Cameras pooled. {rules}"),
                &SEQUENCE,
                sequences().map(|(name, one)| (name, &one.overall)).chain([("overall", &self.overall)]),
            ),
            Table::new(
                format!("Cameras end to end with shared identities (global). {rules}"),
                &SEQUENCE,
                sequences().map(|(name, one)| (name, &one.global)).chain([("overall", &self.global)]),
            ),
            cross_view(
                sequences().map(|(name, one)| (name, &one.cross_view)).chain([("overall", &self.cross_view)]),
            ),
        ];
        if let Some(pooled) = &self.ground {
            let grounds = sequences().filter_map(|(name, one)| Some((name, one.ground.as_ref()?)));
            tables.push(ground_plane(grounds.chain([("overall", pooled)])));
        }
        tables
    }
}

impl EmbeddingScores {
    /// The scores of each pair of cameras and of all cameras, and confusions. `name` says what a camera is
    /// called.
    pub fn tables(&self, name: impl Fn(CameraId) -> String) -> Vec<Table> {
        let names: Vec<String> =
            self.pairs.iter().map(|([a, b], _)| format!("{} {}", name(*a), name(*b))).collect();
        let pairs = names.iter().map(String::as_str).zip(self.pairs.iter().map(|(_, counts)| counts));
        let mut tables = vec![embedding(pairs.chain([("all cameras", &self.overall)]))];
        if !self.confusions.is_empty() {
            let names = ["", "taken for", "queries", "of"].map(str::to_owned).to_vec();
            let rows = self.confusions.iter().take(CONFUSIONS).map(|confusion| {
                let numbers = [confusion.queries, confusion.of].map(|number| number.to_string());
                let people = [confusion.person, confusion.taken_for].map(|person| person.to_string());
                people.into_iter().chain(numbers).collect()
            });
            let title =
                "Confusions: whom the most similar crop of another camera at another time shows.".into();
            tables.push(Table { title, rows: std::iter::once(names).chain(rows).collect() });
        }
        tables
    }
}

impl DatasetEmbeddingScores {
    /// The scores of the sequences and of all of them together.
    pub fn table(&self) -> Table {
        let sequences = self.sequences.iter().map(|(name, counts)| (name.as_str(), counts));
        embedding(sequences.chain([("overall", &self.overall)]))
    }
}

impl DatasetDetectionScores {
    /// The scores of the parts and of all of them together; of all together at several score thresholds, and by the visibility
    /// and the height of people.
    pub fn tables(&self) -> Vec<Table> {
        let parts = self.parts.iter().map(|(name, scores)| (name.as_str(), scores));
        let point = &self.overall.point;
        let title = format!(
            "Average precision by the rules of COCO; recall, precision and false positives per box of the ground truth and per \
             image (FPPI) at score {} and IoU {MATCH_IOU}.",
            point.score
        );
        let points: Vec<(String, &crate::OperatingPoint)> =
            self.overall.points.iter().map(|point| (format!("{:.1}", point.score), point)).collect();
        let points = points.iter().map(|(score, point)| (score.as_str(), *point));
        let mut tables = vec![
            Table::new(title, &DETECTION, parts.chain([("overall", &self.overall)])),
            Table::new("All images, by score threshold.".into(), &POINT, points),
        ];
        let heights = bins("recall by height", &HEIGHT_BINS, &point.by_height);
        let visibilities = bins("recall by visibility", &VISIBILITY_BINS, &point.by_visibility);
        tables.extend([heights, visibilities].into_iter().flatten());
        tables
    }
}

/// Recall of bins of people, where there are any: one column per bin.
fn bins(title: &str, ends: &[f64], ratios: &[FoundRatio]) -> Option<Table> {
    let mut from = 0.0;
    let (mut names, mut cells) = (vec![String::new()], vec!["found of".to_owned()]);
    for (end, found) in ends.iter().zip(ratios) {
        names.push(if end.is_finite() { format!("{from} to {end}") } else { format!("above {from}") });
        cells.push(format!("{:.2} ({})", 100.0 * found.ratio(), found.all));
        from = *end;
    }
    let some = ratios.iter().any(|found| found.all > 0);
    some.then(|| Table { title: format!("All images, {title}."), rows: vec![names, cells] })
}

fn embedding<'a>(rows: impl IntoIterator<Item = (&'a str, &'a EmbeddingCounts)>) -> Table {
    let title = "matching: cross-view matching accuracy, of the people whom two views share at one timestep. rank1, mAP: a crop as \
                 query, the crops of other cameras at other times as gallery. AUC, EER, dprime: cosines of positive and negative \
                 pairs."
        .to_owned();
    Table::new(title, &EMBEDDING, rows)
}

fn rules(protocol: Protocol) -> String {
    match protocol {
        Protocol::TrackEval => {
            format!("CLEAR, identity and HOTA by the rules of TrackEval, IoU {MATCH_IOU}.")
        }
        Protocol::Devkit => {
            format!(
                "CLEAR and identity by the rules of the MATLAB devkit, IoU {MATCH_IOU}; HOTA as TrackEval."
            )
        }
    }
}

fn cross_view<'a>(rows: impl IntoIterator<Item = (&'a str, &'a CrossView)>) -> Table {
    let [short, middle, long] = STMA_LENGTHS;
    let title = format!(
        "Across views. CVIDP to CVMA by the MvMHAT protocol; P, R, F1 of one-to-one pairs, IoU {MATCH_IOU}; STMA of MvMHAT++ \
         over windows of {short}, {middle} and {long} frames; Re-entry: of all who came back after {MIN_ABSENCE} frames out of \
         all views, those with the identity they had."
    );
    let metrics = MVMHAT.shown.iter().chain(PAIRS.shown).map(|metric| metric.heading.to_owned());
    let stma = STMA_LENGTHS.map(|length| format!("STMA{length}"));
    let names = std::iter::once(String::new()).chain(metrics).chain(stma).chain(["Re-entry".to_owned()]);
    let mut cells = vec![names.collect()];
    for (name, scores) in rows {
        let values = MVMHAT.shown.iter().chain(PAIRS.shown).map(|metric| cell(metric, scores));
        let stma = scores.stma.map(|value| format!("{:.2}", 100.0 * value));
        let re_entries = [format!("{}/{}", scores.re_entries.kept, scores.re_entries.total)];
        cells.push(std::iter::once(name.to_owned()).chain(values).chain(stma).chain(re_entries).collect());
    }
    Table { title, rows: cells }
}

fn ground_plane<'a>(rows: impl IntoIterator<Item = (&'a str, &'a Scores)>) -> Table {
    Table::new(
        "Ground plane, gate 1 m. Rules of TrackEval; MODP is 1 - distance / gate.".into(),
        &GROUND,
        rows,
    )
}

fn cell<T>(metric: &Metric<T>, scores: &T) -> String {
    let value = (metric.value)(scores);
    match metric.unit {
        Unit::Percent => format!("{:.2}", 100.0 * value),
        Unit::Count => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}

impl Table {
    fn new<'a, T: 'a>(
        title: String,
        metrics: &Metrics<T>,
        rows: impl IntoIterator<Item = (&'a str, &'a T)>,
    ) -> Self {
        let names = metrics.shown.iter().map(|metric| metric.heading.to_owned());
        let mut cells = vec![std::iter::once(String::new()).chain(names).collect::<Vec<_>>()];
        for (name, scores) in rows {
            let values = metrics.shown.iter().map(|metric| cell(metric, scores));
            cells.push(std::iter::once(name.to_owned()).chain(values).collect());
        }
        Self { title, rows: cells }
    }

    /// The table as text that ends with a line break.
    pub fn render(&self, format: TableFormat) -> String {
        match format {
            TableFormat::Text => self.text(),
            TableFormat::Markdown => self.markdown(),
            TableFormat::Csv => self.csv(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for row in self.aligned(&self.rows) {
            let _ = writeln!(text, "{}", row.join("  ").trim_end());
        }
        text
    }

    fn markdown(&self) -> String {
        let escaped: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.replace('|', "\\|")).collect()).collect();
        let mut text = format!("{}\n\n", self.title);
        for (index, row) in self.aligned(&escaped).enumerate() {
            let _ = writeln!(text, "| {} |", row.join(" | "));
            if index == 0 {
                // Names to the left, numbers to the right.
                let rule = |(column, cell): (usize, &String)| {
                    let width = cell.chars().count();
                    if column == 0 {
                        format!(":{}", "-".repeat(width + 1))
                    } else {
                        format!("{}:", "-".repeat(width + 1))
                    }
                };
                let rules: Vec<String> = row.iter().enumerate().map(rule).collect();
                let _ = writeln!(text, "|{}|", rules.join("|"));
            }
        }
        text
    }

    fn csv(&self) -> String {
        let quoted = |cell: &String| {
            if cell.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        };
        let mut text = format!("# {}\n", self.title);
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.iter().map(quoted).collect::<Vec<_>>().join(","));
        }
        text
    }

    /// All cells of a column padded to one width.
    fn aligned<'a>(&self, rows: &'a [Vec<String>]) -> impl Iterator<Item = Vec<String>> + 'a {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        rows.iter().map(move |row| {
            let pad = |(column, (cell, width)): (usize, (&String, &usize))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            };
            row.iter().zip(&widths).enumerate().map(pad).collect()
        })
    }
}

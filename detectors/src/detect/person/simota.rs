//! SimOTA: which cells are positive, and for which person.
//!
//! Ge, Liu, Wang, Li, Sun, *YOLOX* (arXiv 2107.08430), section 2.1, as in its code, for one class. A person gets the `k`
//! cells of least cost, where
//!
//! ```text
//! cost = -ln score - 3 ln IoU + 100000 where the cell is not both in the box and near its center
//! k    = the sum of the ten largest IoU, rounded down, at least 1
//! ```
//!
//! Candidates are cells that lie in a box or near a center (2.5 strides). A cell that several people get goes to the one at
//! least cost. As the network learns, the boxes get better and more cells become positive.

use mvmhat_scene::BBox;

/// A cell of a grid: its center and the stride of the grid, in pixels of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) stride: f64,
}

/// A positive cell and its person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    pub(super) cell: usize,
    pub(super) person: usize,
    /// The IoU of the cell's predicted box with the person.
    pub(super) iou: f64,
}

/// How close to the center of a person a cell is near, in strides.
const NEAR: f64 = 2.5;
/// The weight of the box in the cost.
const BOX_WEIGHT: f64 = 3.0;
/// The cost of a cell that is not both in the box and near its center.
const OUTSIDE: f64 = 1e5;
/// How many of the largest IoU are summed to the number of positive cells.
const CONSIDERED: usize = 10;

/// The positive cells, in their order. `boxes` and `scores` are what the cells predict.
pub(super) fn assign(people: &[BBox], cells: &[Cell], boxes: &[BBox], scores: &[f64]) -> Vec<Match> {
    let inside = |cell: &Cell, person: &BBox| {
        cell.x > person.x && cell.x < person.right() && cell.y > person.y && cell.y < person.bottom()
    };
    let near = |cell: &Cell, person: &BBox| {
        let (x, y) = person.center();
        (cell.x - x).abs() < NEAR * cell.stride && (cell.y - y).abs() < NEAR * cell.stride
    };
    let is_candidate = |cell: &Cell| people.iter().any(|person| inside(cell, person) || near(cell, person));
    let candidates: Vec<usize> = (0..cells.len()).filter(|&cell| is_candidate(&cells[cell])).collect();
    // Per cell the match of least cost.
    let mut taken: Vec<Option<(f64, Match)>> = vec![None; cells.len()];
    for (number, person) in people.iter().enumerate() {
        let mut costs: Vec<(f64, Match)> = candidates
            .iter()
            .map(|&cell| {
                let iou = boxes[cell].iou(person);
                let outside =
                    if inside(&cells[cell], person) && near(&cells[cell], person) { 0.0 } else { OUTSIDE };
                let cost = -scores[cell].max(1e-8).ln() - BOX_WEIGHT * iou.max(1e-8).ln() + outside;
                (cost, Match { cell, person: number, iou })
            })
            .collect();
        costs.sort_by(|(_, a), (_, b)| b.iou.total_cmp(&a.iou));
        let count = costs.iter().take(CONSIDERED).map(|(_, found)| found.iou).sum::<f64>() as usize;
        costs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        for (cost, found) in costs.into_iter().take(count.max(1)) {
            let best = &mut taken[found.cell];
            if best.is_none_or(|(least, _)| cost < least) {
                *best = Some((cost, found));
            }
        }
    }
    taken.into_iter().flatten().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four cells of 8 pixels in a row.
    fn row() -> Vec<Cell> {
        (0..4).map(|i| Cell { x: 8.0 * f64::from(i) + 4.0, y: 4.0, stride: 8.0 }).collect()
    }

    #[test]
    fn by_hand() {
        // Person 0 covers the first two cells, person 1 the last.
        let people = [BBox::new(0.0, 0.0, 16.0, 8.0), BBox::new(24.0, 0.0, 8.0, 8.0)];
        // Cells 0 and 1 predict person 0 exactly and half of it; 2 nothing of use; 3 half of person 1.
        let boxes = [
            BBox::new(0.0, 0.0, 16.0, 8.0),
            BBox::new(0.0, 0.0, 8.0, 8.0),
            BBox::new(100.0, 0.0, 8.0, 8.0),
            BBox::new(24.0, 0.0, 4.0, 8.0),
        ];
        let found = assign(&people, &row(), &boxes, &[0.5; 4]);
        // IoU with person 0 is 1, 1/2, 0, 0: k = 1, and cell 0 costs ln 2, cell 1 four times as much. With person 1 it is
        // 0, 0, 0, 1/2: the sum is rounded down to 0, so k = 1.
        let expected = [Match { cell: 0, person: 0, iou: 1.0 }, Match { cell: 3, person: 1, iou: 0.5 }];
        assert_eq!(found, expected);
        // Both good: 1 + 1, so k = 2.
        let boxes = [boxes[0], boxes[0], boxes[2], boxes[3]];
        let cells: Vec<_> =
            assign(&people, &row(), &boxes, &[0.5; 4]).iter().map(|m| (m.cell, m.person)).collect();
        assert_eq!(cells, [(0, 0), (1, 0), (3, 1)]);
    }

    #[test]
    fn a_contested_cell_goes_to_the_person_it_fits_and_a_cell_inside_comes_first() {
        let people = [BBox::new(8.0, 0.0, 8.0, 8.0), BBox::new(9.0, 0.0, 8.0, 8.0)];
        let boxes = [BBox::new(9.0, 0.0, 8.0, 8.0); 4];
        let found = assign(&people, &row(), &boxes, &[0.9; 4]);
        let owner = |cell| found.iter().find(|m: &&Match| m.cell == cell).map(|m| m.person);
        assert_eq!(owner(1), Some(1), "the only cell inside of both fits person 1");
        assert_eq!(assign(&[], &row(), &boxes, &[0.9; 4]), []);
        // A confident cell that fits, but is outside, costs more than the one inside.
        let person = [BBox::new(8.0, 0.0, 8.0, 8.0)];
        let boxes = [person[0], BBox::new(8.0, 0.0, 8.0, 4.0), BBox::default(), BBox::default()];
        let found = assign(&person, &row(), &boxes, &[0.9, 0.1, 0.1, 0.1]);
        assert_eq!(found, [Match { cell: 1, person: 0, iou: 0.5 }]);
    }
}

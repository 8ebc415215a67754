//! Where people can walk, and the ways through.
//!
//! A grid says which cells are clear of everything; a [`Way`] is the distance of each cell from a goal (Dijkstra), and
//! whoever goes down it gets there around all corners.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::place::Place;
use crate::solid::{Solid, V2};

/// Width of a cell in metres.
const CELL: f32 = 0.2;
/// How far the middle of a person stays from everything.
pub(crate) const CLEARANCE: f32 = 0.34;
/// How far from the walls of the court, beneath the cameras.
const FROM_WALLS: f32 = 0.8;
/// How far beyond the walls the passages reach.
const MARGIN: f32 = 3.2;

/// The free ground of a place.
pub(crate) struct Plan {
    corner: V2,
    columns: usize,
    rows: usize,
    free: Vec<bool>,
    solids: Vec<Solid>,
}

/// The steps from everywhere to a goal.
#[derive(Clone)]
pub(crate) struct Way {
    cost: Vec<u32>,
}

impl Plan {
    pub(crate) fn new(place: &Place) -> Self {
        let corner = -place.half - V2::new(MARGIN, MARGIN);
        let (columns, rows) = ((-2.0 * corner.x / CELL) as usize, (-2.0 * corner.y / CELL) as usize);
        let solids: Vec<Solid> = place.solids.iter().chain(&place.props).cloned().collect();
        let mut plan = Self { corner, columns, rows, free: Vec::new(), solids };
        let free = |i: usize| {
            let p = plan.middle(i);
            let beneath_cameras = (0.0..FROM_WALLS).contains(&(place.half - p.abs()).min());
            let by_door = place.doors.iter().any(|door| (door - p).norm() < 1.1);
            plan.is_clear(p) && (by_door || !beneath_cameras)
        };
        plan.free = (0..columns * rows).map(free).collect();
        plan
    }

    /// Whether a person can stand there.
    pub(crate) fn is_clear(&self, position: V2) -> bool {
        self.solids.iter().filter_map(|s| s.clearance(position)).all(|c| c >= CLEARANCE)
    }

    /// The steps to `goal` from everywhere.
    pub(crate) fn way(&self, goal: V2) -> Way {
        let mut cost = vec![u32::MAX; self.free.len()];
        let mut next = BinaryHeap::new();
        if let Some(start) = self.cell(goal) {
            cost[start] = 0;
            next.push(Reverse((0, start)));
        }
        while let Some(Reverse((so_far, cell))) = next.pop() {
            if so_far > cost[cell] {
                continue;
            }
            for (neighbour, step) in self.neighbours(cell) {
                let total = so_far + step;
                if self.free[neighbour] && total < cost[neighbour] {
                    cost[neighbour] = total;
                    next.push(Reverse((total, neighbour)));
                }
            }
        }
        Way { cost }
    }

    /// Whether one gets from there to the goal.
    pub(crate) fn reaches(&self, way: &Way, from: V2) -> bool {
        self.cell(from).is_some_and(|cell| way.cost[cell] < u32::MAX)
    }

    /// Whether the straight line between two positions is free.
    pub(crate) fn sees(&self, from: V2, to: V2) -> bool {
        let steps = ((to - from).norm() / (0.5 * CELL)).ceil().max(1.0);
        (1..=steps as usize).all(|i| {
            let position = from + (to - from) * (i as f32 / steps);
            self.cell(position).is_some_and(|cell| self.free[cell])
        })
    }

    /// What to walk towards next: the farthest point down the way that is in a straight line.
    pub(crate) fn ahead(&self, way: &Way, from: V2) -> Option<V2> {
        let mut cell = self.cell(from)?;
        let mut seen = None;
        for _ in 0..14 {
            let best = self.neighbours(cell).map(|(n, _)| n).min_by_key(|&n| way.cost[n])?;
            if way.cost[best] == u32::MAX || way.cost[best] >= way.cost[cell] {
                break;
            }
            cell = best;
            let position = self.middle(cell);
            // The first step leads out of a corner that one was pushed into.
            if seen.is_some() && !self.sees(from, position) {
                break;
            }
            seen = Some(position);
        }
        seen
    }

    fn cell(&self, position: V2) -> Option<usize> {
        let at = (position - self.corner) / CELL;
        let inside = at.x >= 0.0 && at.y >= 0.0 && at.x < self.columns as f32 && at.y < self.rows as f32;
        inside.then(|| at.y as usize * self.columns + at.x as usize)
    }

    fn middle(&self, cell: usize) -> V2 {
        let (x, y) = (cell % self.columns, cell / self.columns);
        self.corner + V2::new(x as f32 + 0.5, y as f32 + 0.5) * CELL
    }

    /// The eight cells around one and how far they are.
    fn neighbours(&self, cell: usize) -> impl Iterator<Item = (usize, u32)> + use<> {
        let (columns, rows) = (self.columns as i32, self.rows as i32);
        let (x, y) = (cell as i32 % columns, cell as i32 / columns);
        let around = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        around.into_iter().filter_map(move |(dx, dy)| {
            let (x, y) = (x + dx, y + dy);
            let inside = (0..columns).contains(&x) && (0..rows).contains(&y);
            inside.then(|| ((y * columns + x) as usize, if dx * dy == 0 { 10 } else { 14 }))
        })
    }
}

//! Rows that share a key, matched one to one.
//!
//! Small groups are matched so that as many rows as possible find an equal one (a perfect matching is never missed), and
//! what is left is paired by the fewest differing cells. Large groups lose their identical rows first and are then cut,
//! in the order of their content, into small ones: never quadratic, and exact unless near-equal rows straddle a cut.
//!
//! Both directions give the same answer: a group is always solved from the side whose content comes first.

use std::cmp::Ordering;

use super::pair::{Hand, Pair, RowOf};

/// The largest group that is matched as a whole.
const SMALL: usize = 32;

/// What became of a row, or of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// A left and a right row, equal or not.
    Both(usize, usize),
    /// A left row that no right row was left for.
    OnlyLeft(usize),
    /// A right row that no left row was left for.
    OnlyRight(usize),
}

/// Matches the rows `left` and `right`, which share a key.
pub(super) fn assign(pair: &Pair<'_>, left: &[usize], right: &[usize]) -> Vec<Match> {
    match (left, right) {
        ([left], [right]) => vec![Match::Both(*left, *right)],
        (_, []) => left.iter().map(|row| Match::OnlyLeft(*row)).collect(),
        ([], _) => right.iter().map(|row| Match::OnlyRight(*row)).collect(),
        _ => group(pair, left, right),
    }
}

fn group(pair: &Pair<'_>, left: &[usize], right: &[usize]) -> Vec<Match> {
    let left = sorted(pair, Hand::Left, left);
    let right = sorted(pair, Hand::Right, right);
    let order = left.iter().zip(&right).map(|(left, right)| pair.order(*left, *right)).find(|order| order.is_ne());
    let mut solved = Vec::with_capacity(left.len().max(right.len()));
    match order.unwrap_or_else(|| left.len().cmp(&right.len())) {
        Ordering::Greater => solve(pair, &right, &left, &mut solved),
        Ordering::Less | Ordering::Equal => solve(pair, &left, &right, &mut solved),
    }
    solved
}

fn sorted(pair: &Pair<'_>, hand: Hand, rows: &[usize]) -> Vec<RowOf> {
    let mut rows: Vec<RowOf> = rows.iter().map(|row| RowOf { hand, row: *row }).collect();
    rows.sort_by(|one, other| pair.order(*one, *other));
    rows
}

/// Matches two sorted lists of rows.
fn solve(pair: &Pair<'_>, first: &[RowOf], second: &[RowOf], solved: &mut Vec<Match>) {
    if first.len() <= SMALL && second.len() <= SMALL {
        return solve_small(pair, first, second, solved);
    }
    let identical = identical(pair, first, second);
    let rest = |rows: &[RowOf], matched: Vec<usize>| -> Vec<RowOf> {
        let matched: std::collections::HashSet<usize> = matched.into_iter().collect();
        rows.iter().enumerate().filter(|(place, _)| !matched.contains(place)).map(|(_, row)| *row).collect()
    };
    for (one, other) in &identical {
        solved.extend(first.get(*one).zip(second.get(*other)).map(|(one, other)| both(*one, *other)));
    }
    let first = rest(first, identical.iter().map(|(one, _)| *one).collect());
    let second = rest(second, identical.iter().map(|(_, other)| *other).collect());
    let (mut first, mut second) = (first.chunks(SMALL), second.chunks(SMALL));
    loop {
        match (first.next(), second.next()) {
            (None, None) => return,
            (one, other) => solve_small(pair, one.unwrap_or_default(), other.unwrap_or_default(), solved),
        }
    }
}

/// The places of identical rows in two sorted lists.
fn identical(pair: &Pair<'_>, first: &[RowOf], second: &[RowOf]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut one, mut other) = (0, 0);
    while let (Some(left), Some(right)) = (first.get(one), second.get(other)) {
        let order = pair.order(*left, *right);
        if order.is_eq() {
            found.push((one, other));
        }
        one += usize::from(order.is_le());
        other += usize::from(order.is_ge());
    }
    found
}

/// How many cells of two rows differ, and by how much in all.
#[derive(Clone, Copy, PartialEq)]
struct Cost {
    cells: usize,
    distance: f64,
}

fn cost(pair: &Pair<'_>, one: RowOf, other: RowOf) -> Cost {
    let (left, right) = by_hand(one, other);
    let mut cost = Cost { cells: 0, distance: 0.0 };
    for column in &pair.columns {
        let judgement = pair.judge(column, left, right);
        if !judgement.equal {
            cost.cells += 1;
            cost.distance += judgement.relative.unwrap_or(1.0);
        }
    }
    cost
}

fn solve_small(pair: &Pair<'_>, first: &[RowOf], second: &[RowOf], solved: &mut Vec<Match>) {
    let costs: Vec<Vec<Cost>> = first.iter().map(|one| second.iter().map(|other| cost(pair, *one, *other)).collect()).collect();
    let mut partners = Partners::new(first.len(), second.len());
    for (one, other) in identical(pair, first, second) {
        partners.join(one, other);
    }
    for one in 0..first.len() {
        if partners.of_first(one).is_none() {
            partners.augment(&costs, one, &mut vec![false; second.len()]);
        }
    }
    partners.pair_the_rest(&costs);
    for (place, one) in first.iter().enumerate() {
        solved.push(match partners.of_first(place).and_then(|other| second.get(other)) {
            Some(other) => both(*one, *other),
            None => alone(*one),
        });
    }
    let left_over = second.iter().enumerate().filter(|(place, _)| partners.of_second(*place).is_none());
    solved.extend(left_over.map(|(_, other)| alone(*other)));
}

/// Who is matched with whom, by place.
struct Partners {
    first: Vec<Option<usize>>,
    second: Vec<Option<usize>>,
}

impl Partners {
    fn new(first: usize, second: usize) -> Self {
        Self { first: vec![None; first], second: vec![None; second] }
    }

    fn of_first(&self, place: usize) -> Option<usize> {
        self.first.get(place).copied().flatten()
    }

    fn of_second(&self, place: usize) -> Option<usize> {
        self.second.get(place).copied().flatten()
    }

    fn join(&mut self, one: usize, other: usize) {
        if let (Some(first), Some(second)) = (self.first.get_mut(one), self.second.get_mut(other)) {
            *first = Some(other);
            *second = Some(one);
        }
    }

    /// Finds `one` an equal partner, moving others to other equal partners where that helps (Kuhn's algorithm).
    fn augment(&mut self, costs: &[Vec<Cost>], one: usize, seen: &mut [bool]) -> bool {
        let equal = costs.get(one).into_iter().flatten().enumerate().filter(|(_, cost)| cost.cells == 0);
        for (other, _) in equal {
            if seen.get_mut(other).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            if self.of_second(other).is_none_or(|holder| self.augment(costs, holder, seen)) {
                self.join(one, other);
                return true;
            }
        }
        false
    }

    /// Pairs who is left, the most alike first.
    fn pair_the_rest(&mut self, costs: &[Vec<Cost>]) {
        let mut candidates: Vec<(Cost, usize, usize)> = Vec::new();
        for (one, costs) in costs.iter().enumerate().filter(|(one, _)| self.of_first(*one).is_none()) {
            let free = costs.iter().enumerate().filter(|(other, _)| self.of_second(*other).is_none());
            candidates.extend(free.map(|(other, cost)| (*cost, one, other)));
        }
        candidates.sort_by(|(a, ..), (b, ..)| a.cells.cmp(&b.cells).then(a.distance.total_cmp(&b.distance)));
        for (_, one, other) in candidates {
            if self.of_first(one).is_none() && self.of_second(other).is_none() {
                self.join(one, other);
            }
        }
    }
}

fn by_hand(one: RowOf, other: RowOf) -> (usize, usize) {
    match one.hand {
        Hand::Left => (one.row, other.row),
        Hand::Right => (other.row, one.row),
    }
}

fn both(one: RowOf, other: RowOf) -> Match {
    let (left, right) = by_hand(one, other);
    Match::Both(left, right)
}

fn alone(row: RowOf) -> Match {
    match row.hand {
        Hand::Left => Match::OnlyLeft(row.row),
        Hand::Right => Match::OnlyRight(row.row),
    }
}

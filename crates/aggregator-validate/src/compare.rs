//! Two sides of any size compared: both are reduced to hashes first, and only rows whose keys differ are read again.
//!
//! A side is read once for the hashes of its keys and rows (24 bytes a row). A key whose rows have the same hashes on both sides,
//! as often, is equal: each of its rows has a partner that is the same to the last bit. All rows of every other key are read again,
//! at most `PORTION` rows at a time, and compared by [`mod@crate::diff`]. Its answer does not depend on the rows of other keys, so the
//! report is the one that it gives for the whole sides, which a property test holds.

use std::cmp::Ordering;
use std::sync::Arc;

use aggregator_core::table::Kind;

use crate::diff::tolerance::Tolerance;
use crate::diff::{Show, diff_showing};
use crate::error::{Error, Result};
use crate::read::{self, Opened, Side};
use crate::report::Report;
use crate::rows::{Filter, Hashes, How, Keep, Kept, Plan, Rows, RowsBuilder};
use crate::subject::{Found, FoundColumn, Origin, Request, Subject};

/// How many rows of both sides are in memory at a time, unless more share one key.
const PORTION: usize = 400_000;

/// What to compare, and how.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The table.
    pub table: Request,
    /// What is expected.
    pub left: Side,
    /// What is checked.
    pub right: Side,
    /// Which rows.
    pub filter: Filter,
    /// The tenant's schema of a PostgreSQL side.
    pub schema: Option<String>,
    /// How close is close enough.
    pub tolerance: Tolerance,
    /// Which differing rows the report has.
    pub show: Show,
}

/// Compares two sides.
///
/// # Errors
/// * Those of [`read::read`], for either side.
/// * A table without a declared or a given key, or a column that it does not have.
/// * A side that changed while it was read.
pub async fn compare(comparison: &Comparison) -> Result<Report> {
    comparison.table.check()?;
    let Comparison { table, filter, tolerance, show, .. } = comparison;
    let open = |side| Opened::open(side, table.table_name(), filter, comparison.schema.as_deref());
    let (mut left, mut right) = (open(&comparison.left).await?, open(&comparison.right).await?);
    let columns = [left.columns().await?, right.columns().await?];
    let [left_columns, right_columns] = &columns;
    let subject = table.subject(left_columns, right_columns)?;
    left.check(&subject, filter, left_columns)?;
    right.check(&subject, filter, right_columns)?;
    let how = Compare { subject: &subject, filter, tolerance, show: *show, portion: PORTION };
    let report = how.reduced(&mut left, left_columns, &mut right, right_columns).await;
    left.close().await;
    right.close().await;
    report
}

/// What can be read again and again.
trait Scan {
    fn name(&self) -> &str;
    async fn scan(&mut self, subject: &Subject, columns: &[FoundColumn], rows: &mut RowsBuilder) -> Result<()>;
}

impl Scan for Opened {
    fn name(&self) -> &str {
        self.name()
    }

    async fn scan(&mut self, subject: &Subject, columns: &[FoundColumn], rows: &mut RowsBuilder) -> Result<()> {
        self.scan(subject, columns, rows).await
    }
}

struct Compare<'a> {
    subject: &'a Subject,
    filter: &'a Filter,
    tolerance: &'a Tolerance,
    show: Show,
    portion: usize,
}

impl Compare<'_> {
    async fn reduced(
        &self,
        left: &mut impl Scan,
        left_columns: &[FoundColumn],
        right: &mut impl Scan,
        right_columns: &[FoundColumn],
    ) -> Result<Report> {
        let plan = plan(self.subject, left_columns, right_columns);
        let left_hashes = self.hashes(left, left_columns, &plan).await?;
        let right_hashes = self.hashes(right, right_columns, &plan).await?;
        let (left_count, right_count) = (left_hashes.len(), right_hashes.len());
        let (differing, equal) = differing(&left_hashes, &right_hashes);
        drop((left_hashes, right_hashes));
        let nothing = |name: &str, columns| read::builder(name, self.subject, self.filter, columns).finish();
        let (no_left, no_right) = (nothing(left.name(), left_columns), nothing(right.name(), right_columns));
        let mut report = diff_showing(self.subject, &no_left, &no_right, self.tolerance, self.show);
        for portion in portions(&differing, self.portion) {
            let keys: Arc<[u64]> = portion.iter().map(|differing| differing.key).collect();
            let left_rows = self.again(left, left_columns, &plan, &keys, sum(portion, |it| it.left)).await?;
            let right_rows = self.again(right, right_columns, &plan, &keys, sum(portion, |it| it.right)).await?;
            report.add(diff_showing(self.subject, &left_rows, &right_rows, self.tolerance, self.show), self.show);
        }
        report.rows.equal += equal;
        (report.left.rows, report.right.rows) = (left_count, right_count);
        Ok(report)
    }

    /// The hashes of all wanted rows, in order.
    async fn hashes(&self, side: &mut impl Scan, columns: &[FoundColumn], plan: &Plan) -> Result<Vec<Hashes>> {
        let mut hashes = self.kept(side, columns, Keep::Hashes(plan.clone())).await?.hashes;
        hashes.sort_unstable();
        Ok(hashes)
    }

    /// The rows with one of `keys`, which must be those that were hashed before.
    async fn again(&self, side: &mut impl Scan, columns: &[FoundColumn], plan: &Plan, keys: &Arc<[u64]>, before: Group) -> Result<Rows> {
        let kept = self.kept(side, columns, Keep::Keys(plan.clone(), keys.clone())).await?;
        if Group::of(&kept.hashes) != before {
            return Err(Error::Changed { place: side.name().to_owned() });
        }
        Ok(kept.rows)
    }

    async fn kept(&self, side: &mut impl Scan, columns: &[FoundColumn], keep: Keep) -> Result<Kept> {
        let mut rows = read::builder(side.name(), self.subject, self.filter, columns).keeping(keep);
        side.scan(self.subject, columns, &mut rows).await?;
        Ok(rows.finish_all())
    }
}

/// Which cells are hashed: those that [`crate::diff`] compares, the key first.
fn plan(subject: &Subject, left: &[FoundColumn], right: &[FoundColumn]) -> Plan {
    let found = |side: &[FoundColumn], name: &str| side.iter().find(|column| column.name == name).map(|column| column.found);
    let mut columns = Vec::new();
    for (place, column) in subject.columns().into_iter().enumerate() {
        if subject.ignored(column.name).is_none()
            && let (Some(left), Some(right)) = (found(left, column.name), found(right, column.name))
        {
            columns.push((
                place,
                column,
                if matches!(column.kind, Kind::Double | Kind::Numeric { .. }) { how(subject.origin, left, right) } else { How::Exact },
            ));
        }
    }
    let is_key = |name: &str| subject.key.iter().any(|key| key.name == name);
    columns.sort_by_key(|(_, column, _)| !is_key(column.name));
    let key = columns.iter().filter(|(_, column, _)| is_key(column.name)).count();
    Plan::new(columns, key, subject.origin)
}

/// Doubles are rounded where one side has nothing but doubles and the other nothing but decimals: there, and only there, a
/// comparison of the two begins with the same rounding.
fn how(origin: Origin, left: Found, right: Found) -> How {
    let is_decimal = |found| match found {
        Found::Decimal | Found::Text => true,
        Found::Integer => origin == Origin::Discovered,
        _ => false,
    };
    match (left, right) {
        (Found::Double, other) | (other, Found::Double) if is_decimal(other) => How::Rounded,
        _ => How::Exact,
    }
}

/// How many rows, and what they are; in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Group {
    rows: usize,
    sum: u64,
}

impl Group {
    fn of(hashes: &[Hashes]) -> Self {
        hashes.iter().fold(Self::default(), |group, [_, one, _]| group.and(Self { rows: 1, sum: *one }))
    }

    fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}

/// A key whose rows are not the same on both sides.
#[derive(Clone, Copy, Debug)]
struct Differing {
    key: u64,
    left: Group,
    right: Group,
}

fn sum(portion: &[Differing], of: impl Fn(&Differing) -> Group) -> Group {
    portion.iter().map(of).fold(Group::default(), Group::and)
}

/// The keys that differ, in order, and how many rows of either side have another key.
fn differing(mut left: &[Hashes], mut right: &[Hashes]) -> (Vec<Differing>, usize) {
    let mut found = Vec::new();
    let mut equal = 0;
    let first = |rest: &[Hashes]| rest.first().map(|[key, ..]| *key);
    loop {
        let key = match (first(left), first(right)) {
            (None, None) => return (found, equal),
            (Some(left), Some(right)) if left.cmp(&right) == Ordering::Greater => right,
            (Some(key), _) | (None, Some(key)) => key,
        };
        let (left_rows, right_rows) = (take(&mut left, key), take(&mut right, key));
        if left_rows == right_rows {
            equal += left_rows.len();
        } else {
            found.push(Differing { key, left: Group::of(left_rows), right: Group::of(right_rows) });
        }
    }
}

/// Takes the rows with `key`, which come first if there are any.
fn take<'a>(rest: &mut &'a [Hashes], key: u64) -> &'a [Hashes] {
    let count = rest.iter().take_while(|[of_row, ..]| *of_row == key).count();
    let (group, after) = rest.split_at_checked(count).unwrap_or((&[], rest));
    *rest = after;
    group
}

/// The keys in portions of at most `rows` rows, or of one key.
fn portions(mut rest: &[Differing], rows: usize) -> Vec<&[Differing]> {
    let mut portions = Vec::new();
    while !rest.is_empty() {
        let mut total = 0;
        let fitting = rest.iter().take_while(|key| {
            total += key.left.rows + key.right.rows;
            total <= rows
        });
        let (portion, after) = rest.split_at_checked(fitting.count().max(1)).unwrap_or((rest, &[]));
        portions.push(portion);
        rest = after;
    }
    portions
}

#[cfg(test)]
mod tests;

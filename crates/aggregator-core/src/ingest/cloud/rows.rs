//! From text cells to rows of the line items, and what becomes of them.

use super::layout::{Constant, Layout, Output, Part, Reading, Source};
use super::{CREDIT_AMOUNT, DATE, INTERNAL, MIDNIGHT, OFFSET, PART, day_format, export, json_texts};
use crate::cloud::Provider;
use crate::ingest::cells::{integers, no_reason, numbers};
use crate::ingest::daily::{NullSum, RollUp};
use crate::ingest::distinct::{by_distinct_text, replaced_by_distinct_text};
use crate::ingest::python_json::{Json, escaped, set};
use crate::ingest::report_type::Rollup;
use crate::ingest::rows::unparsed_numbers_in;
use crate::ingest::{LINE, Stamp, python_float};
use crate::table::cloud::{
    BILL_BILLINGENTITY, BILL_PAYERACCOUNTID, BILLING_ACCOUNT_ID, COST, COST_TYPE, COSTCATEGORY, INVOICE_MONTH, LINEITEM_AVAILABILITYZONE,
    LINEITEM_LEGALENTITY, LINEITEM_LINEITEMDESCRIPTION, LINEITEM_LINEITEMTYPE, LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID,
    LINEITEM_USAGEACCOUNTID, LOCATION_REGION, PRICING_UNIT, PRODUCT_INSTANCETYPE, PRODUCT_OPERATINGSYSTEM, PRODUCT_PRODUCTFAMILY,
    PRODUCT_REGION, PROJECT_ID, RESOURCETAGS, SERVICE_ID, SKU_ID, SYSTEM_LABELS,
};
use crate::table::cloud::{
    LABELS, LINEITEM_BLENDEDCOST, LINEITEM_NORMALIZEDUSAGEAMOUNT, LINEITEM_UNBLENDEDCOST, LINEITEM_USAGEAMOUNT, LINEITEM_USAGESTARTDATE,
    PRICING_PUBLICONDEMANDCOST, RESOURCE_NAME, SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, TAGS, USAGE_AMOUNT_IN_PRICING_UNITS, USAGE_START_TIME,
};
use crate::table::cloud_ingest::{DAILY_CREDITS, LINEITEM_OPERATION, LINEITEM_USAGETYPE, RESOURCE_GLOBAL_NAME, ROW_UUID};
use crate::table::ocp_ingest::{COLUMN, KEY, REASON, REFUSED};
use crate::table::{ColumnDef, Kind};
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Why a row is refused. The number in [`REFUSED`] is sixteen times the place of the column in the header, plus the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NoDay = 0,
    NoMonth = 1,
    OtherShape = 2,
    NoTimestamp = 3,
    NoJson = 4,
}

/// Reasons that concern every row of a file, whether its day is to be ingested or not.
const OF_ALL_ROWS: u32 = 3;

impl Reason {
    const ALL: [Self; 5] = [Self::NoDay, Self::NoMonth, Self::OtherShape, Self::NoTimestamp, Self::NoJson];

    fn at(self, place: usize) -> Expr {
        // A header of a hundred million columns does not fit into memory.
        lit(u32::try_from(place).unwrap_or(u32::MAX).saturating_mul(16) | self as u32)
    }

    fn text(self) -> &'static str {
        match self {
            Self::NoDay => "it is no day that is written like the first one",
            Self::NoMonth => "it is no month like `202604`",
            Self::OtherShape => "it is no time that is written like the first one",
            Self::NoTimestamp => "it is no timestamp",
            Self::NoJson => "it is JSON of another shape",
        }
    }
}

/// Why koku cannot roll up a day.
const MIXED: &str = "its offset is not that of the other times of the day";

/// What AWS rows have in common that become one of a day, beside the day.
const AWS_KEYS: [ColumnDef; 18] = [
    LINEITEM_RESOURCEID,
    BILL_PAYERACCOUNTID,
    LINEITEM_USAGEACCOUNTID,
    LINEITEM_LEGALENTITY,
    LINEITEM_LINEITEMDESCRIPTION,
    BILL_BILLINGENTITY,
    LINEITEM_PRODUCTCODE,
    LINEITEM_AVAILABILITYZONE,
    LINEITEM_LINEITEMTYPE,
    LINEITEM_USAGETYPE,
    LINEITEM_OPERATION,
    PRODUCT_PRODUCTFAMILY,
    PRODUCT_OPERATINGSYSTEM,
    PRODUCT_INSTANCETYPE,
    PRODUCT_REGION,
    PRICING_UNIT,
    RESOURCETAGS,
    COSTCATEGORY,
];

/// What GCP rows have in common that become one of a day, beside the day.
const GCP_KEYS: [ColumnDef; 10] =
    [INVOICE_MONTH, BILLING_ACCOUNT_ID, PROJECT_ID, SERVICE_ID, SKU_ID, SYSTEM_LABELS, LABELS, COST_TYPE, LOCATION_REGION, RESOURCE_NAME];

/// Columns that the roll-up adds up; of the others that are no keys, it takes the greatest.
const SUMS: [ColumnDef; 9] = [
    LINEITEM_USAGEAMOUNT,
    LINEITEM_NORMALIZEDUSAGEAMOUNT,
    LINEITEM_UNBLENDEDCOST,
    LINEITEM_BLENDEDCOST,
    PRICING_PUBLICONDEMANDCOST,
    SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
    USAGE_AMOUNT_IN_PRICING_UNITS,
    COST,
    DAILY_CREDITS,
];

impl Layout {
    /// Rows with types, from text cells.
    ///
    /// # Inputs
    /// `raw`: the columns of the header at [`Layout::needed`] as text (NA tokens are empty, cells are cut at U+0000), and [`LINE`].
    /// # Output
    /// One row for each: the columns of [`Export::line_items`](super::Export::line_items) without `row_uuid`, then those that only
    /// this export has; then [`INTERNAL`].
    /// # Nulls
    /// NaN is null. A column that koku does not fill in is null where the export lacks it.
    /// A cell that cannot be taken is null, and [`REFUSED`] says so.
    pub fn typed(&self, raw: LazyFrame) -> LazyFrame {
        let mut cells: Vec<Expr> = self.outputs.iter().map(|output| self.read(output).alias(output.name.clone())).collect();
        let (part, date) = self.part_and_date();
        let stamp = |read: fn(&str) -> Option<i64>, data_type: DataType| match self.stamp {
            Some(place) => integers(self.cells(place), read, &DataType::Int64).cast(data_type),
            None => lit(NULL).cast(data_type),
        };
        let milliseconds = LINEITEM_USAGESTARTDATE.kind.data_type();
        let amount = |text: &str, losses| json_texts::gcp_credits(text, losses).and_then(|credits| credits.amount).unwrap_or(f64::NAN);
        cells.extend([
            Expr::Column(LINE.into()),
            part.alias(PART),
            date.alias(DATE),
            stamp(|text| Stamp::read(text).map(Stamp::midnight), milliseconds).alias(MIDNIGHT),
            stamp(|text| Stamp::read(text).and_then(Stamp::offset).map(i64::from), DataType::Int32).alias(OFFSET),
            match self.credits {
                Some((place, losses)) => doubles(self.cells(place), move |text| amount(text, losses)),
                None => lit(NULL).cast(DataType::Float64),
            }
            .alias(CREDIT_AMOUNT),
            self.other_shape().alias(REFUSED),
        ]);
        for (at, output) in self.outputs.iter().enumerate() {
            if let Source::Cells(place, Reading::BillingDay) = &output.source {
                cells.push(self.cells(*place).eq(lit("")).alias(blank(at)));
            }
        }
        let failures = self.outputs.iter().enumerate().filter_map(failure).collect::<Vec<_>>();
        let of_cells =
            failures.into_iter().rev().fold(no_reason(), |otherwise, (fails, reason)| when(fails).then(reason).otherwise(otherwise));
        let of_row = Expr::Column(REFUSED.into());
        let refused = when(of_row.clone().is_not_null()).then(of_row).otherwise(of_cells);
        let names = self.outputs.iter().map(|output| output.name.clone()).chain(INTERNAL.map(PlSmallStr::from)).map(Expr::Column);
        raw.select(cells).with_columns([refused.alias(REFUSED)]).select(names.collect::<Vec<_>>())
    }

    /// The cells of a column of the line items.
    fn read(&self, output: &Output) -> Expr {
        match &output.source {
            Source::Constant(constant) => constant.expr().cast(output.data_type.clone()),
            Source::Map(entries) => self.map(entries),
            Source::Cells(place, reading) => {
                let cells = self.cells(*place);
                let milliseconds = output.data_type.clone();
                match reading.clone() {
                    Reading::Text => cells,
                    Reading::Number => numbers(cells, |text| python_float(text).unwrap_or(0.0)),
                    Reading::Stamp => integers(cells, |text| Stamp::read(text).map(Stamp::milliseconds), &milliseconds),
                    Reading::BillingDay => integers(cells, day_format::billing_day, &milliseconds),
                    Reading::UsageDay(format) => {
                        let read = move |text: &str| Some(format.as_ref()?.read(text)?.and_utc().timestamp_millis());
                        long_integers(cells, read).cast(milliseconds)
                    }
                    Reading::Json(json) => cells
                        .map(move |column| replaced_by_distinct_text(column.str()?, |text| json.read(text)), |_, field| Ok(field.clone())),
                }
            }
        }
    }

    /// [`PART`] and [`DATE`].
    fn part_and_date(&self) -> (Expr, Expr) {
        match &self.part {
            Part::Interval(place) => {
                let day = |text: &str| text.split('T').next().unwrap_or_default().to_owned();
                let part = texts(self.cells(*place), move |text| day_format::lenient_day(&day(text)).map(|_| day(text)));
                (part, days(self.cells(*place), move |text| day_format::lenient_day(&day(text))))
            }
            Part::UsageDay(place, format) => {
                let (part, date) = (format.clone(), format.clone());
                let part = texts(self.cells(*place), move |text| Some(part.as_ref()?.read(text)?.date().to_string()));
                (part, days(self.cells(*place), move |text| Some(date.as_ref()?.read(text)?.date())))
            }
            Part::Invoice { month, partition, .. } => {
                let (month, partition) = (self.cells(*month), self.cells(*partition));
                let is_there = month.clone().neq(lit("")).and(partition.clone().neq(lit("")));
                let part =
                    when(is_there).then(concat_str([month.clone(), partition], "_", false)).otherwise(lit(NULL).cast(DataType::String));
                (part, days(month, day_format::invoice_month))
            }
        }
    }

    /// The number in [`REFUSED`] of rows that no splitter takes.
    fn other_shape(&self) -> Expr {
        let (_, date) = self.part_and_date();
        match &self.part {
            Part::Interval(place) | Part::UsageDay(place, _) => when(date.is_null()).then(Reason::NoDay.at(*place)).otherwise(no_reason()),
            Part::Invoice { month, stamp, shape, .. } => {
                let shape = shape.clone();
                let fits = move |text: &str| shape.is_some() && day_format::Shape::of_stamp(text) == shape;
                let no_month = date.is_null().and(self.cells(*month).neq(lit("")));
                let otherwise = when(no_month).then(Reason::NoMonth.at(*month)).otherwise(no_reason());
                when(truths(self.cells(*stamp), fits).not()).then(Reason::OtherShape.at(*stamp)).otherwise(otherwise)
            }
        }
    }

    /// A JSON object of the columns that are not empty.
    fn map(&self, entries: &[(usize, String)]) -> Expr {
        let keys: Vec<String> = entries.iter().map(|(_, key)| escaped(key)).collect();
        let repeated = keys.iter().collect::<BTreeSet<_>>().len() < keys.len();
        let mut columns = entries.iter().map(|(place, _)| self.cells(*place));
        let Some(first) = columns.next() else { return Constant::EmptyObject.expr() };
        let write = move |columns: &mut [Column]| {
            let height = columns.first().map_or(0, Column::len);
            let texts: Vec<&StringChunked> = columns.iter().map(Column::str).collect::<PolarsResult<_>>()?;
            let mut cells: Vec<_> = texts.iter().map(|texts| texts.iter()).collect();
            let mut written = StringChunkedBuilder::new(PlSmallStr::EMPTY, height);
            let mut entries: Vec<(&String, Json)> = Vec::new();
            for _ in 0..height {
                entries.clear();
                for (key, cells) in keys.iter().zip(&mut cells) {
                    let Some(text) = cells.next().flatten().filter(|text| !text.is_empty()) else { continue };
                    let value = Json::Text(escaped(text));
                    if repeated { set(&mut entries, key, value) } else { entries.push((key, value)) }
                }
                let object = entries.drain(..).map(|(key, value)| (key.clone(), value)).collect();
                written.append_value(Json::Object(object).write());
            }
            Ok(written.finish().into_column())
        };
        let output = |_: &Schema, fields: &[Field]| {
            let name = fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone());
            Ok(Field::new(name, DataType::String))
        };
        first.map_many(write, &columns.collect::<Vec<_>>(), output)
    }

    /// Whether a row is of the days to ingest, and of a file.
    fn is_wanted(&self, days: &RangeInclusive<NaiveDate>) -> Expr {
        let has_part = Expr::Column(PART.into()).is_not_null();
        if self.cloud == Provider::Gcp {
            return has_part;
        }
        let date = || Expr::Column(DATE.into());
        has_part.and(date().gt_eq(lit(*days.start()))).and(date().lt_eq(lit(*days.end())))
    }

    /// The rows that are refused: [`LINE`], [`COLUMN`] (the first whose cell cannot be taken), [`REASON`]. Outside of `days`, a cell may
    /// be anything but the day itself.
    ///
    /// # Inputs
    /// The result of [`Layout::typed`].
    pub fn refused(&self, typed: LazyFrame, days: &RangeInclusive<NaiveDate>) -> LazyFrame {
        let number = || Expr::Column(REFUSED.into());
        let of_any = (number() % lit(16_u32)).lt(lit(OF_ALL_ROWS));
        let refused = typed.filter(number().is_not_null().and(of_any.or(self.is_wanted(days))));
        let header = Arc::clone(&self.header);
        let column = of_number(move |number| header.get(number as usize / 16).map_or_else(String::new, ToString::to_string));
        let reason = |number: u32| Reason::ALL.into_iter().find(|reason| *reason as u32 == number % 16).map_or("", Reason::text).to_owned();
        refused.select([Expr::Column(LINE.into()), column.alias(COLUMN.name), of_number(reason).alias(REASON.name)])
    }

    /// The rows of `days` that are kept. GCP's are of any day: a row without a partition date or invoice month is left out.
    ///
    /// # Inputs
    /// The result of [`Layout::typed`].
    /// # Output
    /// The same columns.
    pub fn line_items(&self, typed: LazyFrame, days: &RangeInclusive<NaiveDate>) -> LazyFrame {
        typed.filter(Expr::Column(REFUSED.into()).is_null().and(self.is_wanted(days)))
    }

    /// The first row whose time has another offset than the first of its [`PART`], as [`Layout::refused`]; koku cannot roll these up.
    ///
    /// # Inputs
    /// The result of [`Layout::line_items`]: rows that koku converts together.
    pub fn mixed(&self, rows: LazyFrame) -> LazyFrame {
        let column = self.stamp.map_or("", |place| self.column(place)).to_owned();
        let find = move |frame: DataFrame| {
            let (parts, offsets, lines) = (frame.column(PART)?.str()?, frame.column(OFFSET)?.i32()?, frame.column(LINE)?.u64()?);
            let mut firsts: PlHashMap<Option<&str>, Option<i32>> = PlHashMap::default();
            let rows = parts.iter().zip(offsets.iter()).zip(lines.iter());
            let mut mixed = rows.filter(|((part, offset), _)| *firsts.entry(*part).or_insert(*offset) != *offset);
            let line: Vec<Option<u64>> = mixed.next().map(|(_, line)| line).into_iter().collect();
            let height = line.len();
            let line = UInt64Chunked::from_iter_options(LINE.into(), line.into_iter()).into_column();
            let (column, reason) = (vec![column.as_str(); height], vec![MIXED; height]);
            DataFrame::new(height, vec![line, Column::new(COLUMN.name.into(), column), Column::new(REASON.name.into(), reason)])
        };
        let schema = Schema::from_iter([
            Field::new(LINE.into(), DataType::UInt64),
            Field::new(COLUMN.name.into(), DataType::String),
            Field::new(REASON.name.into(), DataType::String),
        ]);
        let schema = Arc::new(schema);
        let output = move |_: &Schema| Ok(Arc::clone(&schema));
        let needed = [PART, OFFSET, LINE].map(|name| Expr::Column(name.into()));
        rows.select(needed).map(find, AllowedOptimizations::empty(), Some(Arc::new(output)), Some("mixed offsets"))
    }

    /// The daily rows of line items, if the cloud's are rolled up.
    ///
    /// # Inputs
    /// The result of [`Layout::line_items`], rows of one [`PART`].
    /// # Output
    /// The columns of [`Export::daily`](super::Export::daily) without `row_uuid`, in the order in which groups first come.
    /// # Nulls
    /// Sums and maxima skip nulls: the sum of nothing but nulls is 0, their maximum null.
    pub fn daily(&self, rows: LazyFrame) -> Option<LazyFrame> {
        let table = export(self.cloud).daily()?;
        let keys: &[ColumnDef] = if self.cloud == Provider::Aws { &AWS_KEYS } else { &GCP_KEYS };
        let day = if self.cloud == Provider::Aws { LINEITEM_USAGESTARTDATE } else { USAGE_START_TIME };
        let rollup = |column: &ColumnDef| {
            if *column == day {
                Rollup::Day
            } else if keys.contains(column) {
                Rollup::Key
            } else if SUMS.contains(column) {
                Rollup::Sum
            } else {
                Rollup::Max
            }
        };
        let mut added = vec![Expr::Column(CREDIT_AMOUNT.into()).alias(DAILY_CREDITS.name)];
        if !self.resources {
            // Without names, koku has no global names in the roll-up either.
            added.extend([RESOURCE_NAME, RESOURCE_GLOBAL_NAME].map(|column| lit("").alias(column.name)));
        }
        let columns = table.columns.iter().filter(|column| **column != ROW_UUID).map(|column| (*column, rollup(column))).collect();
        let keys = [MIDNIGHT].into_iter().chain(keys.iter().map(|key| key.name)).collect();
        Some(RollUp { keys, day: MIDNIGHT, columns, null: NullSum::Skipped }.of(rows.with_columns(added)))
    }

    /// The distinct tag keys: one column, [`KEY`], in order.
    ///
    /// # Inputs
    /// AWS: `raw`, the cells of all rows; a key counts if any row has a value. The others: `rows`, the line items.
    pub fn tag_keys(&self, raw: LazyFrame, rows: LazyFrame) -> LazyFrame {
        let texts = match self.cloud {
            Provider::Aws => return self.map_keys(&RESOURCETAGS, raw),
            Provider::Azure => TAGS,
            Provider::Gcp => LABELS,
        };
        let find = move |frame: DataFrame| {
            let mut keys = BTreeSet::new();
            by_distinct_text(frame.column(texts.name)?.str()?, |text| keys.extend(json_texts::keys(text)));
            key_frame(keys.iter().map(String::as_str))
        };
        rows.select([texts.expr()]).map(
            find,
            AllowedOptimizations::empty(),
            Some(Arc::new(|_: &Schema| Ok(key_schema()))),
            Some("tag keys"),
        )
    }

    /// The distinct keys of AWS cost categories, as [`Layout::tag_keys`].
    pub fn category_keys(&self, raw: LazyFrame) -> LazyFrame {
        self.map_keys(&COSTCATEGORY, raw)
    }

    fn map_keys(&self, column: &ColumnDef, raw: LazyFrame) -> LazyFrame {
        let output = self.outputs.iter().find(|output| output.name == column.name);
        let entries = match output.map(|output| &output.source) {
            Some(Source::Map(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        let entries: Vec<(String, String)> = entries.into_iter().map(|(place, key)| (self.column(place).to_owned(), key)).collect();
        let needed: Vec<Expr> = entries.iter().map(|(column, _)| Expr::Column(column.into())).chain([Expr::Column(LINE.into())]).collect();
        let find = move |frame: DataFrame| {
            let mut keys = BTreeSet::new();
            for (column, key) in &entries {
                if frame.column(column)?.str()?.iter().flatten().any(|text| !text.is_empty()) {
                    keys.insert(key.as_str());
                }
            }
            key_frame(keys.into_iter())
        };
        raw.select(needed).map(find, AllowedOptimizations::empty(), Some(Arc::new(|_: &Schema| Ok(key_schema()))), Some("map keys"))
    }

    /// The cells of number columns that are neither empty nor numbers; they count as zero. As for OpenShift's
    /// [`unparsed_numbers`](crate::ingest::unparsed_numbers).
    pub fn unparsed_numbers(&self, raw: LazyFrame) -> LazyFrame {
        let numbers = self.outputs.iter().filter_map(|output| match output.source {
            Source::Cells(place, Reading::Number) => Some(self.column(place).into()),
            _ => None,
        });
        unparsed_numbers_in(numbers.collect(), raw)
    }

    /// The names of the columns of a file of line items, in order.
    pub fn columns(&self) -> Vec<PlSmallStr> {
        self.outputs.iter().map(|output| output.name.clone()).collect()
    }
}

impl Constant {
    fn expr(self) -> Expr {
        match self {
            Self::Null => lit(NULL),
            Self::EmptyText => lit(""),
            Self::EmptyObject => lit("{}"),
            Self::Zero => lit(0.0),
        }
    }
}

/// The column that says where the cells of the output at this place are empty.
fn blank(at: usize) -> PlSmallStr {
    format!("\0blank{at}").into()
}

/// Whether a cell of a column could not be taken, and the number in [`REFUSED`] if so.
fn failure((at, output): (usize, &Output)) -> Option<(Expr, Expr)> {
    let Source::Cells(place, reading) = &output.source else { return None };
    let is_null = Expr::Column(output.name.clone()).is_null();
    match reading {
        Reading::Stamp => Some((is_null, Reason::NoTimestamp.at(*place))),
        Reading::BillingDay => Some((is_null.and(Expr::Column(blank(at)).not()), Reason::NoTimestamp.at(*place))),
        Reading::Json(_) => Some((is_null, Reason::NoJson.at(*place))),
        Reading::Text | Reading::Number | Reading::UsageDay(_) => None,
    }
}

fn key_schema() -> SchemaRef {
    Arc::new(Schema::from_iter([Field::new(KEY.name.into(), DataType::String)]))
}

fn key_frame<'a>(keys: impl Iterator<Item = &'a str>) -> PolarsResult<DataFrame> {
    let keys = StringChunked::from_iter_values(KEY.name.into(), keys);
    DataFrame::new(keys.len(), vec![keys.into_column()])
}

/// What `text` makes of the numbers in [`REFUSED`].
fn of_number(text: impl Fn(u32) -> String + Send + Sync + 'static) -> Expr {
    Expr::Column(REFUSED.into()).map(
        move |column| {
            let numbers = column.u32()?;
            let texts = numbers.iter().map(|number| number.map(&text));
            Ok(StringChunked::from_iter_options(numbers.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

/// `read` of each distinct text.
fn texts(cells: Expr, read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Expr {
    cells.map(move |column| replaced_by_distinct_text(column.str()?, &read), |_, field| Ok(field.clone()))
}

/// `read` of each distinct text.
fn long_integers(cells: Expr, read: impl Fn(&str) -> Option<i64> + Send + Sync + 'static) -> Expr {
    cells.map(
        move |column| {
            let texts = column.str()?;
            let values = by_distinct_text(texts, &read);
            Ok(Int64Chunked::from_iter_options(texts.name().clone(), values.into_iter()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int64)),
    )
}

/// The day of each distinct text.
fn days(cells: Expr, read: impl Fn(&str) -> Option<NaiveDate> + Send + Sync + 'static) -> Expr {
    let read = move |text: &str| read(text).map(|day| day.signed_duration_since(NaiveDate::default()).num_days());
    long_integers(cells, read).cast(DataType::Int32).cast(Kind::Date.data_type())
}

/// `read` of each distinct text; NaN is null.
fn doubles(cells: Expr, read: impl Fn(&str) -> f64 + Send + Sync + 'static) -> Expr {
    cells.map(
        move |column| {
            let texts = column.str()?;
            let values = by_distinct_text(texts, &read).into_iter().map(|value| (!value.is_nan()).then_some(value));
            Ok(Float64Chunked::from_iter_options(texts.name().clone(), values).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Float64)),
    )
}

/// `read` of each distinct text.
fn truths(cells: Expr, read: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    cells.map(
        move |column| {
            let texts = column.str()?;
            Ok(BooleanChunked::from_iter_values(texts.name().clone(), by_distinct_text(texts, &read).into_iter()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

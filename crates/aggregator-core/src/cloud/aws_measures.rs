//! Usage, rates and costs of AWS: what the daily summary and that of EC2 add up in the same way.

use super::Values;
use super::texts::cut;
use crate::cloud::Markup;
use crate::table::ColumnDef;
use crate::table::cloud::{
    LINEITEM_BLENDEDCOST, LINEITEM_BLENDEDRATE, LINEITEM_CURRENCYCODE, LINEITEM_LINEITEMTYPE, LINEITEM_NORMALIZATIONFACTOR,
    LINEITEM_NORMALIZEDUSAGEAMOUNT, LINEITEM_UNBLENDEDCOST, LINEITEM_UNBLENDEDRATE, LINEITEM_USAGEAMOUNT, PRICING_PUBLICONDEMANDCOST,
    PRICING_PUBLICONDEMANDRATE, SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
};
use crate::table::cloud_summary::{
    BLENDED_COST, BLENDED_RATE, CALCULATED_AMORTIZED_COST, CURRENCY_CODE, MARKUP_COST, MARKUP_COST_AMORTIZED, MARKUP_COST_BLENDED,
    MARKUP_COST_SAVINGSPLAN, NORMALIZATION_FACTOR, NORMALIZED_USAGE_AMOUNT, PUBLIC_ON_DEMAND_COST, PUBLIC_ON_DEMAND_RATE,
    SAVINGSPLAN_EFFECTIVE_COST, UNBLENDED_COST, UNBLENDED_RATE, USAGE_AMOUNT,
};
use crate::trino::sum;
use polars::prelude::*;

use super::refusals::Check;

/// Usage that a savings plan covers.
const COVERED_USAGE: &str = "SavingsPlanCoveredUsage";
/// The line that takes covered usage back; its usage was counted before.
const NEGATION: &str = "SavingsPlanNegation";
/// Lines whose amortised cost is the effective cost under the savings plan.
const SAVINGS_PLAN: [&str; 4] = [COVERED_USAGE, NEGATION, "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee"];

/// What the plain costs of usage that a savings plan covers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoveredUsage {
    /// As they are.
    Counts,
    /// Zero: the plan pays.
    IsFree,
}

/// How the lines of a group become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Sum,
    Max,
}

/// The measures of a line item, and how a group's are put together.
fn measures(covered: CoveredUsage, values: Values) -> [(ColumnDef, Expr, Of); 12] {
    let is_type = |name: &'static str| LINEITEM_LINEITEMTYPE.expr().eq(lit(name));
    let number = |column: ColumnDef| values.of(column.expr());
    let zero_if = |condition: Expr, measure: Expr| when(condition).then(lit(0.0)).otherwise(measure);
    let plain = |column: ColumnDef| match covered {
        CoveredUsage::Counts => number(column),
        CoveredUsage::IsFree => zero_if(is_type(COVERED_USAGE), number(column)),
    };
    let in_plan = SAVINGS_PLAN.map(is_type).into_iter().reduce(Expr::or).unwrap_or_else(|| lit(false));
    let savings = number(SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST);
    let amortized = when(in_plan).then(savings.clone()).otherwise(number(LINEITEM_UNBLENDEDCOST));
    [
        (USAGE_AMOUNT, zero_if(is_type(NEGATION), number(LINEITEM_USAGEAMOUNT)), Of::Sum),
        // Doubles in PostgreSQL too, where NaN and infinities are numbers.
        (NORMALIZATION_FACTOR, LINEITEM_NORMALIZATIONFACTOR.expr(), Of::Max),
        (NORMALIZED_USAGE_AMOUNT, LINEITEM_NORMALIZEDUSAGEAMOUNT.expr(), Of::Sum),
        (CURRENCY_CODE, LINEITEM_CURRENCYCODE.expr(), Of::Max),
        (UNBLENDED_RATE, number(LINEITEM_UNBLENDEDRATE), Of::Max),
        (UNBLENDED_COST, plain(LINEITEM_UNBLENDEDCOST), Of::Sum),
        (BLENDED_RATE, number(LINEITEM_BLENDEDRATE), Of::Max),
        (BLENDED_COST, plain(LINEITEM_BLENDEDCOST), Of::Sum),
        (SAVINGSPLAN_EFFECTIVE_COST, savings, Of::Sum),
        (CALCULATED_AMORTIZED_COST, amortized, Of::Sum),
        (PUBLIC_ON_DEMAND_COST, number(PRICING_PUBLICONDEMANDCOST), Of::Sum),
        (PUBLIC_ON_DEMAND_RATE, number(PRICING_PUBLICONDEMANDRATE), Of::Max),
    ]
}

/// The measures of a group of line items.
pub(super) fn totals(covered: CoveredUsage, values: Values) -> Vec<Expr> {
    let total = |(column, measure, of): (ColumnDef, Expr, Of)| put_together(&measure, of).alias(column.name);
    measures(covered, values).into_iter().map(total).collect()
}

/// The measures of a group of groups, from their [`totals`].
pub(super) fn totals_of_totals() -> Vec<Expr> {
    let total = |(column, _, of): (ColumnDef, Expr, Of)| put_together(&column.expr(), of).alias(column.name);
    measures(CoveredUsage::Counts, Values::AsTrino).into_iter().map(total).collect()
}

fn put_together(measure: &Expr, of: Of) -> Expr {
    match of {
        Of::Sum => sum(measure),
        Of::Max => measure.clone().max(),
    }
}

/// What is computed of [`totals`]: the currency as long as koku's column, the markups of the sums.
pub(super) fn finished(markup: Markup) -> Vec<Expr> {
    let marked_up = |of: ColumnDef, column: ColumnDef| (of.expr() * lit(markup.factor())).alias(column.name);
    vec![
        cut(CURRENCY_CODE.expr(), &CURRENCY_CODE).alias(CURRENCY_CODE.name),
        marked_up(UNBLENDED_COST, MARKUP_COST),
        marked_up(BLENDED_COST, MARKUP_COST_BLENDED),
        marked_up(SAVINGSPLAN_EFFECTIVE_COST, MARKUP_COST_SAVINGSPLAN),
        marked_up(CALCULATED_AMORTIZED_COST, MARKUP_COST_AMORTIZED),
    ]
}

/// The numbers at which Trino fails whatever stands beside them: a NaN or an infinity in a sum, an infinity that is the greatest.
pub(super) fn refused_numbers(covered: CoveredUsage) -> Vec<Check> {
    let is_not = |name: &'static str| LINEITEM_LINEITEMTYPE.expr().eq_missing(lit(name)).not();
    let plain = |column: ColumnDef| match covered {
        CoveredUsage::Counts => Check::finite(column),
        CoveredUsage::IsFree => Check::finite(column).only(is_not(COVERED_USAGE)),
    };
    let rate = |column: ColumnDef| Check::number(column, column.expr().eq(lit(f64::INFINITY)), "is no finite number");
    vec![
        Check::finite(LINEITEM_USAGEAMOUNT).only(is_not(NEGATION)),
        plain(LINEITEM_UNBLENDEDCOST),
        plain(LINEITEM_BLENDEDCOST),
        Check::finite(SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST),
        Check::finite(PRICING_PUBLICONDEMANDCOST),
        rate(LINEITEM_UNBLENDEDRATE),
        rate(LINEITEM_BLENDEDRATE),
        rate(PRICING_PUBLICONDEMANDRATE),
    ]
}

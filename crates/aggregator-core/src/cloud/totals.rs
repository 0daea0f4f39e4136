//! What accounts spent on services, for people: no statement of koku's.

use crate::table::cloud_summary::{
    ACCOUNT_ID, AZURE_CURRENCY, CLOUD_TOTALS, CREDIT_AMOUNT, CURRENCY_CODE, MARKUP_COST, PRETAX_COST, PRODUCT_CODE, PROJECT_ID,
    SERVICE_ALIAS, SERVICE_NAME, SUBSCRIPTION_GUID, TOTAL_ACCOUNT, TOTAL_COST, TOTAL_CREDIT, TOTAL_CURRENCY, TOTAL_MARKUP, TOTAL_SERVICE,
    UNBLENDED_COST, USAGE_ACCOUNT_ID,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// The cost of each account, service and currency.
///
/// # Inputs
/// * `rows`: rows of `summary`, one of the daily summaries, with its decimals.
/// # Output
/// [`CLOUD_TOTALS`], the greatest cost first. AWS: account and product, unblended cost. Azure: subscription and service, pre-tax cost.
/// GCP: project and service, cost and credits. A table without credits has none.
/// # Nulls
/// Nulls do not count; the sum of nothing else is 0.
pub fn totals(rows: LazyFrame, summary: &Table) -> LazyFrame {
    let has = |column: &ColumnDef| summary.column(column.name).is_some();
    let first_of = |columns: &[ColumnDef]| columns.iter().copied().find(|column| has(column));
    let text = |columns: &[ColumnDef], as_column: ColumnDef| {
        first_of(columns).map_or_else(|| as_column.null(), |column| column.expr().alias(as_column.name))
    };
    let money = |columns: &[ColumnDef], as_column: ColumnDef| {
        let zero = lit(0).cast(as_column.kind.data_type()).alias(as_column.name);
        first_of(columns).map_or(zero, |column| column.expr().cast(as_column.kind.data_type()).alias(as_column.name))
    };
    let narrow = rows.select([
        text(&[PROJECT_ID, USAGE_ACCOUNT_ID, SUBSCRIPTION_GUID, ACCOUNT_ID], TOTAL_ACCOUNT),
        text(&[SERVICE_ALIAS, PRODUCT_CODE, SERVICE_NAME], TOTAL_SERVICE),
        text(&[CURRENCY_CODE, AZURE_CURRENCY], TOTAL_CURRENCY),
        money(&[UNBLENDED_COST, PRETAX_COST], TOTAL_COST),
        money(&[MARKUP_COST], TOTAL_MARKUP),
        money(&[CREDIT_AMOUNT], TOTAL_CREDIT),
    ]);
    merge_totals(narrow)
}

/// Totals of rows of [`CLOUD_TOTALS`], such as of several portions.
pub fn merge_totals(parts: LazyFrame) -> LazyFrame {
    let keys = [TOTAL_ACCOUNT, TOTAL_SERVICE, TOTAL_CURRENCY];
    let sums = [TOTAL_COST, TOTAL_MARKUP, TOTAL_CREDIT].map(|column| column.expr().sum().cast(column.kind.data_type()));
    let order = [TOTAL_COST, TOTAL_ACCOUNT, TOTAL_SERVICE, TOTAL_CURRENCY].map(|column| column.name);
    let options = SortMultipleOptions::default().with_order_descending_multi([true, false, false, false]);
    CLOUD_TOTALS.select(parts.group_by(keys.map(|column| column.expr())).agg(sums)).sort(order, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::cloud_summary::{AWS_DAILY_SUMMARY, GCP_DAILY_SUMMARY};

    /// Rows with these texts and amounts (in units of 10^-9) in the named columns; all other columns are null.
    fn rows(table: &Table, texts: &[(ColumnDef, [&str; 3])], amounts: &[(ColumnDef, [i128; 3])]) -> LazyFrame {
        let columns = table.columns.iter().map(|column| {
            if let Some((_, values)) = texts.iter().find(|(known, _)| known.name == column.name) {
                return Column::new(column.name.into(), values);
            }
            match amounts.iter().find(|(known, _)| known.name == column.name) {
                Some((_, values)) => {
                    let units = Int128Chunked::from_vec(column.name.into(), values.to_vec());
                    units.into_decimal_unchecked(24, 9).into_column()
                }
                None => Column::full_null(column.name.into(), 3, &column.kind.data_type()),
            }
        });
        DataFrame::new(3, columns.collect()).unwrap_or_default().lazy()
    }

    #[test]
    fn costs_are_added_by_account_service_and_currency() -> PolarsResult<()> {
        let texts = [(USAGE_ACCOUNT_ID, ["1", "1", "2"]), (PRODUCT_CODE, ["EC2", "EC2", "S3"]), (CURRENCY_CODE, ["USD"; 3])];
        let amounts = [(UNBLENDED_COST, [100_000_000, 250_000_000, 2_000_000_000]), (MARKUP_COST, [1, 2, 3])];
        let found = totals(rows(&AWS_DAILY_SUMMARY, &texts, &amounts), &AWS_DAILY_SUMMARY).collect()?;
        assert_eq!(found.column("account")?.str()?.iter().flatten().collect::<Vec<_>>(), ["2", "1"]);
        let units = |name: &str| found.column(name).and_then(|values| Ok(values.decimal()?.physical().to_vec()));
        assert_eq!(units("cost")?, [Some(2_000_000_000), Some(350_000_000)]);
        assert_eq!((units("markup_cost")?, units("credit_amount")?), (vec![Some(3), Some(3)], vec![Some(0), Some(0)]));
        let again = merge_totals(concat([found.clone().lazy(), found.clone().lazy()], UnionArgs::default())?).collect()?;
        assert_eq!(again.column("cost")?.decimal()?.physical().to_vec(), [Some(4_000_000_000), Some(700_000_000)]);
        Ok(())
    }

    #[test]
    fn a_project_of_gcp_has_its_credits() -> PolarsResult<()> {
        let texts = [(PROJECT_ID, ["p", "p", "q"]), (SERVICE_ALIAS, ["Compute"; 3])];
        let amounts = [(UNBLENDED_COST, [5, 6, 7]), (CREDIT_AMOUNT, [-1, -2, 0])];
        let found = totals(rows(&GCP_DAILY_SUMMARY, &texts, &amounts), &GCP_DAILY_SUMMARY).collect()?;
        assert_eq!(found.column("account")?.str()?.iter().flatten().collect::<Vec<_>>(), ["p", "q"]);
        assert_eq!(found.column("credit_amount")?.decimal()?.physical().to_vec(), [Some(-3), Some(0)]);
        Ok(())
    }
}

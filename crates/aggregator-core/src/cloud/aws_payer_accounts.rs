//! The accounts that pay for an AWS source in a month.
//!
//! # SQL
//! `masu/processor/aws/aws_report_parquet_processor.py`, the query before a bill is made.

use crate::table::cloud::BILL_PAYERACCOUNTID;
use polars::prelude::*;

/// The different payer accounts.
///
/// # Inputs
/// * `line_items` ([`AWS_PAYERS`](crate::table::cloud::AWS_PAYERS)), all rows of the month, of the hourly table.
/// # Output
/// The columns of [`AWS_PAYERS`](crate::table::cloud::AWS_PAYERS), sorted. koku's bill takes one row, and leaves open which: the first
/// here is always the same.
/// # Nulls
/// A null is a row, the last one.
pub fn aws_payer_accounts(line_items: LazyFrame) -> LazyFrame {
    let nulls_last = SortMultipleOptions::default().with_nulls_last(true);
    line_items.select([BILL_PAYERACCOUNTID.expr()]).unique(None, UniqueKeepStrategy::Any).sort([BILL_PAYERACCOUNTID.name], nulls_last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_come_once_and_null_comes_last() {
        let frame = df![BILL_PAYERACCOUNTID.name => [Some("2"), None, Some(""), Some("2"), Some("1"), None]].unwrap();
        let accounts = aws_payer_accounts(frame.lazy()).collect().unwrap();
        let accounts: Vec<_> = accounts.column(BILL_PAYERACCOUNTID.name).unwrap().str().unwrap().iter().collect();
        assert_eq!(accounts, [Some(""), Some("1"), Some("2"), None]);
    }
}

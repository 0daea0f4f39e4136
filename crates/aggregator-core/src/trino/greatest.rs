//! `greatest` that is null where an argument is null.

use polars::prelude::{Expr, NULL, lit, when};

/// Trino's `greatest(left, right)`: null if either is null; NaN only if both are NaN.
pub fn greatest(left: &Expr, right: &Expr) -> Expr {
    let left_wins = left.clone().gt_eq(right.clone()).or(right.clone().is_nan());
    when(left.clone().is_null().or(right.clone().is_null()))
        .then(lit(NULL))
        .when(left.clone().is_nan().not().and(left_wins))
        .then(left.clone())
        .otherwise(right.clone())
}

#[cfg(test)]
mod tests {
    use super::greatest;
    use polars::prelude::{IntoLazy, PolarsResult, col, df};

    #[test]
    fn greatest_is_null_where_an_argument_is_null() -> PolarsResult<()> {
        let nan = f64::NAN;
        let frame = df![
            "a" => [Some(1.0), None, Some(3.0), None, Some(nan), Some(1.0), Some(nan)],
            "b" => [Some(2.0), Some(2.0), None, None, Some(1.0), Some(nan), Some(nan)],
        ]?;
        let greatest = frame.lazy().select([greatest(&col("a"), &col("b")).alias("g")]).collect()?;
        let greatest: Vec<_> = greatest.column("g")?.f64()?.iter().map(|value| value.map(|x| x.to_string())).collect();
        let expected = [Some("2"), None, None, None, Some("1"), Some("1"), Some("NaN")];
        assert_eq!(greatest.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        Ok(())
    }
}

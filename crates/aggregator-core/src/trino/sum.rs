//! `sum` that is null where nothing was added.

use polars::prelude::{Expr, NULL, lit, when};

/// Trino's `sum(values)`: nulls do not count, and the sum of nothing but nulls is null.
pub fn sum(values: &Expr) -> Expr {
    when(values.clone().count().gt(lit(0))).then(values.clone().sum()).otherwise(lit(NULL))
}

#[cfg(test)]
mod tests {
    use super::sum;
    use polars::prelude::{Engine, IntoLazy, PolarsResult, SortMultipleOptions, col, df};

    #[test]
    fn sum_of_null_usage_is_null() -> PolarsResult<()> {
        let frame = df!["key" => [1, 1, 2, 2, 3], "x" => [Some(1.5), None, None, None, Some(-0.0)]]?.lazy();
        for engine in [Engine::InMemory, Engine::Auto] {
            let sums = frame.clone().group_by([col("key")]).agg([sum(&col("x"))]).sort(["key"], SortMultipleOptions::default());
            let sums = sums.collect_with_engine(engine)?.unwrap_single();
            assert_eq!(sums.column("x")?.f64()?.to_vec(), [Some(1.5), None, Some(0.0)]);
        }
        Ok(())
    }
}

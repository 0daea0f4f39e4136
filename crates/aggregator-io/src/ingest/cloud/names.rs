//! koku's names of a cloud's line item files.

use chrono::NaiveDate;

/// A name of AWS's and Azure's files, and of GCP's ingress: `{part}_manifestid-{id}_…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// The day, or invoice month and partition date.
    pub part: &'a str,
    /// koku's number of the manifest.
    pub manifest_id: i64,
}

impl<'a> FileName<'a> {
    /// The parts of a name; `None` if it is not of this form.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (part, rest) = name.split_once("_manifestid-")?;
        let (id, _) = rest.split_once('_')?;
        Some(Self { part, manifest_id: id.parse().ok()? })
    }
}

/// The day that a name of AWS's or Azure's begins with.
pub(super) fn day(name: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(name.split('_').next()?, "%Y-%m-%d").ok()
}

/// The chunk at the end of the name of a raw or daily file that begins with `stem`.
pub(super) fn counter(name: &str, stem: &str, is_daily: bool) -> Option<u32> {
    let rest = name.strip_prefix(stem)?.strip_suffix(".parquet")?;
    let rest = if is_daily { rest.strip_prefix("_daily")? } else { rest };
    rest.strip_prefix('_')?.parse().ok()
}

/// koku's batch, of what is behind `…_batch-` in a name.
pub(super) fn batch(rest: &str) -> Option<u32> {
    rest.split('_').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_part_manifest_and_number() {
        let name = "2026-04-02_manifestid-17_basefile-koku-1_batch-3_daily_0.parquet";
        assert_eq!(FileName::parse(name), Some(FileName { part: "2026-04-02", manifest_id: 17 }));
        assert_eq!(day(name), NaiveDate::from_ymd_opt(2026, 4, 2));
        assert_eq!(batch("3_daily_0.parquet"), Some(3));
        assert_eq!(counter("202604_2026-04-02_a_b_daily_12.parquet", "202604_2026-04-02_a_b", true), Some(12));
        assert_eq!(counter("202604_2026-04-02_a_b_2.parquet", "202604_2026-04-02_a", false), None);
        assert_eq!(FileName::parse("202604_2026-04-02_report_0.parquet"), None);
    }
}

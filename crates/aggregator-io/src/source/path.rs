//! koku's paths: where line items lie, and where the managed table lies.

use aggregator_core::run::SourceUuid;
use aggregator_core::table::{Table, ocp};
use chrono::{Datelike, NaiveDate};

/// koku's account: the tenant schema, without a leading `acct`; `org…` is kept whole.
pub fn account(schema: &str) -> &str {
    schema.strip_prefix("acct").unwrap_or(schema)
}

/// The report type and roll-up of an OpenShift table: `("pod_usage", true)` for the daily pods.
fn report_type(table: &Table) -> (&'static str, bool) {
    let name = table.name.strip_prefix("openshift_").unwrap_or(table.name);
    let (name, daily) = name.strip_suffix("_daily").map_or((name, false), |name| (name, true));
    (name.strip_suffix("_line_items").unwrap_or(name), daily)
}

/// The folder of all line items of an OpenShift table of a tenant.
pub fn ocp_table(schema: &str, table: &Table) -> String {
    let (report_type, daily) = report_type(table);
    let daily = if daily { "daily/" } else { "" };
    format!("data/parquet/{daily}{}/OCP/{report_type}", account(schema))
}

/// The folder of all line items of a table of a tenant, OpenShift's or a cloud's.
pub fn line_items(schema: &str, table: &Table) -> String {
    let Some(cloud) = cloud_of(table) else { return ocp_table(schema, table) };
    let account = account(schema);
    if table.name.ends_with("_daily") {
        format!("data/parquet/daily/{account}/{cloud}/raw")
    } else {
        format!("data/parquet/{account}/{cloud}")
    }
}

/// koku's name of the cloud whose table this is.
fn cloud_of(table: &Table) -> Option<&'static str> {
    let clouds = [("aws_", "AWS"), ("azure_", "Azure"), ("gcp_", "GCP")];
    clouds.into_iter().find(|(prefix, _)| table.name.starts_with(prefix)).map(|(_, cloud)| cloud)
}

/// The partition of the line items of `source` and a month: year and month, padded.
pub fn partition(schema: &str, table: &Table, source: SourceUuid, month: Month) -> String {
    format!("{}/source={source}/{month}", line_items(schema, table))
}

/// The folder of the line items of a report type: hourly, or rolled up by day.
pub fn ocp_line_items(schema: &str, table: &Table, source: SourceUuid, month: Month) -> String {
    format!("{}/source={source}/{month}", ocp_table(schema, table))
}

/// Where ingest keeps its journal of a source and month, beside the folders of the tables: no reader of a table sees it.
pub fn ocp_journal(schema: &str, source: SourceUuid, month: Month) -> String {
    format!("data/parquet/{}/OCP/_aggregator/source={source}/{month}.json", account(schema))
}

/// The journal that the line items of a table are exchanged by, OpenShift's or a cloud's.
pub fn journal(schema: &str, table: &Table, source: SourceUuid, month: Month) -> String {
    let Some(cloud) = cloud_of(table) else { return ocp_journal(schema, source, month) };
    format!("data/parquet/{}/{cloud}/_aggregator/source={source}/{month}.json", account(schema))
}

/// A month, as a partition of line items: `year=2026/month=04`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of `day`.
    pub fn of(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// Year and month as the partition has them: four digits and two.
    pub fn texts(self) -> (String, String) {
        (format!("{:04}", self.first.year()), format!("{:02}", self.first.month()))
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Self {
        self.first.pred_opt().map_or(self, Self::of)
    }

    /// The month after.
    #[must_use]
    pub fn after(self) -> Self {
        self.first.checked_add_months(chrono::Months::new(1)).map_or(self, Self::of)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month) = self.texts();
        write!(formatter, "year={year}/month={month}")
    }
}

/// The folder of a managed table of a tenant.
pub fn managed_table(schema: &str, table: &Table) -> String {
    format!("data/{schema}.db/{}", table.name)
}

/// The partition of a managed table that holds `day`: month and day without leading zeros.
pub fn managed_day(schema: &str, table: &Table, source: SourceUuid, day: NaiveDate) -> String {
    format!("{}/source={source}/{}", managed_table(schema, table), day_folders(day))
}

/// The folders of a day below a source: month and day without leading zeros.
pub(crate) fn day_folders(day: NaiveDate) -> String {
    format!("year={}/month={}/day={}", day.year(), day.month(), day.day())
}

/// Whether a Hive reader skips a file or folder of this name.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

/// The tables whose absence for the whole tenant means that it has no storage.
pub const STORAGE: &Table = &ocp::STORAGE_USAGE_DAILY;

#[cfg(test)]
mod tests {
    use super::*;
    use aggregator_core::table::cloud;
    use aggregator_core::table::summary::OCP_DAILY_SUMMARY;

    #[test]
    fn a_cloud_has_a_folder_of_its_own() {
        let daily = line_items("acct10001", &cloud::AWS_DAILY);
        assert_eq!(daily, "data/parquet/daily/10001/AWS/raw");
        assert_eq!(line_items("org1", &cloud::AZURE_DAILY), "data/parquet/org1/Azure");
        assert_eq!(line_items("org1", &cloud::GCP_HOURLY), "data/parquet/org1/GCP");
    }

    #[test]
    fn line_items_are_padded_and_the_managed_table_is_not() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap_or_default();
        let month = Month::of(day);
        let source = SourceUuid(uuid::Uuid::nil());
        assert_eq!(
            partition("acct10001", &ocp::POD_USAGE_DAILY, source, month),
            "data/parquet/daily/10001/OCP/pod_usage/source=00000000-0000-0000-0000-000000000000/year=2026/month=03"
        );
        assert_eq!(
            partition("org1234567", &ocp::POD_USAGE_HOURLY, source, month),
            "data/parquet/org1234567/OCP/pod_usage/source=00000000-0000-0000-0000-000000000000/year=2026/month=03"
        );
        assert_eq!(
            managed_day("org1234567", &OCP_DAILY_SUMMARY, source, day),
            "data/org1234567.db/reporting_ocpusagelineitem_daily_summary/source=00000000-0000-0000-0000-000000000000/year=2026/month=3/day=4"
        );
    }
}

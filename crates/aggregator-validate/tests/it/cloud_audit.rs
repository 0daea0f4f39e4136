//! `audit` of the summaries of the clouds beside their line items: Trino's own answers, and what is found where they are changed.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use aggregator_io::ocp::StorageTable;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_validate::audit::clouds::line_items::{CloudLineItems, Part, read as read_line_items};
use aggregator_validate::audit::line_items::InputStore;
use aggregator_validate::audit::report::{Report, text};
use aggregator_validate::audit::{Days, clouds};
use aggregator_validate::read::{Side, read};
use aggregator_validate::rows::{Filter, Rows};
use chrono::{Datelike, Months};

use crate::cloud_cases::{Case, answered, unpack};

impl Case {
    /// What the statement reads.
    fn part(&self) -> Part {
        let (start, end) = self.days();
        let invoice_month = self.param("invoice_month").map(str::to_owned);
        let months = match (&invoice_month, self.statement.as_str()) {
            (Some(_), _) => vec![start.with_day(1).unwrap().checked_sub_months(Months::new(1)).unwrap(), start, end],
            (None, _) => vec![self.bill_month()],
        };
        Part { months, days: (self.statement != "aws_ec2").then_some((start, end)), invoice_month }
    }

    /// The line items, without and with reference data.
    async fn line_items(&self) -> [CloudLineItems; 2] {
        let mut items = CloudLineItems::new(self.schema(), &self.subject(), Some(self.markup()));
        let store = InputStore { url: self.store().to_str().unwrap(), schema: self.schema(), storage: StorageTable::Absent };
        read_line_items(&mut items, &store, self.param("source_uuid").unwrap(), &[self.part()]).await.unwrap();
        let reference = CloudReference::from_json_file(&self.tenant.join("reference.json"), "AWS").await.unwrap();
        [items.clone(), items.with_accounts(&reference).unwrap()]
    }

    fn audited(&self, rows: &Rows, items: &CloudLineItems) -> Report {
        let (start, end) = self.days();
        clouds::audit(&self.subject(), rows, Some(items), Days { start: Some(start), end: Some(end) }, Some(self.markup()), 3)
    }
}

async fn rows(case: &Case, path: &Path) -> Rows {
    read(&Side::Path(path.to_owned()), &case.subject(), &Filter::default(), None).await.unwrap()
}

fn check(case: &Case) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut wrong = Vec::new();
    runtime.block_on(async {
        let answer = rows(case, &case.expected()).await;
        for items in case.line_items().await {
            let report = case.audited(&answer, &items);
            if !report.holds() {
                wrong.push(format!("{}: {}", case.expected().display(), text(&report)));
            }
        }
    });
    wrong
}

#[test]
fn every_law_holds_on_trino_s_answers_beside_their_line_items() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let cases = answered(folder.path());
    let next = AtomicUsize::new(0);
    let work = || std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed))).flat_map(check).collect::<Vec<_>>();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
}

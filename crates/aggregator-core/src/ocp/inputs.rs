//! What the daily summary is computed from, and the edge where line items become it.

use crate::days::in_days;
use crate::labels::LabelSets;
use crate::run::Window;
use crate::table::ocp::{
    INTERVAL_START, NAMESPACE_LABELS, NAMESPACE_LABELS_DAILY, NODE, NODE_LABELS, NODE_LABELS_DAILY, PERSISTENTVOLUME_LABELS,
    PERSISTENTVOLUMECLAIM_LABELS, POD_LABELS, POD_USAGE_DAILY, STORAGE_USAGE_DAILY,
};
use crate::table::steps::{
    NAMESPACE_LABEL_SET, NODE_LABEL_SET, PERSISTENTVOLUME_LABEL_SET, PERSISTENTVOLUMECLAIM_LABEL_SET, POD_LABEL_SET, USAGE_START,
};
use crate::table::{ColumnDef, Kind, SchemaError, Table, check_schema};
use crate::trino::LabelError;
use polars::prelude::*;

/// The daily line items of one source within a window, as read: labels are text.
///
/// Each frame has the columns of its table ([`POD_USAGE_DAILY`], [`STORAGE_USAGE_DAILY`], [`NODE_LABELS_DAILY`],
/// [`NAMESPACE_LABELS_DAILY`]) and only rows of the window.
#[derive(Clone, Debug)]
pub struct LineItems {
    /// [`POD_USAGE_DAILY`].
    pub pod_usage_daily: DataFrame,
    /// [`STORAGE_USAGE_DAILY`]; `None` when the tenant has no storage table.
    pub storage_usage_daily: Option<DataFrame>,
    /// [`NODE_LABELS_DAILY`].
    pub node_labels_daily: DataFrame,
    /// [`NAMESPACE_LABELS_DAILY`].
    pub namespace_labels_daily: DataFrame,
}

/// What the sections of the daily summary read; every row lies in the window of the run.
#[derive(Clone)]
pub struct Inputs {
    /// [`POD_USAGE_DAILY`] with [`USAGE_START`] in place of `interval_start` and [`POD_LABEL_SET`] in place of `pod_labels`.
    pub pod_usage_daily: LazyFrame,
    /// [`STORAGE_USAGE_DAILY`], likewise; `None` when the tenant has no storage table.
    pub storage_usage_daily: Option<LazyFrame>,
    /// [`NODE_LABELS_DAILY`], likewise.
    pub node_labels_daily: LazyFrame,
    /// [`NAMESPACE_LABELS_DAILY`], likewise.
    pub namespace_labels_daily: LazyFrame,
    /// The result of [`super::node_capacity`].
    pub node_capacity: LazyFrame,
    /// [`COST_CATEGORIES`](crate::table::reference::COST_CATEGORIES) of the tenant.
    pub cost_categories: LazyFrame,
    /// [`NODES`](crate::table::reference::NODES) of all clusters of the tenant.
    pub nodes: LazyFrame,
    /// The label sets whose ids the frames hold.
    pub labels: LabelSets,
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Plans have no text worth reading.
        formatter.debug_struct("Inputs").field("labels", &self.labels).finish_non_exhaustive()
    }
}

/// Line items that cannot be summarised: a frame that is not its table, or a label text that Trino refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelColumnError {
    /// A frame is not the table it should be.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A label text is refused.
    #[error("could not read `{column}` of `{table}`")]
    Label {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with the text.
        source: LabelError,
    },
}

impl LineItems {
    /// Reads the labels: the inputs of the sections.
    ///
    /// Labels of pods on an empty or null node are not read: the SQL drops those rows first.
    ///
    /// # Errors
    /// [`LabelColumnError`]: a frame is not its table, or Trino refuses one of its label texts.
    pub fn into_inputs(
        self,
        node_capacity: LazyFrame,
        cost_categories: LazyFrame,
        nodes: LazyFrame,
        labels: &LabelSets,
    ) -> Result<Inputs, LabelColumnError> {
        let pod_usage = encode(self.pod_usage_daily, &POD_USAGE_DAILY, &[(POD_LABELS, POD_LABEL_SET)], labels)?;
        let storage_columns =
            [(PERSISTENTVOLUME_LABELS, PERSISTENTVOLUME_LABEL_SET), (PERSISTENTVOLUMECLAIM_LABELS, PERSISTENTVOLUMECLAIM_LABEL_SET)];
        let storage_usage =
            self.storage_usage_daily.map(|frame| encode(frame, &STORAGE_USAGE_DAILY, &storage_columns, labels)).transpose()?;
        Ok(Inputs {
            pod_usage_daily: pod_usage,
            storage_usage_daily: storage_usage,
            node_labels_daily: encode(self.node_labels_daily, &NODE_LABELS_DAILY, &[(NODE_LABELS, NODE_LABEL_SET)], labels)?,
            namespace_labels_daily: encode(
                self.namespace_labels_daily,
                &NAMESPACE_LABELS_DAILY,
                &[(NAMESPACE_LABELS, NAMESPACE_LABEL_SET)],
                labels,
            )?,
            node_capacity,
            cost_categories,
            nodes,
            labels: labels.clone(),
        })
    }
}

/// `frame`, a `table`, with the day in place of the interval and ids of label sets in place of label texts.
fn encode(
    mut frame: DataFrame,
    table: &Table,
    columns: &[(ColumnDef, ColumnDef)],
    labels: &LabelSets,
) -> Result<LazyFrame, LabelColumnError> {
    check_schema(frame.schema(), table)?;
    for (text, set) in columns {
        let missing = || SchemaError::Missing { table: table.name, column: text.name };
        let texts = frame.column(text.name).and_then(Column::str).map_err(|_| missing())?;
        let read = if *text == POD_LABELS { without_node_dropped(&frame, texts) } else { texts.clone() };
        let ids = labels.encode(&read).map_err(|source| LabelColumnError::Label { table: table.name, column: text.name, source })?;
        let ids = ids.with_name(set.name.into()).into_column();
        frame.replace(text.name, ids).and_then(|frame| frame.rename(text.name, set.name.into())).map_err(|_| missing())?;
    }
    Ok(with_usage_start(frame.lazy()))
}

/// `texts`, null where the node is empty or null.
fn without_node_dropped(frame: &DataFrame, texts: &StringChunked) -> StringChunked {
    let Ok(nodes) = frame.column(NODE.name).and_then(Column::str) else { return texts.clone() };
    let kept = texts.iter().zip(nodes.iter()).map(|(text, node)| text.filter(|_| node.is_some_and(|node| !node.is_empty())));
    StringChunked::from_iter_options(texts.name().clone(), kept)
}

/// `frame` with the day of its `interval_start` as [`USAGE_START`], in its place.
pub fn with_usage_start(frame: LazyFrame) -> LazyFrame {
    frame.with_column(INTERVAL_START.expr().cast(Kind::Date.data_type()).alias(USAGE_START.name)).drop(by_name(
        [INTERVAL_START.name],
        true,
        false,
    ))
}

/// The rows of `frame` whose `interval_start` lies in `window`; a null does not.
pub fn in_window(frame: LazyFrame, window: &Window) -> LazyFrame {
    in_days(frame, &INTERVAL_START, window.start(), window.end())
}

#[cfg(test)]
mod tests;

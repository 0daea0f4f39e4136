//! Where data comes from.

pub mod cloud_reference;
pub mod cluster;
pub mod line_items;
pub mod parquet;
pub mod path;
pub mod reference;
pub mod subscriptions;

#[path = "../../crates/aggregator-io/src/payload/csv.rs"]
pub mod csv;
#[path = "../../crates/aggregator-io/src/payload/archive.rs"]
pub mod archive;

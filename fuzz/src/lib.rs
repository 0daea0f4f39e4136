#[path = "../../crates/aggregator-io/src/payload/csv.rs"]
pub mod csv;
#[path = "../../crates/aggregator-io/src/payload/archive.rs"]
pub mod archive;
#[path = "../../crates/aggregator-io/src/payload/manifest.rs"]
pub mod manifest;

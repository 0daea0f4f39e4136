//! Tests of this crate with real stores and a real PostgreSQL.

mod postgres;

//! Where results go.

pub mod lists;
pub mod managed;
pub mod postgres;
pub mod subscriptions;

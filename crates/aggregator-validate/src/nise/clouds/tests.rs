//! The framework, on small reports with answers that are known by hand.

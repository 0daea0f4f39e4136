//! scratch
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs
)]
use aggregator_core::ingest::*;
use serde_json::{Value, json};
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let v: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let t = v[1].as_str().unwrap();
        let out = match v[0].as_str().unwrap() {
            "f" => json!(python_float(t).map(|f| if f.is_nan() { "nan".to_owned() } else { f.to_bits().to_string() })),
            "i" => json!(python_int(t).map(|f| f.to_bits().to_string())),
            "t" => json!(Stamp::read(t).map(|s| (s.milliseconds(), s.midnight()))),
            "d" => json!(text_day(t).map(|d| d.to_string())),
            "l" => json!(label_json(t)),
            "h" => json!(html_escape(t)),
            _ => panic!(),
        };
        println!("{out}");
    }
}

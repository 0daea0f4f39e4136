#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aggregator_fuzz::csv(bytes));

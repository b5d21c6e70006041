#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mlsearch_fuzz::tags::run(bytes));

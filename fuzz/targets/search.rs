#![no_main]

libfuzzer_sys::fuzz_target!(|input: mlsearch_fuzz::Patches| mlsearch_fuzz::search::run(&input));

#![no_main]

libfuzzer_sys::fuzz_target!(|steps: Vec<mlsearch_fuzz::operations::Step>| {
    mlsearch_fuzz::operations::run(&steps)
});

//! The engine with the committed model. One program for all of it: each one that links the engine
//! holds the language models too, hundreds of megabytes.

mod bias;
mod code_switched;
mod dimension;
mod eval_collection;
mod eval_lareqa;
mod filter;
mod fuzzed;
mod hostile;
mod ingest;
mod per_language;
mod resuming;
mod samples;
mod storage;
mod threads;

//! What the benchmarks share: texts of their own, the committed model, quantiles, files of
//! vectors, and the worker processes of the index's side-by-side comparison.

mod draws;
pub mod rows;
pub mod worker;

pub use draws::Draws;

use std::path::PathBuf;

use mlsearch::encoder::{Encoder, EncoderOptions};

/// The committed model's folder.
pub fn model_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(mlsearch::DEFAULT_MODEL)
}

/// An encoder on the processor with `threads` batches at once (0: one a core).
///
/// # Panics
/// Where the model or ONNX Runtime is missing: a benchmark cannot go on without.
pub fn encoder(threads: usize) -> Encoder {
    let options = EncoderOptions {
        device: mlsearch::encoder::Device::Cpu,
        threads,
        ..EncoderOptions::default()
    };
    Encoder::open(model_folder(), &options).expect("`make runtime` fetches what benchmarks need")
}

/// The sample passages of the command: about 400 texts in 22 languages.
///
/// # Panics
/// Never: the samples are compiled in.
pub fn sample_texts() -> Vec<String> {
    include_str!("../../cli/samples/passages.jsonl")
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("a sample is JSON");
            value["text"].as_str().expect("a sample has a text").to_owned()
        })
        .collect()
}

/// The value below which `share` of the values lie, which are sorted for it; NaN for none.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

//! Multilingual text encoder: text in, unit-length vectors out.
//!
//! An [`Encoder`] reads a *model folder* (ONNX graph, tokenizer, configuration), runs it with
//! ONNX Runtime on CPU or CUDA, and returns one vector per text. It knows nothing of document
//! ids, indexes or storage.
//!
//! ```no_run
//! use mlsearch_encoder::{Encoder, EncoderOptions};
//!
//! # fn main() -> mlsearch_encoder::Result<()> {
//! let encoder = Encoder::open("models/multilingual-e5-small-aligned", &EncoderOptions::default())?;
//! let queries = encoder.encode_queries(&["why do bees dance?"])?;
//! let passages = encoder.encode_passages(&["Bienen tanzen, um Futterplätze zu zeigen."])?;
//! let cosine = queries.row(0).dot(&passages.row(0));
//! # assert!(cosine > 0.8);
//! # Ok(())
//! # }
//! ```
//!
//! ONNX Runtime is a shared library that is loaded at run time; [`runtime`] says where it is
//! looked for and how it is checked first.

mod encoder;
mod parity;

mod config;
mod fingerprint;

mod device;
pub mod runtime;
mod session;

mod batch;
mod tokenizer;
mod windows;

mod error;

pub use config::{License, ModelConfig, ModelFile, Pooling, Prompts};
pub use device::{Device, DeviceStatus};
pub use encoder::{Encoder, EncoderOptions, Role};
pub use error::{Error, Result};
pub use fingerprint::Fingerprint;
pub use ndarray::Array2;
pub use parity::{ParityReport, ParityText};

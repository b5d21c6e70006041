//! mlsearch: an embedded search engine that finds text by meaning, across languages.
//!
//! ```no_run
//! use mlsearch::{Document, Engine, EngineOptions};
//!
//! # fn main() -> mlsearch::Result<()> {
//! let engine = Engine::create("notes.index", &EngineOptions::default())?;
//! engine.add(&[
//!     Document::new("1", "Bees dance to tell their hive where the flowers are."),
//!     Document::new("2", "Ein Notar prüft, ob ein Vertrag freiwillig unterschrieben wurde."),
//! ])?;
//! engine.commit()?;
//!
//! for hit in engine.search("¿por qué bailan las abejas?")?.hits {
//!     println!("{:.3} [{}] {}", hit.score, hit.language, hit.text);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An [`Engine`] is a folder on disk and an encoder. Documents go in with an id, a text and,
//! where known, a language; a [`Query`] comes back as an [`Answer`]. [`Mode`] says which
//! languages are searched: the query's own, the others, or all, and a [`Filter`] which documents,
//! by their metadata.
//!
//! [`ingest`] reads documents from files, [`eval`] measures retrieval by published protocols.

mod engine;

mod answer;
mod build;
mod document;
mod info;
mod query;

pub mod bias;
pub mod language;

mod field_value;
mod filter;
mod filter_language;
mod filterable;
mod labels;
mod model;
mod ranking;
mod record;
mod shorten;

pub mod eval;
pub mod ingest;

mod error;

pub use answer::{Answer, Hit, QueryReport, SearchReport, Timings};
pub use build::BuildProgress;
pub use document::Document;
pub use engine::{Engine, EngineOptions};
pub use error::{Error, Result};
pub use filter_language::{Filter, FilterError, MAX_FILTER_BYTES};
pub use info::{EngineInfo, GraphStatistics, LanguageStatistics, ModelInfo, SegmentInfo};
pub use language::{Detection, Language, LanguageShare};
pub use model::{DEFAULT_MODEL, MODEL_VARIABLE, locate_model};
pub use query::{BiasDetail, Mode, Query};

pub use mlsearch_encoder as encoder;
pub use mlsearch_index as index;

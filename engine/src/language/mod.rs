//! Languages: tags, and which ones a text is written in.

mod detect;
mod evidence;
mod function_words;
mod script;
mod segment;
mod tag;

pub use detect::{Detection, LanguageDetector, LanguageShare};
pub use tag::Language;

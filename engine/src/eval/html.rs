//! Evaluations of a collection as one page for a browser, which needs nothing else.

mod charts;
mod page;

use std::path::Path;

use super::collection::Evaluation;
use super::output::Output;
use crate::Result;

/// Writes evaluations of one collection to the file `path`: the first one as it is, the others
/// beside it, such as with corrections.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io).
pub fn write(path: impl AsRef<Path>, evaluations: &[&Evaluation]) -> Result<()> {
    let mut output = Output::create(path.as_ref())?;
    output.write(|out| out.write_all(page::render(evaluations).as_bytes()))?;
    output.finish()
}

/// Text as it stands in a page.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(character),
        }
    }
    escaped
}

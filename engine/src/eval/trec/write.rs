//! Writers of runs and judgements. White space in a name becomes `_`. Files are written under a
//! temporary name and take their place at the end.

use std::path::Path;

use crate::Result;
use crate::eval::output::Output;

/// Writes a run.
pub struct RunWriter {
    output: Output,
    tag: String,
}

impl RunWriter {
    /// Begins the file `path`; `tag` is the name of the system that made the run.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn create(path: impl AsRef<Path>, tag: &str) -> Result<Self> {
        Ok(Self { output: Output::create(path.as_ref())?, tag: field(tag) })
    }

    /// Writes the ranking of a query: documents and their scores, best first.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn write<D: AsRef<str>>(
        &mut self,
        query: &str,
        ranking: impl IntoIterator<Item = (D, f32)>,
    ) -> Result<()> {
        let (query, tag) = (field(query), &self.tag);
        self.output.write(|out| {
            for ((document, score), rank) in ranking.into_iter().zip(1usize..) {
                writeln!(out, "{query} Q0 {} {rank} {score} {tag}", field(document.as_ref()))?;
            }
            Ok(())
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn finish(self) -> Result<()> {
        self.output.finish()
    }
}

/// Writes relevance judgements.
pub struct QrelsWriter {
    output: Output,
}

impl QrelsWriter {
    /// Begins the file `path`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { output: Output::create(path.as_ref())? })
    }

    /// Writes the judged documents of a query and their grades; 0 is not relevant.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn write<D: AsRef<str>>(
        &mut self,
        query: &str,
        grades: impl IntoIterator<Item = (D, u32)>,
    ) -> Result<()> {
        let query = field(query);
        self.output.write(|out| {
            for (document, grade) in grades {
                writeln!(out, "{query} 0 {} {grade}", field(document.as_ref()))?;
            }
            Ok(())
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn finish(self) -> Result<()> {
        self.output.finish()
    }
}

/// `text` as one field of a line: white space, which separates fields, becomes `_`.
fn field(text: &str) -> String {
    if text.is_empty() {
        return "_".to_owned();
    }
    text.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}

//! Which files there are to read, and how each is read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::Problem;
use super::input::STDIN;
use crate::{Error, Result};

/// Something to read.
pub(super) struct Source {
    /// The file's path, or what standard input is called.
    pub(super) path: PathBuf,
    pub(super) place: Place,
    pub(super) format: Format,
    /// The file's length; `None` where it has none before it was read.
    pub(super) bytes: Option<u64>,
}

/// Where a source is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    File,
    Stdin,
}

/// How a source is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// An object a line.
    JsonLines,
    /// An object a line, or an array.
    Json,
    /// Rows whose fields stand between these bytes.
    Table(Delimiter),
    Text,
    Markdown,
    /// JSON lines or text: the first character tells.
    Unknown,
}

/// What stands between the fields of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Delimiter {
    /// Comma, or semicolon if the header says so.
    Comma,
    Tab,
}

/// The files found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    /// Folders that could not be listed and links that lead nowhere.
    pub(super) problems: Vec<Problem>,
    /// Files that are hidden or of a type that is not read, hidden folders, and indexes.
    pub(super) skipped: u64,
}

const KNOWN: &str = ".jsonl, .ndjson, .json, .csv, .tsv, .txt and .md";

/// Finds what `inputs` name. Folders are searched through, links included.
pub(super) fn find<P: AsRef<Path>>(inputs: &[P]) -> Result<Found> {
    let mut found = Found::default();
    for input in inputs {
        let input = input.as_ref();
        if input == Path::new("-") {
            let path = PathBuf::from(STDIN);
            found.sources.push(Source {
                path,
                place: Place::Stdin,
                format: Format::Unknown,
                bytes: None,
            });
            continue;
        }
        let refused = |reason: String| Error::Input { path: input.to_owned(), line: None, reason };
        let metadata = input.metadata().map_err(|error| refused(missing(&error)))?;
        if metadata.is_dir() {
            walk(input, &mut found);
            continue;
        }
        let format = format_of(input).ok_or_else(|| {
            refused(format!(
                "files of this type are not read; the types are {KNOWN}, and anything can be given as text \
                 through standard input, `-`"
            ))
        })?;
        let bytes = metadata.is_file().then_some(metadata.len());
        found.sources.push(Source { path: input.to_owned(), place: Place::File, format, bytes });
    }
    Ok(found)
}

fn missing(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

fn walk(folder: &Path, found: &mut Found) {
    // The folder itself was named and is not hidden, whatever it is called.
    let mut entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.problems.push(Problem {
                    path: error.path().unwrap_or(folder).to_owned(),
                    line: None,
                    reason: match error.loop_ancestor() {
                        Some(ancestor) => {
                            format!(
                                "a link back to {}, which is being read already",
                                ancestor.display()
                            )
                        }
                        None => match error.io_error() {
                            Some(error) => format!("it cannot be read: {error}"),
                            None => "it cannot be read".to_owned(),
                        },
                    },
                });
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        if entry.depth() > 0 && is_hidden(&entry) || is_folder && is_index(entry.path()) {
            found.skipped += 1;
            if is_folder {
                entries.skip_current_dir();
            }
        } else if !is_folder {
            match format_of(entry.path()).filter(|format| *format != Format::Unknown) {
                Some(format) if entry.file_type().is_file() => {
                    let bytes = entry.metadata().ok().map(|metadata| metadata.len());
                    found.sources.push(Source {
                        path: entry.into_path(),
                        place: Place::File,
                        format,
                        bytes,
                    });
                }
                _ => found.skipped += 1,
            }
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether a folder holds an index, whose files are no documents.
fn is_index(folder: &Path) -> bool {
    ["manifest.json", "lock"].iter().all(|name| folder.join(name).is_file())
}

/// The format that a file name's extension stands for; `None` for an unknown one.
fn format_of(path: &Path) -> Option<Format> {
    let Some(extension) = path.extension().and_then(OsStr::to_str) else {
        return path.extension().is_none().then_some(Format::Unknown);
    };
    Some(match extension.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" => Format::JsonLines,
        "json" => Format::Json,
        "csv" => Format::Table(Delimiter::Comma),
        "tsv" | "tab" => Format::Table(Delimiter::Tab),
        "txt" | "text" => Format::Text,
        "md" | "markdown" => Format::Markdown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_the_format() {
        let cases = [
            ("a.jsonl", Some(Format::JsonLines)),
            ("a.b.NDJSON", Some(Format::JsonLines)),
            ("a.json", Some(Format::Json)),
            ("a.csv", Some(Format::Table(Delimiter::Comma))),
            ("a.tsv", Some(Format::Table(Delimiter::Tab))),
            ("a.txt", Some(Format::Text)),
            ("a.Md", Some(Format::Markdown)),
            ("README", Some(Format::Unknown)),
            ("a.pdf", None),
            ("a.jsonl.gz", None),
        ];
        for (name, format) in cases {
            assert_eq!(format_of(Path::new(name)), format, "{name}");
        }
    }
}

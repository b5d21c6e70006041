//! `mlsearch encode`.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mlsearch::encoder::{Encoder, Role};
use mlsearch::ingest::{Entry, Ingest, IngestOptions};
use mlsearch::{Document, locate_model};
use npyz::WriterBuilder;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::arguments::{Global, Input};
use crate::output::Console;
use crate::output::problems::Problems;
use crate::output::progress::Progress;
use crate::output::style::{counted, duration, rate};

/// Texts that are encoded at once.
const BATCH: usize = 256;

#[derive(Debug, Args)]
#[command(after_help = "\
Plain text is taken line by line. Vectors have unit length, so that their product is their cosine.

Examples:
  echo 'how do bees dance?' | mlsearch encode --query -
  mlsearch encode articles.jsonl --output articles.npy")]
pub(crate) struct Encode {
    /// The texts are queries
    #[arg(long)]
    query: bool,

    /// The texts are to be found by queries; this is the default
    #[arg(long, conflicts_with = "query")]
    passage: bool,

    /// Write the vectors to this NumPy file, a row each; JSON lines to standard output otherwise
    #[arg(long, value_name = "FILE.npy", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,

    #[command(flatten)]
    input: Input,
}

impl Encode {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = IngestOptions { text_lines: true, ..self.input.options() };
        let mut ingest = Ingest::open(&self.input.inputs, options)?;
        let encoder = Encoder::open(locate_model(global.model())?, &global.encoder_options())
            .map_err(mlsearch::Error::from)?;
        let role = if self.query { Role::Query } else { Role::Passage };
        let started = Instant::now();
        let mut problems = Problems::new(console);
        let mut sink = Sink::open(self.output.as_deref(), encoder.dimension())?;
        // A bar between lines of results would be no use.
        let progress = match (&self.output, console.is_terminal()) {
            (None, true) => None,
            _ => Some(Progress::start(ingest.bytes_total(), "text", console)),
        };
        let mut batch = Vec::new();
        let mut texts = 0;
        loop {
            let entry = ingest.next().transpose()?;
            let is_end = entry.is_none();
            match entry {
                Some(Entry::Document(document)) => batch.push(document),
                Some(Entry::Problem(problem)) => problems.tell(&problem.to_string()),
                _ => {}
            }
            if batch.len() >= BATCH || is_end {
                encode(&encoder, role, &batch, &mut sink)?;
                texts += batch.len() as u64;
                batch.clear();
                if let Some(progress) = &progress {
                    progress.update(ingest.bytes_read(), texts);
                }
            }
            if is_end {
                break;
            }
        }
        drop(progress);
        problems.finish();
        if texts == 0 {
            bail!("there are no texts in the input");
        }
        sink.finish()?;
        if let Some(path) = &self.output {
            let elapsed = started.elapsed();
            console.say(&format!(
                "{} of {} components in {} ({}, {}/s)",
                counted(texts, "vector"),
                encoder.dimension(),
                path.display(),
                duration(elapsed),
                rate(texts, elapsed)
            ));
        }
        Ok(())
    }
}

fn encode(encoder: &Encoder, role: Role, documents: &[Document], sink: &mut Sink) -> Result<()> {
    let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    let vectors = encoder.encode(&texts, role).map_err(mlsearch::Error::from)?;
    for (document, vector) in documents.iter().zip(vectors.outer_iter()) {
        sink.write(
            &document.id,
            vector.as_slice().expect("rows of an encoder's array are contiguous"),
        )?;
    }
    sink.flush()
}

/// Where vectors go.
enum Sink {
    /// Standard output, a JSON object a line.
    Lines(BufWriter<io::Stdout>),
    /// A NumPy file.
    Array(Array),
}

/// A NumPy file that is being written. Its header says how many rows there are, so they wait in
/// a file beside it until the last one is known.
struct Array {
    path: PathBuf,
    rows: BufWriter<File>,
    count: u64,
    dimension: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    vector: &'a [f32],
}

impl Sink {
    fn open(path: Option<&Path>, dimension: usize) -> Result<Self> {
        Ok(match path {
            None => Self::Lines(BufWriter::new(io::stdout())),
            Some(path) => Self::Array(Array {
                path: path.to_owned(),
                rows: BufWriter::new(
                    tempfile::tempfile_in(folder_of(path)).map_err(cannot_write(path))?,
                ),
                count: 0,
                dimension,
            }),
        })
    }

    fn write(&mut self, id: &str, vector: &[f32]) -> Result<()> {
        match self {
            Self::Lines(lines) => {
                serde_json::to_writer(&mut *lines, &Line { id, vector })?;
                lines.write_all(b"\n")?;
            }
            Self::Array(array) => {
                array.count += 1;
                for component in vector {
                    array
                        .rows
                        .write_all(&component.to_le_bytes())
                        .map_err(cannot_write(&array.path))?;
                }
            }
        }
        Ok(())
    }

    /// Lets readers have what was written.
    fn flush(&mut self) -> Result<()> {
        if let Self::Lines(lines) = self {
            lines.flush()?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Lines(mut lines) => Ok(lines.flush()?),
            Self::Array(array) => array.finish(),
        }
    }
}

impl Array {
    fn finish(self) -> Result<()> {
        let Self { path, rows, count, dimension } = self;
        let failed = || cannot_write(&path);
        let mut rows = rows.into_inner().map_err(|error| failed()(error.into_error()))?;
        rows.rewind().map_err(failed())?;
        let rows = BufReader::new(rows);

        // What is no regular file, such as a pipe, is written to as it is; others appear whole.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            let file = File::options().write(true).open(&path).map_err(failed())?;
            return write_array(rows, &file, count, dimension).map_err(failed());
        }
        let file = new_file(folder_of(&path)).map_err(failed())?;
        write_array(rows, file.as_file(), count, dimension).map_err(failed())?;
        file.persist(&path).map_err(|error| failed()(error.error))?;
        Ok(())
    }
}

fn write_array(mut rows: impl Read, file: &File, count: u64, dimension: usize) -> io::Result<()> {
    let mut writer = npyz::WriteOptions::<f32>::new()
        .default_dtype()
        .shape(&[count, dimension as u64])
        .writer(BufWriter::new(file))
        .begin_nd()?;
    let mut component = [0; size_of::<f32>()];
    for _ in 0..count * dimension as u64 {
        rows.read_exact(&mut component)?;
        writer.push(&f32::from_le_bytes(component))?;
    }
    writer.finish()
}

/// A file without its name yet, as readable as others that the user makes.
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> anyhow::Error {
    let path = path.display().to_string();
    move |error| anyhow!("cannot write {path}: {error}")
}

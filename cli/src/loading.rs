//! Documents on their way from files into an index.

use std::time::{Duration, Instant};

use anyhow::Result;
use mlsearch::ingest::{Entry, Ingest};
use mlsearch::{Document, Engine, Error};

use crate::interrupt::Interrupt;
use crate::output::Console;
use crate::output::graphs::Graphs;
use crate::output::problems::Problems;
use crate::output::progress::Progress;

/// Documents that are encoded at once.
const BATCH_DOCUMENTS: usize = 256;
/// Bytes of text after which a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Documents after which a commit is due.
const COMMIT_DOCUMENTS: u64 = 2_000;
/// Time after which a commit is due.
const COMMIT_TIME: Duration = Duration::from_secs(30);

/// What became of the documents.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Documents that the index has now, or will with the next commit.
    pub(crate) documents: u64,
    /// Those of them that it had already, as they are.
    pub(crate) unchanged: u64,
    /// Those of them that are committed.
    pub(crate) committed: u64,
    /// Lines, rows and files that were left out or changed.
    pub(crate) problems: u64,
    /// Files that were not looked at.
    pub(crate) skipped: u64,
    /// The time it took.
    pub(crate) elapsed: Duration,
}

/// How loading ended.
pub(crate) enum End {
    /// Everything is committed.
    Done,
    /// The user stopped it; what was not committed is forgotten.
    Stopped,
    /// It failed; what was not committed is forgotten.
    Failed(anyhow::Error),
}

/// Adds the documents of `ingest` to `engine`, and commits now and then, so that little is lost
/// when something fails.
pub(crate) fn load(
    engine: &Engine,
    mut ingest: Ingest,
    strict: bool,
    interrupt: &Interrupt,
    console: &Console,
) -> (Loaded, End) {
    let started = Instant::now();
    let progress = Progress::start(ingest.bytes_total(), "document", console);
    let mut loader = Loader {
        engine,
        strict,
        problems: Problems::new(console),
        loaded: Loaded::default(),
        graphs: Graphs::watch(engine, console),
        last_commit: Instant::now(),
    };
    let outcome = loader.run(&mut ingest, interrupt, &progress);
    drop(progress);
    loader.problems.finish();
    let mut loaded = std::mem::take(&mut loader.loaded);
    loaded.problems = loader.problems.count();
    loaded.skipped = ingest.skipped();
    loaded.elapsed = started.elapsed();
    let end = match outcome {
        Ok(true) => End::Done,
        Ok(false) => End::Stopped,
        Err(error) => End::Failed(error),
    };
    if !matches!(end, End::Done) {
        engine.rollback();
    }
    (loaded, end)
}

struct Loader<'a> {
    engine: &'a Engine,
    strict: bool,
    problems: Problems<'a>,
    loaded: Loaded,
    graphs: Graphs,
    last_commit: Instant,
}

impl Loader<'_> {
    /// Returns whether it came to the end.
    fn run(
        &mut self,
        ingest: &mut Ingest,
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> Result<bool> {
        progress.announce("opening the model");
        self.engine.encoder()?;
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(entry) = ingest.next() {
            match entry? {
                Entry::Document(document) => {
                    bytes += document.text.len();
                    batch.push(document);
                }
                Entry::Problem(problem) => self.problems.tell(&problem.to_string()),
                _ => {}
            }
            if batch.len() >= BATCH_DOCUMENTS || bytes >= BATCH_BYTES {
                if interrupt.is_wanted() {
                    return Ok(false);
                }
                self.add(&batch)?;
                batch.clear();
                bytes = 0;
                progress.update(ingest.bytes_read(), self.loaded.documents);
                let uncommitted = self.loaded.documents - self.loaded.committed;
                // Whoever wants to stop is not made to wait for a commit.
                if interrupt.is_wanted() {
                    return Ok(false);
                }
                if uncommitted >= COMMIT_DOCUMENTS || self.last_commit.elapsed() >= COMMIT_TIME {
                    self.commit()?;
                }
            }
        }
        if interrupt.is_wanted() {
            return Ok(false);
        }
        self.add(&batch)?;
        if interrupt.is_wanted() {
            return Ok(false);
        }
        progress.update(ingest.bytes_read(), self.loaded.documents);
        self.commit()?;
        Ok(true)
    }

    /// Adds documents, and leaves those out that no index can hold.
    fn add(&mut self, batch: &[Document]) -> Result<()> {
        match self.engine.add(batch) {
            Ok(added) => self.count(batch.len(), added),
            Err(error) if self.strict || !is_of_one_document(&error) => return Err(error.into()),
            Err(_) => {
                for document in batch {
                    match self.engine.add(std::slice::from_ref(document)) {
                        Ok(added) => self.count(1, added),
                        Err(error) if is_of_one_document(&error) => {
                            self.problems.tell(&error.to_string())
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, documents: usize, added: usize) {
        self.loaded.documents += documents as u64;
        self.loaded.unchanged += (documents - added) as u64;
    }

    fn commit(&mut self) -> Result<()> {
        let outcome = self.engine.commit();
        self.graphs.clear();
        outcome?;
        self.loaded.committed = self.loaded.documents;
        self.last_commit = Instant::now();
        Ok(())
    }
}

/// Whether the other documents of a batch can be added.
fn is_of_one_document(error: &Error) -> bool {
    matches!(error, Error::InvalidDocument { .. } | Error::TooManyLanguages { .. })
}

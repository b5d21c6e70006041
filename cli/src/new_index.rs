//! An index that is being built.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use mlsearch::ingest::Ingest;
use mlsearch::{Engine, EngineOptions, Error, index};

use crate::interrupt::Interrupt;
use crate::loading::{End, Loaded, load};
use crate::output::Console;

/// A new index. Its folder is removed again if nothing comes to be committed in it.
pub(crate) struct NewIndex {
    // Dropped in this order: the engine lets go of its files first.
    engine: Engine,
    folder: Folder,
    /// Whether a build before this one has begun it.
    resumed: bool,
}

impl NewIndex {
    /// Creates an index in `path`, which must not exist or be empty.
    pub(crate) fn create(path: &Path, options: &EngineOptions) -> Result<Self> {
        let mut folder = Folder { path: path.to_owned(), existed: path.exists(), is_refuse: false };
        let engine = Engine::create(path, options).map_err(taken)?;
        folder.is_refuse = true;
        Ok(Self { engine, folder, resumed: false })
    }

    /// Creates an index in `path`, or opens the one that a build before this one has left there.
    pub(crate) fn create_or_resume(path: &Path, options: &EngineOptions) -> Result<Self> {
        match Engine::open_with(path, options) {
            Ok(engine) => {
                let folder = Folder { path: path.to_owned(), existed: true, is_refuse: false };
                Ok(Self { engine, folder, resumed: true })
            }
            Err(Error::Index(index::Error::NotFound { .. } | index::Error::NotAnIndex { .. })) => {
                Self::create(path, options)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the folder goes when it is dropped, because nothing was committed.
    pub(crate) fn is_refuse(&self) -> bool {
        self.folder.is_refuse
    }

    /// The engine of the index.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Adds the documents of `ingest`.
    pub(crate) fn load(
        &mut self,
        ingest: Ingest,
        strict: bool,
        interrupt: &Interrupt,
        console: &Console,
    ) -> (Loaded, End) {
        let (loaded, end) = load(&self.engine, ingest, strict, interrupt, console);
        self.folder.is_refuse = !self.resumed && loaded.committed == 0;
        (loaded, end)
    }
}

/// The error of an index that could not be created.
fn taken(error: Error) -> anyhow::Error {
    let Error::Index(index::Error::AlreadyExists { path }) = error else { return error.into() };
    let path = path.display();
    anyhow!(
        "{path} already holds an index: go on with a build that was stopped with --resume, add to it with \
         `mlsearch index add {path} …`, or name another folder"
    )
}

/// The folder of a new index.
struct Folder {
    path: PathBuf,
    /// Whether it was there before, empty.
    existed: bool,
    /// Whether what is in it is of no use.
    is_refuse: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_refuse {
            return;
        }
        // What cannot be removed stays: the command has failed for a reason that matters more.
        if self.existed {
            let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
            entries.for_each(|entry| drop(fs::remove_file(entry.path())));
        } else {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

//! A disk that writes down what is asked of it, so that a power cut at any moment can be played
//! through afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Disk, Storage, StorageFile};

/// Something that was asked of the disk, and that it did. All files are in one folder; a file
/// is known by its number, because its name may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A new, empty file got a name.
    Create {
        file: usize,
        name: String,
    },
    /// A file that is there was emptied.
    Truncate {
        file: usize,
    },
    Write {
        file: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    /// The bytes of a file were made durable.
    Sync {
        file: usize,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        name: String,
    },
    /// The names in the folder were made durable.
    SyncFolder,
}

/// The operating system's files in one folder, and all that happened to them. It makes nothing
/// durable.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    names: BTreeMap<String, usize>,
    files: usize,
    operations: Vec<Operation>,
}

impl Journal {
    /// A journal of what happens to a folder that has files already: they are numbered from 0,
    /// in order of name.
    pub(crate) fn of(folder: &Path) -> Journal {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
        names.sort();
        let state = State {
            files: names.len(),
            names: names.into_iter().zip(0..).collect(),
            operations: Vec::new(),
        };
        Journal { folder: folder.to_owned(), state: Arc::new(Mutex::new(state)) }
    }

    /// How many operations there were.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().unwrap().operations.len()
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.state.lock().unwrap().operations.clone()
    }

    fn note(&self, operation: Operation) {
        self.state.lock().unwrap().operations.push(operation);
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

impl Storage for Journal {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        panic!("{} is not in the one folder of this disk", path.display())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let real = Disk.create(path)?;
        let mut state = self.state.lock().unwrap();
        let name = name(path);
        let number = match state.names.get(&name) {
            Some(&file) => {
                state.operations.push(Operation::Truncate { file });
                file
            }
            None => {
                let file = state.files;
                state.files += 1;
                state.names.insert(name.clone(), file);
                state.operations.push(Operation::Create { file, name });
                file
            }
        };
        Ok(Box::new(JournalFile { journal: self.clone(), number, position: 0, real }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)?;
        let (from, to) = (name(from), name(to));
        let mut state = self.state.lock().unwrap();
        let file = state.names.remove(&from).unwrap();
        state.names.insert(to.clone(), file);
        state.operations.push(Operation::Rename { from, to });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)?;
        let name = name(path);
        let mut state = self.state.lock().unwrap();
        state.names.remove(&name);
        state.operations.push(Operation::Remove { name });
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if path == self.folder {
            self.note(Operation::SyncFolder);
        }
        Ok(())
    }
}

struct JournalFile {
    journal: Journal,
    number: usize,
    position: usize,
    real: Box<dyn StorageFile>,
}

impl Write for JournalFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.real.write(bytes)?;
        let bytes = bytes[..written].to_vec();
        self.journal.note(Operation::Write { file: self.number, at: self.position, bytes });
        self.position += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.real.flush()
    }
}

impl Seek for JournalFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let at = self.real.seek(position)?;
        self.position = at as usize;
        Ok(at)
    }
}

impl StorageFile for JournalFile {
    fn sync(&mut self) -> io::Result<()> {
        self.journal.note(Operation::Sync { file: self.number });
        Ok(())
    }
}

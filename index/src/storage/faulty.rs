//! A disk that fails when it is told to, and that loses power.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Disk, Storage, StorageFile};

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused, a write after half of its bytes; later operations succeed.
    Refused,
    /// It takes effect and says that it did not; later operations succeed.
    Misreported,
    /// The power fails: it and all later operations are refused. What was not made durable
    /// is damaged: half the bytes of files are lost, names survive.
    PowerCutKeepingNames,
    /// The power fails; names that were not made durable are as they were before, too.
    PowerCutLosingNames,
    /// The power fails; a file that was renamed has its new name, and files that are new
    /// and whose names were not made durable are gone.
    PowerCutLosingNewFiles,
    /// The power fails; only renames that were not made durable are undone.
    PowerCutLosingRenames,
}

/// The operating system's files, with one fault.
#[derive(Clone, Debug)]
pub(crate) struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    /// Operations until the one that fails.
    countdown: usize,
    struck: bool,
    /// Files with bytes that are not durable.
    unsynced: BTreeSet<PathBuf>,
    /// What brings back the names that are durable, last first.
    undo: Vec<Undo>,
}

#[derive(Debug)]
struct Undo {
    path: PathBuf,
    /// Nothing where there was no file.
    bytes: Option<Vec<u8>>,
    change: Change,
}

/// How a name changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Creation,
    Rename,
    Removal,
}

/// What is to happen to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Succeed,
    Refuse,
    Misreport,
}

impl FaultyDisk {
    /// A disk whose operation after `successes` others has a fault.
    pub(crate) fn new(fault: Fault, successes: usize) -> FaultyDisk {
        let state = State {
            fault,
            countdown: successes,
            struck: false,
            unsynced: BTreeSet::new(),
            undo: Vec::new(),
        };
        FaultyDisk { state: Arc::new(Mutex::new(state)) }
    }

    /// A disk that does not fail, and is faster than one that makes anything durable.
    pub(crate) fn sound() -> FaultyDisk {
        FaultyDisk::new(Fault::Refused, usize::MAX)
    }

    /// Whether the fault has happened.
    pub(crate) fn struck(&self) -> bool {
        self.state.lock().unwrap().struck
    }

    /// Makes the power fail now, after whatever fault there was.
    pub(crate) fn cut_power(&self, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        (state.fault, state.struck) = (fault, true);
    }

    /// Leaves the folder as it is found when the power is back.
    pub(crate) fn settle(&self) {
        let mut state = self.state.lock().unwrap();
        if !state.struck || matches!(state.fault, Fault::Refused | Fault::Misreported) {
            return;
        }
        for path in std::mem::take(&mut state.unsynced) {
            if let Ok(bytes) = fs::read(&path) {
                fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            }
        }
        for step in std::mem::take(&mut state.undo).into_iter().rev() {
            let lost = match state.fault {
                Fault::PowerCutLosingNames => true,
                Fault::PowerCutLosingNewFiles => step.change == Change::Creation,
                Fault::PowerCutLosingRenames => step.change == Change::Rename,
                _ => false,
            };
            match step.bytes {
                _ if !lost => {}
                Some(bytes) => fs::write(step.path, bytes).unwrap(),
                // A file may have been renamed since.
                None if step.path.is_dir() => fs::remove_dir_all(step.path).unwrap(),
                None => drop(fs::remove_file(step.path)),
            }
        }
    }

    fn operation<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        match state.verdict() {
            Verdict::Succeed => work(&mut state),
            Verdict::Refuse => Err(io::ErrorKind::StorageFull.into()),
            Verdict::Misreport => {
                let _ = work(&mut state);
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }
}

impl State {
    fn verdict(&mut self) -> Verdict {
        if self.struck {
            return match self.fault {
                Fault::Refused | Fault::Misreported => Verdict::Succeed,
                _ => Verdict::Refuse,
            };
        }
        if self.countdown > 0 {
            self.countdown -= 1;
            return Verdict::Succeed;
        }
        self.struck = true;
        match self.fault {
            Fault::Misreported => Verdict::Misreport,
            _ => Verdict::Refuse,
        }
    }

    /// Remembers what a name stands for before that changes.
    fn remember(&mut self, path: &Path, change: Change) {
        let bytes = fs::read(path).ok();
        self.undo.push(Undo { path: path.to_owned(), bytes, change });
    }
}

impl Storage for FaultyDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.operation(|state| {
            state.remember(path, Change::Creation);
            Disk.create_folder(path)
        })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = self.operation(|state| {
            state.remember(path, Change::Creation);
            state.unsynced.insert(path.to_owned());
            Disk.create(path)
        })?;
        Ok(Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.operation(|state| {
            state.remember(from, Change::Rename);
            state.remember(to, Change::Rename);
            if state.unsynced.remove(from) {
                state.unsynced.insert(to.to_owned());
            }
            Disk.rename(from, to)
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.operation(|state| {
            state.remember(path, Change::Removal);
            state.unsynced.remove(path);
            Disk.remove(path)
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.operation(|state| {
            state.undo.retain(|step| step.path.parent() != Some(path));
            Ok(())
        })
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    file: Box<dyn StorageFile>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let verdict = {
            let mut state = self.disk.state.lock().unwrap();
            state.unsynced.insert(self.path.clone());
            state.verdict()
        };
        match verdict {
            Verdict::Succeed => self.file.write_all(bytes)?,
            Verdict::Refuse => {
                self.file.write_all(&bytes[..bytes.len() / 2])?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            Verdict::Misreport => {
                self.file.write_all(bytes)?;
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for FaultyFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl StorageFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.operation(|state| {
            state.unsynced.remove(&self.path);
            Ok(())
        })
    }
}

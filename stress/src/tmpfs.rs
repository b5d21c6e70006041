//! A small file system in memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system of its own, gone when it is dropped.
pub(crate) struct Tmpfs {
    folder: tempfile::TempDir,
}

impl Tmpfs {
    /// Mounts one of so many kibibytes; nothing where that is not allowed.
    pub(crate) fn mount(kibibytes: u64) -> std::io::Result<Option<Tmpfs>> {
        let folder = tempfile::tempdir()?;
        let options = format!("size={kibibytes}k");
        let mounted = mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], folder.path());
        Ok(mounted.then_some(Tmpfs { folder }))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Allows or forbids writing.
    pub(crate) fn set_writable(&self, writable: bool) -> bool {
        let options = if writable { "remount,rw" } else { "remount,ro" };
        mount(&["-o", options], self.folder.path())
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    quietly(Command::new("mount").args(arguments).arg(folder))
}

fn quietly(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        quietly(Command::new("umount").arg(self.folder.path()));
    }
}

use crate::Patches;
use crate::exercise::{check, read, write};

/// Searches, reads, adds, deletes, commits and merges.
pub fn run(patches: &Patches) {
    let folder = patches.apply(true);
    let outcome = read(folder.path(), true);
    if outcome.opened {
        for compact in [false, true] {
            if let Err(error) = write(folder.path(), compact) {
                check(&error, folder.path());
            }
        }
        read(folder.path(), false);
    }
}

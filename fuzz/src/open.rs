use crate::Patches;
use crate::exercise::read;

/// Opens, verifies and reads; whatever opening sees, verification sees too.
pub fn run(patches: &Patches) {
    let folder = patches.apply(false);
    let outcome = read(folder.path(), false);
    assert!(outcome.opened || !outcome.sound);
}

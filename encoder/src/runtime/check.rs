//! Is this file a whole shared library for this machine? Asked before it is loaded, because
//! loading a truncated one ends the process with SIGBUS.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use object::read::ReadCache;
use object::{Architecture, Object, ObjectSection, ObjectSegment};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Written by the fetch script beside the libraries it unpacks.
#[derive(Deserialize)]
struct Manifest {
    version: String,
    files: BTreeMap<String, ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    bytes: u64,
    sha256: String,
}

/// Checks `library` against the manifest beside it, or by its headers where there is none, and
/// returns the version that the manifest states.
pub(super) fn check(library: &Path) -> Result<Option<String>> {
    match manifest_entry(library)? {
        Some((version, expected)) => {
            check_digest(library, &expected)?;
            Ok(Some(version))
        }
        None => {
            check_headers(library)?;
            Ok(None)
        }
    }
}

fn manifest_entry(library: &Path) -> Result<Option<(String, ManifestFile)>> {
    let Some(name) = library.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
    let path = library.with_file_name("manifest.json");
    let Ok(bytes) = fs::read(&path) else { return Ok(None) };
    let mut manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| Error::invalid_runtime(&path, error))?;
    Ok(manifest.files.remove(name).map(|file| (manifest.version, file)))
}

fn check_digest(library: &Path, expected: &ManifestFile) -> Result<()> {
    let mut file = File::open(library).map_err(Error::io("open", library))?;
    let bytes = file.metadata().map_err(Error::io("inspect", library))?.len();
    if bytes != expected.bytes {
        let reason = format!("it has {bytes} bytes in place of {}", expected.bytes);
        return Err(Error::invalid_runtime(library, reason));
    }
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).map_err(Error::io("read", library))?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found != expected.sha256 {
        let reason = "its SHA-256 is not the one in the manifest beside it".to_owned();
        return Err(Error::invalid_runtime(library, reason));
    }
    Ok(())
}

fn check_headers(library: &Path) -> Result<()> {
    let file = File::open(library).map_err(Error::io("open", library))?;
    let length = file.metadata().map_err(Error::io("inspect", library))?.len();
    let cache = ReadCache::new(BufReader::new(file));
    let object = object::File::parse(&cache)
        .map_err(|_| Error::invalid_runtime(library, "it is truncated or not a shared library"))?;
    if object.architecture() != this_machine() {
        let reason = format!("it is built for {:?}, not for this machine", object.architecture());
        return Err(Error::invalid_runtime(library, reason));
    }
    let segments = object.segments().map(|segment| segment.file_range());
    let sections = object.sections().filter_map(|section| section.file_range());
    let end = segments.chain(sections).map(|(start, size)| start.saturating_add(size)).max();
    if end.is_none_or(|end| end > length) {
        return Err(Error::invalid_runtime(library, "it is truncated"));
    }
    Ok(())
}

fn this_machine() -> Architecture {
    if cfg!(target_arch = "x86_64") {
        Architecture::X86_64
    } else if cfg!(target_arch = "aarch64") {
        Architecture::Aarch64
    } else {
        Architecture::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_executable() -> Vec<u8> {
        fs::read(std::env::current_exe().expect("this executable")).expect("readable")
    }

    #[test]
    fn files_that_are_no_library_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("library");
        for bytes in [&b""[..], b"hello", &[0x7f; 4096], b"\x7fELF"] {
            fs::write(&path, bytes).expect("written");
            let error = check(&path).expect_err("not a library");
            assert!(matches!(error, Error::InvalidRuntime { .. }), "{error}");
        }
    }

    #[test]
    fn a_truncated_library_is_refused_before_it_is_loaded() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("library");
        let whole = this_executable();
        fs::write(&path, &whole).expect("written");
        check(&path).expect("a whole file");
        for length in [whole.len() - 1, whole.len() / 2, whole.len() / 100, 64] {
            fs::write(&path, &whole[..length]).expect("written");
            let error = check(&path).expect_err("truncated");
            assert!(matches!(error, Error::InvalidRuntime { .. }), "{length}: {error}");
        }
    }

    #[test]
    fn a_library_that_differs_from_its_manifest_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("library");
        fs::write(&path, b"abc").expect("written");
        let manifest = |bytes: u64, sha256: &str| {
            let text = serde_json::json!({
                "version": "1.2.3",
                "files": {"library": {"bytes": bytes, "sha256": sha256}}
            });
            fs::write(folder.path().join("manifest.json"), text.to_string()).expect("written");
        };
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

        manifest(3, digest);
        assert_eq!(check(&path).expect("the same").as_deref(), Some("1.2.3"));
        manifest(4, digest);
        assert!(check(&path).is_err(), "another length");
        manifest(3, &digest.replace('b', "c"));
        assert!(check(&path).is_err(), "another digest");
    }
}

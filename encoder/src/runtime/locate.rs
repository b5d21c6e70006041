//! The documented search order.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Environment variable that names the ONNX Runtime library, or the folder that holds it.
pub const PATH_VARIABLE: &str = "MLSEARCH_ONNXRUNTIME";
/// The variable that other users of `ort` set.
const ORT_PATH_VARIABLE: &str = "ORT_DYLIB_PATH";
/// Folder of a checkout that the fetch script fills.
const CHECKOUT_FOLDER: &str = ".onnxruntime";

/// File name of the library on this platform.
const LIBRARY: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_vendor = "apple") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// Finds the library by the order in the [module's documentation](super). A place that was named
/// by the caller or the environment must hold a library; the others may be empty.
///
/// # Errors
/// [`Error::RuntimeNotFound`] with the places searched.
pub fn locate(explicit: Option<&Path>) -> Result<PathBuf> {
    let named = explicit
        .map(Path::to_owned)
        .or_else(|| variable(PATH_VARIABLE))
        .or_else(|| variable(ORT_PATH_VARIABLE));
    if let Some(place) = named {
        return library_in(&place).ok_or_else(|| Error::RuntimeNotFound { searched: vec![place] });
    }
    let searched = usual_places();
    searched.iter().find_map(|place| library_in(place)).ok_or(Error::RuntimeNotFound { searched })
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The library at `place`: the file itself, a file of the usual name in it, or one in a
/// folder in it, the greatest name (the newest version) first.
fn library_in(place: &Path) -> Option<PathBuf> {
    if place.is_file() {
        return Some(place.to_owned());
    }
    let direct = place.join(LIBRARY);
    if direct.is_file() {
        return Some(direct);
    }
    let mut versions: Vec<PathBuf> =
        place.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version_key(path)));
    versions.into_iter().map(|version| version.join(LIBRARY)).find(|path| path.is_file())
}

/// `1.28.0` sorts after `1.9.1`.
fn version_key(path: &Path) -> Vec<u64> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    let executable = env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    let above = || executable.iter().flat_map(|path| path.ancestors().skip(1));
    if let Some(folder) = above().next() {
        places.push(folder.to_owned());
        places.push(folder.join("onnxruntime"));
        places.push(folder.join("lib"));
        places.extend(folder.parent().map(|parent| parent.join("lib")));
    }
    places.extend(data_folder().map(|folder| folder.join("onnxruntime")));
    places.extend(
        above().map(|folder| folder.join(CHECKOUT_FOLDER)).filter(|folder| folder.is_dir()),
    );
    places
}

/// The user's data folder of mlsearch, where the runtime and models may be installed: `mlsearch`
/// under `$XDG_DATA_HOME` or `~/.local/share` (Linux), `~/Library/Application Support` (macOS),
/// `%LOCALAPPDATA%` (Windows).
pub fn data_folder() -> Option<PathBuf> {
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_vendor = "apple") {
        variable("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local").join("share")))
    };
    base.map(|base| base.join("mlsearch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_place_is_the_only_one_searched() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = locate(Some(folder.path())).expect_err("empty folder");
        let Error::RuntimeNotFound { searched } = error else { panic!("{error}") };
        assert_eq!(searched, [folder.path()]);
    }

    #[test]
    fn the_newest_version_in_a_folder_is_taken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for version in ["1.9.1", "1.28.0", "1.17.3"] {
            let inner = folder.path().join(version);
            std::fs::create_dir(&inner).expect("created");
            std::fs::write(inner.join(LIBRARY), b"").expect("written");
        }
        let found = locate(Some(folder.path())).expect("found");
        assert_eq!(found, folder.path().join("1.28.0").join(LIBRARY));
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("my-runtime");
        std::fs::write(&file, b"").expect("written");
        assert_eq!(locate(Some(&file)).expect("found"), file);
    }
}

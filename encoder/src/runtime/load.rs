//! Loading the library once, and what it can do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use ort::environment::Environment;
use ort::ep::ExecutionProvider;
use ort::logging::LogLevel;

use super::check::check;
use super::locate::locate;
use crate::{Error, Result};

/// The loaded ONNX Runtime: one per process, never unloaded.
#[derive(Debug)]
pub struct Runtime {
    library: PathBuf,
    version: Option<String>,
    environment: Environment,
}

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// Finds, checks and loads ONNX Runtime, or returns the one already loaded.
///
/// # Errors
/// [`Error::RuntimeNotFound`], [`Error::InvalidRuntime`] for a file that is truncated, altered,
/// of another machine or too old, [`Error::RuntimeAlreadyLoaded`] if `explicit` names another
/// library than the loaded one.
pub fn load(explicit: Option<&Path>) -> Result<&'static Runtime> {
    // A poisoned lock only says that another thread's load panicked: nothing is half done.
    let _loading = LOADING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(runtime) = RUNTIME.get() {
        return match explicit {
            Some(requested) => runtime.agrees_with(requested),
            None => Ok(runtime),
        };
    }
    let library = canonical(&locate(explicit)?);
    let runtime = start(library)?;
    Ok(RUNTIME.get_or_init(|| runtime))
}

impl Runtime {
    /// The library's path.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// The library's version, where its manifest or file name states one.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What the library says of its own build.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }

    /// Names of the execution providers that this library is built with, among those that
    /// mlsearch uses. That CUDA is listed does not mean that this machine can run it.
    pub fn providers(&self) -> Vec<&'static str> {
        let mut providers = vec!["cpu"];
        if self.has_cuda() {
            providers.push("cuda");
        }
        providers
    }

    pub(crate) fn has_cuda(&self) -> bool {
        ort::ep::CUDA::is_available().unwrap_or(false)
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn agrees_with(&'static self, requested: &Path) -> Result<&'static Self> {
        let requested = canonical(&locate(Some(requested))?);
        if requested == self.library {
            Ok(self)
        } else {
            Err(Error::RuntimeAlreadyLoaded { loaded: self.library.clone(), requested })
        }
    }
}

fn start(library: PathBuf) -> Result<Runtime> {
    let stated = check(&library)?;
    let environment = ort::init_from(&library)
        .map_err(|error| Error::invalid_runtime(&library, error))?
        .with_name("mlsearch")
        .with_telemetry(false)
        .with_logger(Arc::new(forward_log))
        .build()
        .map_err(|error| Error::invalid_runtime(&library, error))?;
    environment.set_log_level(LogLevel::Warning);
    let version = stated.or_else(|| version_in_name(&library));
    tracing::debug!(library = %library.display(), version, "loaded ONNX Runtime");
    Ok(Runtime { library, version, environment })
}

/// The runtime's own messages go to `tracing`: a library prints nothing.
fn forward_log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => {
            tracing::error!(target: "onnxruntime", category, location, "{message}");
        }
        LogLevel::Warning => {
            tracing::warn!(target: "onnxruntime", category, location, "{message}");
        }
        _ => tracing::debug!(target: "onnxruntime", category, location, "{message}"),
    }
}

/// `libonnxruntime.so.1.28.0` names its version.
fn version_in_name(library: &Path) -> Option<String> {
    let name = library.file_name()?.to_str()?;
    let digits = name.find(|character: char| character.is_ascii_digit())?;
    let version = name[digits..].trim_end_matches(".dylib");
    version.contains('.').then(|| version.to_owned())
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_file_name() {
        let version = |name: &str| version_in_name(Path::new(name));
        assert_eq!(version("libonnxruntime.so.1.28.0").as_deref(), Some("1.28.0"));
        assert_eq!(version("libonnxruntime.1.28.0.dylib").as_deref(), Some("1.28.0"));
        assert_eq!(version("onnxruntime.dll"), None);
    }
}

//! What the process sets up for its libraries before it does anything else.

use std::env;
use std::io;

use tracing_subscriber::EnvFilter;

use crate::output::Console;

/// ONNX Runtime reads it when it is loaded, and then leaves no device id in the user's folders.
const TELEMETRY_VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Variable with a filter for the log, as in other Rust programs.
const LOG_VARIABLE: &str = "RUST_LOG";

/// Switches ONNX Runtime's telemetry off, unless the user has decided about it.
pub(crate) fn prepare() {
    if env::var_os(TELEMETRY_VARIABLE).is_none() {
        set_before_threads(TELEMETRY_VARIABLE, "1");
    }
}

#[expect(unsafe_code, reason = "only a variable of the process reaches ONNX Runtime early enough")]
fn set_before_threads(name: &str, value: &str) {
    // SAFETY: `main` calls this first, before any thread starts that could read the environment.
    unsafe { env::set_var(name, value) };
}

/// Sends the libraries' log to standard error: warnings, and more for each `--verbose`.
pub(crate) fn start_log(console: &Console) {
    let filter = match env::var(LOG_VARIABLE) {
        Ok(filter) if !filter.is_empty() => EnvFilter::new(filter),
        _ => EnvFilter::new(match console.verbosity() {
            ..0 => "error,onnxruntime=off",
            0 => "warn,onnxruntime=error",
            1 => "info,onnxruntime=warn",
            2 => "debug",
            _ => "trace",
        }),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .without_time();
    // A second logger is not possible, and there is none before this.
    let _ = log.try_init();
}

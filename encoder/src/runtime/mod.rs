//! ONNX Runtime, found, checked and loaded.
//!
//! The library is looked for in this order; the first place that holds one decides:
//!
//! 1. the path given in [`EncoderOptions::runtime`](crate::EncoderOptions::runtime) (a library,
//!    or a folder that holds one);
//! 2. the environment: `MLSEARCH_ONNXRUNTIME`, then `ORT_DYLIB_PATH` (library or folder);
//! 3. beside the executable, in its folder, in `onnxruntime` or `lib` there, and in `../lib`;
//! 4. `onnxruntime` in the user's [data folder](data_folder);
//! 5. the checkout's folder `.onnxruntime`, where the project's fetch script puts it, in any
//!    folder above the executable.
//!
//! The working directory is never searched: a library found there could be anybody's.
//!
//! Loading a truncated or foreign library can kill the process, so the file is checked before
//! it is loaded: against the SHA-256 in the `manifest.json` beside it, or, where there is none,
//! by its own headers.
//!
//! A process can load only one ONNX Runtime, and it stays until the process ends.

mod check;
mod load;
mod locate;

pub use load::{Runtime, load};
pub use locate::{PATH_VARIABLE, data_folder, locate};

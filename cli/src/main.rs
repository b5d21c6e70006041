//! The `mlsearch` command: semantic search in many languages, from the terminal.

mod arguments;
mod byte_size;
mod commands;
mod debias;
mod environment;
mod failure;
mod interrupt;
mod loading;
mod new_index;
mod output;
mod peak_memory;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use output::Console;

/// Opening the model allocates a million small objects, which the system's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    environment::prepare();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help for a closed pipe has nobody to read it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let console = Console::new(&arguments.global);
    environment::start_log(&console);
    match commands::run(&arguments, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error, &console),
    }
}

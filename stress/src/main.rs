//! Tests an index folder from outside: processes that write to it are killed and starved, and
//! read from beside it.

mod history;
mod kill;
mod reader;
mod readers;
#[cfg(unix)]
mod scarcity;
#[cfg(unix)]
mod tmpfs;
mod worker;

use clap::Parser;

/// What is done to an index; ends with an error if it did not keep a promise.
#[derive(Parser)]
enum Stress {
    /// Kills a writing process at random moments.
    Kill(kill::Arguments),
    /// Lets a writing process run out of disk, handles, memory and rights.
    #[cfg(unix)]
    Scarcity(scarcity::Arguments),
    /// Searches in two processes while a third writes, and compares latencies.
    Readers(readers::Arguments),
    /// What the other commands start to write.
    #[command(hide = true)]
    Writer(worker::Arguments),
    /// What the other commands start to read.
    #[command(hide = true)]
    Reader(reader::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Stress::parse() {
        Stress::Kill(arguments) => kill::run(&arguments),
        #[cfg(unix)]
        Stress::Scarcity(arguments) => scarcity::run(&arguments),
        Stress::Readers(arguments) => readers::run(&arguments),
        Stress::Writer(arguments) => worker::run(&arguments),
        Stress::Reader(arguments) => reader::run(&arguments),
    }
}

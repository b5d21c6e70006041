//! The arguments that every command takes, and those that several do.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser};
use mlsearch::EngineOptions;
use mlsearch::encoder::{Device, EncoderOptions};
use mlsearch::index::WriterOptions;
use mlsearch::ingest::IngestOptions;

use crate::byte_size::ByteSize;
use crate::commands::Command;

/// Finds text by meaning, across languages: ask in one language and find answers in any.
#[derive(Debug, Parser)]
#[command(name = "mlsearch", version, propagate_version = true, max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = "\
Begin with `mlsearch demo`. If something does not work, `mlsearch doctor` tells why.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Folder of the model; by default the one that the index was built with
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    model: Option<PathBuf>,

    /// ONNX Runtime's library, or the folder that holds it
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    runtime: Option<PathBuf>,

    /// Where the model runs
    #[arg(long, global = true, default_value_t, value_parser = devices())]
    device: Device,

    /// Processor threads that encode and build graphs; 0 for one a core
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// Tell only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Tell more; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
}

fn devices() -> impl TypedValueParser<Value = Device> {
    PossibleValuesParser::new(["auto", "cpu", "cuda"]).try_map(|name| name.parse())
}

impl Global {
    /// How an engine is opened.
    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions {
            model: self.model.clone(),
            encoder: self.encoder_options(),
            writer: WriterOptions {
                threads: NonZeroUsize::new(self.threads),
                ..WriterOptions::default()
            },
            ..EngineOptions::default()
        }
    }

    /// How an encoder is opened.
    pub(crate) fn encoder_options(&self) -> EncoderOptions {
        EncoderOptions {
            device: self.device,
            runtime: self.runtime.clone(),
            threads: self.threads,
            ..EncoderOptions::default()
        }
    }

    /// The model folder, if one was given.
    pub(crate) fn model(&self) -> Option<&std::path::Path> {
        self.model.as_deref()
    }

    /// ONNX Runtime's place, if one was given.
    pub(crate) fn runtime(&self) -> Option<&std::path::Path> {
        self.runtime.as_deref()
    }
}

/// What is read, and how.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Files, folders of them, or `-` for standard input: .jsonl, .json, .csv, .tsv, .txt, .md
    #[arg(required = true, value_name = "INPUT", value_hint = clap::ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,

    /// Field of a document's id; FILE:LINE for documents without
    #[arg(long, value_name = "NAME", default_value_t = IngestOptions::default().id_field)]
    id_field: String,

    /// Field of a document's text
    #[arg(long, value_name = "NAME", default_value_t = IngestOptions::default().text_field)]
    text_field: String,

    /// Field of a document's language tag; detected for documents without
    #[arg(long, value_name = "NAME", default_value_t = IngestOptions::default().language_field)]
    lang_field: String,

    /// Field that is the same in documents which are translations of each other
    #[arg(long, value_name = "NAME", default_value_t = IngestOptions::default().group_field)]
    group_field: String,

    /// Stop at the first line that cannot be read, instead of leaving it out
    #[arg(long)]
    strict: bool,
}

impl Input {
    /// How the inputs are read.
    pub(crate) fn options(&self) -> IngestOptions {
        IngestOptions {
            id_field: self.id_field.clone(),
            text_field: self.text_field.clone(),
            language_field: self.lang_field.clone(),
            group_field: self.group_field.clone(),
            strict: self.strict,
            ..IngestOptions::default()
        }
    }
}

/// How changes are written.
#[derive(Debug, Args)]
pub(crate) struct Writing {
    /// Memory that building a graph may take, about: more makes fewer and larger segments, which
    /// are faster to search
    #[arg(long, value_name = "SIZE", default_value_t = default_memory())]
    memory: ByteSize,
}

fn default_memory() -> ByteSize {
    ByteSize(WriterOptions::default().memory_bytes as u64)
}

impl Writing {
    /// `options`, with what was asked for.
    pub(crate) fn apply(&self, mut options: EngineOptions) -> EngineOptions {
        // More than can be addressed is as good as no bound.
        options.writer.memory_bytes = usize::try_from(self.memory.0).unwrap_or(usize::MAX);
        options
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

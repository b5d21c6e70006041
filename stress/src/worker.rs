//! The process that writes: what it does, and how it is started and listened to.

use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use mlsearch_index::{Error, Index, WriterOptions};

use crate::history::{History, Shape, commit_of};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    folder: PathBuf,
    #[arg(long)]
    seed: u64,
    /// Ends after this commit.
    #[arg(long, default_value_t = u64::MAX)]
    until: u64,
    #[command(flatten)]
    shape: Shape,
}

/// Small, so that files come and go between commits, too.
pub(crate) fn options(shape: &Shape) -> WriterOptions {
    let document = 4 * shape.dimension + shape.payload as usize / 2 + 80;
    WriterOptions {
        buffer_bytes: document * shape.changes as usize / 3,
        graph_from: (shape.keys / 5) as u32,
        threads: NonZeroUsize::new(2),
        ..WriterOptions::default()
    }
}

/// Creates or opens an index and goes on with its history. Says before and after each commit
/// that it is one; an error of the operating system is said and ends it in order.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut at = 0;
    match write(arguments, &mut at) {
        Ok(()) => {}
        Err(Error::Io { path, action, source }) => {
            say(&format!("refused {at} {action} {}: {source}", path.display()));
        }
        Err(error @ Error::WriterStopped { .. }) => say(&format!("stopped {at} {error}")),
        Err(error) => bail!(error),
    }
    Ok(())
}

fn write(arguments: &Arguments, at: &mut u64) -> Result<(), Error> {
    let history = History::new(arguments.seed, arguments.shape);
    let index = match Index::open(&arguments.folder) {
        Ok(index) => index,
        Err(Error::NotFound { .. } | Error::NotAnIndex { .. }) => {
            say("begin 0");
            let index = history.create(&arguments.folder)?;
            say("done 0");
            index
        }
        Err(error) => return Err(error),
    };
    let mut writer = index.writer_with(options(&arguments.shape))?;
    // The writer may have found a later commit than was opened.
    let first = commit_of(&index.snapshot()).expect("it was created so") + 1;
    for commit in first..=arguments.until {
        *at = commit;
        let outcome = history.perform(&mut writer, commit, || say(&format!("begin {commit}")));
        if let Err(error) = outcome {
            // What is left to do must not make it worse.
            let _ = writer.rollback();
            return Err(error);
        }
        say(&format!("done {commit}"));
    }
    Ok(())
}

fn say(line: &str) {
    // Nobody listens any more when the process that started this one has ended.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What a process may use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// Of its address space, in kibibytes.
    pub(crate) address_space: Option<u64>,
    /// Of a file that it writes, in blocks of 512 bytes.
    pub(crate) file_blocks: Option<u64>,
    /// Of files that it has open.
    pub(crate) handles: Option<u64>,
}

impl Limits {
    /// A command that runs this program within the limits.
    fn command(&self) -> Result<Command> {
        let program = std::env::current_exe()?;
        let limits = [("v", self.address_space), ("f", self.file_blocks), ("n", self.handles)];
        let limits: String = limits
            .iter()
            .filter_map(|(option, limit)| limit.map(|limit| format!("ulimit -{option} {limit}; ")))
            .collect();
        if limits.is_empty() {
            return Ok(Command::new(program));
        }
        // Without the trap, the system would end a process that writes past its limit.
        let mut command = Command::new("sh");
        let script = format!("trap '' XFSZ; {limits}exec \"$@\"");
        command.args(["-c", &script, "sh"]).arg(program);
        Ok(command)
    }
}

/// A process that writes.
pub(crate) struct Worker {
    child: Child,
    output: BufReader<ChildStdout>,
    said: Said,
}

/// What a process said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// The last commit that it was about to make.
    pub(crate) begun: Option<u64>,
    /// The last commit that it had made.
    pub(crate) done: Option<u64>,
    /// The operating system refused something: what, and why.
    pub(crate) refused: Option<String>,
    /// The writer stopped, because the outcome of a commit was unknown.
    pub(crate) stopped: bool,
}

impl Said {
    fn hear(&mut self, line: &str) -> Result<()> {
        let (word, rest) = line.trim_end().split_once(' ').unwrap_or((line, ""));
        match word {
            "begin" => self.begun = Some(rest.parse()?),
            "done" => self.done = Some(rest.parse()?),
            "refused" => self.refused = Some(rest.to_owned()),
            "stopped" => self.stopped = true,
            _ => bail!("a writing process said {line:?}"),
        }
        Ok(())
    }
}

/// How a process ended.
pub(crate) struct Ended {
    pub(crate) said: Said,
    pub(crate) status: ExitStatus,
    /// What it wrote to standard error.
    pub(crate) complaint: String,
}

impl Worker {
    /// Starts one that goes on with the history of a folder up to a commit.
    pub(crate) fn start(
        folder: &Path,
        seed: u64,
        shape: &Shape,
        until: Option<u64>,
        limits: Limits,
    ) -> Result<Worker> {
        let mut command = limits.command()?;
        command.arg("writer").arg(folder).arg(format!("--seed={seed}")).args(shape.arguments());
        command.args(until.map(|until| format!("--until={until}")));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("could not start a writing process")?;
        let output = BufReader::new(child.stdout.take().context("standard output is piped")?);
        Ok(Worker { child, output, said: Said::default() })
    }

    /// Waits until it says something; it may end without a word.
    pub(crate) fn wait_for_a_word(&mut self) -> Result<()> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? > 0 {
            self.said.hear(&line)?;
        }
        Ok(())
    }

    /// Kills it.
    pub(crate) fn kill(mut self) -> Result<Ended> {
        self.child.kill()?;
        self.end()
    }

    /// Waits for its end, and returns whether that was in order.
    pub(crate) fn wait_for_the_end(mut self) -> Result<bool> {
        Ok(self.child.wait()?.success())
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Result<Ended> {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest)?;
        // A line that was cut short was not said.
        for line in rest.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            self.said.hear(line)?;
        }
        let mut complaint = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            errors.read_to_string(&mut complaint)?;
        }
        let status = self.child.wait()?;
        Ok(Ended { said: self.said, status, complaint })
    }
}

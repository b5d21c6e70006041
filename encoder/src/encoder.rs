//! The encoder: many texts in, one unit vector each out.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ndarray::Array2;

use crate::config::ModelConfig;
use crate::device::{Device, DeviceStatus};
use crate::fingerprint::Fingerprint;
use crate::runtime::{self, Runtime};
use crate::session::{Batch, SessionPool};
use crate::tokenizer::{Tokenized, Tokenizer};
use crate::{Result, batch, windows};

/// Texts that are tokenised and held at once; more are taken group by group.
const GROUP_TEXTS: usize = 4096;
/// Bytes of text after which a group is closed.
const GROUP_BYTES: usize = 8 << 20;

/// How an [`Encoder`] runs.
#[derive(Debug, Clone)]
pub struct EncoderOptions {
    /// Where the model runs.
    pub device: Device,
    /// ONNX Runtime's library or its folder; searched for as [`runtime`] says when `None`.
    pub runtime: Option<PathBuf>,
    /// Batches that may run at once, a thread each; 0 for one a core.
    pub threads: usize,
    /// Tokens in a batch, padding included. More takes more memory, and beyond a few hundred
    /// is no faster on a processor.
    pub batch_tokens: usize,
    /// Windows that a text longer than the model is cut into at most; the rest of the text is
    /// left out of its vector.
    pub max_windows: usize,
    /// Whether every model file is compared with its digest at opening.
    pub verify: bool,
}

impl Default for EncoderOptions {
    fn default() -> Self {
        Self {
            device: Device::Auto,
            runtime: None,
            threads: 0,
            batch_tokens: 512,
            max_windows: 64,
            verify: true,
        }
    }
}

/// What a text is to the search. Models are trained with a prompt for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A question, or words to search by.
    Query,
    /// A text to be found.
    Passage,
}

/// A multilingual text encoder. Share it by reference between any number of threads.
///
/// Any text is accepted. An empty or blank one gives the vector of the prompt alone; one that is
/// longer than the model is cut into windows whose vectors are combined; control characters are
/// handled as the model's tokenizer handles them. A text's vector does not depend on the texts
/// beside it by more than rounding.
pub struct Encoder {
    folder: PathBuf,
    config: ModelConfig,
    fingerprint: Fingerprint,
    runtime: &'static Runtime,
    tokenizer: Tokenizer,
    sessions: SessionPool,
    threads: usize,
    batch_tokens: usize,
}

impl Encoder {
    /// Opens the model folder `folder`.
    ///
    /// # Errors
    /// A missing, incomplete or altered model folder; a missing or unusable ONNX Runtime; CUDA
    /// requested and not usable. See [`Error`](crate::Error).
    pub fn open(folder: impl AsRef<Path>, options: &EncoderOptions) -> Result<Self> {
        let folder = folder.as_ref();
        let config = ModelConfig::read(folder)?;
        let threads = match options.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        // The tokenizer takes as long to read as all the rest.
        let (tokenizer, opened) = thread::scope(|scope| {
            let tokenizer = scope.spawn(|| Tokenizer::open(folder, &config, options.max_windows));
            let opened = open_sessions(folder, &config, options, threads);
            (tokenizer.join().expect("opening a tokenizer catches panics"), opened)
        });
        let (runtime, sessions) = opened?;
        Ok(Self {
            folder: folder.to_owned(),
            fingerprint: Fingerprint::of(&config),
            runtime,
            tokenizer: tokenizer?,
            sessions,
            threads,
            batch_tokens: options.batch_tokens.max(1),
            config,
        })
    }

    /// Encodes queries: unit vectors, row-major (n, dimension).
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) and
    /// [`Error::Inference`](crate::Error::Inference).
    pub fn encode_queries<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Result<Array2<f32>> {
        self.encode(texts, Role::Query)
    }

    /// Encodes passages: unit vectors, row-major (n, dimension).
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) and
    /// [`Error::Inference`](crate::Error::Inference).
    pub fn encode_passages<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Result<Array2<f32>> {
        self.encode(texts, Role::Passage)
    }

    /// Encodes texts in `role`: unit vectors, row-major (n, dimension).
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) and
    /// [`Error::Inference`](crate::Error::Inference).
    pub fn encode<S: AsRef<str> + Sync>(&self, texts: &[S], role: Role) -> Result<Array2<f32>> {
        let mut vectors = Array2::zeros((texts.len(), self.config.dimension));
        let mut start = 0;
        while start < texts.len() {
            let end = group_end(texts, start);
            let tokenized = self.tokenize(&texts[start..end], role)?;
            self.encode_group(&tokenized, start, &mut vectors)?;
            start = end;
        }
        Ok(vectors)
    }

    /// The model's configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Components of a vector.
    pub fn dimension(&self) -> usize {
        self.config.dimension
    }

    /// What decides whether two encoders' vectors can be compared.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The device in use.
    pub fn device(&self) -> &DeviceStatus {
        self.sessions.status()
    }

    /// The loaded ONNX Runtime.
    pub fn runtime(&self) -> &'static Runtime {
        self.runtime
    }

    /// The model folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The ids that the model gets for `text`, window by window, special tokens and prompt
    /// included.
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer).
    pub fn token_ids(&self, text: &str, role: Role) -> Result<Vec<Vec<u32>>> {
        Ok(self.tokenizer.tokenize(text, role)?.windows)
    }

    fn tokenize<S: AsRef<str> + Sync>(&self, texts: &[S], role: Role) -> Result<Vec<Tokenized>> {
        let one = |text: &S| {
            let tokenized = self.tokenizer.tokenize(text.as_ref(), role)?;
            if tokenized.cut {
                let bytes = text.as_ref().len();
                tracing::warn!(
                    bytes,
                    "the end of a text is left out of its vector: it is longer than max_windows"
                );
            }
            Ok(tokenized)
        };
        let share = texts.len().div_ceil(self.threads).max(64);
        if texts.len() <= share {
            return texts.iter().map(one).collect();
        }
        let one = &one;
        thread::scope(|scope| {
            let parts: Vec<_> = texts
                .chunks(share)
                .map(|part| scope.spawn(move || part.iter().map(one).collect::<Result<Vec<_>>>()))
                .collect();
            let mut all = Vec::with_capacity(texts.len());
            for part in parts {
                all.extend(part.join().expect("tokenising catches panics")?);
            }
            Ok(all)
        })
    }

    /// Encodes the windows of a group of texts, longest first, and writes each text's vector
    /// into the rows of `vectors` from `first_row` on.
    fn encode_group(
        &self,
        texts: &[Tokenized],
        first_row: usize,
        vectors: &mut Array2<f32>,
    ) -> Result<()> {
        let mut sequences: Vec<(usize, &[u32])> = texts
            .iter()
            .enumerate()
            .flat_map(|(text, tokenized)| {
                tokenized.windows.iter().map(move |window| (text, &window[..]))
            })
            .collect();
        sequences.sort_by_key(|(_, window)| std::cmp::Reverse(window.len()));
        let lengths: Vec<usize> = sequences.iter().map(|(_, window)| window.len()).collect();
        let batches = batch::plan(&lengths, self.batch_tokens);

        let alone = batches.len() == 1;
        let next = AtomicUsize::new(0);
        let output = Mutex::new(vectors);
        let work = || -> Result<()> {
            while let Some(range) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let members = &sequences[range.clone()];
                let windows: Vec<&[u32]> = members.iter().map(|(_, window)| *window).collect();
                let batch = Batch::new(&windows, self.config.padding_id);
                let encoded = if alone {
                    self.sessions.run_alone(batch)?
                } else {
                    self.sessions.run(batch)?
                };
                let mut output = output.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                for ((text, window), vector) in members.iter().zip(encoded.outer_iter()) {
                    let mut row = output.row_mut(first_row + text);
                    let row = row.as_slice_mut().expect("rows of a new array are contiguous");
                    let vector = vector.as_slice().expect("rows of a new array are contiguous");
                    windows::accumulate(row, vector, window.len() as f32);
                }
            }
            Ok(())
        };
        let workers = self.sessions.most().min(batches.len());
        if workers <= 1 {
            work()?;
        } else {
            thread::scope(|scope| {
                let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
                let mine = work();
                let results =
                    others.into_iter().map(|other| other.join().expect("workers do not panic"));
                results.fold(mine, Result::and)
            })?;
        }
        let vectors = output.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        for row in first_row..first_row + texts.len() {
            let mut row = vectors.row_mut(row);
            windows::normalize(row.as_slice_mut().expect("rows of a new array are contiguous"));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("folder", &self.folder)
            .field("model", &self.config.name)
            .field("device", self.device())
            .finish_non_exhaustive()
    }
}

fn open_sessions(
    folder: &Path,
    config: &ModelConfig,
    options: &EncoderOptions,
    threads: usize,
) -> Result<(&'static Runtime, SessionPool)> {
    if options.verify {
        config.verify_files(folder)?;
    }
    let runtime = runtime::load(options.runtime.as_deref())?;
    let graph = config.graph_path(folder);
    let sessions = SessionPool::open(runtime, &graph, config.dimension, options.device, threads)?;
    Ok((runtime, sessions))
}

/// End of the group of texts that begins at `start`.
fn group_end<S: AsRef<str>>(texts: &[S], start: usize) -> usize {
    let mut bytes = 0;
    let mut end = start;
    while end < texts.len() && end - start < GROUP_TEXTS && (end == start || bytes < GROUP_BYTES) {
        bytes += texts[end].as_ref().len();
        end += 1;
    }
    end
}

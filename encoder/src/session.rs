//! ONNX Runtime sessions of one model, shared between threads.
//!
//! Many batches: each runs on one thread with a session of its own, several at once, which uses
//! the cores better than one session that splits every matrix product between them. A lone batch,
//! such as a query, has all cores: it runs in the *wide* session, which does split them. Sessions
//! cost little memory, because the embedding table, most of the model, is mapped from its file.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, TryLockError};

use ndarray::Array2;
use ort::ep;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{Tensor, ValueType};

use crate::device::{Device, DeviceStatus};
use crate::runtime::Runtime;
use crate::{Error, Result};

/// Name of the graph's token ids, int64 (batch, tokens).
const INPUT_IDS: &str = "input_ids";
/// Name of the graph's attention mask, int64 (batch, tokens).
const ATTENTION_MASK: &str = "attention_mask";
/// Name of the graph's vectors, f32 (batch, dimension).
const EMBEDDING: &str = "embedding";

/// Sessions of one model. All but the wide one are made when first needed and kept.
pub(crate) struct SessionPool {
    wide: Mutex<Session>,
    runtime: &'static Runtime,
    graph: PathBuf,
    dimension: usize,
    status: DeviceStatus,
    most: usize,
    state: Mutex<PoolState>,
    returned: Condvar,
}

struct PoolState {
    idle: Vec<Session>,
    made: usize,
}

/// A batch of token sequences, padded to one length.
pub(crate) struct Batch {
    /// Token ids, row-major (texts, tokens).
    pub(crate) ids: Vec<i64>,
    /// 1 for a real token, 0 for padding; same shape.
    pub(crate) mask: Vec<i64>,
    /// Sequences in the batch.
    pub(crate) texts: usize,
    /// Tokens per sequence.
    pub(crate) tokens: usize,
}

impl Batch {
    /// Pads `sequences` to the longest with the token `padding`.
    pub(crate) fn new(sequences: &[&[u32]], padding: u32) -> Self {
        let tokens = sequences.iter().map(|sequence| sequence.len()).max().unwrap_or(0);
        let mut ids = Vec::with_capacity(sequences.len() * tokens);
        let mut mask = Vec::with_capacity(sequences.len() * tokens);
        for sequence in sequences {
            ids.extend(sequence.iter().map(|id| i64::from(*id)));
            mask.extend(sequence.iter().map(|_| 1));
            ids.resize(ids.len() + tokens - sequence.len(), i64::from(padding));
            mask.resize(ids.len(), 0);
        }
        Self { ids, mask, texts: sequences.len(), tokens }
    }
}

impl SessionPool {
    /// Opens the graph on `device` for up to `most` batches at once.
    pub(crate) fn open(
        runtime: &'static Runtime,
        graph: &Path,
        dimension: usize,
        device: Device,
        most: usize,
    ) -> Result<Self> {
        let (wide, status) = first_session(runtime, graph, device, most.max(1))?;
        check_signature(graph, &wide, dimension)?;
        // A CUDA device runs one batch at a time; further sessions would only take its memory.
        let most = if status.device == Device::Cuda { 1 } else { most.max(1) };
        Ok(Self {
            wide: Mutex::new(wide),
            runtime,
            graph: graph.to_owned(),
            dimension,
            status,
            most,
            state: Mutex::new(PoolState { idle: Vec::new(), made: 0 }),
            returned: Condvar::new(),
        })
    }

    pub(crate) fn status(&self) -> &DeviceStatus {
        &self.status
    }

    /// Batches that can run at once.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Runs one of several batches, on one thread: unit vectors, (texts, dimension).
    pub(crate) fn run(&self, batch: Batch) -> Result<Array2<f32>> {
        if self.most == 1 {
            let mut wide = self.wide.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            return self.checked(&mut wide, batch);
        }
        let mut session = self.take()?;
        let result = self.checked(&mut session, batch);
        self.give_back(session);
        result
    }

    /// Runs a batch that comes alone, on all cores unless another is just doing so.
    pub(crate) fn run_alone(&self, batch: Batch) -> Result<Array2<f32>> {
        match self.wide.try_lock() {
            Ok(mut wide) => self.checked(&mut wide, batch),
            Err(TryLockError::Poisoned(poisoned)) => {
                self.checked(&mut poisoned.into_inner(), batch)
            }
            Err(TryLockError::WouldBlock) => self.run(batch),
        }
    }

    fn checked(&self, session: &mut Session, batch: Batch) -> Result<Array2<f32>> {
        let (texts, tokens) = (batch.texts, batch.tokens);
        let failed = |reason: String| Error::Inference { texts, tokens, reason };
        let vectors = run(session, batch).map_err(|error| failed(error.to_string()))?;
        if vectors.dim() != (texts, self.dimension) {
            return Err(failed(format!("it returned vectors of shape {:?}", vectors.dim())));
        }
        if !vectors.iter().all(|component| component.is_finite()) {
            return Err(failed("it returned a vector that is not finite".to_owned()));
        }
        Ok(vectors)
    }

    fn take(&self) -> Result<Session> {
        let mut state = self.lock();
        loop {
            if let Some(session) = state.idle.pop() {
                return Ok(session);
            }
            if state.made < self.most {
                state.made += 1;
                drop(state);
                let made = new_session(self.runtime, &self.graph, self.status.device, 1);
                if made.is_err() {
                    self.lock().made -= 1;
                    self.returned.notify_one();
                }
                return made.map_err(|error| Error::invalid_model(&self.graph, error));
            }
            state = self.returned.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn give_back(&self, session: Session) {
        self.lock().idle.push(session);
        self.returned.notify_one();
    }

    /// The pool's lists are changed by single pushes and pops: a panic elsewhere leaves them whole.
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn run(session: &mut Session, batch: Batch) -> ort::Result<Array2<f32>> {
    let shape = [batch.texts, batch.tokens];
    let outputs = session.run(ort::inputs![
        INPUT_IDS => Tensor::from_array((shape, batch.ids))?,
        ATTENTION_MASK => Tensor::from_array((shape, batch.mask))?,
    ])?;
    let vectors = outputs[EMBEDDING].try_extract_array::<f32>()?;
    vectors.into_dimensionality().map(|array| array.to_owned()).map_err(ort::Error::wrap)
}

fn first_session(
    runtime: &'static Runtime,
    graph: &Path,
    device: Device,
    threads: usize,
) -> Result<(Session, DeviceStatus)> {
    let on_cpu = |note: Option<String>| {
        let session = new_session(runtime, graph, Device::Cpu, threads)
            .map_err(|error| Error::invalid_model(graph, error))?;
        Ok((session, DeviceStatus { device: Device::Cpu, note }))
    };
    if device == Device::Cpu {
        return on_cpu(None);
    }
    let on_cuda = if runtime.has_cuda() {
        new_session(runtime, graph, Device::Cuda, 1)
            .map_err(|error| format!("ONNX Runtime answered: {error}"))
    } else {
        Err(format!(
            "the ONNX Runtime library {} is built without CUDA; \
             `python3 scripts/fetch_onnxruntime.py --cuda` fetches one that has it",
            runtime.library().display()
        ))
    };
    match on_cuda {
        Ok(session) => Ok((session, DeviceStatus { device: Device::Cuda, note: None })),
        Err(reason) if device == Device::Cuda => Err(Error::CudaUnavailable { reason }),
        Err(reason) => {
            tracing::info!(%reason, "running on the processor");
            on_cpu(Some(reason))
        }
    }
}

fn new_session(
    runtime: &Runtime,
    graph: &Path,
    device: Device,
    threads: usize,
) -> Result<Session, String> {
    let words = |error: ort::Error| error.to_string();
    let builder = SessionBuilder::new(runtime.environment()).map_err(words)?;
    let mut builder = configured(builder, threads).map_err(words)?;
    if device == Device::Cuda {
        let cuda = ep::CUDA::default().build().error_on_failure();
        builder = builder.with_execution_providers([cuda]).map_err(|error| error.to_string())?;
    }
    builder.commit_from_file(graph).map_err(words)
}

fn configured(builder: SessionBuilder, threads: usize) -> ort::Result<SessionBuilder> {
    Ok(builder
        .with_optimization_level(GraphOptimizationLevel::All)?
        // Batches differ in shape, so a remembered allocation pattern never fits the next one.
        .with_memory_pattern(false)?
        .with_intra_threads(threads)?
        // Threads spin while a batch runs, which a query needs to be quick, and not afterwards,
        // when they would burn the application's processor.
        .with_config_entry("session.force_spinning_stop", "1")?
        .with_inter_threads(1)?
        // Processors without VNNI would overflow in 8-bit products otherwise.
        .with_precise_qmm()?)
}

fn check_signature(graph: &Path, session: &Session, dimension: usize) -> Result<()> {
    let mut inputs: Vec<_> = session.inputs().iter().map(|input| input.name()).collect();
    inputs.sort_unstable();
    if inputs != [ATTENTION_MASK, INPUT_IDS] {
        let reason = format!("its inputs are {inputs:?}, not {INPUT_IDS} and {ATTENTION_MASK}");
        return Err(Error::invalid_model(graph, reason));
    }
    let output = session.outputs().iter().find(|output| output.name() == EMBEDDING);
    let Some(ValueType::Tensor { shape, .. }) = output.map(|output| output.dtype()) else {
        let reason = format!("it has no output named {EMBEDDING}");
        return Err(Error::invalid_model(graph, reason));
    };
    let found = shape.last().copied().unwrap_or(-1);
    if shape.len() != 2 || (found >= 0 && found != dimension as i64) {
        let reason =
            format!("its vectors have the shape {shape:?}, and config.json says {dimension}");
        return Err(Error::invalid_model(graph, reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_padded_to_the_longest_sequence() {
        let batch = Batch::new(&[&[5, 6, 7], &[8]], 1);
        assert_eq!((batch.texts, batch.tokens), (2, 3));
        assert_eq!(batch.ids, [5, 6, 7, 8, 1, 1]);
        assert_eq!(batch.mask, [1, 1, 1, 1, 0, 0]);
    }
}

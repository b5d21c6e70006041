//! The engine: an index folder and an encoder.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Instant;

use arc_swap::ArcSwap;
use mlsearch_encoder::{Encoder, EncoderOptions, Fingerprint, ModelConfig};
use mlsearch_index::{
    Address, HnswConfig, Index, IndexConfig, IndexWriter, Key, Label, Metric, Neighbor,
    NewDocument, OpenOptions, Precision, Quantization, SearchParams, Snapshot, VerifyReport,
    WriterOptions,
};

use crate::answer::{Answer, Hit, QueryReport, Timings};
use crate::bias::{Corrected, Method, Profiles, QueryMeans};
use crate::build::{BuildProgress, Listener};
use crate::filter::label_filter;
use crate::filterable::{FieldValue, Filterable, as_fields};
use crate::info::{EngineInfo, GraphStatistics, LanguageStatistics};
use crate::labels::LabelTable;
use crate::language::LanguageDetector;
use crate::query::BiasDetail;
use crate::ranking::{Explanation, PoolScope, Ranker};
use crate::shorten::{cut, dimension_of};
use crate::{Detection, Document, Error, Filter, Language, Query, Result, build, model, record};

/// Index attribute: what the payloads are. Its value is the version of their layout.
const ATTRIBUTE_DOCUMENTS: &str = "mlsearch.documents";
/// Version of the payloads' layout.
const DOCUMENTS_VERSION: &str = "1";
/// Index attribute: the language tags, in the order of their labels.
const ATTRIBUTE_LANGUAGES: &str = "mlsearch.languages";
/// Index attribute: the fields that documents can be filtered by.
const ATTRIBUTE_FILTERABLE: &str = "mlsearch.filterable";
/// Index attributes: the model that made the vectors, and the folder it was last seen in.
pub(crate) const ATTRIBUTE_MODEL_NAME: &str = "mlsearch.model.name";
pub(crate) const ATTRIBUTE_MODEL_VERSION: &str = "mlsearch.model.version";
pub(crate) const ATTRIBUTE_FINGERPRINT: &str = "mlsearch.model.fingerprint";
const ATTRIBUTE_MODEL_FOLDER: &str = "mlsearch.model.folder";

/// Longest document id, in bytes.
const MAX_ID_BYTES: usize = 1 << 16;

/// How an [`Engine`] is opened.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// The model folder. When `None`, the one the index was built with, and for a new index
    /// [`DEFAULT_MODEL`](crate::DEFAULT_MODEL), searched for as
    /// [`locate_model`](crate::locate_model) says.
    pub model: Option<PathBuf>,
    /// How the encoder runs.
    pub encoder: EncoderOptions,
    /// Fields of metadata that a new index can [filter](crate::Filter) by, up to
    /// [64](mlsearch_index::MAX_FIELDS): `year`, or `author.name` for a field of an object within.
    /// `id` and `language` are always there, and so is `group`, the document's group, unless all 64
    /// are given without it. Only [`Engine::create`] reads this: an index keeps the fields that it
    /// was created with.
    pub filterable: Vec<String>,
    /// The components of a new index's vectors: the model's, or fewer if the model was trained
    /// to be cut to so many (its matryoshka dimensions). Only [`Engine::create`] reads this.
    pub dimension: Option<usize>,
    /// What the vectors of a new index are compared by on the way to the nearest: the shorter,
    /// the smaller and the less exact. Only [`Engine::create`] reads this and the two after it.
    pub quantization: Quantization,
    /// The precision in which a new index keeps the vectors themselves.
    pub originals: Precision,
    /// The shape of the graphs of a new index.
    pub hnsw: HnswConfig,
    /// How changes are written: threads and memory for graphs, among others.
    pub writer: WriterOptions,
    /// Copies what searches read most into memory when the index is opened: faster to search,
    /// slower to open, for servers.
    pub pinned: bool,
}

/// An index of documents, and the encoder that reads and answers. Share it by reference between
/// any number of threads.
///
/// What [`add`](Self::add) and [`delete`](Self::delete) do can be found after
/// [`commit`](Self::commit), all at once, and survives a crash from then on; what was not
/// committed is forgotten. Searches never wait for writers. One engine at a time can write to an
/// index, from its first change until its commit or rollback.
pub struct Engine {
    index: Index,
    options: EngineOptions,
    encoder: OnceLock<Encoder>,
    opening: Mutex<()>,
    /// The mean query of each language, cut to the index's dimension; read when first needed.
    query_means: OnceLock<QueryMeans>,
    detector: LanguageDetector,
    changes: Mutex<Option<Changes>>,
    listener: Mutex<Option<Listener>>,
    view: ArcSwap<View>,
    /// Held while a view is replaced. Searches do not take it.
    showing: Mutex<()>,
}

/// Uncommitted changes.
struct Changes {
    writer: IndexWriter,
    labels: LabelTable,
    /// The keys that may not be as the last commit has them.
    touched: HashSet<Key>,
}

/// A snapshot and the meaning of its labels.
struct View {
    snapshot: Arc<Snapshot>,
    labels: LabelTable,
    /// The languages that have documents.
    present: Vec<(Label, Language)>,
    /// The fields that documents can be filtered by.
    filterable: Filterable,
    /// How the vectors of each language lie; made when a query first needs it.
    profiles: OnceLock<Profiles>,
}

impl Engine {
    /// Creates an empty index in `folder`, which must not exist yet or be empty.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`] and [`Error::Encoder`] without a usable model,
    /// [`Error::InvalidFilterable`] for a field that documents cannot be filtered by,
    /// [`Error::DimensionNotInModel`] for a dimension that the model was not trained for,
    /// [`Error::Index`] if the folder is taken or cannot be written to, and for a graph of a shape
    /// that cannot be.
    pub fn create(folder: impl AsRef<Path>, options: &EngineOptions) -> Result<Self> {
        let filterable = Filterable::new(&options.filterable)?.with_groups();
        let model = model::locate_model(options.model.as_deref())?;
        let config = ModelConfig::read(&model)?;
        let dimension = dimension_of(&config, options.dimension)?;
        let mut index = IndexConfig::new(dimension, Metric::Cosine);
        index.quantization = options.quantization;
        index.originals = options.originals;
        index.hnsw = options.hnsw;
        index.attributes = [
            (ATTRIBUTE_DOCUMENTS, DOCUMENTS_VERSION.to_owned()),
            (ATTRIBUTE_LANGUAGES, LabelTable::default().to_attribute()),
            (ATTRIBUTE_FILTERABLE, filterable.to_attribute()),
            (ATTRIBUTE_MODEL_NAME, config.name.clone()),
            (ATTRIBUTE_MODEL_VERSION, config.version.clone()),
            (ATTRIBUTE_FINGERPRINT, Fingerprint::of(&config).to_string()),
            (ATTRIBUTE_MODEL_FOLDER, absolute(&model)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let mut index = Index::create(folder, index)?;
        if options.pinned {
            index = Index::open_with(index.folder(), open_options(options))?;
        }
        Self::over(index, options.clone())
    }

    /// Opens the index in `folder` with the model it was built with.
    ///
    /// The encoder is opened when it is first needed: reading what an index holds takes no model.
    /// Call [`encoder`](Self::encoder) to open it at once.
    ///
    /// # Errors
    /// [`Error::Index`] if the folder holds no index or a damaged one, [`Error::NotAnEngine`] if
    /// it holds something else than documents.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &EngineOptions::default())
    }

    /// Opens the index in `folder`, with options.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`Error::ModelMismatch`] if `options` name another model than the
    /// index was built with.
    pub fn open_with(folder: impl AsRef<Path>, options: &EngineOptions) -> Result<Self> {
        let index = Index::open_with(folder, open_options(options))?;
        let engine = Self::over(index, options.clone())?;
        if engine.options.model.is_some() {
            engine.locate_model()?;
        }
        Ok(engine)
    }

    fn over(index: Index, options: EngineOptions) -> Result<Self> {
        let view = Arc::new(View::of(index.snapshot())?);
        Ok(Self {
            index,
            options,
            encoder: OnceLock::new(),
            opening: Mutex::new(()),
            query_means: OnceLock::new(),
            detector: LanguageDetector::new(),
            changes: Mutex::new(None),
            listener: Mutex::new(None),
            view: ArcSwap::new(view),
            showing: Mutex::new(()),
        })
    }

    /// Adds documents, each in place of the one with its id if there is one. Their languages are
    /// detected where they are not given. They can be found after [`commit`](Self::commit).
    ///
    /// Returns how many were added. The others are in the last commit just as they are: they cost
    /// a look, and are not encoded again, so that what was stopped can be begun anew.
    ///
    /// More documents a call use the processor better; a few hundred are enough.
    ///
    /// # Errors
    /// [`Error::InvalidDocument`] for a blank text, an id that is empty or too long, or fields to
    /// filter by that hold a string of more than 1,023 bytes or more than 1,024 values, before
    /// anything is added; [`Error::Encoder`]; [`Error::Index`], among others if another process
    /// is writing.
    pub fn add(&self, documents: &[Document]) -> Result<usize> {
        if documents.is_empty() {
            return Ok(0);
        }
        // An index keeps the fields that it was created with.
        let view = self.view();
        let languages = self.languages_of(documents);
        let passages = documents
            .iter()
            .zip(languages)
            .map(|(document, language)| Passage::new(document, language, &view.filterable))
            .collect::<Result<Vec<_>>>()?;
        let (known, mut changed) = self.changed(&passages)?;
        if changed.is_empty() {
            return Ok(0);
        }
        let encode = |changed: &[usize]| {
            let texts: Vec<&str> = changed.iter().map(|&at| documents[at].text.as_str()).collect();
            Ok::<_, Error>(self.encoder()?.encode_passages(&texts)?)
        };
        let mut vectors = encode(&changed)?;

        let mut changes = lock(&self.changes);
        let changes = self.begin(&mut changes)?;
        let current = self.view();
        // Another process may have committed while texts were encoded.
        if !Arc::ptr_eq(&current.snapshot, &known.snapshot) {
            let since = changed_passages(self, &current, &changes.touched, &passages)?;
            if since.iter().any(|at| !changed.contains(at)) {
                vectors = encode(&since)?;
                changed = since;
            }
        }
        let dimension = current.snapshot.dimension();
        for (&at, vector) in changed.iter().zip(vectors.outer_iter()) {
            let Passage { key, payload, values, language, .. } = &passages[at];
            let label = changes.labels.label(language)?;
            let vector = vector.as_slice().expect("rows of an encoder's array are contiguous");
            let vector = &cut(vector, dimension);
            let fields = &as_fields(values);
            changes.touched.insert(*key);
            let document = NewDocument { key: *key, label, vector, payload, fields };
            changes.writer.upsert_document(&document)?;
        }
        Ok(changed.len())
    }

    /// The passages that the last commit does not have as they are, and that commit.
    fn changed(&self, passages: &[Passage]) -> Result<(Arc<View>, Vec<usize>)> {
        let changes = lock(&self.changes);
        let untouched = HashSet::new();
        let touched = match &*changes {
            Some(changes) => &changes.touched,
            None => {
                self.refresh()?;
                &untouched
            }
        };
        let view = self.view();
        let changed = changed_passages(self, &view, touched, passages)?;
        Ok((view, changed))
    }

    /// Deletes the documents with these ids, from the next commit on. Returns for each whether
    /// it was there.
    ///
    /// # Errors
    /// [`Error::Index`], among others if another process is writing.
    pub fn delete<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<bool>> {
        let mut changes = lock(&self.changes);
        let changes = self.begin(&mut changes)?;
        let mut delete = |id: &S| {
            let key = key_of(id.as_ref());
            changes.touched.insert(key);
            Ok(changes.writer.delete(key)?)
        };
        ids.iter().map(&mut delete).collect()
    }

    /// Makes every change since the last commit durable and visible, whole or not at all.
    /// Returns the number of documents that can be found now.
    ///
    /// # Errors
    /// [`Error::Index`] if the files cannot be written. The last commit then stays as it was,
    /// and the changes stay pending: the commit can be tried again or rolled back.
    pub fn commit(&self) -> Result<u64> {
        self.publish(&mut lock(&self.changes), IndexWriter::commit)
    }

    /// Merges the segments of the index into as few as [`WriterOptions::memory_bytes`] allows,
    /// gives back the space of deleted and replaced documents, and commits. Returns the number of
    /// documents that can be found now.
    ///
    /// Commits merge and clean up as the index grows: this is for an index that will not change
    /// for long, or that lost much. It takes about the time of building the graphs again.
    ///
    /// # Errors
    /// As [`commit`](Self::commit); [`Error::Index`] also if another process is writing.
    pub fn compact(&self) -> Result<u64> {
        let mut changes = lock(&self.changes);
        self.begin(&mut changes)?;
        self.publish(&mut changes, IndexWriter::compact)
    }

    /// Calls `listener` now and then while a commit builds the graph of a segment, from any
    /// thread. It takes the place of the one before, and should return at once.
    pub fn on_progress(&self, listener: impl Fn(&BuildProgress) + Send + Sync + 'static) {
        *lock(&self.listener) = Some(Arc::new(listener));
    }

    /// Forgets every change since the last commit.
    pub fn rollback(&self) {
        *lock(&self.changes) = None;
    }

    /// Answers a query: the documents nearest in meaning, best first.
    ///
    /// ```no_run
    /// # fn main() -> mlsearch::Result<()> {
    /// use mlsearch::{Engine, Mode, Query};
    /// let engine = Engine::open("notes.index")?;
    /// let answer = engine.search(Query { mode: Mode::CrossLingual, ..Query::new("Warum tanzen Bienen?") })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::EmptyQuery`]; [`Error::InvalidStrength`] of a correction; [`Error::Filter`] for a
    /// filter by a field that the index does not filter by; [`Error::LanguageNotInIndex`] for a target language without
    /// documents; [`Error::QueryLanguageUnknown`] if the mode needs the query's language and it
    /// could not be detected; [`Error::ModelNotFound`], [`Error::ModelMismatch`],
    /// [`Error::Encoder`] and [`Error::Index`].
    pub fn search(&self, query: impl Into<Query>) -> Result<Answer> {
        let query = query.into();
        let started = Instant::now();
        if query.text.trim().is_empty() {
            return Err(Error::EmptyQuery);
        }
        query.correction.check()?;
        let view = self.view();
        let mut timings = Timings::default();
        let predicate = query
            .filter
            .as_ref()
            .map(|filter| filter.resolve(&view.filterable, &view.present))
            .transpose()?;

        // The language is found out while the text is encoded.
        let (detected, vector) = thread::scope(|scope| {
            let timed_detection = || timed(|| self.languages_of_query(&query));
            let detecting = query.language.is_none().then(|| scope.spawn(timed_detection));
            let vector = timed(|| self.encode_query(&query.text));
            let detected = match detecting {
                Some(handle) => handle.join().unwrap_or_else(|_| timed_detection()),
                None => timed_detection(),
            };
            (detected, vector)
        });
        let (detected, vector) =
            (record_time(&mut timings.detect, detected), record_time(&mut timings.encode, vector)?);

        let labels = label_filter(&query, &detected, &view.present)?;
        let selection = timed(|| {
            predicate.as_ref().map(|predicate| view.snapshot.select(predicate)).transpose()
        });
        let selection = record_time(&mut timings.filter, selection)?;
        let ranker = Ranker {
            snapshot: &view.snapshot,
            vector: &vector,
            labels,
            selection: selection.as_ref(),
            params: SearchParams {
                k: query.k,
                exact: query.exact,
                ef: query.ef,
                ..SearchParams::default()
            },
            per_language: query.per_language,
        };
        let explained = !query.correction.is_none() || query.bias != BiasDetail::Off;
        let query_means = self.query_means_for(&query)?;
        let scope = timed(|| {
            let scope =
                || PoolScope::of(&ranker, view.profiles()?, &detected.languages, &query_means);
            explained.then(scope).transpose()
        });
        let scope = record_time(&mut timings.bias, scope)?;
        let corrected = scope
            .as_ref()
            .map_or_else(Corrected::default, |scope| scope.correct(&vector, query.correction));
        let ranking = timed(|| ranker.rank(query.correction, &corrected));
        let ranking = record_time(&mut timings.search, ranking)?;
        let search = ranker.report(&corrected);

        let hits = timed(|| {
            let found = ranking.iter().zip(ranks(&ranking, query.per_language));
            found
                .map(|(neighbor, rank)| {
                    let score = ranker.score(&corrected, neighbor)?;
                    self.hit(&view, rank, score, neighbor)
                })
                .collect()
        });
        let hits = record_time(&mut timings.fetch, hits);
        let mut hits: Vec<Hit> = Result::from_iter::<Vec<Result<Hit>>>(hits)?;
        let report = timed(|| match &scope {
            Some(scope) if query.bias != BiasDetail::Off => {
                let has_groups = view.filterable.has_groups();
                let explanation =
                    Explanation { scope, ranker: &ranker, corrected: &corrected, has_groups };
                let id_of =
                    |found: &Neighbor| Ok(self.document(&view, found.address, found.label)?.id);
                explanation.of(&query, &detected, &ranking, &mut hits, id_of).map(Some)
            }
            _ => Ok(None),
        });
        timings.bias += report.1;
        let report = report.0?;
        timings.total = milliseconds(started);
        let matched = selection.map(|selection| selection.len());
        let correction = query.correction;
        let query = QueryReport {
            text: query.text,
            mode: query.mode,
            per_language: query.per_language,
            languages: detected.languages,
            filter: query.filter.map(|filter| filter.to_string()),
        };
        Ok(Answer { query, matched, search, correction, bias: report, hits, timings_ms: timings })
    }

    /// How many documents match a filter. Takes no model.
    ///
    /// # Errors
    /// [`Error::Filter`] for a filter by a field that the index does not filter by, and
    /// [`Error::Index`] if damage is noticed.
    pub fn count(&self, filter: &Filter) -> Result<u64> {
        let view = self.view();
        let predicate = filter.resolve(&view.filterable, &view.present)?;
        Ok(view.snapshot.select(&predicate)?.len())
    }

    /// The document with this id, as of the last commit.
    ///
    /// # Errors
    /// [`Error::CorruptDocument`] and [`Error::Index`].
    pub fn get(&self, id: &str) -> Result<Option<Document>> {
        let view = self.view();
        let Some(found) = view.snapshot.get(key_of(id))? else { return Ok(None) };
        let document = self.document(&view, found.address, found.label)?;
        Ok((document.id == id).then_some(document))
    }

    /// Takes notice of what other processes have committed. Returns whether there was anything.
    ///
    /// # Errors
    /// [`Error::Index`]; the engine then stays as it was.
    pub fn refresh(&self) -> Result<bool> {
        let newer = self.index.refresh()?;
        if newer {
            self.show_newest()?;
        }
        Ok(newer)
    }

    /// The number of documents that can be found.
    pub fn len(&self) -> u64 {
        self.view().snapshot.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the index holds. Takes no model.
    pub fn info(&self) -> EngineInfo {
        let view = self.view();
        let counts = view.snapshot.labels();
        let languages = view
            .present
            .iter()
            .map(|(label, language)| (language.clone(), counts.get(label).copied().unwrap_or(0)));
        let filterable = view.filterable.names().to_vec();
        EngineInfo::of(self.index.folder(), &view.snapshot, languages.collect(), filterable)
    }

    /// How the vectors of each language lie. Takes no model; the first call after a commit reads
    /// the vectors of deleted documents.
    ///
    /// # Errors
    /// [`Error::Index`] if damage is noticed.
    pub fn language_statistics(&self) -> Result<BTreeMap<Language, LanguageStatistics>> {
        let view = self.view();
        let statistics = view.snapshot.label_statistics()?;
        let languages = view.present.iter().filter_map(|(label, language)| {
            Some((language.clone(), LanguageStatistics::of(statistics.get(label)?)))
        });
        Ok(languages.collect())
    }

    /// What the graph of each segment that has one is like. Takes no model; reads all links.
    ///
    /// # Errors
    /// [`Error::Index`] if damage is noticed.
    pub fn graph_statistics(&self) -> Result<Vec<GraphStatistics>> {
        let statistics = self.view().snapshot.graph_statistics()?;
        Ok(statistics.into_iter().map(GraphStatistics::of).collect())
    }

    /// Reads every byte of the index in `folder` and reports what is wrong. Takes no model.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no index; damage is reported, not returned as an error.
    pub fn verify(folder: impl AsRef<Path>) -> Result<VerifyReport> {
        Ok(Index::verify(folder)?)
    }

    /// The encoder, opened now if it was not yet.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`], [`Error::ModelMismatch`], and [`Error::Encoder`] if the model or
    /// ONNX Runtime cannot be used.
    pub fn encoder(&self) -> Result<&Encoder> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(encoder);
        }
        let _opening = lock(&self.opening);
        if let Some(encoder) = self.encoder.get() {
            return Ok(encoder);
        }
        let encoder = Encoder::open(self.locate_model()?, &self.options.encoder)?;
        Ok(self.encoder.get_or_init(|| encoder))
    }

    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        self.index.folder()
    }

    /// The folder of a model that has the fingerprint of the index.
    fn locate_model(&self) -> Result<PathBuf> {
        let view = self.view();
        let attribute =
            |name: &str| view.snapshot.attributes().get(name).map_or("", String::as_str);
        let name = attribute(ATTRIBUTE_MODEL_NAME);
        let recorded = Path::new(attribute(ATTRIBUTE_MODEL_FOLDER));
        let folder = model::locate(self.options.model.as_deref(), name, Some(recorded))?;
        let config = ModelConfig::read(&folder)?;
        if Fingerprint::of(&config).to_string() != attribute(ATTRIBUTE_FINGERPRINT) {
            return Err(Error::ModelMismatch {
                index: self.index.folder().to_owned(),
                model: folder,
                built_with: format!("{name} {}", attribute(ATTRIBUTE_MODEL_VERSION)),
                given: format!("{} {}", config.name, config.version),
            });
        }
        Ok(folder)
    }

    /// The mean queries, if anything that is asked needs them.
    fn query_means_for(&self, query: &Query) -> Result<Cow<'_, QueryMeans>> {
        let centered = query.correction.method == Method::Center && !query.correction.is_none();
        // What it would be without a correction is shown by centering.
        let shown = query.correction.is_none() && query.bias == BiasDetail::Counterfactual;
        if !centered && !shown {
            return Ok(Cow::Owned(QueryMeans::default()));
        }
        if let Some(known) = self.query_means.get() {
            return Ok(Cow::Borrowed(known));
        }
        let encoder = self.encoder()?;
        let means = QueryMeans::read(encoder.folder(), encoder.fingerprint())?;
        let means = means.cut(self.view().snapshot.dimension());
        Ok(Cow::Borrowed(self.query_means.get_or_init(|| means)))
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>> {
        let vectors = self.encoder()?.encode_queries(&[text])?;
        let dimension = self.view().snapshot.dimension();
        Ok(cut(&vectors.into_raw_vec_and_offset().0, dimension))
    }

    fn languages_of_query(&self, query: &Query) -> Detection {
        match &query.language {
            Some(language) => Detection::single(language.clone()),
            None => self.detector.detect_mixed(&query.text),
        }
    }

    /// The languages of documents: as given, else detected, on every core.
    fn languages_of(&self, documents: &[Document]) -> Vec<Language> {
        let one = |document: &Document| match &document.language {
            Some(language) => language.clone(),
            None => self.detector.detect(&document.text),
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = documents.len().div_ceil(cores).max(16);
        if documents.len() <= share || documents.iter().all(|document| document.language.is_some())
        {
            return documents.iter().map(one).collect();
        }
        let one = &one;
        thread::scope(|scope| {
            let parts: Vec<_> = documents
                .chunks(share)
                .map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>()))
                .collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().expect("detection does not panic"))
                .collect()
        })
    }

    fn hit(&self, view: &View, rank: usize, score: f32, neighbor: &Neighbor) -> Result<Hit> {
        let document = self.document(view, neighbor.address, neighbor.label)?;
        Ok(Hit {
            rank,
            id: document.id,
            score,
            bias: None,
            language: document.language.unwrap_or_else(Language::undetermined),
            group: document.group,
            text: document.text,
            metadata: document.metadata,
        })
    }

    fn document(&self, view: &View, address: Address, label: Label) -> Result<Document> {
        let corrupt =
            |reason| Error::CorruptDocument { path: self.index.folder().to_owned(), reason };
        let language = view.labels.language(label).ok_or_else(|| {
            corrupt(format!("its language number {} is not in the table", label.0))
        })?;
        record::decode(&view.snapshot.payload(address)?, language.clone()).map_err(corrupt)
    }

    /// Whether a commit has a passage as it is. Fails if it has another under the same key: two
    /// ids with one key would overwrite each other; that takes 2^32 ids on average.
    fn has(&self, view: &View, passage: &Passage) -> Result<bool> {
        let Some(found) = view.snapshot.get(passage.key)? else { return Ok(false) };
        if view.snapshot.payload(found.address)? == passage.payload {
            return Ok(view.labels.language(found.label) == Some(&passage.language));
        }
        let other = self.document(view, found.address, found.label)?;
        if other.id == passage.id {
            return Ok(false);
        }
        let reason = format!("its id cannot be told from {:?}; rename one of them", other.id);
        Err(Error::InvalidDocument { id: shortened(passage.id), reason })
    }

    /// The changes in progress, begun now if there were none.
    fn begin<'a>(&self, changes: &'a mut Option<Changes>) -> Result<&'a mut Changes> {
        if changes.is_none() {
            let writer = self.index.writer_with(self.options.writer)?;
            // The writer starts from the newest commit, perhaps another process's.
            let labels = self.show_newest()?.labels.clone();
            *changes = Some(Changes { writer, labels, touched: HashSet::new() });
        }
        Ok(changes.as_mut().expect("begun above"))
    }

    /// Commits as `commit` does, and shows what there is then.
    fn publish(
        &self,
        guard: &mut Option<Changes>,
        commit: impl FnOnce(&mut IndexWriter) -> mlsearch_index::Result<Arc<Snapshot>>,
    ) -> Result<u64> {
        let Some(changes) = guard.as_mut() else { return Ok(self.len()) };
        changes.writer.set_attribute(ATTRIBUTE_LANGUAGES, changes.labels.to_attribute());
        if let Some(listener) = lock(&self.listener).clone() {
            let memory = build::memory(self.view().snapshot.config(), &self.options.writer);
            changes.writer.on_progress(move |progress| {
                listener(&BuildProgress::of(progress, memory(progress.total)));
            });
        }
        if let Err(error) = commit(&mut changes.writer) {
            // Without changes to try again there is no reason to keep other writers out.
            if changes.writer.pending() == 0 {
                *guard = None;
            }
            return Err(error.into());
        }
        // Shown before another process can commit more.
        let view = self.show_newest();
        *guard = None;
        Ok(view?.snapshot.len())
    }

    /// Shows the last commit that the index knows.
    fn show_newest(&self) -> Result<Arc<View>> {
        // Whoever comes last here shows the newest: a view never replaces a newer one.
        let _showing = lock(&self.showing);
        let view = Arc::new(View::of(self.index.snapshot())?);
        self.view.store(Arc::clone(&view));
        Ok(view)
    }

    fn view(&self) -> Arc<View> {
        self.view.load_full()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("folder", &self.index.folder())
            .field("documents", &self.len())
            .finish_non_exhaustive()
    }
}

impl View {
    fn of(snapshot: Arc<Snapshot>) -> Result<Self> {
        let not_ours =
            |reason: String| Error::NotAnEngine { path: snapshot.folder().to_owned(), reason };
        match snapshot.attributes().get(ATTRIBUTE_DOCUMENTS).map(String::as_str) {
            Some(DOCUMENTS_VERSION) => {}
            Some(other) => {
                let reason = format!(
                    "its documents have the layout {other:?}, and this version reads {DOCUMENTS_VERSION}; \
                     use a matching version of mlsearch"
                );
                return Err(not_ours(reason));
            }
            None => return Err(not_ours("it holds vectors without documents".to_owned())),
        }
        let languages = snapshot.attributes().get(ATTRIBUTE_LANGUAGES).map_or("[]", String::as_str);
        let labels = LabelTable::from_attribute(languages).map_err(not_ours)?;
        let present = snapshot
            .labels()
            .into_keys()
            .filter_map(|label| Some((label, labels.language(label)?.clone())))
            .collect();
        let filterable = match snapshot.attributes().get(ATTRIBUTE_FILTERABLE) {
            Some(names) => Filterable::from_attribute(names).map_err(not_ours)?,
            None => Filterable::default(),
        };
        Ok(Self { snapshot, labels, present, filterable, profiles: OnceLock::new() })
    }

    fn profiles(&self) -> Result<&Profiles> {
        if let Some(known) = self.profiles.get() {
            return Ok(known);
        }
        let profiles = Profiles::of(&self.snapshot, &self.present)?;
        Ok(self.profiles.get_or_init(|| profiles))
    }
}

/// Places from 1 on, within each language if that is how the ranking comes.
fn ranks(ranking: &[Neighbor], per_language: bool) -> Vec<usize> {
    let mut rank = 0;
    let mut before = None;
    let next = |neighbor: &Neighbor| {
        let begins = per_language && before != Some(neighbor.label);
        before = Some(neighbor.label);
        rank = if begins { 1 } else { rank + 1 };
        rank
    };
    ranking.iter().map(next).collect()
}

/// The passages that a commit does not have as they are, or that were touched since.
fn changed_passages(
    engine: &Engine,
    view: &View,
    touched: &HashSet<Key>,
    passages: &[Passage],
) -> Result<Vec<usize>> {
    let mut changed = Vec::new();
    // Of two with one id, the second may be as the commit has it, and replaces the first.
    let mut before = HashSet::new();
    for (at, passage) in passages.iter().enumerate() {
        let is_there = engine.has(view, passage)?;
        if !is_there || touched.contains(&passage.key) || before.contains(&passage.key) {
            before.insert(passage.key);
            changed.push(at);
        }
    }
    Ok(changed)
}

/// A document as it is stored, but for its vector.
struct Passage<'a> {
    id: &'a str,
    key: Key,
    language: Language,
    payload: Vec<u8>,
    values: Vec<FieldValue<'a>>,
}

impl<'a> Passage<'a> {
    /// Checks a document and gives its stored form.
    fn new(document: &'a Document, language: Language, filterable: &'a Filterable) -> Result<Self> {
        let invalid =
            |reason: String| Error::InvalidDocument { id: shortened(&document.id), reason };
        if document.id.is_empty() {
            return Err(invalid("its id is empty".to_owned()));
        }
        if document.id.len() > MAX_ID_BYTES {
            return Err(invalid(format!("its id is longer than {MAX_ID_BYTES} bytes")));
        }
        if document.text.trim().is_empty() {
            return Err(invalid("its text is blank".to_owned()));
        }
        let values = filterable.values(document).map_err(invalid)?;
        let payload = record::encode(document).map_err(invalid)?;
        Ok(Self { id: &document.id, key: key_of(&document.id), language, payload, values })
    }
}

/// An id that fits an error message.
fn shortened(id: &str) -> String {
    const MOST: usize = 100;
    match id.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}

/// The index's key of a document id: the first 8 bytes of its BLAKE3 digest.
pub(crate) fn key_of(id: &str) -> Key {
    let digest = blake3::hash(id.as_bytes());
    let (first, _) = digest.as_bytes().split_first_chunk::<8>().expect("a digest has 32 bytes");
    Key(u64::from_le_bytes(*first))
}

fn open_options(options: &EngineOptions) -> OpenOptions {
    OpenOptions { pinned: options.pinned }
}

fn absolute(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned()
}

/// No lock is held while state is half changed, so one that a panic poisoned can be used on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let result = work();
    (result, milliseconds(started))
}

fn record_time<T>(slot: &mut f64, (result, time): (T, f64)) -> T {
    *slot = time;
    result
}

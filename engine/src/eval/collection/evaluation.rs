//! From vectors to figures.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use super::judge::{DEPTH, Judged};
use super::{Collection, Vectors};
use crate::bias::Correction;
use crate::bias::measures::{discounted_exposure, exposure, jensen_shannon};
use crate::eval::blocks::{Pool, Scores as QueryScores, for_each_query};
use crate::eval::correcting::Corrector;
use crate::eval::metrics::{JudgedRanking, peer, rank_correlation, tlr};
use crate::eval::trec::{QrelsWriter, RunWriter};
use crate::eval::{Correcting, Progress, Stage};
use crate::{Language, Result, SearchReport};

/// Where exposure and the shares of languages are cut off.
const CUT_OFF: usize = 10;
/// How deep [`peer`] looks.
const PEER_CUT_OFF: usize = 20;
/// Queries that are kept to be looked at.
const WORST: usize = 20;
/// Documents that are kept of each of these.
const SHOWN: usize = 5;

/// What an evaluation of a collection found. Every figure is a mean over the queries of a
/// language first and over the languages then, unless it is called micro: so each language counts
/// alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The collection's name.
    pub dataset: String,
    /// Its queries.
    pub queries: usize,
    /// Its documents.
    pub documents: usize,
    /// How documents were ranked: each was compared.
    pub search: SearchReport,
    /// What was corrected.
    pub correction: Correction,
    /// Queries against all documents.
    pub multi: Scores,
    /// The same as means over all queries alike.
    pub micro: Scores,
    /// Queries against the documents of their own language; none if no relevant document is.
    pub mono: Option<PairScores>,
    /// Queries against the documents of one other language; a mean over pairs of languages.
    pub cross: Option<PairScores>,
    /// Against all documents, by the language of the query.
    pub per_language: BTreeMap<Language, Scores>,
    /// Against the documents of one language: of the query first, of the documents then.
    pub pairs: BTreeMap<Language, BTreeMap<Language, PairScores>>,
    /// Documents of each language, and their share of the first ten, discounted by rank: means
    /// over all queries.
    pub exposure: BTreeMap<Language, Exposure>,
    /// The queries that fared worst by average precision.
    pub worst: Vec<WorstQuery>,
    /// The rank distance of every query that has one, in the order of the queries.
    #[serde(skip)]
    pub rank_distances: Vec<usize>,
}

/// Means over queries against all documents.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Scores {
    /// Queries.
    pub queries: usize,
    /// Mean average precision.
    pub map: f64,
    /// nDCG of the first ten.
    pub ndcg_at_10: f64,
    /// Share of the relevant documents among the first ten.
    pub recall_at_10: f64,
    /// Share of the relevant documents among the first hundred.
    pub recall_at_100: f64,
    /// Mean reciprocal rank of the first relevant document.
    pub mrr: f64,
    /// Share of queries whose first document is relevant.
    pub hit_at_1: f64,
    /// Mean rank distance, of queries with several relevant documents.
    pub rank_distance: Option<f64>,
    /// The same divided by the number of documents.
    pub rank_distance_share: Option<f64>,
    /// Mean of the worst rank of a relevant document: so far one must read to see all.
    pub max_rank: Option<f64>,
    /// Share of queries all of whose relevant documents are among the first ten.
    pub complete_at_10: f64,
    /// The same among the first hundred.
    pub complete_at_100: f64,
    /// Share of the relevant documents in other languages than the query's that are among the first
    /// ten.
    pub tlr_at_10: Option<f64>,
    /// The same among the first hundred.
    pub tlr_at_100: Option<f64>,
    /// Probability that relevant documents rank alike in all languages, of the first twenty
    /// ([`peer`]); of queries whose relevant documents are in several.
    pub peer_at_20: Option<f64>,
    /// Mean rank correlation ([`rank_correlation`]) of the first ten with those of the same query in
    /// other languages; of queries whose group has several.
    pub mrc_at_10: Option<f64>,
    /// Share of the first ten that is in the query's language.
    #[serde(rename = "query_language_share_at_10")]
    pub own_share_at_10: f64,
    /// That share over the share of the query's language in the pool: 1 is neutral. Of queries in
    /// whose language there are documents.
    #[serde(rename = "query_language_lift_at_10")]
    pub lift_at_10: Option<f64>,
    /// Jensen-Shannon divergence of the discounted exposure of the first ten and the pool, bits.
    pub divergence_at_10: f64,
}

/// Means over queries against the documents of one language.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct PairScores {
    /// Queries.
    pub queries: usize,
    /// Mean average precision.
    pub map: f64,
    /// nDCG of the first ten.
    pub ndcg_at_10: f64,
    /// Share of queries whose first document is relevant: recall@1 of parallel text.
    pub hit_at_1: f64,
}

/// What of the first ten is in a language.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Exposure {
    /// Documents.
    pub documents: usize,
    /// Their share of the pool.
    pub pool_share: f64,
    /// Their share of the first ten, discounted by rank.
    pub exposure: f64,
}

/// A query that fared ill.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WorstQuery {
    /// Its id.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: String,
    /// Its average precision.
    pub average_precision: f64,
    /// The rank of the best relevant document, and its id and text.
    pub best: Option<(usize, Found)>,
    /// What was found first.
    pub first: Vec<Found>,
}

/// A document of a ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: String,
    /// Whether it is relevant.
    pub relevant: bool,
}

/// Scores the rankings that `vectors` give, corrected as `correcting` says: against documents of
/// the query's own language alone nothing is corrected.
///
/// # Errors
/// [`Error::Index`](crate::Error::Index) when the vectors are not those of the collection or not
/// finite, [`Error::InvalidStrength`](crate::Error::InvalidStrength),
/// [`Error::Cancelled`](crate::Error::Cancelled) when `progress` answers so, and
/// [`Error::Io`](crate::Error::Io) if a text cannot be read again.
pub fn evaluate(
    collection: &Collection,
    vectors: &Vectors,
    correcting: Correcting<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Evaluation> {
    let mut tally = Tally::new(collection);
    for_each_judged(collection, vectors, correcting, Stage::Scoring, progress, |query, judged| {
        tally.add(query, &judged);
        Ok(())
    })?;
    tally.evaluation(correcting.correction)
}

/// Writes the first hundred documents of each query to the file `path` as a TREC run.
///
/// # Errors
/// As [`evaluate`], and if the file cannot be written.
pub fn write_run(
    path: impl AsRef<Path>,
    collection: &Collection,
    vectors: &Vectors,
    correcting: Correcting<'_>,
    tag: &str,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<()> {
    let mut writer = RunWriter::create(path, tag)?;
    for_each_judged(
        collection,
        vectors,
        correcting,
        Stage::WritingRun,
        progress,
        |query, judged| {
            let documents = judged.first.iter().take(DEPTH);
            let ranking =
                documents.map(|(place, score)| (&collection.documents[*place].id, *score));
            writer.write(&collection.queries[query].id, ranking)
        },
    )?;
    writer.finish()
}

/// Writes the judgements of a collection to the file `path` as TREC has them.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io).
pub fn write_qrels(path: impl AsRef<Path>, collection: &Collection) -> Result<()> {
    let mut writer = QrelsWriter::create(path)?;
    for (query, relevant) in collection.queries.iter().zip(&collection.relevant) {
        let grades =
            relevant.iter().map(|(place, grade)| (&collection.documents[*place].id, *grade));
        writer.write(&query.id, grades)?;
    }
    writer.finish()
}

fn for_each_judged(
    collection: &Collection,
    vectors: &Vectors,
    correcting: Correcting<'_>,
    stage: Stage,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    take: impl FnMut(usize, Judged<'_>) -> Result<()>,
) -> Result<()> {
    vectors.check(collection)?;
    let labels = collection.labels();
    let corrector = Corrector::new(correcting, &collection.languages, &labels, &vectors.documents)?;
    let places: HashMap<&str, usize> =
        collection.documents.iter().zip(0..).map(|(of, place)| (&of.id[..], place)).collect();
    let pool = Pool {
        queries: vectors.queries.view(),
        documents: vectors.documents.view(),
        corrector: &corrector,
        language_of: &|query| collection.language_of(&collection.queries[query]),
    };
    let look = |query: usize, scores: QueryScores<'_>| {
        let own = places.get(&collection.queries[query].id[..]).copied();
        Judged::of(collection, &labels, query, own, scores)
    };
    for_each_query(&pool, stage, progress, look, take)
}

/// A query that fared ill, in numbers.
struct Worst {
    average_precision: f64,
    query: usize,
    /// Rank and number of the best relevant document.
    best: Option<(usize, usize)>,
    /// The first documents.
    first: Vec<usize>,
}

/// What the queries add up to.
struct Tally<'c> {
    collection: &'c Collection,
    labels: Vec<u16>,
    /// Documents of each language.
    documents: Vec<usize>,
    /// By language of the query.
    languages: Vec<Sums>,
    all: Sums,
    /// By language of the query and of the documents.
    pairs: BTreeMap<(u16, u16), PairSums>,
    exposure: Vec<f64>,
    worst: Vec<Worst>,
    rank_distances: Vec<usize>,
    /// The queries of each group, and what they found.
    versions: BTreeMap<&'c str, Vec<Version>>,
}

/// A query as one of a group.
struct Version {
    language: u16,
    /// The first documents.
    first: Vec<usize>,
}

impl<'c> Tally<'c> {
    fn new(collection: &'c Collection) -> Self {
        let count = collection.languages.len();
        let labels = collection.labels();
        let mut documents = vec![0; count];
        labels.iter().for_each(|label| documents[usize::from(*label)] += 1);
        Self {
            collection,
            labels,
            documents,
            languages: vec![Sums::default(); count],
            all: Sums::default(),
            pairs: BTreeMap::new(),
            exposure: vec![0.0; count],
            worst: Vec::new(),
            rank_distances: Vec::new(),
            versions: BTreeMap::new(),
        }
    }

    fn add(&mut self, query: usize, judged: &Judged<'_>) {
        let language = self.collection.queries[query].language;
        let count = self.collection.languages.len();
        let pool = self.labels.len() as f64;
        let shares: Vec<f64> = self.documents.iter().map(|of| *of as f64 / pool).collect();
        let first: Vec<usize> = judged
            .first
            .iter()
            .take(CUT_OFF)
            .map(|(place, _)| usize::from(self.labels[*place]))
            .collect();
        let discounted = discounted_exposure(&first, count);
        let own = exposure(&first, count)[usize::from(language)];
        let own_pool = shares[usize::from(language)];
        let asked = &self.collection.languages[usize::from(language)];
        // With one language there is none that could be behind.
        let several = judged.relevant.iter().any(|(label, ..)| *label != judged.relevant[0].0);
        let peer = || peer(&judged.all, PEER_CUT_OFF, |_| 1.0);
        let ranking = &judged.pooled;
        let distance = ranking.rank_distance();
        let one = Sums {
            queries: 1,
            map: ranking.average_precision(),
            ndcg: ranking.ndcg(CUT_OFF),
            recall_at_10: ranking.recall(10),
            recall_at_100: ranking.recall(100),
            mrr: ranking.reciprocal_rank(),
            hit: ranking.hit_at_1(),
            rank_distance: Optional::of(distance.map(|distance| distance as f64)),
            max_rank: Optional::of(ranking.max_rank().map(|rank| rank as f64)),
            complete_at_10: ranking.complete_at(10),
            complete_at_100: ranking.complete_at(100),
            tlr_at_10: Optional::of(tlr(&judged.all, asked, 10)),
            tlr_at_100: Optional::of(tlr(&judged.all, asked, 100)),
            peer: Optional::of(several.then(peer).flatten()),
            mrc: Optional::default(),
            own,
            lift: Optional::of((own_pool > 0.0).then(|| own / own_pool)),
            divergence: jensen_shannon(&discounted, &shares),
        };
        self.rank_distances.extend(distance);
        self.languages[usize::from(language)].add(&one);
        self.all.add(&one);
        self.exposure.iter_mut().zip(&discounted).for_each(|(sum, of)| *sum += of);
        for (label, ranking) in &judged.by_language {
            self.pairs.entry((language, *label)).or_default().add(ranking);
        }
        if let Some(group) = &self.collection.queries[query].group {
            let first = judged.first.iter().take(CUT_OFF).map(|(place, _)| *place).collect();
            self.versions.entry(group).or_default().push(Version { language, first });
        }
        self.keep(query, judged, one.map);
    }

    /// Adds to each query that has versions in other languages how its ranking correlates with theirs.
    fn correlate(&mut self) {
        for versions in std::mem::take(&mut self.versions).into_values() {
            let mut sums = vec![Optional::default(); versions.len()];
            for (at, one) in versions.iter().enumerate() {
                for (other_at, other) in versions.iter().enumerate().skip(at + 1) {
                    if one.language != other.language {
                        let value = Optional::of(rank_correlation(&one.first, &other.first));
                        sums[at].add(value);
                        sums[other_at].add(value);
                    }
                }
            }
            for (version, sum) in versions.iter().zip(sums) {
                let of_query = Sums { mrc: Optional::of(sum.mean()), ..Sums::default() };
                self.languages[usize::from(version.language)].add(&of_query);
                self.all.add(&of_query);
            }
        }
    }

    /// Keeps the query if it is among the worst so far.
    fn keep(&mut self, query: usize, judged: &Judged<'_>, precision: f64) {
        let worst = &mut self.worst;
        if worst.len() == WORST && worst[WORST - 1].average_precision <= precision {
            return;
        }
        let at = worst.partition_point(|other| other.average_precision <= precision);
        worst.insert(
            at,
            Worst {
                average_precision: precision,
                query,
                best: judged.relevant.first().map(|(_, rank, place)| (*rank, *place)),
                first: judged.first.iter().take(SHOWN).map(|(place, _)| *place).collect(),
            },
        );
        worst.truncate(WORST);
    }

    fn evaluation(mut self, correction: Correction) -> Result<Evaluation> {
        self.correlate();
        let collection = self.collection;
        let pool = collection.documents.len();
        let asked = || {
            let known = collection.languages.iter().zip(&self.languages);
            known.filter(|(_, sums)| sums.queries > 0)
        };
        let mut macro_sums = Sums::default();
        asked().for_each(|(_, sums)| macro_sums.add(&sums.mean()));
        let own: Vec<&PairSums> =
            self.pairs.iter().filter(|((a, b), _)| a == b).map(|(_, sums)| sums).collect();
        let others: Vec<&PairSums> =
            self.pairs.iter().filter(|((a, b), _)| a != b).map(|(_, sums)| sums).collect();
        let mut pairs: BTreeMap<Language, BTreeMap<Language, PairScores>> = BTreeMap::new();
        for ((query, document), sums) in &self.pairs {
            let language = |label: &u16| collection.languages[usize::from(*label)].clone();
            pairs.entry(language(query)).or_default().insert(language(document), sums.scores());
        }
        let exposure = collection.languages.iter().zip(&self.documents).zip(&self.exposure);
        let exposure = exposure.filter(|((_, documents), _)| **documents > 0);
        Ok(Evaluation {
            dataset: collection.name.clone(),
            queries: self.all.queries,
            documents: pool,
            search: SearchReport::EXACT,
            correction,
            multi: Scores { queries: self.all.queries, ..macro_sums.scores(pool) },
            micro: self.all.scores(pool),
            mono: PairSums::mean(&own),
            cross: PairSums::mean(&others),
            per_language: asked()
                .map(|(language, sums)| (language.clone(), sums.scores(pool)))
                .collect(),
            pairs,
            exposure: exposure
                .map(|((language, documents), sum)| {
                    let pool_share = *documents as f64 / pool as f64;
                    let exposure = sum / self.all.queries as f64;
                    (language.clone(), Exposure { documents: *documents, pool_share, exposure })
                })
                .collect(),
            worst: self
                .worst
                .iter()
                .map(|worst| {
                    let found = |place: usize| {
                        let document = &collection.documents[place];
                        let relevant = &collection.relevant[worst.query];
                        Ok(Found {
                            id: document.id.clone(),
                            language: collection.language_of(document).clone(),
                            text: collection.document_text(place)?,
                            relevant: relevant.iter().any(|(of, _)| *of == place),
                        })
                    };
                    let entry = &collection.queries[worst.query];
                    Ok(WorstQuery {
                        id: entry.id.clone(),
                        language: collection.language_of(entry).clone(),
                        text: collection.query_text(worst.query)?,
                        average_precision: worst.average_precision,
                        best: match worst.best {
                            Some((rank, place)) => Some((rank, found(place)?)),
                            None => None,
                        },
                        first: worst
                            .first
                            .iter()
                            .map(|place| found(*place))
                            .collect::<Result<_>>()?,
                    })
                })
                .collect::<Result<_>>()?,
            rank_distances: self.rank_distances,
        })
    }
}

/// A sum of what not every query has.
#[derive(Debug, Clone, Copy, Default)]
struct Optional {
    sum: f64,
    count: usize,
}

impl Optional {
    fn of(value: Option<f64>) -> Self {
        Self { sum: value.unwrap_or(0.0), count: usize::from(value.is_some()) }
    }

    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// Sums over queries.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    queries: usize,
    map: f64,
    ndcg: f64,
    recall_at_10: f64,
    recall_at_100: f64,
    mrr: f64,
    hit: f64,
    rank_distance: Optional,
    max_rank: Optional,
    complete_at_10: f64,
    complete_at_100: f64,
    tlr_at_10: Optional,
    tlr_at_100: Optional,
    peer: Optional,
    mrc: Optional,
    own: f64,
    lift: Optional,
    divergence: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.queries += other.queries;
        for (sum, value) in [
            (&mut self.map, other.map),
            (&mut self.ndcg, other.ndcg),
            (&mut self.recall_at_10, other.recall_at_10),
            (&mut self.recall_at_100, other.recall_at_100),
            (&mut self.mrr, other.mrr),
            (&mut self.hit, other.hit),
            (&mut self.complete_at_10, other.complete_at_10),
            (&mut self.complete_at_100, other.complete_at_100),
            (&mut self.own, other.own),
            (&mut self.divergence, other.divergence),
        ] {
            *sum += value;
        }
        for (sum, value) in [
            (&mut self.rank_distance, other.rank_distance),
            (&mut self.max_rank, other.max_rank),
            (&mut self.tlr_at_10, other.tlr_at_10),
            (&mut self.tlr_at_100, other.tlr_at_100),
            (&mut self.peer, other.peer),
            (&mut self.mrc, other.mrc),
            (&mut self.lift, other.lift),
        ] {
            sum.add(value);
        }
    }

    /// The mean over the queries, to be counted as one.
    fn mean(&self) -> Self {
        let of = |sum: f64| sum / self.queries.max(1) as f64;
        Self {
            queries: 1,
            map: of(self.map),
            ndcg: of(self.ndcg),
            recall_at_10: of(self.recall_at_10),
            recall_at_100: of(self.recall_at_100),
            mrr: of(self.mrr),
            hit: of(self.hit),
            rank_distance: Optional::of(self.rank_distance.mean()),
            max_rank: Optional::of(self.max_rank.mean()),
            complete_at_10: of(self.complete_at_10),
            complete_at_100: of(self.complete_at_100),
            tlr_at_10: Optional::of(self.tlr_at_10.mean()),
            tlr_at_100: Optional::of(self.tlr_at_100.mean()),
            peer: Optional::of(self.peer.mean()),
            mrc: Optional::of(self.mrc.mean()),
            own: of(self.own),
            lift: Optional::of(self.lift.mean()),
            divergence: of(self.divergence),
        }
    }

    fn scores(&self, pool: usize) -> Scores {
        let mean = self.mean();
        Scores {
            queries: self.queries,
            map: mean.map,
            ndcg_at_10: mean.ndcg,
            recall_at_10: mean.recall_at_10,
            recall_at_100: mean.recall_at_100,
            mrr: mean.mrr,
            hit_at_1: mean.hit,
            rank_distance: mean.rank_distance.mean(),
            rank_distance_share: mean.rank_distance.mean().map(|of| of / pool as f64),
            max_rank: mean.max_rank.mean(),
            complete_at_10: mean.complete_at_10,
            complete_at_100: mean.complete_at_100,
            tlr_at_10: mean.tlr_at_10.mean(),
            tlr_at_100: mean.tlr_at_100.mean(),
            peer_at_20: mean.peer.mean(),
            mrc_at_10: mean.mrc.mean(),
            own_share_at_10: mean.own,
            lift_at_10: mean.lift.mean(),
            divergence_at_10: mean.divergence,
        }
    }
}

/// Sums over queries against the documents of one language.
#[derive(Debug, Clone, Copy, Default)]
struct PairSums {
    queries: usize,
    map: f64,
    ndcg: f64,
    hit: f64,
}

impl PairSums {
    fn add(&mut self, ranking: &JudgedRanking) {
        self.queries += 1;
        self.map += ranking.average_precision();
        self.ndcg += ranking.ndcg(CUT_OFF);
        self.hit += ranking.hit_at_1();
    }

    fn scores(&self) -> PairScores {
        let of = |sum: f64| sum / self.queries.max(1) as f64;
        PairScores {
            queries: self.queries,
            map: of(self.map),
            ndcg_at_10: of(self.ndcg),
            hit_at_1: of(self.hit),
        }
    }

    /// The mean over pairs; `None` if there are none.
    fn mean(pairs: &[&Self]) -> Option<PairScores> {
        let scores: Vec<PairScores> = pairs.iter().map(|sums| sums.scores()).collect();
        let of = |figure: fn(&PairScores) -> f64| {
            scores.iter().map(figure).sum::<f64>() / scores.len() as f64
        };
        (!scores.is_empty()).then(|| PairScores {
            queries: scores.iter().map(|of| of.queries).sum(),
            map: of(|of| of.map),
            ndcg_at_10: of(|of| of.ndcg_at_10),
            hit_at_1: of(|of| of.hit_at_1),
        })
    }
}

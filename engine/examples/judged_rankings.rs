//! Writes random rankings, their judgements and this library's measures of them, for
//! `scripts/check_metrics.py` to compare with `trec_eval` and `scripts/check_language_metrics.py`
//! with SciPy:
//!
//! ```text
//! cargo run -p mlsearch --example judged_rankings -- FOLDER
//! ```
//!
//! FOLDER gets `run.trec`, `qrels.trec`, `corpus.jsonl`, `queries.jsonl`, `values.json` (the measures
//! that `trec_eval` has, of the rankings in memory) and `scores.json` (all measures, of the files read
//! back, and bootstraps). The rankings have equal scores, relevant documents that were not found,
//! documents nobody judged, graded relevance, documents without language, translated queries, and
//! queries that find nothing relevant. They are the same at every run.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use mlsearch::Language;
use mlsearch::eval::bootstrap::{BootstrapOptions, Draw, MeanOver, Pair, compare};
use mlsearch::eval::metrics::{JudgedRanking, Relevant, peer};
use mlsearch::eval::trec::{Qrels, QrelsWriter, Run, RunWriter, read_qrels, read_run};
use mlsearch::eval::{Catalog, Measure, QueryScores, Summary, score_run};
use serde_json::{Value, json};

const QUERIES: u64 = 400;
const DOCUMENTS: u64 = 300;
const LANGUAGES: [&str; 5] = ["de", "en", "fr", "zh", "sw"];
/// Queries of a group, each in another language.
const TRANSLATIONS: u64 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give the folder to write to")?);
    fs::create_dir_all(&folder)?;
    write_rankings(&folder)?;
    write_languages(&folder)?;

    let run = read_run(folder.join("run.trec"))?;
    let qrels = read_qrels(folder.join("qrels.trec"))?;
    let documents = Catalog::read(folder.join("corpus.jsonl"))?;
    let queries = Catalog::read(folder.join("queries.jsonl"))?;
    let scores = score_run(&run, &qrels, &documents, &queries);
    let report = json!({
        "summary": Summary::of(&scores.queries),
        "peer_of_found": peer_of_found(&run, &qrels, &documents),
        "bootstraps": bootstraps(&scores.queries),
        "queries": scores.queries,
    });
    fs::write(folder.join("scores.json"), serde_json::to_vec(&report)?)?;
    Ok(())
}

fn write_rankings(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut random = Random(20_260_501);
    let mut run = RunWriter::create(folder.join("run.trec"), "random")?;
    let mut qrels = QrelsWriter::create(folder.join("qrels.trec"))?;
    let mut values = BTreeMap::new();
    for number in 0..QUERIES {
        let query = format!("q{number}");
        let pool = 1 + random.below(DOCUMENTS);
        let documents = || (0..pool).map(|number| format!("d{number}"));

        let highest_grade = 1 + random.below(4);
        let mut grades = HashMap::new();
        for document in documents() {
            // A third of the documents is not judged, and most of the judged are not relevant.
            if random.below(3) > 0 {
                let grade = (random.below(4 + highest_grade)).saturating_sub(3);
                grades.insert(document, u32::try_from(grade)?);
            }
        }
        let levels = [4, 50, 1 << 23][usize::try_from(number % 3)?];
        let mut ranking: Vec<(String, f32)> = Vec::new();
        for document in documents() {
            if random.below(5) > 0 {
                ranking.push((document, random.below(levels) as f32 / levels as f32 * 2.0 - 1.0));
            }
        }
        // The order that `trec_eval` gives to equal scores: greatest id first.
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        if ranking.is_empty() || grades.is_empty() {
            continue; // It has no line in one of the files, so `trec_eval` does not know it.
        }

        let ids: Vec<String> = ranking.iter().map(|(id, _)| id.clone()).collect();
        let judged = JudgedRanking::new(&ids, &grades);
        let measures = BTreeMap::from([
            ("map", judged.average_precision()),
            ("ndcg", judged.ndcg(usize::MAX)),
            ("ndcg_cut_10", judged.ndcg(10)),
            ("ndcg_cut_100", judged.ndcg(100)),
            ("recall_10", judged.recall(10)),
            ("recall_100", judged.recall(100)),
            ("recip_rank", judged.reciprocal_rank()),
            ("success_1", judged.hit_at_1()),
        ]);
        run.write(&query, ranking)?;
        let sorted: BTreeMap<String, u32> = grades.into_iter().collect();
        qrels.write(&query, sorted)?;
        values.insert(query, measures);
    }
    run.finish()?;
    qrels.finish()?;
    fs::write(folder.join("values.json"), serde_json::to_vec_pretty(&values)?)?;
    Ok(())
}

/// Languages of documents, a tenth of which have none, and of queries.
fn write_languages(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut random = Random(7);
    let line = |value: Value| format!("{value}\n");
    let documents: String = (0..DOCUMENTS)
        .map(|number| {
            let id = format!("d{number}");
            // Two of the languages have more documents than the others.
            let language = usize::try_from(random.below(7)).unwrap_or(0) % LANGUAGES.len();
            match random.below(10) {
                0 => line(json!({"_id": id})),
                _ => line(json!({"_id": id, "lang": LANGUAGES[language]})),
            }
        })
        .collect();
    let queries: String = (0..QUERIES)
        .map(|number| {
            let language = LANGUAGES[usize::try_from(number % TRANSLATIONS).unwrap_or(0)];
            let group = format!("g{}", number / TRANSLATIONS);
            line(json!({"_id": format!("q{number}"), "lang": language, "group": group}))
        })
        .collect();
    fs::write(folder.join("corpus.jsonl"), documents)?;
    fs::write(folder.join("queries.jsonl"), queries)?;
    Ok(())
}

/// PEER of each query as if the documents that were not found were not relevant.
fn peer_of_found(run: &Run, qrels: &Qrels, documents: &Catalog) -> BTreeMap<String, Option<f64>> {
    let of = |query: &String, grades: &HashMap<String, u32>| {
        let ranking = run.get(query)?.iter().zip(1..);
        let relevant: Vec<Relevant> = ranking
            .filter_map(|(id, rank)| {
                let (grade, language) = (*grades.get(id)?, documents.language(id));
                Some(Relevant { rank: Some(rank), grade, language })
            })
            .collect();
        peer(&relevant, usize::MAX, |_| 1.0)
    };
    qrels.iter().map(|(query, grades)| (query.clone(), of(query, grades))).collect()
}

/// Comparisons of two runs, the other one of which has for each query the value of a query after it.
fn bootstraps(queries: &[QueryScores]) -> Vec<Value> {
    let value = |query: &QueryScores, measure| query.values.get(&measure).copied().unwrap_or(0.0);
    // Less of one language, so that the means over queries and over languages differ.
    let some = queries.iter().enumerate().filter(|(at, query)| {
        at % 3 == 0 || query.language.as_ref().is_some_and(|language| language.as_str() != "de")
    });
    let pairs: Vec<Pair> = some
        .map(|(at, query)| Pair {
            value: value(query, Measure::Mrr),
            against: value(&queries[(at + 5) % queries.len()], Measure::Mrr),
            language: query.language.as_ref(),
            group: query.group.as_deref(),
        })
        .collect();
    let listed: Vec<Value> = pairs
        .iter()
        .map(|pair| {
            json!([pair.value, pair.against, pair.language.map(Language::as_str), pair.group])
        })
        .collect();
    let mut comparisons = Vec::new();
    for mean in [MeanOver::Queries, MeanOver::Languages] {
        for draw in [Draw::Queries, Draw::WithinLanguages, Draw::Groups] {
            let options = BootstrapOptions { mean, draw, ..BootstrapOptions::default() };
            let comparison = compare(&pairs, &options);
            comparisons
                .push(json!({"options": options, "pairs": listed, "comparison": comparison}));
        }
    }
    comparisons
}

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

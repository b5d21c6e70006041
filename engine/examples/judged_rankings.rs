//! Writes random rankings, their judgements and this library's measures of them, for
//! `scripts/check_metrics.py` to compare with `trec_eval`:
//!
//! ```text
//! cargo run -p mlsearch --example judged_rankings -- FOLDER
//! ```
//!
//! FOLDER gets `run.trec`, `qrels.trec` and `values.json`. The rankings have equal scores,
//! relevant documents that were not found, documents nobody judged, graded relevance, and
//! queries that find nothing relevant. They are the same at every run.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use mlsearch::eval::metrics::JudgedRanking;
use mlsearch::eval::trec::{QrelsWriter, RunWriter};

const QUERIES: u64 = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give the folder to write to")?);
    fs::create_dir_all(&folder)?;
    let mut random = Random(20_260_501);
    let mut run = RunWriter::create(folder.join("run.trec"), "random")?;
    let mut qrels = QrelsWriter::create(folder.join("qrels.trec"))?;
    let mut values = BTreeMap::new();
    for number in 0..QUERIES {
        let query = format!("q{number}");
        let pool = 1 + random.below(300);
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

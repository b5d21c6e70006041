//! The page.

use std::fmt::Write;

use super::{charts, escape};
use crate::eval::collection::{Evaluation, Found, Scores, WorstQuery};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6670;--line:#d9dee3;--paper:#fff;--panel:#f6f8fa;--accent:#1668c7;--warm:#c2571a;--heat:22,104,199}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5af;--line:#343b42;--paper:#14171a;--panel:#1c2126;--accent:#5aa2f0;--warm:#f0935a;--heat:90,162,240}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.5rem 0 .5rem}\
p{color:var(--soft);margin:.25rem 0 1rem;max-width:46rem}\
.scroll{overflow-x:auto}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
.figures th,.figures td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
.figures th:first-child,.figures td:first-child{text-align:left;padding-left:0}\
.better{color:var(--accent)}.worse{color:var(--warm)}\
.heat{font-size:.8rem}.heat th{font-weight:500;padding:.1rem .35rem;text-align:right}\
.heat td{min-width:2.6rem;text-align:center;padding:.25rem .2rem}.heat .corner{color:var(--soft);font-size:.75rem;padding-right:.6rem}\
.cell{background:rgba(var(--heat),calc(.06 + .9*var(--share)));border:1px solid var(--paper)}\
.cell.deep{color:#fff}.cell.own{outline:2px solid var(--ink);outline-offset:-2px}\
.heat th[scope=row]{position:sticky;left:0;background:var(--paper);white-space:nowrap}\
@media(prefers-color-scheme:dark){.cell.deepest{color:#0b0d0f}}\
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:.25rem .75rem;align-items:center;max-width:46rem;font-variant-numeric:tabular-nums}\
.track{position:relative;height:1rem;background:var(--panel);border-radius:3px}\
.bar{height:100%;background:var(--accent);border-radius:3px}\
.mark{position:absolute;top:-.15rem;bottom:-.15rem;width:2px;background:var(--ink)}\
.value{color:var(--soft);text-align:right}\
svg{width:100%;max-width:46rem;height:auto}svg rect{fill:var(--accent)}svg line{stroke:var(--soft)}svg text{fill:var(--soft);font-size:12px;text-anchor:middle}\
details{border-bottom:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer}\
summary .tag,li .tag{display:inline-block;min-width:2.2rem;color:var(--soft);font-size:.85rem}\
ol{margin:.5rem 0 .5rem;padding-left:2rem}li{margin:.25rem 0;overflow-wrap:anywhere}li.right{color:var(--accent)}\
.note{color:var(--soft);font-size:.9rem}";

/// Longer texts are cut.
const LONGEST: usize = 300;

pub(super) fn render(evaluations: &[&Evaluation]) -> String {
    let Some(plain) = evaluations.first() else { return String::new() };
    let mut html = format!(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{0}: retrieval across languages</title><style>{STYLE}</style>\n\
         <h1>{0}</h1><p>{1} queries, {2} documents, every document compared. A figure is a mean over the queries of a language first and over languages then, so that each language counts alike.</p>",
        escape(&plain.dataset),
        plain.queries,
        plain.documents
    );
    html += &figures(evaluations);
    let several = evaluations.len() > 1;
    let titled = |what: &str, evaluation: &Evaluation| match several {
        true => format!(
            "{what} <span class=note>(correction: {})</span>",
            escape(&evaluation.correction.to_string())
        ),
        false => what.to_owned(),
    };
    // Without a correction and with the last one.
    let shown: Vec<&Evaluation> = match evaluations {
        [first, .., last] => vec![first, last],
        _ => vec![plain],
    };
    if plain.pairs.values().any(|of| of.len() > 1) {
        for evaluation in &shown {
            let _ = write!(
                html,
                "<h2>{}</h2><p>Mean average precision of queries in the language of a row against the documents in the language of a column alone.</p>{}",
                titled("Language by language", evaluation),
                charts::heat_map(&evaluation.pairs)
            );
        }
    }
    if plain.exposure.len() > 1 {
        for evaluation in &shown {
            let _ = write!(
                html,
                "<h2>{}</h2><p>The share of the first ten that is in each language, discounted by rank; the mark is the language's share of all documents. ×1 is neutral.</p>{}",
                titled("Exposure", evaluation),
                charts::exposure(&evaluation.exposure)
            );
        }
    }
    if !plain.rank_distances.is_empty() {
        for evaluation in &shown {
            let _ = write!(
                html,
                "<h2>{}</h2><p>How many places lie between the first and the last of the documents that answer a query. 0 is best; queries by distance, on a logarithmic scale.</p>{}",
                titled("Rank distance", evaluation),
                charts::histogram(evaluation)
            );
        }
    }
    if !plain.worst.is_empty() {
        html += "<h2>Queries that fared worst</h2><p>By average precision, without a correction. What answers a query is marked.</p>";
        for query in &plain.worst {
            html += &worst(query);
        }
    }
    html + "</html>\n"
}

type Figure = (&'static str, usize, bool, fn(&Evaluation) -> Option<f64>);

/// A row for each evaluation; better and worse than the first are coloured.
fn figures(evaluations: &[&Evaluation]) -> String {
    let columns: [Figure; 11] = [
        ("mono mAP", 3, true, |of| of.mono.map(|of| of.map)),
        ("cross mAP", 3, true, |of| of.cross.map(|of| of.map)),
        ("multi mAP", 3, true, |of| Some(of.multi.map)),
        ("nDCG@10", 3, true, |of| Some(of.multi.ndcg_at_10)),
        ("recall@100", 3, true, |of| Some(of.multi.recall_at_100)),
        ("Hit@1", 3, true, |of| Some(of.multi.hit_at_1)),
        ("complete@10", 3, true, |of| Some(of.multi.complete_at_10)),
        ("rank distance", 1, false, |of| of.multi.rank_distance),
        ("worst rank", 1, false, |of| of.multi.max_rank),
        ("own language@10", 3, false, |of| Some(of.multi.own_share_at_10)),
        ("divergence", 3, false, |of| Some(of.multi.divergence_at_10)),
    ];
    let plain = evaluations[0];
    let known = || columns.iter().filter(|(.., of)| of(plain).is_some());
    let mut html =
        String::from("<div class=scroll><table class=figures><thead><tr><th>correction</th>");
    for (name, ..) in known() {
        let _ = write!(html, "<th>{name}</th>");
    }
    html += "</tr></thead><tbody>";
    for evaluation in evaluations {
        let _ = write!(html, "<tr><td>{}</td>", escape(&evaluation.correction.to_string()));
        for (_, digits, greater, of) in known() {
            let (value, first) = (of(evaluation).unwrap_or(0.0), of(plain).unwrap_or(0.0));
            let least = 0.5 * 10f64.powi(-i32::try_from(*digits).unwrap_or(3));
            let class = match value - first {
                change if change.abs() < least => "",
                change if (change > 0.0) == *greater => " class=better",
                _ => " class=worse",
            };
            let _ = write!(html, "<td{class}>{value:.digits$}</td>");
        }
        html += "</tr>";
    }
    html += "</tbody></table></div>";
    if evaluations.len() > 1 {
        html += "<p class=note>Blue is better than without a correction, orange is worse. For shares of a language and for divergence, less counts as better: it is nearer to the pool where queries have answers in every language.</p>";
    }
    let micro: &Scores = &plain.micro;
    let _ = write!(
        html,
        "<p class=note>Without a correction and with all queries counting alike: mAP {:.3}, nDCG@10 {:.3}, recall@100 {:.3}, Hit@1 {:.3}.</p>",
        micro.map, micro.ndcg_at_10, micro.recall_at_100, micro.hit_at_1
    );
    html
}

fn worst(query: &WorstQuery) -> String {
    let mut html = format!(
        "<details><summary><span class=tag>{}</span> <span lang=\"{0}\" dir=auto>{}</span> <span class=note>average precision {:.3}</span></summary><ol>",
        escape(query.language.as_str()),
        text(&query.text),
        query.average_precision
    );
    for found in &query.first {
        html += &item(found, None);
    }
    html += "</ol>";
    if let Some((rank, found)) = &query.best
        && *rank > query.first.len()
    {
        let _ = write!(html, "<ol start={rank}>{}</ol>", item(found, Some(*rank)));
    }
    html + "</details>"
}

fn item(found: &Found, rank: Option<usize>) -> String {
    let class = if found.relevant { " class=right" } else { "" };
    let value = rank.map_or(String::new(), |rank| format!(" value={rank}"));
    format!(
        "<li{class}{value}><span class=tag>{}</span> <span lang=\"{0}\" dir=auto>{}</span></li>",
        escape(found.language.as_str()),
        text(&found.text)
    )
}

/// A text, cut where it is long.
fn text(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}

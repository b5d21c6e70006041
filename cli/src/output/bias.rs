//! What an answer owes to language, for people.

use mlsearch::Answer;
use mlsearch::bias::{BiasReport, Counterfactual, LanguageBias};

use super::style::{DIM, HEADING, LANGUAGE, counted};
use super::table::{Align, Table};

/// Cells of a bar that stands for all hits.
const BAR: usize = 20;
/// Languages that are listed; others are counted.
const LANGUAGES: usize = 8;

/// The one line that every answer has: the bias, and what was done or could be done about it.
pub(crate) fn line(answer: &Answer) -> Option<String> {
    let report = answer.bias.as_ref()?;
    if answer.hits.is_empty() {
        return None;
    }
    let mut text = report.summary();
    if let Some(other) = &report.counterfactual {
        let kept = counted(kept(other, answer.hits.len()), "hit");
        text.push_str(&match answer.correction.is_none() {
            true => format!("; {kept} would stay with --debias {}", other.correction.method),
            false => {
                format!("; corrected ({}): {kept} would be the same without", answer.correction)
            }
        });
    }
    Some(format!("{DIM}{text}{DIM:#}\n"))
}

/// The whole report.
pub(crate) fn render(answer: &Answer) -> String {
    let Some(report) = &answer.bias else { return String::new() };
    let mut text = format!("\n{HEADING}{}{HEADING:#}\n", report.summary());
    if let Some(doubt) = report.uncertainty {
        text.push_str(&format!("{DIM}{doubt}{DIM:#}\n"));
    }
    text.push_str(&languages(report));
    text.push_str(&facts(report));
    if let Some(other) = &report.counterfactual {
        text.push_str(&changes(answer, other));
    }
    text
}

/// A bar of each language's hits, with its share of the pool marked.
fn languages(report: &BiasReport) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let header = ["", "hits", "of hits", "of pool", "offset", "advantage"];
    let mut table = Table::new(&[left, left, right, right, right, right]).with_header(&header);
    for language in report.languages.iter().take(LANGUAGES) {
        table.row(&[
            language.language.to_string(),
            bar(language),
            percent(language.exposure),
            percent(language.pool_share),
            format!("{:+.3}", language.offset),
            format!("{:+.2}", language.advantage),
        ]);
    }
    let mut text = table.render(2);
    let rest = report.languages.len().saturating_sub(LANGUAGES);
    if rest > 0 {
        text.push_str(&format!("  {DIM}and {}{DIM:#}\n", counted(rest as u64, "other language")));
    }
    text
}

/// `████░░░│░░`: full cells for the hits, a line where the pool's share ends.
fn bar(language: &LanguageBias) -> String {
    let cells = |share: f64| (share * BAR as f64).round() as usize;
    let (full, mark) = (cells(language.exposure), cells(language.pool_share));
    (0..BAR)
        .map(|at| match at {
            at if at < full => '█',
            at if at == mark => '│',
            _ => '░',
        })
        .collect()
}

fn facts(report: &BiasReport) -> String {
    let mut facts = vec![format!("divergence from the pool {:.2} bits", report.divergence)];
    if let Some(lift) = report.query_language_lift {
        facts.push(format!("the query's language {lift:.1} times its share"));
    }
    if let Some(language) = &report.towards {
        facts.push(format!("{language} leads the others by {:.3} on average", report.lead));
    }
    if let Some(groups) = &report.groups
        && let Some(distance) = groups.rank_distance
    {
        let found = counted(groups.repeated as u64, "group");
        facts.push(format!("translations {distance:.1} ranks apart in {found}"));
    }
    if let Some(groups) = &report.groups
        && let Some(share) = groups.completeness
    {
        facts.push(format!("{:.0} % of the translations of hits found", share * 100.0));
    }
    format!("  {DIM}{}{DIM:#}\n", facts.join(" · "))
}

fn changes(answer: &Answer, other: &Counterfactual) -> String {
    let ranking = match answer.correction.is_none() {
        true => format!("With --debias {}", other.correction.method),
        false => "Without the correction".to_owned(),
    };
    let kept = kept(other, answer.hits.len());
    let mut text = format!("  {ranking}: {} of {} stay", kept, answer.hits.len());
    for (verb, ids) in [("enter", &other.entered), ("leave", &other.left)] {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| super::style::one_line(id)).collect();
            text.push_str(&format!("; {LANGUAGE}{}{LANGUAGE:#} {verb}", ids.join(", ")));
        }
    }
    text.push('\n');
    text
}

fn kept(other: &Counterfactual, hits: usize) -> u64 {
    hits.saturating_sub(other.left.len()) as u64
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

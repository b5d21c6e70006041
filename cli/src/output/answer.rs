//! The answer to a query, for people.

use std::fmt::Write;

use mlsearch::{Answer, Hit, LanguageShare};

use super::bias;
use super::style::{DIM, HEADING, LANGUAGE, SCORE, counted, one_line, paragraph};

/// Blanks before a hit's text.
pub(crate) const INDENT: usize = 4;
/// Lines of a hit's text that are shown.
const TEXT_LINES: usize = 12;
/// The same where languages stand one after the other, so that several fit the screen.
const BESIDE_LINES: usize = 2;

/// What was asked, what was found, and how long it took.
pub(crate) fn render(answer: &Answer, width: usize) -> String {
    let mut text = asked(answer);
    text.push('\n');
    text.push_str(&match answer.query.per_language {
        true => side_by_side(answer, width),
        false => answer.hits.iter().map(|found| hit(found, width) + "\n").collect(),
    });
    let mut hits = counted(answer.hits.len() as u64, "hit");
    if answer.query.per_language {
        hits.push_str(&format!(" in {}", counted(answer.by_language().len() as u64, "language")));
    }
    let matched = match answer.matched {
        Some(matched) => format!(" among {} that match the filter", counted(matched, "document")),
        None => String::new(),
    };
    let exactly = if answer.search.exact { " by exact search" } else { "" };
    if let Some(line) = bias::line(answer) {
        text.push_str(&line);
    }
    text.push_str(&format!("{DIM}{hits}{matched}{exactly} in {}{DIM:#}\n", times(answer)));
    text
}

/// The query's text, its languages and the mode, on a line.
pub(crate) fn asked(answer: &Answer) -> String {
    let query = &answer.query;
    let (text, languages) = (one_line(&query.text), languages(&query.languages));
    format!(
        "{HEADING}{text}{HEADING:#}  {LANGUAGE}{languages}{LANGUAGE:#}  {DIM}{}{DIM:#}\n",
        query.mode
    )
}

/// The languages one after the other, each with the beginnings of its hits.
fn side_by_side(answer: &Answer, width: usize) -> String {
    let mut text = String::new();
    for (language, hits) in answer.by_language() {
        text.push_str(&format!("{LANGUAGE}{language}{LANGUAGE:#}\n"));
        text.extend(hits.into_iter().map(|found| shortened(found, width, BESIDE_LINES)));
        text.push('\n');
    }
    text
}

/// Rank, score, language, id and text.
pub(crate) fn hit(hit: &Hit, width: usize) -> String {
    shortened(hit, width, TEXT_LINES)
}

fn shortened(hit: &Hit, width: usize, lines: usize) -> String {
    let mut text = format!(
        "{:>2}  {SCORE}{:.3}{SCORE:#}  {LANGUAGE}{}{LANGUAGE:#}  {DIM}{}{DIM:#}\n",
        hit.rank,
        hit.score,
        hit.language,
        one_line(&hit.id)
    );
    text.push_str(&paragraph(&hit.text, width, INDENT, lines));
    text
}

/// `sw`, or `de 62 %, en 38 %`.
fn languages(shares: &[LanguageShare]) -> String {
    if let [only] = shares {
        return match only.language.is_undetermined() {
            true => "language unknown".to_owned(),
            false => only.language.to_string(),
        };
    }
    let shares =
        shares.iter().map(|share| format!("{} {:.0} %", share.language, share.share * 100.0));
    shares.collect::<Vec<_>>().join(", ")
}

/// The whole time and its parts.
fn times(answer: &Answer) -> String {
    let timings = &answer.timings_ms;
    let mut times = format!("{:.1} ms", timings.total);
    let parts = [
        ("detect", Some(timings.detect)),
        ("encode", Some(timings.encode)),
        ("filter", answer.matched.map(|_| timings.filter)),
        ("search", Some(timings.search)),
        ("fetch", Some(timings.fetch)),
        ("bias", answer.bias.as_ref().map(|_| timings.bias)),
    ];
    let parts = parts.into_iter().filter_map(|(name, time)| Some((name, time?)));
    for (number, (name, time)) in parts.enumerate() {
        let before = if number == 0 { " (" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(times, "{before}{name} {time:.1}");
    }
    times.push(')');
    times
}

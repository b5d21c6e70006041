//! The charts of the page, in SVG and tables.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::escape;
use crate::Language;
use crate::eval::collection::{Evaluation, Exposure, PairScores};

/// Bars of the histogram.
const BINS: usize = 24;

/// How well queries of each language find documents of each: a cell for each pair.
pub(super) fn heat_map(pairs: &BTreeMap<Language, BTreeMap<Language, PairScores>>) -> String {
    let mut columns: Vec<&Language> = pairs.values().flat_map(BTreeMap::keys).collect();
    columns.sort();
    columns.dedup();
    let values = || pairs.values().flat_map(BTreeMap::values).map(|of| of.map);
    let (low, high) =
        values().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let span = (high - low).max(1e-9);
    let mut html = String::from(
        "<div class=scroll><table class=heat><thead><tr><td class=corner>asked in ↓, found in →</td>",
    );
    for column in &columns {
        let _ = write!(html, "<th scope=col>{}</th>", escape(column.as_str()));
    }
    html += "</tr></thead><tbody>";
    for (row, cells) in pairs {
        let _ = write!(html, "<tr><th scope=row>{}</th>", escape(row.as_str()));
        for column in &columns {
            match cells.get(*column) {
                Some(of) => {
                    let share = (of.map - low) / span;
                    let own = if row == *column { " own" } else { "" };
                    // Which ink can be read on it, in a light and in a dark page.
                    let ink = match share {
                        ..0.55 => "",
                        ..0.85 => " deep",
                        _ => " deep deepest",
                    };
                    let _ = write!(
                        html,
                        "<td class=\"cell{own}{ink}\" style=\"--share:{share:.3}\" title=\"{} to {}: mAP {:.3}, first {:.3}, {} queries\">{:.2}</td>",
                        escape(row.as_str()),
                        escape(column.as_str()),
                        of.map,
                        of.hit_at_1,
                        of.queries,
                        of.map
                    );
                }
                None => html += "<td></td>",
            }
        }
        html += "</tr>";
    }
    html + "</tbody></table></div>"
}

/// Each language's share of the first ten beside its share of the pool.
pub(super) fn exposure(exposure: &BTreeMap<Language, Exposure>) -> String {
    let most = exposure
        .values()
        .map(|of| of.exposure.max(of.pool_share))
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut rows: Vec<(&Language, &Exposure)> = exposure.iter().collect();
    let lift = |of: &Exposure| of.exposure / of.pool_share;
    rows.sort_by(|a, b| lift(b.1).total_cmp(&lift(a.1)));
    let mut html = String::from("<div class=bars>");
    for (language, of) in rows {
        let _ = write!(
            html,
            "<div class=name>{}</div><div class=track title=\"{:.1} % of the first ten, {:.1} % of the pool ({} documents)\"><div class=bar style=\"width:{:.2}%\"></div><div class=mark style=\"left:{:.2}%\"></div></div><div class=value>×{:.2}</div>",
            escape(language.as_str()),
            100.0 * of.exposure,
            100.0 * of.pool_share,
            of.documents,
            100.0 * of.exposure / most,
            100.0 * of.pool_share / most,
            lift(of)
        );
    }
    html + "</div>"
}

/// How many queries have which rank distance, on a logarithmic scale.
pub(super) fn histogram(evaluation: &Evaluation) -> String {
    let distances = &evaluation.rank_distances;
    let Some(most) = distances.iter().max().filter(|most| **most > 0) else { return String::new() };
    let scale = |distance: f64| (distance + 1.0).log2() / (*most as f64 + 1.0).log2();
    let mut bins = [0usize; BINS];
    for distance in distances {
        let bin = (scale(*distance as f64) * BINS as f64) as usize;
        bins[bin.min(BINS - 1)] += 1;
    }
    let highest = bins.iter().max().copied().unwrap_or(1).max(1) as f64;
    let (width, height, base) = (720.0, 200.0, 170.0);
    let step = width / BINS as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=img aria-label=\"Histogram of rank distances\">"
    );
    for (at, count) in bins.iter().enumerate() {
        let tall = (base - 10.0) * *count as f64 / highest;
        let edge =
            |at: usize| 2f64.powf(at as f64 / BINS as f64 * (*most as f64 + 1.0).log2()) - 1.0;
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{:.0} to {:.0}: {} queries</title></rect>",
            at as f64 * step + 1.0,
            base - tall,
            step - 2.0,
            tall,
            edge(at),
            edge(at + 1),
            count
        );
    }
    for tick in [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6] {
        if tick <= *most as f64 {
            let x = scale(tick) * width;
            let _ = write!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{base}\" y2=\"{:.1}\"/><text x=\"{x:.1}\" y=\"{:.1}\">{tick}</text>",
                base + 5.0,
                base + 20.0
            );
        }
    }
    svg + "</svg>"
}

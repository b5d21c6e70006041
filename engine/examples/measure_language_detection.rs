//! Measures language detection on files of `tag<TAB>text` lines.
//!
//! ```text
//! cargo run --release -p mlsearch --example measure_language_detection -- FOLDER [--languages]
//! ```
//!
//! Reads every `.tsv` file of the folder. A line whose tag is one language (`de`) is given to
//! `detect` and, as a query, to `detect_mixed`; one whose tag names several, `de+en`, only to
//! the latter. Prints, for every file: how many are right (for mixed ones: exactly these
//! languages), how many `und`, how many pure ones are called mixed, and the time per call.
//! `--languages` adds a row for every tag.
#![expect(clippy::print_stdout, reason = "a report on standard output")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mlsearch::language::{Language, LanguageDetector};

/// What came of the lines of one tag or file.
#[derive(Default, Clone)]
struct Tally {
    lines: usize,
    mixed_lines: usize,
    document_right: usize,
    document_und: usize,
    document_time: Vec<Duration>,
    query_right: usize,
    query_main_right: usize,
    query_und: usize,
    query_false_mix: usize,
    query_time: Vec<Duration>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.mixed_lines += other.mixed_lines;
        self.document_right += other.document_right;
        self.document_und += other.document_und;
        self.document_time.extend(&other.document_time);
        self.query_right += other.query_right;
        self.query_main_right += other.query_main_right;
        self.query_und += other.query_und;
        self.query_false_mix += other.query_false_mix;
        self.query_time.extend(&other.query_time);
    }

    fn print(&mut self, name: &str) {
        let pure = self.lines - self.mixed_lines;
        println!(
            "{name:24} {:6} | {} {} {} | {} {} {} {} {}",
            self.lines,
            percent(self.document_right, pure),
            percent(self.document_und, pure),
            time(&mut self.document_time),
            percent(self.query_right, self.lines),
            percent(self.query_main_right, self.lines),
            percent(self.query_und, self.lines),
            percent(self.query_false_mix, pure),
            time(&mut self.query_time),
        );
    }
}

fn percent(part: usize, of: usize) -> String {
    if of == 0 { format!("{:>7}", "-") } else { format!("{:7.1}", 100.0 * part as f64 / of as f64) }
}

/// Mean and 99th percentile, in microseconds.
fn time(times: &mut [Duration]) -> String {
    if times.is_empty() {
        return format!("{:>7} {:>7}", "-", "-");
    }
    times.sort_unstable();
    let mean = times.iter().sum::<Duration>() / times.len() as u32;
    format!("{:7} {:7}", mean.as_micros(), times[(times.len() - 1) * 99 / 100].as_micros())
}

fn measure(detector: &LanguageDetector, tag: &str, text: &str) -> Result<Tally, mlsearch::Error> {
    let wanted = tag.split('+').map(Language::parse).collect::<Result<Vec<_>, _>>()?;
    let mut tally =
        Tally { lines: 1, mixed_lines: usize::from(wanted.len() > 1), ..Tally::default() };
    if let [language] = &wanted[..] {
        let start = Instant::now();
        let found = detector.detect(text);
        tally.document_time.push(start.elapsed());
        tally.document_right = usize::from(found.same_language(language));
        tally.document_und = usize::from(found.is_undetermined());
    }
    let start = Instant::now();
    let found = detector.detect_mixed(text);
    tally.query_time.push(start.elapsed());
    let is_wanted =
        |language: &Language| wanted.iter().any(|wanted| wanted.same_language(language));
    tally.query_right = usize::from(
        found.languages.len() == wanted.len()
            && found.languages.iter().all(|share| is_wanted(&share.language)),
    );
    tally.query_main_right = usize::from(is_wanted(found.main()));
    tally.query_und = usize::from(found.main().is_undetermined());
    tally.query_false_mix = usize::from(wanted.len() == 1 && found.languages.len() > 1);
    Ok(tally)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let by_language = arguments.iter().any(|argument| argument == "--languages");
    let folder =
        arguments.iter().find(|argument| !argument.starts_with("--")).ok_or("which folder?")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .collect();
    files.sort();

    let detector = LanguageDetector::new();
    println!(
        "percentages; times in microseconds, mean and 99th percentile (first use of a model included)"
    );
    println!(
        "{:31} | {:>7} {:>7} {:>7} {:>7} | {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "", "detect", "und", "mean", "p99", "mixed", "main", "und", "false", "mean", "p99"
    );
    for file in files {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for line in std::fs::read_to_string(&file)?.lines() {
            if let Some((tag, text)) = line.split_once('\t') {
                tallies.entry(tag.to_owned()).or_default().add(&measure(&detector, tag, text)?);
            }
        }
        let mut sum = Tally::default();
        for (tag, tally) in &mut tallies {
            sum.add(tally);
            if by_language {
                tally.print(tag);
            }
        }
        sum.print(&file.file_name().unwrap_or_default().to_string_lossy());
    }
    Ok(())
}

//! One language detector over lines of text: `benches/language_detection.py` runs it.

use std::io::{BufRead, BufWriter, Write};

use clap::{Parser, ValueEnum};
use cpu_time::ProcessTime;
use lingua::LanguageDetectorBuilder;
use mlsearch::language::LanguageDetector;

/// Detects the language of every line of standard input and prints its tags, `+` between them
/// and the chief one first, and the microseconds of processor time it took. A line without tag
/// is undetermined.
#[derive(Parser)]
struct Arguments {
    detector: Detector,
    /// Several languages a text, where the detector can tell several.
    #[arg(long)]
    mixed: bool,
    /// Print the tags of all languages that the detector knows and end.
    #[arg(long)]
    languages: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Detector {
    Mlsearch,
    Lingua,
    Whatlang,
    Whichlang,
}

/// The tags of a text.
type Detect = Box<dyn Fn(&str) -> Vec<String>>;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    if arguments.languages {
        for tag in known(arguments.detector) {
            writeln!(out, "{tag}")?;
        }
        return Ok(());
    }
    let detect = open(arguments.detector, arguments.mixed);
    for line in std::io::stdin().lock().lines() {
        let text = line?;
        let started = ProcessTime::now();
        let tags = detect(&text);
        let microseconds = started.elapsed().as_secs_f64() * 1e6;
        writeln!(out, "{}\t{microseconds:.2}", tags.join("+"))?;
    }
    Ok(())
}

fn open(detector: Detector, mixed: bool) -> Detect {
    match (detector, mixed) {
        (Detector::Mlsearch, true) => {
            let detector = LanguageDetector::new();
            Box::new(move |text| {
                let found = detector.detect_mixed(text).languages;
                found.iter().map(|share| share.language.to_string()).collect()
            })
        }
        (Detector::Mlsearch, false) => {
            let detector = LanguageDetector::new();
            Box::new(move |text| vec![detector.detect(text).to_string()])
        }
        (Detector::Lingua, true) => {
            let detector = LanguageDetectorBuilder::from_all_languages().build();
            Box::new(move |text| {
                let mut bytes: Vec<(lingua::Language, usize)> = Vec::new();
                for part in detector.detect_multiple_languages_of(text) {
                    let length = part.end_index() - part.start_index();
                    match bytes.iter_mut().find(|(language, _)| *language == part.language()) {
                        Some((_, sum)) => *sum += length,
                        None => bytes.push((part.language(), length)),
                    }
                }
                bytes.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
                bytes.iter().map(|(language, _)| lingua_tag(*language)).collect()
            })
        }
        (Detector::Lingua, false) => {
            let detector = LanguageDetectorBuilder::from_all_languages().build();
            Box::new(move |text| {
                detector.detect_language_of(text).map(lingua_tag).into_iter().collect()
            })
        }
        (Detector::Whatlang, _) => Box::new(|text| {
            whatlang::detect_lang(text)
                .map(|language| language.code().to_owned())
                .into_iter()
                .collect()
        }),
        (Detector::Whichlang, _) => {
            Box::new(|text| vec![whichlang::detect_language(text).three_letter_code().to_owned()])
        }
    }
}

fn known(detector: Detector) -> Vec<String> {
    match detector {
        Detector::Mlsearch => {
            LanguageDetector::languages().iter().map(ToString::to_string).collect()
        }
        Detector::Lingua => lingua::Language::all().into_iter().map(lingua_tag).collect(),
        Detector::Whatlang => {
            whatlang::Lang::all().iter().map(|language| language.code().to_owned()).collect()
        }
        Detector::Whichlang => whichlang::LANGUAGES
            .iter()
            .map(|language| language.three_letter_code().to_owned())
            .collect(),
    }
}

fn lingua_tag(language: lingua::Language) -> String {
    language.iso_code_639_1().to_string()
}

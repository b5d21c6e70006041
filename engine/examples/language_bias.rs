//! Asks one question as it is and corrected, and prints which languages the answers favour.
//!
//!     cargo run --release -p mlsearch --example language_bias

#![allow(clippy::print_stdout)]

use mlsearch::bias::{Correction, Method};
use mlsearch::{Answer, BiasDetail, Document, Engine, EngineOptions, Language, Query, Result};

const DOCUMENTS: [(&str, &str); 9] = [
    ("en", "Bees dance to tell their hive where the flowers are."),
    ("de", "Bienen tanzen, um ihrem Stock zu sagen, wo die Blüten sind."),
    ("es", "Las abejas bailan para decir a su colmena dónde están las flores."),
    ("en", "Bread rises because yeast makes gas."),
    ("de", "Brot geht auf, weil Hefe Gas bildet."),
    ("es", "El pan sube porque la levadura produce gas."),
    ("en", "The tide follows the moon."),
    ("de", "Die Flut folgt dem Mond."),
    ("es", "La marea sigue a la luna."),
];

fn main() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::create(folder.path().join("index"), &EngineOptions::default())?;
    let mut documents = Vec::new();
    for (number, (tag, text)) in DOCUMENTS.iter().enumerate() {
        let document = Document::new(format!("{tag}-{}", number / 3), *text)
            .in_language(Language::parse(tag)?)
            .in_group(format!("fact {}", number / 3));
        documents.push(document);
    }
    engine.add(&documents)?;
    engine.commit()?;

    for method in [Method::None, Method::Center, Method::Balanced] {
        let answer = engine.search(Query {
            k: 3,
            correction: Correction::new(method),
            bias: BiasDetail::Counterfactual,
            ..Query::new("Warum tanzen Bienen?")
        })?;
        show(&answer);
    }
    Ok(())
}

fn show(answer: &Answer) {
    println!("\ncorrection: {}", answer.correction);
    for hit in &answer.hits {
        let offset = hit.bias.map_or(0.0, |bias| bias.offset);
        println!("  {:.3} [{}] {} (its language: {offset:+.3})", hit.score, hit.language, hit.text);
    }
    let Some(report) = &answer.bias else { return };
    println!("  {}", report.summary());
    for of in &report.languages {
        let (exposure, share) = (of.exposure * 100.0, of.pool_share * 100.0);
        println!("  {}: {exposure:.0} % of the hits, {share:.0} % of the pool", of.language);
    }
    if let Some(other) = &report.counterfactual {
        println!("  by {} instead: {:.0} % the same", other.correction, other.overlap * 100.0);
    }
}

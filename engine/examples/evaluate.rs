//! Measures how well, and how evenly across languages, the default model finds the documents of a data
//! set in BEIR's form, without a correction and with one, and writes a page for a browser.
//!
//!     cargo run --release -p mlsearch --example evaluate -- FOLDER report.html

#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::ops::ControlFlow;

use mlsearch::bias::{Correction, Method};
use mlsearch::encoder::{Encoder, EncoderOptions};
use mlsearch::eval::collection::{self, BeirOptions, read_beir};
use mlsearch::eval::{CachingEncoder, Correcting, Progress, html};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(folder), Some(page)) = (arguments.next(), arguments.next()) else {
        return Err("give the folder of the data set, and the page to write".into());
    };
    // Hears of progress, and could end it.
    let mut listen = |_: Progress| ControlFlow::Continue(());
    let model = mlsearch::locate_model(None)?;
    let encoder = Encoder::open(model, &EncoderOptions::default())?;
    let dataset = read_beir(folder, &BeirOptions::default())?;
    let vectors = collection::encode(&mut CachingEncoder::from(&encoder), &dataset, &mut listen)?;
    let mut evaluations = Vec::new();
    for method in [Method::None, Method::Standardize] {
        let correcting = Correcting { correction: Correction::new(method), query_means: None };
        let evaluation = collection::evaluate(&dataset, &vectors, correcting, &mut listen)?;
        let multi = &evaluation.multi;
        println!("\n{}: nDCG@10 {:.3}", evaluation.correction, multi.ndcg_at_10);
        evaluations.push(evaluation);
    }
    html::write(page, &evaluations.iter().collect::<Vec<_>>())?;
    Ok(())
}

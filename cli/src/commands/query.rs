//! `mlsearch query`.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use mlsearch::bias::Method;
use mlsearch::{Answer, BiasDetail, Engine, EngineOptions, Filter, Language, Mode};

use crate::arguments::{Arguments, Global};
use crate::debias::{self, Debias};
use crate::output::{Console, answer, bias, json};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mlsearch query notes.index \"how do bees tell each other where flowers are?\"
  mlsearch query notes.index \"warum tanzen Bienen\" --mode cross-lingual -k 5
  mlsearch query notes.index \"warum tanzen Bienen\" --debias center --bias
  mlsearch query notes.index \"warum tanzen Bienen\" --per-language 3
  mlsearch query notes.index \"chai kaise banayein, step by step\" --lang hi,en --json
  mlsearch query laws.index \"wer zahlt die Kaution?\" --where 'year >= 2020 and topic = \"rent\"'
  mlsearch query laws.index \"deposit\" --where 'topic in [\"rent\", \"tax\"] and not exists(repealed)'

Filters compare fields with =, !=, <, <=, >, >=, `in [...]` and `not in [...]`, ask whether there is a
value with exists(field), and are joined by not, and, or and parentheses. Strings are in quotes, and
never equal to numbers; strings such as \"2024-05-17\" are in order. A field in back-quotes may have
any name. `mlsearch index info` tells the fields; `id` and `language` are always there.")]
pub(crate) struct Query {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    /// What to search for, in any language or mix of languages
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,

    /// How many documents to find at most
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    k: u32,

    /// Find the best N documents of each language, and show them language by language
    #[arg(long, value_name = "N", conflicts_with = "k", value_parser = clap::value_parser!(u32).range(1..))]
    per_language: Option<u32>,

    /// Which documents to search: all, those in the query's language, or those in others
    #[arg(long, default_value_t, value_parser = modes())]
    mode: Mode,

    /// Language of the query, a tag such as `de`; detected if not given
    #[arg(long, value_name = "TAG")]
    query_lang: Option<Language>,

    /// Search only documents in these languages
    #[arg(long, value_name = "TAG,TAG", value_delimiter = ',')]
    lang: Vec<Language>,

    /// Search only documents that match this filter, such as 'year >= 2020'
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,

    /// Correct the ranking for language: take every language's mean off (center), count scores in
    /// deviations from it (standardize), drop the directions in which languages differ (lsar), give
    /// every language its turn (balanced), or what did best on held-out data (auto: a quarter of standardize)
    #[arg(long, value_name = "METHOD", default_value = "none", value_parser = debias::methods())]
    debias: Debias,

    /// How much of the correction, 0 to 1, all of it if not given; `balanced` is done whole
    #[arg(long, value_name = "SHARE", requires = "debias", value_parser = debias::share)]
    strength: Option<f32>,

    /// Show which languages the ranking favours, by how much, and what a correction changes
    #[arg(long)]
    bias: bool,

    /// Compare the query with every document, in place of a walk through the graph: nothing nearer
    /// is missed, and large indexes take longer
    #[arg(long, conflicts_with = "ef")]
    exact: bool,

    /// Candidates that the walk keeps, 1 to 100,000: more find more of the nearest documents, and
    /// take longer; by default enough for nearly all of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    ef: Option<u32>,

    /// Copy what searches read into memory first: slower for one query, and closer to what a
    /// server measures
    #[arg(long, hide_short_help = true)]
    pinned: bool,

    /// Print the answer as a JSON object
    #[arg(long)]
    json: bool,
}

fn modes() -> impl TypedValueParser<Value = Mode> {
    let names = [Mode::Multilingual, Mode::Monolingual, Mode::CrossLingual].map(Mode::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

impl Query {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        // Nothing need be opened to see that it cannot be read.
        let filter = self.filter.as_deref().map(Filter::parse).transpose()?;
        if self.per_language.is_some() && self.debias == Debias::Method(Method::Balanced) {
            let message = "--per-language shows every language by itself, so there are no turns to give: leave --debias balanced out";
            return Err(Arguments::command().error(ErrorKind::ArgumentConflict, message).into());
        }
        let options = EngineOptions { pinned: self.pinned, ..global.engine_options() };
        // The process ends right after: taking the tokenizer apart, a million small objects, would
        // only keep its user waiting.
        let engine = ManuallyDrop::new(Engine::open_with(&self.index, &options)?);
        if let Some(filter) = &filter {
            // The model need not be opened, either, to see that the index lacks its fields.
            engine.count(filter)?;
        }
        let text = self.text.join(" ");
        // Opened first, so that the times of the answer are those of answering.
        if !text.trim().is_empty() {
            engine.encoder()?;
        }
        let answer = engine.search(mlsearch::Query {
            k: usize::try_from(self.per_language.unwrap_or(self.k))?,
            per_language: self.per_language.is_some(),
            mode: self.mode,
            language: self.query_lang.clone(),
            targets: self.lang.clone(),
            filter,
            correction: self.debias.correction(self.strength),
            bias: BiasDetail::Counterfactual,
            exact: self.exact,
            ef: self.ef.map(usize::try_from).transpose()?,
            ..mlsearch::Query::new(text)
        })?;
        if self.json {
            return json::print(&answer, console);
        }
        console.print(&answer::render(&answer, console.width()))?;
        if self.bias {
            console.print(&bias::render(&answer))?;
        }
        if answer.hits.is_empty() {
            console.say(&self.nothing_found(&answer));
        }
        Ok(())
    }

    /// What to look at when nothing was found.
    fn nothing_found(&self, answer: &Answer) -> String {
        let index = self.index.display();
        if answer.matched == Some(0) {
            return "nothing was found: no document matches the filter; a number matches only \
                    numbers, and a string in quotes only strings"
                .to_owned();
        }
        format!(
            "nothing was found: `mlsearch index info {index}` tells how many documents there are in which \
             language"
        )
    }
}

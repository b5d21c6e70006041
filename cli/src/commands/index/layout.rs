//! How a new index keeps and links its vectors.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use mlsearch::EngineOptions;
use mlsearch::index::{HnswConfig, Precision, Quantization};

/// Decided once, when an index is created.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the index, decided once")]
pub(crate) struct Layout {
    /// What vectors are compared by on the way to the nearest; the nearest are then compared by
    /// the vectors themselves
    #[arg(long, value_name = "CODES", value_parser = quantizations())]
    #[arg(default_value = name_of(&QUANTIZATIONS, Quantization::default()))]
    quantization: Quantization,

    /// Precision of the vectors themselves
    #[arg(long, value_name = "PRECISION", value_parser = precisions())]
    #[arg(default_value = name_of(&PRECISIONS, Precision::default()))]
    originals: Precision,

    /// Components of the vectors, where the model was trained to be cut to fewer (its matryoshka
    /// dimensions); by default as many as the model makes
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,

    /// Links that a document has in the upper levels of the graph, 4 to 64; twice as many in the
    /// lowest. More find more, and take more space
    #[arg(long, value_name = "N", default_value_t = HnswConfig::default().m, hide_short_help = true)]
    m: usize,

    /// Candidates looked at for the links of a document, at least M, at most 4096: more make a
    /// better graph, slower
    #[arg(long, value_name = "N", hide_short_help = true)]
    #[arg(default_value_t = HnswConfig::default().ef_construction)]
    ef_construction: usize,
}

/// Names, values, and what they are for.
type Names<T, const N: usize> = [(&'static str, T, &'static str); N];

const QUANTIZATIONS: Names<Quantization, 5> = [
    ("int8", Quantization::Int8, "8 bits a component: fast, and right for nearly everyone"),
    ("int4", Quantization::Int4, "4 bits a component: half the memory"),
    (
        "binary",
        Quantization::Binary,
        "1 bit a component: for indexes whose codes would not fit in memory",
    ),
    ("f16", Quantization::F16, "the vectors themselves, in half precision"),
    ("f32", Quantization::F32, "the vectors themselves, in single precision"),
];

const PRECISIONS: Names<Precision, 2> = [
    ("half", Precision::Half, "2 bytes a component"),
    ("single", Precision::Single, "4 bytes a component: as the model gave them"),
];

fn quantizations() -> impl TypedValueParser<Value = Quantization> {
    named(&QUANTIZATIONS)
}

fn precisions() -> impl TypedValueParser<Value = Precision> {
    named(&PRECISIONS)
}

fn named<T, const N: usize>(names: &'static Names<T, N>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let values = names.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(values).map(|given| {
        let found = names.iter().find(|(name, ..)| *name == given);
        found.expect("clap lets only these names through").1
    })
}

fn name_of<T: PartialEq, const N: usize>(names: &'static Names<T, N>, value: T) -> &'static str {
    let found = names.iter().find(|(_, named, _)| *named == value);
    found.expect("every value has a name").0
}

impl Layout {
    /// `options`, with what was asked for.
    pub(crate) fn apply(&self, options: EngineOptions) -> EngineOptions {
        EngineOptions {
            dimension: self.dimension,
            quantization: self.quantization,
            originals: self.originals,
            hnsw: HnswConfig { m: self.m, ef_construction: self.ef_construction },
            ..options
        }
    }
}

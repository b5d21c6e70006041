//! What `--debias` and `--strength` take.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mlsearch::bias::{Correction, Method};

/// A correction for language, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Debias {
    /// What did best on held-out data.
    Auto,
    /// A method.
    Method(Method),
}

impl Debias {
    /// The correction with a strength, if one was given.
    pub(crate) fn correction(self, strength: Option<f32>) -> Correction {
        let plain = match self {
            Self::Auto => Correction::recommended(),
            Self::Method(method) => Correction::new(method),
        };
        Correction { strength: strength.unwrap_or(plain.strength), ..plain }
    }
}

/// The names of all.
pub(crate) fn methods() -> impl TypedValueParser<Value = Debias> {
    let names = ["auto"].into_iter().chain(Method::ALL.map(Method::name));
    PossibleValuesParser::new(names).try_map(|name| match &name[..] {
        "auto" => Ok(Debias::Auto),
        name => name.parse().map(Debias::Method),
    })
}

/// A strength.
pub(crate) fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a number from 0 to 1".to_owned())
}

//! The language of filters: conditions on the documents that a query may find.

mod error;
mod expression;
mod lexer;
mod parser;
mod resolve;

#[cfg(test)]
mod meaning_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use error::FilterError;
use expression::Expression;

/// Longest filter, in bytes.
pub const MAX_FILTER_BYTES: usize = 512 << 10;

/// A condition on documents: a query that has one finds only documents that it holds for.
///
/// ```
/// use mlsearch::{Filter, Query};
///
/// # fn main() -> Result<(), mlsearch::FilterError> {
/// let filter = Filter::parse(r#"year >= 2020 and topic in ["law", "tax"]"#)?;
/// let query = Query { filter: Some(filter), ..Query::new("who pays for a lost key?") };
/// # assert!(query.filter.is_some());
/// # Ok(())
/// # }
/// ```
///
/// | condition | holds for documents |
/// |---|---|
/// | `topic = "law"`, `topic == "law"` | with this value |
/// | `topic != "law"` | without this value, those without any included |
/// | `year < 2020`, `<=`, `>`, `>=` | with a value that is less, … |
/// | `topic in ["law", "tax"]` | with any of these values |
/// | `topic not in ["law", "tax"]` | without all of these values |
/// | `exists(year)` | with any value |
/// | `not C`, `C and D`, `C or D`, `( C )` | as they say; `not` binds before `and`, `and` before `or` |
///
/// **Values** are strings in double or single quotes, with the escapes `\"`, `\'`, `` \` ``,
/// `\\`, `\n`, `\r`, `\t` and `\u{1f41d}`; numbers such as `2020`, `-1.5` or `6e23`; `true` and
/// `false`. Values are compared with values of their own type: a number is never equal to a
/// string, nor less or greater. Whole and other numbers are one type, and exact: `2020` is
/// `2020.0`. Strings are in the order of their Unicode code points, so that dates written as
/// `"2024-05-17"` are in order, too.
///
/// **Fields** are those of a document's metadata that the index was created to filter by
/// ([`EngineOptions::filterable`](crate::EngineOptions::filterable)). They are written as they
/// are, or between back-quotes if they hold blanks and the like: `` `page count` > 10 ``. A field
/// of an object within is written with a dot: `author.name`. A document has all values of an
/// array, and no value where the field is missing, null or an object; a condition holds if it
/// does for any value. Two fields are there in every index, and can be compared with `=`, `!=`,
/// `in` and `not in`: `id`, and `language`, where a tag stands for all that begin with it.
///
/// Words of the language are written in any case; a field that is called like one is written
/// between back-quotes. [`Display`](fmt::Display) writes a filter so that it can be parsed again.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What was parsed, for errors that are found later.
    text: String,
    expression: Expression,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong and where, for a text that is no filter, is longer than
    /// [`MAX_FILTER_BYTES`], or has more than some 60 conditions within conditions.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let expression = parser::parse(text)?;
        Ok(Self { text: text.to_owned(), expression })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.expression)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

/// Filters are equal if they say the same in the same order, however they were written.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression
    }
}

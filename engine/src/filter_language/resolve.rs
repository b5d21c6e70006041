//! From a filter to what it means in one index.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};

use mlsearch_index::{Label, Predicate};

use super::expression::{Expression, Literal, Operator, Placed};
use super::{Filter, FilterError};
use crate::Language;
use crate::engine::key_of;
use crate::field_value::{self, Kind};
use crate::filterable::{Filterable, ID, LANGUAGE};

impl Filter {
    /// What the filter means in an index that filters by these fields and has documents of the
    /// languages `present`.
    pub(crate) fn resolve(
        &self,
        filterable: &Filterable,
        present: &[(Label, Language)],
    ) -> Result<Predicate, FilterError> {
        Resolver { text: &self.text, filterable, present }.predicate(&self.expression)
    }
}

struct Resolver<'a> {
    text: &'a str,
    filterable: &'a Filterable,
    present: &'a [(Label, Language)],
}

/// What a field is to the index.
enum Subject<'a> {
    Id,
    Language,
    Field(&'a str),
}

impl Resolver<'_> {
    /// The depth of filters is bounded when they are parsed.
    fn predicate(&self, expression: &Expression) -> Result<Predicate, FilterError> {
        Ok(match expression {
            Expression::Compare { field, operator, value } => {
                self.comparison(field, *operator, value)?
            }
            Expression::In { field, negated, values } => {
                negated_if(*negated, self.any_of(field, values)?)
            }
            Expression::Exists { field } => match self.subject(field)? {
                Subject::Id | Subject::Language => Predicate::And(Vec::new()),
                Subject::Field(name) => Predicate::Exists { field: name.to_owned() },
            },
            Expression::Not(inner) => negated_if(true, self.predicate(inner)?),
            Expression::And(parts) => Predicate::And(self.predicates(parts)?),
            Expression::Or(parts) => Predicate::Or(self.predicates(parts)?),
        })
    }

    fn predicates(&self, parts: &[Expression]) -> Result<Vec<Predicate>, FilterError> {
        parts.iter().map(|part| self.predicate(part)).collect()
    }

    fn comparison(
        &self,
        field: &Placed<String>,
        operator: Operator,
        value: &Placed<Literal>,
    ) -> Result<Predicate, FilterError> {
        let name = match (operator, self.subject(field)?) {
            (Operator::Equal | Operator::NotEqual, _) => {
                let equal = self.any_of(field, std::slice::from_ref(value))?;
                return Ok(negated_if(operator == Operator::NotEqual, equal));
            }
            (_, Subject::Field(name)) => name.to_owned(),
            (_, Subject::Id | Subject::Language) => {
                let message =
                    format!("`{}` can only be compared with =, !=, in and not in", field.item);
                let span = field.span.start..value.span.end;
                return Err(self.error(span, message));
            }
        };
        let (kind, bytes) = encode(&value.item);
        let (start, end) = (Bound::Included(kind.start()), Bound::Excluded(kind.end()));
        let (lower, upper) = match operator {
            Operator::Less => (start, Bound::Excluded(bytes)),
            Operator::LessOrEqual => (start, Bound::Included(bytes)),
            Operator::Greater => (Bound::Excluded(bytes), end),
            Operator::GreaterOrEqual | Operator::Equal | Operator::NotEqual => {
                (Bound::Included(bytes), end)
            }
        };
        Ok(Predicate::Range { field: name, lower, upper })
    }

    /// The documents that have any of some values.
    fn any_of(
        &self,
        field: &Placed<String>,
        values: &[Placed<Literal>],
    ) -> Result<Predicate, FilterError> {
        Ok(match self.subject(field)? {
            Subject::Id => {
                let keys = values.iter().map(|value| Ok(key_of(self.string(field, value)?)));
                Predicate::Keys(keys.collect::<Result<_, FilterError>>()?)
            }
            Subject::Language => {
                let mut labels = BTreeSet::new();
                for value in values {
                    let tag = Language::parse(self.string(field, value)?)
                        .map_err(|error| self.error(value.span.clone(), error.to_string()))?;
                    let meant = self.present.iter().filter(|(_, language)| tag.includes(language));
                    labels.extend(meant.map(|(label, _)| *label));
                }
                Predicate::Labels(labels)
            }
            Subject::Field(name) => match values {
                [value] => {
                    Predicate::Equal { field: name.to_owned(), value: encode(&value.item).1 }
                }
                _ => {
                    let values = values.iter().map(|value| encode(&value.item).1).collect();
                    Predicate::In { field: name.to_owned(), values }
                }
            },
        })
    }

    fn subject<'a>(&self, field: &'a Placed<String>) -> Result<Subject<'a>, FilterError> {
        match field.item.as_str() {
            ID => Ok(Subject::Id),
            LANGUAGE => Ok(Subject::Language),
            name if self.filterable.names().iter().any(|known| known == name) => {
                Ok(Subject::Field(name))
            }
            name => {
                let known = self.filterable.names().iter().map(String::as_str);
                let known: Vec<&str> = known.chain([ID, LANGUAGE]).collect();
                let (name, known) = (shown(name), known.join(", "));
                let message = format!("unknown field `{name}`: filterable fields are {known}");
                Err(self.error(field.span.clone(), message))
            }
        }
    }

    fn string<'a>(
        &self,
        field: &Placed<String>,
        value: &'a Placed<Literal>,
    ) -> Result<&'a str, FilterError> {
        match &value.item {
            Literal::Text(text) => Ok(text),
            _ => {
                let message = format!("`{}` is compared with strings, in quotes", field.item);
                Err(self.error(value.span.clone(), message))
            }
        }
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, span, message)
    }
}

/// A name that fits a message, without what a terminal would obey.
fn shown(name: &str) -> String {
    const MOST: usize = 60;
    let characters = name.chars().take(MOST);
    let mut shown: String = characters.map(|it| if it.is_control() { ' ' } else { it }).collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn negated_if(negated: bool, predicate: Predicate) -> Predicate {
    if negated { Predicate::Not(Box::new(predicate)) } else { predicate }
}

fn encode(literal: &Literal) -> (Kind, Vec<u8>) {
    match literal {
        Literal::Bool(value) => (Kind::BOOL, field_value::from_bool(*value)),
        Literal::Integer(value) => (Kind::NUMBER, field_value::from_integer(*value)),
        Literal::Float(value) => (Kind::NUMBER, field_value::from_float(*value)),
        Literal::Text(text) => (Kind::TEXT, field_value::from_text(text)),
    }
}

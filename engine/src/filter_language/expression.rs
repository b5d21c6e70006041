//! A filter as it is understood, and how it is written.

use std::fmt;
use std::ops::Range;

use super::lexer;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Compare {
        field: Placed<String>,
        operator: Operator,
        value: Placed<Literal>,
    },
    In {
        field: Placed<String>,
        negated: bool,
        values: Vec<Placed<Literal>>,
    },
    Exists {
        field: Placed<String>,
    },
    Not(Box<Expression>),
    /// Of two or more, none of them an `And`.
    And(Vec<Expression>),
    /// Of two or more, none of them an `Or`.
    Or(Vec<Expression>),
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value that is written in a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Bool(bool),
    /// From the least signed to the greatest unsigned number of 64 bits.
    Integer(i128),
    /// Finite.
    Float(f64),
    Text(String),
}

/// Something and where it stands in the filter. Where it stands makes no difference.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) item: T,
    pub(super) span: Range<usize>,
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.item == other.item
    }
}

impl Operator {
    pub(super) const ALL: [Operator; 6] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ];

    /// How it is written.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Compare { field, operator, value } => {
                write_name(&field.item, formatter)?;
                write!(formatter, " {} {}", operator.symbol(), value.item)
            }
            Expression::In { field, negated, values } => {
                write_name(&field.item, formatter)?;
                formatter.write_str(if *negated { " not in [" } else { " in [" })?;
                for (number, value) in values.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    write!(formatter, "{comma}{}", value.item)?;
                }
                formatter.write_str("]")
            }
            Expression::Exists { field } => {
                formatter.write_str("exists(")?;
                write_name(&field.item, formatter)?;
                formatter.write_str(")")
            }
            Expression::Not(inner) => match **inner {
                Expression::And(_) | Expression::Or(_) => write!(formatter, "not ({inner})"),
                _ => write!(formatter, "not {inner}"),
            },
            Expression::And(parts) => join(parts, " and ", formatter),
            Expression::Or(parts) => join(parts, " or ", formatter),
        }
    }
}

fn join(parts: &[Expression], between: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            formatter.write_str(between)?;
        }
        match part {
            // Only an `or` within an `and` needs them; an `and` within an `or` reads better so.
            Expression::And(_) | Expression::Or(_) => write!(formatter, "({part})")?,
            _ => write!(formatter, "{part}")?,
        }
    }
    Ok(())
}

fn write_name(name: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if lexer::is_bare_name(name) {
        formatter.write_str(name)
    } else {
        write_quoted(name, '`', formatter)
    }
}

fn write_quoted(text: &str, quote: char, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(formatter, "{quote}")?;
    for character in text.chars() {
        match character {
            '\\' => formatter.write_str("\\\\")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            '\t' => formatter.write_str("\\t")?,
            _ if character == quote => write!(formatter, "\\{quote}")?,
            _ if character.is_control() => write!(formatter, "\\u{{{:x}}}", u32::from(character))?,
            _ => write!(formatter, "{character}")?,
        }
    }
    write!(formatter, "{quote}")
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Bool(value) => write!(formatter, "{value}"),
            Literal::Integer(value) => write!(formatter, "{value}"),
            // As `2020.0` or `6e23`: never as a whole number.
            Literal::Float(value) => write!(formatter, "{value:?}"),
            Literal::Text(text) => write_quoted(text, '"', formatter),
        }
    }
}

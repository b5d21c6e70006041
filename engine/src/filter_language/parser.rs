//! From the tokens of a filter to what it means.

use std::ops::Range;

use super::expression::{Expression, Literal, Operator, Placed};
use super::lexer::{Lexer, Token, keyword};
use super::{FilterError, MAX_FILTER_BYTES};

/// How deep conditions may stand within conditions. It bounds the recursion of everything that
/// walks through a filter, and what comes of one is at most one level deeper.
const MAX_DEPTH: usize = mlsearch_index::MAX_PREDICATE_DEPTH - 2;

/// A condition, and how many levels it has.
type Leveled = (Expression, usize);

pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    if text.len() > MAX_FILTER_BYTES {
        let message =
            format!("the filter has {} bytes, and may have {MAX_FILTER_BYTES}", text.len());
        let end = text.floor_char_boundary(MAX_FILTER_BYTES);
        return Err(FilterError::new(text, end..end, message));
    }
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    if token == Token::End {
        let message = "the filter is empty: write a condition, as in year >= 2020";
        return Err(FilterError::new(text, span, message));
    }
    let mut parser = Parser { text, lexer, token, span };
    let (expression, _) = parser.any(0)?;
    match parser.token {
        Token::End => Ok(expression),
        Token::Close => Err(parser.error("there is no ( before this )")),
        _ => Err(parser.error("expected `and` or `or`, or the end of the filter")),
    }
}

struct Parser<'text> {
    text: &'text str,
    lexer: Lexer<'text>,
    /// The token that is looked at.
    token: Token<'text>,
    /// Where it stands.
    span: Range<usize>,
}

impl<'text> Parser<'text> {
    /// Goes on to the next token, and returns the last one and where it stands.
    fn take(&mut self) -> Result<(Token<'text>, Range<usize>), FilterError> {
        let (token, span) = self.lexer.next()?;
        let token = std::mem::replace(&mut self.token, token);
        Ok((token, std::mem::replace(&mut self.span, span)))
    }

    /// Goes on if the token is this one, and returns whether it is.
    fn take_if(&mut self, token: &Token) -> Result<bool, FilterError> {
        let is_it = self.token == *token;
        if is_it {
            self.take()?;
        }
        Ok(is_it)
    }

    /// The keyword that is looked at.
    fn keyword(&self) -> Option<&'static str> {
        match self.token {
            Token::Word(word) => keyword(word),
            _ => None,
        }
    }

    /// Goes on if the token is this keyword, and returns whether it is.
    fn take_keyword(&mut self, wanted: &str) -> Result<bool, FilterError> {
        let is_it = self.keyword() == Some(wanted);
        if is_it {
            self.take()?;
        }
        Ok(is_it)
    }

    /// An error at the token that is looked at.
    fn error(&self, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, self.span.clone(), message)
    }

    fn check_depth(&self, depth: usize) -> Result<(), FilterError> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(self.error(format!(
            "more than {MAX_DEPTH} conditions stand within one another: write the filter flatter"
        )))
    }

    /// Conditions with `or` between them. `nesting` counts what is open around them.
    fn any(&mut self, nesting: usize) -> Result<Leveled, FilterError> {
        self.chain(
            "or",
            |parser| parser.all(nesting),
            |expression| match expression {
                Expression::Or(parts) => Ok(parts),
                other => Err(other),
            },
            Expression::Or,
        )
    }

    /// Conditions with `and` between them.
    fn all(&mut self, nesting: usize) -> Result<Leveled, FilterError> {
        self.chain(
            "and",
            |parser| parser.negation(nesting),
            |expression| match expression {
                Expression::And(parts) => Ok(parts),
                other => Err(other),
            },
            Expression::And,
        )
    }

    /// Conditions with a keyword between them, in one list with the parts of those that are of
    /// the same kind.
    fn chain(
        &mut self,
        between: &str,
        part: impl Fn(&mut Self) -> Result<Leveled, FilterError>,
        parts: impl Fn(Expression) -> Result<Vec<Expression>, Expression>,
        whole: impl FnOnce(Vec<Expression>) -> Expression,
    ) -> Result<Leveled, FilterError> {
        let (first, mut depth) = part(self)?;
        if self.keyword() != Some(between) {
            return Ok((first, depth));
        }
        let mut all = Vec::new();
        let mut add = |expression, levels: usize| match parts(expression) {
            // Its parts move up a level.
            Ok(more) => {
                all.extend(more);
                levels - 1
            }
            Err(one) => {
                all.push(one);
                levels
            }
        };
        depth = add(first, depth);
        while self.take_keyword(between)? {
            let (next, levels) = part(self)?;
            depth = depth.max(add(next, levels));
        }
        self.check_depth(depth + 1)?;
        Ok((whole(all), depth + 1))
    }

    fn negation(&mut self, nesting: usize) -> Result<Leveled, FilterError> {
        self.check_depth(nesting)?;
        if !self.take_keyword("not")? {
            return self.condition(nesting);
        }
        let (inner, depth) = self.negation(nesting + 1)?;
        self.check_depth(depth + 1)?;
        Ok((Expression::Not(Box::new(inner)), depth + 1))
    }

    fn condition(&mut self, nesting: usize) -> Result<Leveled, FilterError> {
        if let Token::Open = self.token {
            let (_, open) = self.take()?;
            let inner = self.any(nesting + 1)?;
            if self.take_if(&Token::Close)? {
                return Ok(inner);
            }
            if self.token == Token::End {
                return Err(FilterError::new(self.text, open, "the ) for this ( is missing"));
            }
            return Err(self.error("expected `and`, `or` or )"));
        }
        if self.take_keyword("exists")? {
            if !self.take_if(&Token::Open)? {
                let message = "expected ( and a field after `exists`; a field of that name is \
                               written between back-quotes";
                return Err(self.error(message));
            }
            let field = self.field()?;
            if !self.take_if(&Token::Close)? {
                return Err(self.error("expected ) after the field"));
            }
            return Ok((Expression::Exists { field }, 1));
        }
        let field = self.field()?;
        if let Token::Operator(operator) = self.token {
            self.take()?;
            let value = self.value()?;
            return Ok((Expression::Compare { field, operator, value }, 1));
        }
        let negated = self.take_keyword("not")?;
        if self.take_keyword("in")? {
            let values = self.values()?;
            return Ok((Expression::In { field, negated, values }, 1));
        }
        let symbols = Operator::ALL.map(Operator::symbol).join(" ");
        Err(self.error(match negated {
            true => "expected `in`; `not` stands before a condition, as in not year = 2020".into(),
            false => format!("expected one of {symbols}, `in` or `not in` after the field"),
        }))
    }

    fn field(&mut self) -> Result<Placed<String>, FilterError> {
        const EXAMPLE: &str = "a condition begins with one, as in year >= 2020";
        let flaw = match &self.token {
            Token::Word(word) => {
                keyword(word).map(|keyword| format!("`{keyword}` is not a field: {EXAMPLE}"))
            }
            Token::Name(name) if name.is_empty() => {
                Some("there is no field without a name".to_owned())
            }
            Token::Name(_) => None,
            Token::End => Some("the filter ends where a condition is expected".to_owned()),
            Token::Value(Literal::Text(_)) => {
                Some("a string is not a field: fields have no quotes, or back-quotes".to_owned())
            }
            _ => Some(format!("expected a field: {EXAMPLE}")),
        };
        if let Some(flaw) = flaw {
            return Err(self.error(flaw));
        }
        match self.take()? {
            (Token::Name(name), span) => Ok(Placed { item: name, span }),
            (Token::Word(word), span) => Ok(Placed { item: word.to_owned(), span }),
            (_, span) => Err(FilterError::new(self.text, span, "expected a field")),
        }
    }

    fn value(&mut self) -> Result<Placed<Literal>, FilterError> {
        let flaw = match &self.token {
            Token::Value(_) => None,
            Token::Word(word) => match keyword(word) {
                Some("true" | "false") => None,
                _ => Some("expected a value: a number, true, false, or a string in quotes"),
            },
            Token::Name(_) => Some("expected a value: strings are in quotes \" or '"),
            Token::End => Some("the filter ends where a value is expected"),
            Token::OpenList => Some("a list follows after `in` or `not in`"),
            _ => Some("expected a value: a number, true, false, or a string in quotes"),
        };
        if let Some(flaw) = flaw {
            return Err(self.error(flaw));
        }
        let (token, span) = self.take()?;
        let item = match token {
            Token::Value(value) => value,
            Token::Word(word) => Literal::Bool(keyword(word) == Some("true")),
            _ => return Err(FilterError::new(self.text, span, "expected a value")),
        };
        Ok(Placed { item, span })
    }

    /// A list in square brackets, perhaps empty.
    fn values(&mut self) -> Result<Vec<Placed<Literal>>, FilterError> {
        let start = self.span.clone();
        if !self.take_if(&Token::OpenList)? {
            return Err(self.error("expected a list in square brackets, as in [\"law\", \"tax\"]"));
        }
        let mut values = Vec::new();
        if self.take_if(&Token::CloseList)? {
            return Ok(values);
        }
        loop {
            values.push(self.value()?);
            if self.take_if(&Token::CloseList)? {
                return Ok(values);
            }
            if self.token == Token::End {
                return Err(FilterError::new(self.text, start, "the ] for this [ is missing"));
            }
            if !self.take_if(&Token::Comma)? {
                return Err(self.error("expected a comma or ] after the value"));
            }
        }
    }
}

//! The words, values and signs of a filter.

use std::ops::Range;

use super::FilterError;
use super::expression::{Literal, Operator};

/// Words that mean something, in lower case.
const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "exists", "true", "false"];

/// A word, value or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'text> {
    /// A word without quotes: a keyword or a field.
    Word(&'text str),
    /// A field between back-quotes.
    Name(String),
    /// A string or a number.
    Value(Literal),
    Operator(Operator),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    End,
}

/// Cuts a filter into its tokens.
pub(super) struct Lexer<'text> {
    text: &'text str,
    position: usize,
}

/// Whether a word is a keyword: which one, in lower case.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Whether a field can be written without back-quotes.
pub(super) fn is_bare_name(name: &str) -> bool {
    name.starts_with(begins_word) && name.chars().all(continues_word) && keyword(name).is_none()
}

fn begins_word(character: char) -> bool {
    character.is_ascii_alphabetic()
        || character == '_'
        // Every script has its letters and marks; what is no letter is no field, either.
        || !(character.is_ascii()
            || character.is_whitespace()
            || character.is_control()
            || is_curly_quote(character))
}

fn continues_word(character: char) -> bool {
    begins_word(character) || character.is_ascii_digit() || matches!(character, '.' | '-')
}

/// Quotes that word processors put in place of straight ones.
fn is_curly_quote(character: char) -> bool {
    matches!(character, '\u{2018}'..='\u{201f}' | '«' | '»' | '‹' | '›')
}

impl<'text> Lexer<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { text, position: 0 }
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Result<(Token<'text>, Range<usize>), FilterError> {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
        let start = self.position;
        let mut characters = self.rest().chars();
        let Some(first) = characters.next() else { return Ok((Token::End, start..start)) };
        let second = characters.next();
        let token = match first {
            '"' | '\'' => Token::Value(Literal::Text(self.quoted(first)?)),
            '`' => Token::Name(self.quoted(first)?),
            '(' => self.sign(1, Token::Open),
            ')' => self.sign(1, Token::Close),
            '[' => self.sign(1, Token::OpenList),
            ']' => self.sign(1, Token::CloseList),
            ',' => self.sign(1, Token::Comma),
            '=' if second == Some('=') => self.sign(2, Token::Operator(Operator::Equal)),
            '=' => self.sign(1, Token::Operator(Operator::Equal)),
            '!' if second == Some('=') => self.sign(2, Token::Operator(Operator::NotEqual)),
            '<' if second == Some('=') => self.sign(2, Token::Operator(Operator::LessOrEqual)),
            '<' => self.sign(1, Token::Operator(Operator::Less)),
            '>' if second == Some('=') => self.sign(2, Token::Operator(Operator::GreaterOrEqual)),
            '>' => self.sign(1, Token::Operator(Operator::Greater)),
            '-' | '0'..='9' => Token::Value(self.number()?),
            _ if begins_word(first) => {
                let word = self.take_while(continues_word);
                Token::Word(word)
            }
            _ => return Err(self.unexpected(first)),
        };
        Ok((token, start..self.position))
    }

    fn rest(&self) -> &'text str {
        &self.text[self.position..]
    }

    fn sign(&mut self, bytes: usize, token: Token<'text>) -> Token<'text> {
        self.position += bytes;
        token
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'text str {
        let rest = self.rest();
        let end = rest.find(|character| !belongs(character)).unwrap_or(rest.len());
        self.position += end;
        &rest[..end]
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, span, message)
    }

    fn unexpected(&self, character: char) -> FilterError {
        let length = match self.rest() {
            rest if rest.starts_with("&&") || rest.starts_with("||") => 2,
            _ => character.len_utf8(),
        };
        let span = self.position..self.position + length;
        let message = match character {
            '&' => "`&` means nothing here: write `and`".to_owned(),
            '|' => "`|` means nothing here: write `or`".to_owned(),
            '!' => "`!` means nothing here: write `not`, or `!=`".to_owned(),
            _ if is_curly_quote(character) => {
                format!("`{character}` means nothing here: put strings in straight quotes, \" or '")
            }
            _ if character.is_control() => {
                format!("the control character U+{:04X} means nothing here", u32::from(character))
            }
            _ => format!("`{character}` means nothing here"),
        };
        self.error(span, message)
    }

    /// A string or a name, with its escapes taken out.
    fn quoted(&mut self, quote: char) -> Result<String, FilterError> {
        let start = self.position;
        self.position += quote.len_utf8();
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| character != quote && character != '\\'));
            match self.rest().chars().next() {
                None => {
                    let message = format!("the closing {quote} is missing");
                    return Err(self.error(start..self.text.len(), message));
                }
                Some('\\') => text.push(self.escape()?),
                Some(_) => {
                    self.position += quote.len_utf8();
                    return Ok(text);
                }
            }
        }
    }

    /// The character of an escape.
    fn escape(&mut self) -> Result<char, FilterError> {
        let start = self.position;
        let mut characters = self.rest().chars().skip(1);
        let escaped = characters.next();
        self.position += 1 + escaped.map_or(0, char::len_utf8);
        let character = match escaped {
            Some(same @ ('"' | '\'' | '`' | '\\')) => Some(same),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => {
                let rest = self.rest();
                let digits = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let digits = digits.map_or("", |(digits, _)| digits);
                let is_number = (1..=6).contains(&digits.len())
                    && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                if is_number {
                    self.position += digits.len() + 2;
                }
                let number = is_number.then(|| u32::from_str_radix(digits, 16).ok()).flatten();
                number.and_then(char::from_u32)
            }
            _ => None,
        };
        character.ok_or_else(|| {
            let message = r#"this is no escape: those are \" \' \` \\ \n \r \t and \u{1f41d}"#;
            self.error(start..self.position, message)
        })
    }

    fn number(&mut self) -> Result<Literal, FilterError> {
        let start = self.position;
        // All that runs on without a blank, so that `2020-05-17` is told whole.
        let mut is_exponent = false;
        let rest = self.rest();
        let end = rest.find(|character| {
            let belongs = continues_word(character) || (is_exponent && character == '+');
            is_exponent = matches!(character, 'e' | 'E');
            !belongs
        });
        let run = &rest[..end.unwrap_or(rest.len())];
        self.position += run.len();
        let is_short = run.chars().nth(40).is_none();
        let shown = if is_short { format!("`{run}`") } else { "this".to_owned() };
        match parse_number(run) {
            Some(Literal::Float(number)) if !number.is_finite() => {
                Err(self.error(start..self.position, format!("{shown} is too large a number")))
            }
            Some(number) => Ok(number),
            None => {
                let message = format!("{shown} is not a number: put dates and texts in quotes");
                Err(self.error(start..self.position, message))
            }
        }
    }
}

/// The number that is written as `run`, perhaps an infinite one.
fn parse_number(run: &str) -> Option<Literal> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = run.strip_prefix('-').unwrap_or(run);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent_digits = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    if ![Some(whole), fraction, exponent_digits].into_iter().flatten().all(is_digits) {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
        if let Some(integer) = run.parse().ok().filter(|integer| range.contains(integer)) {
            return Some(Literal::Integer(integer));
        }
    }
    run.parse().ok().map(Literal::Float)
}

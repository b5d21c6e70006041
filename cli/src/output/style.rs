//! Colours, and text made fit for a terminal.

use std::borrow::Cow;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::wrap;

/// What a section is called.
pub(crate) const HEADING: Style = Style::new().bold();
/// What is of less interest.
pub(crate) const DIM: Style = Style::new().dimmed();
/// A language.
pub(crate) const LANGUAGE: Style = AnsiColor::Cyan.on_default();
/// A score.
pub(crate) const SCORE: Style = AnsiColor::Green.on_default();
/// Something to type.
pub(crate) const COMMAND: Style = AnsiColor::Cyan.on_default();
/// Something that is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// The word before a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word before an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Text of a document without what a terminal would obey: control characters but line ends
/// become U+FFFD.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |character: char| character.is_control() && character != '\n';
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let replaced =
        text.chars().filter(|character| *character != '\r').map(|character| match character {
            '\t' => ' ',
            other if is_harmful(other) => '\u{fffd}',
            other => other,
        });
    Cow::Owned(replaced.collect())
}

/// Text on one line, for names and ids.
pub(crate) fn one_line(text: &str) -> String {
    harmless(text).replace('\n', " ")
}

/// Text wrapped to `width` columns, each line after `indent` blanks, no more than `most` lines
/// of it.
pub(crate) fn paragraph(text: &str, width: usize, indent: usize, most: usize) -> String {
    let text = harmless(text.trim_end());
    let blanks = " ".repeat(indent);
    let mut lines = wrap::lines(&text, width.saturating_sub(indent));
    let mut wrapped: String =
        lines.by_ref().take(most).map(|line| format!("{blanks}{line}\n")).collect();
    if lines.next().is_some() {
        wrapped.truncate(wrapped.trim_end().len());
        wrapped.push_str(" …\n");
    }
    wrapped
}

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 document`, `2,000 documents`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Bytes in the unit that reads best.
pub(crate) fn bytes(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// A time in the unit that reads best.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// How many a second, with as many digits as mean something.
pub(crate) fn rate(number: u64, time: Duration) -> String {
    let rate = number as f64 / time.as_secs_f64().max(1e-9);
    if rate < 100.0 { format!("{rate:.1}") } else { count(rate.round() as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(harmless("Bienen\ntanzen"), "Bienen\ntanzen");
        assert_eq!(
            harmless("a\u{1b}[31mb\u{9b}c\0d\te\r\n"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}d e\n"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(
            paragraph("蜜蜂用跳舞告诉同伴哪里有花", 12, 2, 9),
            "  蜜蜂用跳舞\n  告诉同伴哪\n  里有花\n"
        );
    }

    #[test]
    fn long_texts_are_cut_at_the_last_line_shown() {
        assert_eq!(paragraph("one two three four", 6, 0, 2), "one\ntwo …\n");
        assert_eq!(paragraph("one two", 6, 0, 2), "one\ntwo\n");
        assert_eq!(paragraph("", 6, 0, 2), "\n");
        assert_eq!(paragraph("\u{1b}[2J", 6, 1, 2), " \u{fffd}[2J\n");
    }

    #[test]
    fn numbers_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")];
        for (number, expected) in cases {
            assert_eq!(count(number), expected);
        }
        assert_eq!(
            (counted(1, "hit"), counted(0, "hit")),
            ("1 hit".to_owned(), "0 hits".to_owned())
        );
    }

    #[test]
    fn times_and_rates_read_well() {
        let cases =
            [(0.5, "0.50 s"), (12.34, "12.3 s"), (75.0, "1 min 15 s"), (7260.0, "2 h 1 min")];
        for (seconds, expected) in cases {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), expected);
        }
        assert_eq!(rate(5, Duration::from_secs(2)), "2.5");
        assert_eq!(rate(12345, Duration::from_secs(1)), "12,345");
    }
}

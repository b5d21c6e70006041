//! Filters are read as they are meant, written as they are read, and refused with the place of
//! the error.

use std::collections::BTreeSet;
use std::ops::Bound;

use mlsearch_index::{Key, Label, Predicate};
use proptest::prelude::*;

use super::expression::{Literal, Operator, Placed};
use super::*;
use crate::Language;
use crate::engine::key_of;
use crate::field_value::{Kind, from_bool, from_float, from_integer, from_text};
use crate::filterable::Filterable;

/// The filter as it is written by the library.
fn written(text: &str) -> String {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn error(text: &str) -> FilterError {
    Filter::parse(text).expect_err(text)
}

fn resolve(text: &str) -> Result<Predicate, FilterError> {
    let names = ["year", "topic", "author.name", "flag"].map(str::to_owned);
    let filterable = Filterable::new(&names).expect("names");
    let present: Vec<_> = ["de", "zh-Hant", "zh"]
        .into_iter()
        .zip(0..)
        .map(|(tag, label)| (Label(label), Language::parse(tag).expect("a tag")))
        .collect();
    Filter::parse(text)?.resolve(&filterable, &present)
}

#[test]
fn not_binds_before_and_and_and_before_or() {
    for (text, expected) in [
        ("a=1 or b=2 and c=3", "a = 1 or (b = 2 and c = 3)"),
        ("(a=1 or b=2) and c=3", "(a = 1 or b = 2) and c = 3"),
        ("not a=1 and b=2", "not a = 1 and b = 2"),
        ("not (a=1 and b=2)", "not (a = 1 and b = 2)"),
        ("NOT not ((a=1))", "not not a = 1"),
        (
            "a=1 and (b=2 and (c=3 and d=4)) and e=5",
            "a = 1 and b = 2 and c = 3 and d = 4 and e = 5",
        ),
        ("(a=1 or b=2) or not c=3 or d=4", "a = 1 or b = 2 or not c = 3 or d = 4"),
    ] {
        assert_eq!(written(text), expected, "{text}");
        assert_eq!(written(expected), expected);
    }
}

#[test]
fn conditions_are_written_in_one_way() {
    for (text, expected) in [
        ("year==2020", "year = 2020"),
        ("year  !=\n-2020", "year != -2020"),
        ("year<=1.50", "year <= 1.5"),
        ("year >= 2020.0", "year >= 2020.0"),
        ("year<6E+23", "year < 6e23"),
        ("year > 18446744073709551615", "year > 18446744073709551615"),
        ("year > 18446744073709551616", "year > 1.8446744073709552e19"),
        ("year = -0", "year = 0"),
        ("topic in ['law',\"tax\" , 3,TRUE]", "topic in [\"law\", \"tax\", 3, true]"),
        ("topic Not In []", "topic not in []"),
        ("EXISTS ( author.name )", "exists(author.name)"),
        ("exists(`author.name`)", "exists(author.name)"),
        ("`page count` > 10", "`page count` > 10"),
        ("`not` = `2020` ", "error"),
        ("`not` = false", "`not` = false"),
        ("`2020` = 1", "`2020` = 1"),
        ("größe = 'Ü\\'\\u{1f41d}\\n'", "größe = \"Ü'🐝\\n\""),
        ("पृष्ठ = 'a\"\\\\'", "पृष्ठ = \"a\\\"\\\\\""),
        ("publish-date = '\u{7f}'", "publish-date = \"\\u{7f}\""),
    ] {
        if expected == "error" {
            error(text);
            continue;
        }
        assert_eq!(written(text), expected, "{text}");
        assert_eq!(written(expected), expected);
    }
}

#[test]
fn errors_tell_what_is_wrong_and_where() {
    for (text, marked, message) in [
        ("", "", "the filter is empty"),
        (" \n", "", "the filter is empty"),
        ("year", "", "expected one of = != < <= > >=, `in` or `not in`"),
        ("year >", "", "ends where a value is expected"),
        ("year > 2020 and", "", "ends where a condition is expected"),
        ("year 2020", "2020", "expected one of"),
        ("year not 2020", "2020", "expected `in`"),
        ("year = = 2020", "=", "expected a value"),
        ("2020 = year", "2020", "expected a field"),
        ("\"year\" = 2020", "\"year\"", "a string is not a field"),
        ("topic = law", "law", "a string in quotes"),
        ("topic = `law`", "`law`", "strings are in quotes"),
        ("topic = NaN", "NaN", "expected a value"),
        ("topic = and", "and", "expected a value"),
        ("topic = [1]", "[", "after `in`"),
        ("topic in 1", "1", "square brackets"),
        ("topic in (1)", "(", "square brackets"),
        ("topic in [1", "[", "the ] for this ["),
        ("topic in [1 2]", "2", "expected a comma or ]"),
        ("topic in [1,]", "]", "expected a value"),
        ("(year = 1", "(", "the ) for this ( is missing"),
        ("(year = 1 year", "year", "expected `and`, `or` or )"),
        ("year = 1)", ")", "no ( before"),
        ("year = 1 year = 2", "year", "expected `and` or `or`"),
        ("exists year", "year", "expected ("),
        ("exists(1)", "1", "expected a field"),
        ("exists(year", "", "expected )"),
        ("`` = 1", "``", "without a name"),
        ("topic = 'law", "'law", "the closing ' is missing"),
        ("topic = 'a\\'", "'a\\'", "the closing ' is missing"),
        ("topic = 'a\\x'", "\\x", "this is no escape"),
        ("topic = '\\u{d800}'", "\\u{d800}", "this is no escape"),
        ("topic = '\\u{}'", "\\u", "this is no escape"),
        ("topic = '\\", "\\", "this is no escape"),
        ("day > 2020-05-17", "2020-05-17", "put dates and texts in quotes"),
        ("day > 1_000", "1_000", "is not a number"),
        ("day > 1.", "1.", "is not a number"),
        ("day > 1e", "1e", "is not a number"),
        ("day > -", "-", "is not a number"),
        ("day > 1e400", "1e400", "too large"),
        ("day > .5", ".", "means nothing here"),
        ("a = 1 && b = 2", "&&", "write `and`"),
        ("a = 1 || b = 2", "||", "write `or`"),
        ("a = 1 & b = 2", "&", "write `and`"),
        ("!a = 1", "!", "write `not`"),
        ("a = “law”", "“", "straight quotes"),
        ("a = 1;", ";", "`;` means nothing here"),
        ("a = \u{1}", "\u{1}", "U+0001"),
    ] {
        let error = error(text);
        assert!(error.message().contains(message), "{text}: {error}");
        // The last occurrence is the wrong one in all of these.
        let start = text.rfind(marked).expect("it is there");
        let start = if text.starts_with("year = = ") { 7 } else { start };
        assert_eq!(error.span(), start..start + marked.len(), "{text}: {error}");
    }
}

#[test]
fn the_place_of_an_error_is_marked_in_its_line() {
    let filter = "year > 2020\nand 题目 = law\nor x = 1";
    assert_eq!(
        error(filter).to_string(),
        "expected a value: a number, true, false, or a string in quotes\n  \
         and 题目 = law\n             ^^^"
    );
    // Of a long line a part is shown.
    let long = format!("{} nonsense {}", "a = 1 or ".repeat(50), "or a = 1 ".repeat(50));
    let told = error(&long).to_string();
    let [_, shown, mark] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    assert!(shown.starts_with("  …") && shown.ends_with('…'), "{told}");
    assert!(shown.chars().count() < 110, "{told}");
    let before: String = shown.chars().take(mark.len() - 2).collect();
    assert!(before.ends_with(" nonsense ") && mark.trim() == "^^", "{told}");
    // Nothing that a terminal would obey is shown.
    assert!(!error("a = '\u{1b}[31m\r").to_string().contains(['\u{1b}', '\r']));
}

#[test]
fn filters_become_predicates() {
    let field = |name: &str| name.to_owned();
    let equal = |name, value| Predicate::Equal { field: field(name), value };
    let not = |inner| Predicate::Not(Box::new(inner));
    let range = |name, lower, upper| Predicate::Range { field: field(name), lower, upper };
    let numbers_end = Bound::Excluded(Kind::NUMBER.end());
    let labels = |labels: &[u16]| Predicate::Labels(labels.iter().map(|it| Label(*it)).collect());
    for (text, expected) in [
        ("year = 2020", equal("year", from_integer(2020))),
        ("year = 2020.0", equal("year", from_integer(2020))),
        ("year != '2020'", not(equal("year", from_text("2020")))),
        ("flag = true", equal("flag", from_bool(true))),
        ("year > 2020", range("year", Bound::Excluded(from_integer(2020)), numbers_end.clone())),
        ("year >= 0.5", range("year", Bound::Included(from_float(0.5)), numbers_end)),
        (
            "topic < 'm'",
            range("topic", Bound::Included(Kind::TEXT.start()), Bound::Excluded(from_text("m"))),
        ),
        (
            "topic <= 'm'",
            range("topic", Bound::Included(Kind::TEXT.start()), Bound::Included(from_text("m"))),
        ),
        (
            "topic not in ['law', 1]",
            not(Predicate::In {
                field: field("topic"),
                values: [from_text("law"), from_integer(1)].into(),
            }),
        ),
        ("exists(author.name)", Predicate::Exists { field: field("author.name") }),
        ("id = 'x'", Predicate::Keys([key_of("x")].into())),
        ("id in ['x', 'y', 'x']", Predicate::Keys([key_of("x"), key_of("y")].into())),
        ("id not in []", not(Predicate::Keys(BTreeSet::<Key>::new()))),
        ("language = 'ZH'", labels(&[1, 2])),
        ("language in ['zh-hant', 'fr', 'de']", labels(&[0, 1])),
        ("language != 'fr'", not(labels(&[]))),
        ("exists(id)", Predicate::And(vec![])),
        (
            "year = 1 and not (topic = 'a' or exists(flag))",
            Predicate::And(vec![
                equal("year", from_integer(1)),
                not(Predicate::Or(vec![
                    equal("topic", from_text("a")),
                    Predicate::Exists { field: field("flag") },
                ])),
            ]),
        ),
    ] {
        assert_eq!(resolve(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_field_that_is_not_filterable_is_an_error_that_lists_those_that_are() {
    for (text, marked, message) in [
        (
            "topic = 'x' and yaer >= 2020",
            "yaer",
            "unknown field `yaer`: filterable fields are year, topic, author.name, flag, id, language",
        ),
        ("exists(author)", "author", "unknown field `author`"),
        ("`a\u{1b}b` = 1", "`a\u{1b}b`", "unknown field `a b`: "),
        ("id >= 'x'", "id >= 'x'", "`id` can only be compared with =, !=, in and not in"),
        ("language < 'x'", "language < 'x'", "`language` can only"),
        ("id in ['x', 7]", "7", "`id` is compared with strings"),
        ("language = 'not a tag'", "'not a tag'", "is not a language tag"),
    ] {
        let error = resolve(text).expect_err(text);
        let start = text.find(marked).expect("it is there");
        assert_eq!(error.span(), start..start + marked.len(), "{text}: {error}");
        assert!(
            error.message().starts_with(message) || error.message().contains(message),
            "{error}"
        );
    }
}

#[test]
fn filters_that_are_too_deep_are_refused_however_deep_they_are() {
    let parentheses =
        |levels: usize| format!("{}year = 1{}", "(".repeat(levels), ")".repeat(levels));
    let negations = |levels: usize| format!("{}year != 1", "not ".repeat(levels));
    let both = |levels: usize| {
        format!("{}year = 1{}", "not (year = 1 or year = 2 and ".repeat(levels), ")".repeat(levels))
    };
    // What is not refused can be resolved, written and read again.
    for filter in [parentheses(62), negations(61), both(20)] {
        assert_eq!(written(&written(&filter)), written(&filter));
        resolve(&filter).expect("resolved");
    }
    for filter in [parentheses(63), negations(62), both(21)] {
        assert!(error(&filter).message().contains("within one another"), "{filter}");
    }
    for levels in [1_000, 10_000, 100_000] {
        for filter in [
            parentheses(levels),
            negations(levels),
            both(levels.min(10_000)),
            "(".repeat(levels),
            "not".repeat(levels),
            "exists(".repeat(levels),
            "[".repeat(levels),
            "a in [".repeat(levels),
        ] {
            error(&filter);
        }
    }
}

#[test]
fn filters_that_are_too_long_are_refused() {
    let long = "year = 1 or ".repeat(100_000);
    assert!(long.len() > 1 << 20);
    assert!(error(&long).message().contains("may have 524288"));
    // Cut within a character.
    error(&format!("x{}", "ü".repeat(MAX_FILTER_BYTES)));
    // As long as may be, and as many conditions.
    let conditions = MAX_FILTER_BYTES / 7;
    let longest = Filter::parse(&"a=1 or ".repeat(conditions)[..7 * conditions - 4]);
    assert_eq!(longest.expect("a filter").to_string().matches('a').count(), conditions);
    let ids: Vec<String> = (0..50_000).map(|id| format!("'{id}'")).collect();
    assert!(resolve(&format!("id in [{}]", ids.join(","))).is_ok());
    error(&format!("a = '{}", "x".repeat(500_000)));
    error(&format!("a = {}e", "9".repeat(500_000)));
    assert!(error(&format!("a = {}", "9".repeat(500_000))).message().contains("too large"));
}

fn placed<T>(item: T) -> Placed<T> {
    Placed { item, span: 0..0 }
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z_][a-z0-9_.-]{0,8}",
        1 => prop::sample::select(&["and", "Not", "IN", "exists", "true"][..]).prop_map(str::to_owned),
        1 => ".{1,5}",
    ]
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|integer| Literal::Integer(integer.into())),
        any::<u64>().prop_map(|integer| Literal::Integer(integer.into())),
        (prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO)
            .prop_map(Literal::Float),
        any::<String>().prop_map(Literal::Text),
        "[\\\\\"'`\n\t\r\u{0}u{}]{0,6}".prop_map(Literal::Text),
    ]
}

/// Two or more, those of the same kind taken apart, as the parser does.
fn flat(
    parts: Vec<Expression>,
    whole: fn(Vec<Expression>) -> Expression,
    inner: fn(&Expression) -> Option<&Vec<Expression>>,
) -> Expression {
    let parts = parts.into_iter().flat_map(|part| match inner(&part) {
        Some(parts) => parts.clone(),
        None => vec![part],
    });
    whole(parts.collect())
}

fn expressions() -> impl Strategy<Value = Expression> {
    let name = || names().prop_map(placed);
    let value = || literals().prop_map(placed);
    let leaf = prop_oneof![
        (name(), prop::sample::select(&Operator::ALL[..]), value())
            .prop_map(|(field, operator, value)| Expression::Compare { field, operator, value }),
        (name(), any::<bool>(), prop::collection::vec(value(), 0..4))
            .prop_map(|(field, negated, values)| Expression::In { field, negated, values }),
        name().prop_map(|field| Expression::Exists { field }),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
            parts().prop_map(|parts| flat(parts, Expression::And, |part| match part {
                Expression::And(parts) => Some(parts),
                _ => None,
            })),
            parts().prop_map(|parts| flat(parts, Expression::Or, |part| match part {
                Expression::Or(parts) => Some(parts),
                _ => None,
            })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(expression in expressions()) {
        let filter = Filter { text: String::new(), expression };
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text).map_err(|error| error.to_string()), Ok(filter));
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = Filter::parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn no_row_of_tokens_makes_it_panic(
        tokens in prop::collection::vec(prop::sample::select(&[
            "year", "`a b`", "'x'", "\"", "1", "-2.5e3", "=", "!=", "<", ">=", "in", "not", "and",
            "or", "(", ")", "[", "]", ",", "exists", "true", "\\", "\n", "é", "🐝", "id", "language",
            "'de'",
        ][..]), 0..24),
        blank in prop::sample::select(&["", " "][..]),
    ) {
        let text = tokens.join(blank);
        match Filter::parse(&text) {
            Ok(filter) => {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
                let _ = resolve(&text).map_err(|error| error.to_string());
            }
            Err(error) => {
                let span = error.span();
                prop_assert!(text.get(span).is_some(), "{}", error);
                prop_assert_eq!(error.to_string().lines().count(), 3);
            }
        }
    }
}

//! A filter selects the documents whose JSON it holds for, through all that lies between.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use mlsearch_index::{Index, IndexConfig, Label, Metric, NewDocument};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Filter;
use super::expression::{Expression, Literal, Operator, Placed};
use crate::engine::key_of;
use crate::filterable::{Filterable, as_fields};
use crate::{Document, Language};

const LANGUAGES: [&str; 3] = ["de", "zh-Hant", "zh"];
const FIELDS: [&str; 3] = ["year", "topic", "author.name"];

/// Whether a filter holds for a document, by its JSON.
fn holds(expression: &Expression, document: &Document) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| holds(part, document)),
        Expression::Or(parts) => parts.iter().any(|part| holds(part, document)),
        Expression::Not(inner) => !holds(inner, document),
        Expression::Exists { field } => !values(&field.item, document).is_empty(),
        Expression::In { field, negated, values: wanted } => {
            let any = wanted.iter().any(|value| matches(field, Operator::Equal, value, document));
            any != *negated
        }
        Expression::Compare { field, operator: Operator::NotEqual, value } => {
            !matches(field, Operator::Equal, value, document)
        }
        Expression::Compare { field, operator, value } => {
            matches(field, *operator, value, document)
        }
    }
}

fn matches(
    field: &Placed<String>,
    operator: Operator,
    wanted: &Placed<Literal>,
    document: &Document,
) -> bool {
    if field.item == "language" {
        let Literal::Text(tag) = &wanted.item else { panic!("languages are texts") };
        let own = document.language.as_ref().expect("every document has one").to_string();
        return own == *tag || own.starts_with(&format!("{tag}-"));
    }
    values(&field.item, document).iter().any(|value| {
        let ordering = match (value, &wanted.item) {
            (Value::Bool(own), Literal::Bool(wanted)) => own.cmp(wanted),
            (Value::String(own), Literal::Text(wanted)) => own.as_str().cmp(wanted),
            // All that is made here is exact in floating point.
            (Value::Number(own), Literal::Integer(wanted)) => {
                own.as_f64().expect("a number").total_cmp(&(*wanted as f64))
            }
            (Value::Number(own), Literal::Float(wanted)) => {
                own.as_f64().expect("a number").total_cmp(wanted)
            }
            _ => return false,
        };
        match operator {
            Operator::Equal => ordering == Ordering::Equal,
            Operator::NotEqual => ordering != Ordering::Equal,
            Operator::Less => ordering == Ordering::Less,
            Operator::LessOrEqual => ordering != Ordering::Greater,
            Operator::Greater => ordering == Ordering::Greater,
            Operator::GreaterOrEqual => ordering != Ordering::Less,
        }
    })
}

/// The scalars of a field. Here a document has an author with a name, or none.
fn values(field: &str, document: &Document) -> Vec<Value> {
    let value = match field {
        "id" => Some(json!(document.id)),
        "language" => Some(json!(document.language)),
        "author.name" => document.metadata.get("author").and_then(|it| it.get("name")).cloned(),
        _ => document.metadata.get(field).cloned(),
    };
    match value {
        Some(Value::Array(values)) => values.into_iter().filter(|value| !value.is_null()).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(value) => vec![value],
    }
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (-3..4i32).prop_map(|number| json!(number)),
        2 => (-6..7i32).prop_map(|number| json!(f64::from(number) / 2.0)),
        2 => prop::sample::select(&["", "a", "b", "2", "true"][..]).prop_map(|text| json!(text)),
        1 => any::<bool>().prop_map(|value| json!(value)),
        1 => Just(Value::Null),
    ]
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let value = || {
        prop_oneof![
            3 => scalars(),
            1 => prop::collection::vec(scalars(), 0..4).prop_map(Value::Array),
        ]
    };
    let language = prop::sample::select(&LANGUAGES[..]);
    let document = (language, prop::option::of(value()), prop::option::of(value()), value());
    prop::collection::vec(document, 0..30).prop_map(|documents| {
        let documents = documents.into_iter().enumerate();
        documents
            .map(|(number, (language, year, topic, name))| {
                let mut document = Document::new(number.to_string(), "text")
                    .in_language(Language::parse(language).expect("a tag"));
                let fields = [("year", year), ("topic", topic)];
                document.metadata = fields
                    .into_iter()
                    .filter_map(|(field, value)| Some((field.to_owned(), value?)))
                    .collect::<Map<_, _>>();
                if number % 2 == 0 {
                    document.metadata.insert("author".to_owned(), json!({"name": name}));
                }
                document
            })
            .collect()
    })
}

fn placed<T>(item: T) -> Placed<T> {
    Placed { item, span: 0..0 }
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        (-4..5i128).prop_map(Literal::Integer),
        (-8..9i32).prop_map(|number| Literal::Float(f64::from(number) / 2.0)),
        prop::sample::select(&["", "a", "b", "2", "true"][..])
            .prop_map(|text| Literal::Text(text.to_owned())),
        any::<bool>().prop_map(Literal::Bool),
    ]
}

fn expressions() -> impl Strategy<Value = Expression> {
    let field = || prop::sample::select(&FIELDS[..]).prop_map(|name| placed(name.to_owned()));
    let value = || literals().prop_map(placed);
    let text = |text: String| placed(Literal::Text(text));
    let ids = prop::collection::vec((0..40u32).prop_map(|id| id.to_string()), 0..9);
    let tag = prop::sample::select(&["de", "zh", "zh-Hant", "fr"][..]);
    let leaf = prop_oneof![
        4 => (field(), prop::sample::select(&Operator::ALL[..]), value())
            .prop_map(|(field, operator, value)| Expression::Compare { field, operator, value }),
        2 => (field(), any::<bool>(), prop::collection::vec(value(), 0..4))
            .prop_map(|(field, negated, values)| Expression::In { field, negated, values }),
        1 => field().prop_map(|field| Expression::Exists { field }),
        1 => (ids, any::<bool>()).prop_map(move |(ids, negated)| Expression::In {
            field: placed("id".to_owned()),
            negated,
            values: ids.into_iter().map(text).collect(),
        }),
        1 => (tag, 0..2usize).prop_map(move |(tag, operator)| Expression::Compare {
            field: placed("language".to_owned()),
            operator: Operator::ALL[operator],
            value: text(tag.to_owned()),
        }),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_selects_the_documents_whose_json_it_holds_for(
        documents in documents(),
        expressions in prop::collection::vec(expressions(), 1..20),
    ) {
        let filterable = Filterable::new(&FIELDS.map(str::to_owned)).expect("names");
        let present: Vec<_> = LANGUAGES
            .into_iter()
            .zip(0..)
            .map(|(tag, label)| (Label(label), Language::parse(tag).expect("a tag")))
            .collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = Index::create(folder.path(), IndexConfig::new(1, Metric::Euclidean)).expect("created");
        let mut writer = index.writer().expect("a writer");
        for document in &documents {
            let values = filterable.values(document).expect("short values");
            let label = present.iter().find(|(_, it)| Some(it) == document.language.as_ref());
            writer.upsert_document(&NewDocument {
                key: key_of(&document.id),
                label: label.expect("one of them").0,
                vector: &[0.0],
                payload: b"",
                fields: &as_fields(&values),
            }).expect("added");
        }
        let snapshot = writer.commit().expect("committed");
        for expression in expressions {
            let filter = Filter { text: String::new(), expression };
            // What is read from text means the same.
            let read = Filter::parse(&filter.to_string()).expect("it was written to be read");
            for filter in [filter, read] {
                let predicate = filter.resolve(&filterable, &present).expect("resolved");
                let selection = snapshot.select(&predicate).expect("selected");
                let selected: BTreeSet<_> = snapshot
                    .records()
                    .filter(|record| selection.contains(record.address))
                    .map(|record| record.key)
                    .collect();
                let expected: BTreeSet<_> = documents
                    .iter()
                    .filter(|document| holds(&filter.expression, document))
                    .map(|document| key_of(&document.id))
                    .collect();
                prop_assert_eq!(selected, expected, "{}", filter);
            }
        }
    }
}

//! The fields of documents that an index can filter by.

use mlsearch_index::{Field, MAX_FIELD_NAME_BYTES, MAX_FIELD_VALUES, MAX_FIELDS};
use serde_json::{Map, Value};

use crate::field_value::{self, MAX_TEXT_BYTES};
use crate::{Document, Error, Result};

/// Can be filtered by in every index: a document's id.
pub(crate) const ID: &str = "id";
/// Can be filtered by in every index: a document's language.
pub(crate) const LANGUAGE: &str = "language";
/// Stands for a document's group, which is not in its metadata.
pub(crate) const GROUP: &str = "group";

/// The fields that an index was created to filter by, in the order they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filterable {
    names: Vec<String>,
}

/// A value of a filterable field of a document.
pub(crate) type FieldValue<'filterable> = (&'filterable str, Vec<u8>);

impl Filterable {
    /// Checks the names of fields. One that is given twice counts once.
    pub(crate) fn new(names: &[String]) -> Result<Self> {
        let mut filterable = Self::default();
        for name in names {
            let refuse =
                |reason: String| Err(Error::InvalidFilterable { field: name.clone(), reason });
            if !(1..=MAX_FIELD_NAME_BYTES).contains(&name.len()) {
                return refuse(format!("its name must have 1 to {MAX_FIELD_NAME_BYTES} bytes"));
            }
            if [ID, LANGUAGE].contains(&name.as_str()) {
                return refuse("every index can, and it must not be asked for".to_owned());
            }
            if filterable.names.contains(name) {
                continue;
            }
            if filterable.names.len() == MAX_FIELDS {
                return refuse(format!("an index filters by {MAX_FIELDS} fields at most"));
            }
            filterable.names.push(name.clone());
        }
        Ok(filterable)
    }

    /// The same and `group`, if there is room: reports of bias ask for the documents of a group.
    pub(crate) fn with_groups(mut self) -> Self {
        if !self.has_groups() && self.names.len() < MAX_FIELDS {
            self.names.push(GROUP.to_owned());
        }
        self
    }

    /// Whether documents are kept by group.
    pub(crate) fn has_groups(&self) -> bool {
        self.names.iter().any(|name| name == GROUP)
    }

    /// Reads what [`to_attribute`](Self::to_attribute) wrote.
    pub(crate) fn from_attribute(text: &str) -> Result<Self, String> {
        let names: Vec<String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::new(&names).map_err(|error| error.to_string())
    }

    /// The names as an index attribute.
    pub(crate) fn to_attribute(&self) -> String {
        serde_json::to_string(&self.names).expect("strings always serialise")
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The values that a document has of these fields, or what is wrong with them.
    pub(crate) fn values<'a>(&'a self, document: &Document) -> Result<Vec<FieldValue<'a>>, String> {
        let mut values = Vec::new();
        for name in &self.names {
            if name == GROUP {
                if let Some(group) = &document.group {
                    values.push((name.as_str(), text(name, group)?));
                }
                continue;
            }
            for found in find(&document.metadata, name) {
                values.extend(encode(name, found)?.map(|value| (name.as_str(), value)));
            }
        }
        values.sort_unstable();
        values.dedup();
        if values.len() > MAX_FIELD_VALUES {
            return Err(format!(
                "it has {} values in the fields to filter by, and at most {MAX_FIELD_VALUES} are kept",
                values.len()
            ));
        }
        Ok(values)
    }
}

/// The values as the index takes them.
pub(crate) fn as_fields<'a>(values: &'a [FieldValue]) -> Vec<Field<'a>> {
    values.iter().map(|(name, value)| Field { name, value }).collect()
}

/// What stands at a path: under that name itself, else in objects one within the other, of which
/// each part of the path names one. Arrays stand for all that is in them.
fn find<'a>(metadata: &'a Map<String, Value>, path: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    // What is still to be looked at, and the path from there on. It is no recursion, because
    // nobody says how deep arrays may be.
    let mut open = Vec::new();
    match metadata.get(path) {
        Some(value) => open.push((value, None)),
        None => {
            let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
            open.extend(metadata.get(first).map(|value| (value, rest)));
        }
    }
    while let Some((value, path)) = open.pop() {
        match (value, path) {
            (Value::Array(values), _) => open.extend(values.iter().map(|value| (value, path))),
            (Value::Object(object), Some(path)) => match object.get(path) {
                Some(value) => open.push((value, None)),
                None => {
                    let (first, rest) =
                        path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
                    open.extend(object.get(first).map(|value| (value, rest)));
                }
            },
            (value, None) => found.push(value),
            (_, Some(_)) => {}
        }
    }
    found
}

/// The bytes of a value that can be compared.
fn encode(field: &str, value: &Value) -> Result<Option<Vec<u8>>, String> {
    Ok(match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(value) => Some(field_value::from_bool(*value)),
        Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(integer), _) => Some(field_value::from_integer(integer)),
            (None, Some(float)) if float.is_finite() => Some(field_value::from_float(float)),
            (None, _) => None,
        },
        Value::String(value) => Some(text(field, value)?),
    })
}

fn text(field: &str, text: &str) -> Result<Vec<u8>, String> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!(
            "its field `{field}` holds a string of {} bytes, and a field to filter by holds \
             strings of {MAX_TEXT_BYTES} at most",
            text.len()
        ));
    }
    Ok(field_value::from_text(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filterable(names: &[&str]) -> Result<Filterable> {
        Filterable::new(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    fn values(field: &str, metadata: Value) -> Result<Vec<Vec<u8>>, String> {
        let mut document = Document::new("1", "text").in_group("bees");
        document.metadata = metadata.as_object().cloned().expect("an object");
        let filterable = filterable(&[field]).expect("a name");
        let values = filterable.values(&document)?;
        Ok(values.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn names_are_checked_and_round_trip() {
        let fields = filterable(&["year", "author.name", "year"]).expect("names");
        assert_eq!(fields.names(), ["year", "author.name"]);
        assert_eq!(Filterable::from_attribute(&fields.to_attribute()), Ok(fields));
        let long = "x".repeat(256);
        for name in ["", "id", "language", &long] {
            assert!(matches!(filterable(&[name]), Err(Error::InvalidFilterable { .. })), "{name}");
        }
        let many: Vec<String> = (0..65).map(|number| number.to_string()).collect();
        assert!(Filterable::new(&many).is_err() && Filterable::new(&many[1..]).is_ok());
        for text in ["", "{}", "[1]", r#"["id"]"#] {
            assert!(Filterable::from_attribute(text).is_err(), "{text}");
        }
    }

    #[test]
    fn scalars_and_arrays_of_them_have_values() {
        let text = field_value::from_text;
        for (metadata, expected) in [
            (json!({"f": "law"}), vec![text("law")]),
            (json!({"f": 2020}), vec![field_value::from_float(2020.0)]),
            (json!({"f": 2.5}), vec![field_value::from_float(2.5)]),
            (json!({"f": u64::MAX}), vec![field_value::from_integer(u64::MAX.into())]),
            (json!({"f": false}), vec![field_value::from_bool(false)]),
            (json!({"f": ["b", "a", ["b", null]]}), vec![text("a"), text("b")]),
            (json!({"f": null}), vec![]),
            (json!({"f": {"a": 1}}), vec![]),
            (json!({"g": 1}), vec![]),
            (json!({"f": []}), vec![]),
        ] {
            assert_eq!(values("f", metadata.clone()), Ok(expected), "{metadata}");
        }
        assert_eq!(values("group", json!({"group": "mine"})), Ok(vec![text("bees")]));
    }

    #[test]
    fn dots_lead_into_objects() {
        let text = field_value::from_text;
        for (path, expected) in [
            ("author.name", vec![text("Ada"), text("Grace")]),
            ("author.born.year", vec![field_value::from_integer(1815)]),
            ("author.born", vec![]),
            ("author.name.first", vec![]),
            ("a.b", vec![text("itself")]),
            ("c.d.e", vec![text("within")]),
            (".", vec![]),
        ] {
            let metadata = json!({
                "author": [{"name": "Ada", "born": {"year": 1815}}, {"name": "Grace"}, "Emmy"],
                "a.b": "itself",
                "a": {"b": "nested"},
                "c": {"d.e": "within"},
            });
            assert_eq!(values(path, metadata), Ok(expected), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        assert!(values("f", json!({"f": "x".repeat(1_023)})).is_ok());
        let error = values("f", json!({"f": ["x", "x".repeat(1_024)]})).expect_err("too long");
        assert!(error.contains("`f` holds a string of 1024 bytes"), "{error}");
        let many: Vec<u32> = (0..1_025).collect();
        assert!(values("f", json!({"f": &many[1..]})).is_ok());
        let error = values("f", json!({"f": many})).expect_err("too many");
        assert!(error.contains("1025 values"), "{error}");
    }

    #[test]
    fn arrays_however_deep_are_read() {
        let deep = (0..100_000).fold(json!("x"), |inner, _| Value::Array(vec![inner]));
        let metadata: Map<String, Value> = [("f".to_owned(), deep)].into_iter().collect();
        let found = find(&metadata, "f");
        assert_eq!(found, [&json!("x")]);
        // Taking it apart would be a recursion.
        std::mem::forget(metadata);
    }
}

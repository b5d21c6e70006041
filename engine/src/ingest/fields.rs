//! A document from named fields: of a JSON object or a row.

use serde_json::{Map, Value};

use super::IngestOptions;
use crate::{Document, Language};

/// Field whose own fields are merged into a document's metadata.
const METADATA: &str = "metadata";

/// The document of an object's fields, or what is wrong with them. A document without an id is
/// called `unnamed()`.
pub(super) fn document(
    mut fields: Map<String, Value>,
    options: &IngestOptions,
    unnamed: impl FnOnce() -> String,
) -> Result<Document, String> {
    let text = text(fields.remove(&options.text_field), &options.text_field)?;
    let id = label(fields.remove(&options.id_field), &options.id_field)?;
    let language = match fields.remove(&options.language_field) {
        None | Some(Value::Null) => None,
        Some(Value::String(tag)) if tag.trim().is_empty() => None,
        Some(Value::String(tag)) => Some(Language::parse(&tag).map_err(|error| error.to_string())?),
        Some(other) => return Err(wrong_kind(&options.language_field, &other, "a string")),
    };
    let group = label(fields.remove(&options.group_field), &options.group_field)?;
    let mut document = Document::new(id.unwrap_or_else(unnamed), text);
    document.language = language;
    document.group = group;
    document.metadata = match fields.remove(METADATA) {
        // A field of the object itself is nearer than one of the same name inside.
        Some(Value::Object(mut inner)) => {
            inner.append(&mut fields);
            inner
        }
        Some(Value::Null) | None => fields,
        Some(other) => {
            fields.insert(METADATA.to_owned(), other);
            fields
        }
    };
    Ok(document)
}

fn text(value: Option<Value>, field: &str) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Err(format!("there is no field `{field}`")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(format!("the field `{field}` is blank"))
        }
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(wrong_kind(field, &other, "a string")),
    }
}

/// A name: a string, or a number written out. An empty one is none.
fn label(value: Option<Value>, field: &str) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name).filter(|name| !name.is_empty())),
        // Whole numbers beyond 64 bits were rounded when they were read.
        Some(Value::Number(number))
            if number.as_f64().is_some_and(|number| number.abs() >= 2f64.powi(64)) =>
        {
            Err(format!(
                "the number in the field `{field}` is too large to be kept exactly; put it in quotes"
            ))
        }
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong_kind(field, &other, "a string or a number")),
    }
}

fn wrong_kind(field: &str, value: &Value, wanted: &str) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    format!("the field `{field}` is {kind}, and must be {wanted}")
}

//! The stored form of a document: what lies beside its vector in the index.
//!
//! The only module that knows bincode. Layout: FORMAT.md, "Documents".

use bincode::{Decode, Encode};
use mlsearch_index::MAX_PAYLOAD_BYTES;
use serde_json::{Map, Value};

use crate::{Document, Language};

/// Decoding stops with an error when a record claims to be larger than this.
const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<MAX_PAYLOAD_BYTES>,
> = bincode::config::standard().with_limit::<MAX_PAYLOAD_BYTES>();

/// Objects and arrays one within the other, that of all metadata included: more are not read back.
const MAX_METADATA_LEVELS: usize = 127;

#[derive(Encode, Decode)]
struct Record {
    id: String,
    text: String,
    group: Option<String>,
    /// A JSON object, or nothing where there is no metadata.
    metadata: String,
}

/// The bytes of a document. Its language is not among them: it is the vector's label.
pub(crate) fn encode(document: &Document) -> Result<Vec<u8>, String> {
    if levels_exceed(&document.metadata, MAX_METADATA_LEVELS) {
        return Err(format!(
            "its metadata is nested more than {MAX_METADATA_LEVELS} levels deep; keep it flatter"
        ));
    }
    let metadata = if document.metadata.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&document.metadata).map_err(|error| error.to_string())?
    };
    let record = Record {
        id: document.id.clone(),
        text: document.text.clone(),
        group: document.group.clone(),
        metadata,
    };
    bincode::encode_to_vec(record, CONFIG).map_err(|_| {
        format!("it takes more than {MAX_PAYLOAD_BYTES} bytes; split it into passages")
    })
}

/// Whether metadata has more than so many levels. It is no recursion, because nobody says how deep
/// metadata may be.
fn levels_exceed(metadata: &Map<String, Value>, most: usize) -> bool {
    let mut open: Vec<(&Value, usize)> = metadata.values().map(|value| (value, 1)).collect();
    while let Some((value, level)) = open.pop() {
        match value {
            Value::Array(_) | Value::Object(_) if level == most => return true,
            Value::Array(values) => open.extend(values.iter().map(|value| (value, level + 1))),
            Value::Object(object) => open.extend(object.values().map(|value| (value, level + 1))),
            _ => {}
        }
    }
    false
}

/// The document of some bytes, in the language that its label stands for.
pub(crate) fn decode(bytes: &[u8], language: Language) -> Result<Document, String> {
    let (record, read): (Record, usize) =
        bincode::decode_from_slice(bytes, CONFIG).map_err(|error| error.to_string())?;
    if read != bytes.len() {
        return Err(format!("{} bytes follow its end", bytes.len() - read));
    }
    let metadata = match record.metadata.as_str() {
        "" => Map::new(),
        json => serde_json::from_str(json).map_err(|error| error.to_string())?,
    };
    Ok(Document {
        id: record.id,
        text: record.text,
        language: Some(language),
        group: record.group,
        metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        Document::new("größe/1", "ผึ้งเต้นรำ\u{0}")
            .in_language(Language::parse("th").expect("a tag"))
            .in_group("bees")
            .with_metadata("year", 2020)
    }

    #[test]
    fn documents_round_trip() {
        for document in
            [sample(), Document { language: sample().language, ..Document::new("", "") }]
        {
            let bytes = encode(&document).expect("encoded");
            let language = document.language.clone().expect("set above");
            assert_eq!(decode(&bytes, language).expect("decoded"), document);
        }
    }

    #[test]
    fn metadata_is_read_back_however_deep_or_refused() {
        let nested = |levels: usize| {
            let array = |inner, _| Value::Array(vec![inner]);
            Document::new("a", "b")
                .with_metadata("deep", (1..levels).fold(Value::Array(Vec::new()), array))
        };
        for levels in [1, 2, MAX_METADATA_LEVELS - 1] {
            let document = nested(levels);
            let bytes = encode(&document).expect("encoded");
            let decoded = decode(&bytes, Language::undetermined()).expect("decoded");
            assert_eq!(decoded.metadata, document.metadata);
        }
        for levels in [MAX_METADATA_LEVELS, 1_000, 50_000] {
            let document = nested(levels);
            let error = encode(&document).expect_err("too deep");
            assert!(error.contains("127 levels"), "{error}");
            // Taking it apart would be a recursion.
            std::mem::forget(document);
        }
    }

    #[test]
    fn the_stored_form_is_the_one_in_the_format_description() {
        let document = Document::new("a", "é").in_group("g").with_metadata("n", 1);
        let expected = b"\x01a\x02\xc3\xa9\x01\x01g\x07{\"n\":1}";
        assert_eq!(encode(&document).expect("encoded"), expected);
        let long = Document::new("a", "x".repeat(300));
        assert_eq!(encode(&long).expect("encoded")[..6], [1, b'a', 251, 44, 1, b'x']);
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        let bytes = encode(&sample()).expect("encoded");
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], Language::undetermined()).is_err(), "{length}");
        }
        assert!(decode(&[&bytes[..], b"x"].concat(), Language::undetermined()).is_err());
        assert!(
            decode(&[0xfd; 64], Language::undetermined()).is_err(),
            "a length beyond the limit"
        );
    }
}

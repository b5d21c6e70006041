//! What the fuzz targets of the engine assert, of bytes made at random from pieces that mean
//! something. `HOSTILE_CASES` says of how many; `make fuzz ENGINE=1` looks further.

#![allow(unreachable_pub, reason = "the fuzz targets have these modules, too")]

#[path = "../../../fuzz/src/filter.rs"]
mod filter;
#[path = "../../../fuzz/src/ingest.rs"]
mod ingest;
#[path = "../../../fuzz/src/tags.rs"]
mod tags;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const FILTER: &[&str] = &[
    "year",
    "author.name",
    "`a b`",
    "and",
    "or",
    "not",
    "in",
    "exists",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=",
    "!=",
    "<",
    ">=",
    "==",
    "'law'",
    "\"tax\"",
    "'",
    "\\",
    "2020",
    "-1.5e3",
    "1e999",
    "true",
    "null",
    " ",
    "\n",
    "é",
    "\0",
];
const INPUT: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\"id\"",
    "\"text\"",
    "\"lang\"",
    "\"metadata\"",
    "id,text,lang",
    "text",
    "a",
    "de",
    "# ",
    "---",
    "```",
    "1",
    "null",
    " ",
    "\u{feff}",
    "é",
    "\0",
    "Bees dance. ",
];
const TAG: &[&str] = &[
    "en", "de", "zh", "Hant", "pt", "BR", "und", "x", "i", "klingon", "419", "-", "_", "a", "é",
    " ",
];

/// Pieces one after the other, some of them noise.
fn bytes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = select(pieces).prop_map(|piece| piece.as_bytes().to_vec());
    let noise = vec(any::<u8>(), 1..4);
    vec(prop_oneof![12 => piece, 1 => noise], 0..60).prop_map(|pieces| pieces.concat())
}

fn config() -> ProptestConfig {
    let cases = std::env::var("HOSTILE_CASES").map_or(500, |it| it.parse().expect("a number"));
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn filters_are_written_as_they_are_read(bytes in bytes(FILTER)) {
        filter::run(&bytes);
    }

    #[test]
    fn files_of_every_type_are_read_to_their_end(kind in 0..6u8, bytes in bytes(INPUT)) {
        ingest::run(&[&[kind][..], &bytes].concat());
    }

    #[test]
    fn tags_stand_for_themselves(bytes in bytes(TAG)) {
        tags::run(&bytes);
    }
}

//! What is done to the files of an index.

use proptest::prelude::*;
use proptest::sample::Index;

use super::files::{Files, MANIFEST, boundaries, commit_of, put, sections, set_commit};

/// Numbers that sit at the edge of something.
const EDGES: [u64; 22] = [
    0,
    1,
    2,
    7,
    63,
    64,
    65,
    255,
    1 << 16,
    (1 << 24) - 1,
    1 << 24,
    (1 << 24) + 1,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 2,
    (1 << 32) - 1,
    1 << 32,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// What a member of a manifest is made into, beside the numbers at an edge.
const TOKENS: [&str; 14] = [
    "null",
    "true",
    "-1",
    "1.5",
    "1e400",
    "\"\"",
    "\"f32\"",
    "\"binary\"",
    "\"euclidean\"",
    "{}",
    "[]",
    "\"0000000000000000\"",
    "\"\\u0000\"",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
];

/// A place in a file: at or around a boundary, or anywhere.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    file: Index,
    boundary: Option<Index>,
    by: i64,
    anywhere: Index,
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Flip(Place, u8),
    Number(Place, usize, u8),
    Noise(Place, Vec<u8>),
    Fill(Place, u8, usize),
    Truncate(Place),
    Append(Place, Vec<u8>),
    Remove(Place, usize),
    Insert(Place, Vec<u8>),
    /// Bytes of one file in place of those of another, or between them.
    Splice {
        from: Place,
        length: usize,
        to: Place,
        between: bool,
    },
    SwapFiles(Index, Index),
    /// The entries of two sections in their tables, or what stands in the sections.
    SwapSections {
        segments: (Index, Index),
        sections: (Index, Index),
        entries: bool,
    },
    /// The file of the same name of another index.
    Foreign(Index),
    /// All zeros, as after a crash that lost what was written and kept the length.
    Zeros(Index),
    Missing(Index),
    /// A value of the manifest made into another.
    Token(Index, usize),
    /// A member or an element of the manifest once more.
    Repeat(Index, Index),
}

fn place() -> impl Strategy<Value = Place> {
    (any::<Index>(), prop::option::weighted(0.75, any::<Index>()), -9..=9i64, any::<Index>())
        .prop_map(|(file, boundary, by, anywhere)| Place { file, boundary, by, anywhere })
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..40)
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    let length = || prop_oneof![3 => 1..40usize, 1 => 1..5_000usize];
    prop_oneof![
        6 => (place(), 0..8u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        8 => (place(), 0..EDGES.len(), prop::sample::select(vec![1, 2, 4, 4, 8, 8]))
            .prop_map(|(place, edge, width)| Change::Number(place, edge, width)),
        4 => (place(), noise()).prop_map(|(place, noise)| Change::Noise(place, noise)),
        2 => (place(), prop::sample::select(vec![0, 1, 0x7F, 0xFF]), length())
            .prop_map(|(place, byte, length)| Change::Fill(place, byte, length)),
        4 => place().prop_map(Change::Truncate),
        2 => (place(), noise()).prop_map(|(place, noise)| Change::Append(place, noise)),
        3 => (place(), length()).prop_map(|(place, length)| Change::Remove(place, length)),
        3 => (place(), noise()).prop_map(|(place, noise)| Change::Insert(place, noise)),
        4 => (place(), length(), place(), any::<bool>())
            .prop_map(|(from, length, to, between)| Change::Splice { from, length, to, between }),
        2 => (index(), index()).prop_map(|(one, other)| Change::SwapFiles(one, other)),
        4 => ((index(), index()), (index(), index()), any::<bool>()).prop_map(
            |(segments, sections, entries)| Change::SwapSections { segments, sections, entries }
        ),
        2 => index().prop_map(Change::Foreign),
        1 => index().prop_map(Change::Zeros),
        1 => index().prop_map(Change::Missing),
        4 => (index(), 0..EDGES.len() + TOKENS.len())
            .prop_map(|(which, with)| Change::Token(which, with)),
        1 => (index(), index()).prop_map(|(which, length)| Change::Repeat(which, length)),
    ]
}

impl Change {
    /// Makes the change; `foreign` is another index of the same kind. Checksums stay as they are.
    pub(crate) fn apply(&self, files: &mut Files, foreign: &Files) {
        if files.is_empty() {
            return;
        }
        let name = |index: &Index, files: &Files| {
            files.keys().nth(index.index(files.len())).unwrap().clone()
        };
        match self {
            Change::Flip(place, bit) => edit(files, place, |bytes, at| {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }),
            Change::Number(place, edge, width) => edit(files, place, |bytes, at| {
                put(bytes, at, &EDGES[*edge].to_le_bytes()[..usize::from(*width)]);
            }),
            Change::Noise(place, noise) => edit(files, place, |bytes, at| {
                for (byte, noise) in bytes.iter_mut().skip(at).zip(noise) {
                    *byte = *noise;
                }
            }),
            Change::Fill(place, with, length) => edit(files, place, |bytes, at| {
                bytes.iter_mut().skip(at).take(*length).for_each(|byte| *byte = *with);
            }),
            Change::Truncate(place) => edit(files, place, Vec::truncate),
            Change::Append(place, noise) => {
                edit(files, place, |bytes, _| bytes.extend_from_slice(noise));
            }
            Change::Remove(place, length) => edit(files, place, |bytes, at| {
                bytes.drain(at..(at + length).min(bytes.len()));
            }),
            Change::Insert(place, noise) => edit(files, place, |bytes, at| {
                bytes.splice(at..at, noise.iter().copied());
            }),
            Change::Splice { from, length, to, between } => {
                let (name, at) = find(files, from);
                let taken = &files[&name][at..];
                let taken = taken[..taken.len().min(*length)].to_vec();
                edit(files, to, |bytes, at| {
                    let end = if *between { at } else { (at + taken.len()).min(bytes.len()) };
                    bytes.splice(at..end, taken);
                });
            }
            Change::SwapFiles(one, other) => {
                let (one, other) = (name(one, files), name(other, files));
                let bytes = files.insert(one.clone(), files[&other].clone()).unwrap();
                files.insert(other, bytes);
            }
            Change::SwapSections { segments, sections, entries } => {
                swap_sections(files, segments, sections, *entries);
            }
            Change::Foreign(file) => {
                let name = name(file, files);
                if let Some(bytes) = foreign.get(&name) {
                    files.insert(name, bytes.clone());
                }
            }
            Change::Zeros(file) => files.get_mut(&name(file, files)).unwrap().fill(0),
            Change::Missing(file) => drop(files.remove(&name(file, files))),
            Change::Token(which, with) => edit_manifest(files, |text| replace(text, which, *with)),
            Change::Repeat(which, length) => edit_manifest(files, |text| {
                let at = which.index(text.len());
                let end = (at + length.index(600)).min(text.len());
                text.get(at..end).map(|part| [&text[..end], part, &text[end..]].concat())
            }),
        }
    }

    /// Whether the manifest is what is changed.
    pub(crate) fn is_of_manifest(&self, files: &Files) -> bool {
        match self {
            Change::Flip(place, _)
            | Change::Number(place, ..)
            | Change::Noise(place, _)
            | Change::Fill(place, ..)
            | Change::Truncate(place)
            | Change::Append(place, _)
            | Change::Remove(place, _)
            | Change::Insert(place, _)
            | Change::Splice { to: place, .. } => {
                !files.is_empty() && find(files, place).0 == MANIFEST
            }
            Change::Token(..) | Change::Repeat(..) => true,
            _ => false,
        }
    }

    /// Makes the change to the commit of the manifest, whose checksum is made right.
    pub(crate) fn apply_to_commit(&self, files: &mut Files) {
        let Some((_, commit)) = files.get(MANIFEST).and_then(|bytes| commit_of(bytes)) else {
            return;
        };
        let mut alone = Files::from([(MANIFEST.to_owned(), commit.into_bytes())]);
        self.apply(&mut alone, &Files::new());
        if let Some(commit) = alone.remove(MANIFEST).and_then(|it| String::from_utf8(it).ok()) {
            set_commit(files, &commit);
        }
    }
}

fn find(files: &Files, place: &Place) -> (String, usize) {
    let (name, bytes) = files.iter().nth(place.file.index(files.len())).unwrap();
    let at = match &place.boundary {
        Some(boundary) => {
            let boundary = *boundary.get(&boundaries(name, bytes, files)) as i64;
            usize::try_from(boundary + place.by).unwrap_or(0)
        }
        None => place.anywhere.index(bytes.len() + 1),
    };
    (name.clone(), at.min(bytes.len()))
}

fn edit(files: &mut Files, place: &Place, change: impl FnOnce(&mut Vec<u8>, usize)) {
    let (name, at) = find(files, place);
    change(files.get_mut(&name).unwrap(), at);
}

fn edit_manifest(files: &mut Files, change: impl FnOnce(&str) -> Option<String>) {
    let text = files.get(MANIFEST).and_then(|bytes| std::str::from_utf8(bytes).ok());
    if let Some(changed) = text.filter(|text| !text.is_empty()).and_then(change) {
        files.insert(MANIFEST.to_owned(), changed.into_bytes());
    }
}

/// Replaces the value of some member of JSON that is neither an object nor an array.
fn replace(text: &str, which: &Index, with: usize) -> Option<String> {
    let starts: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
    let start = *starts.get(which.index(starts.len().max(1)))?;
    let end = start + text[start..].find(['\n', ','])?;
    let with = match EDGES.get(with) {
        Some(number) => number.to_string(),
        None => TOKENS[with - EDGES.len()].to_owned(),
    };
    Some([&text[..start], &with, &text[end..]].concat())
}

fn swap_sections(
    files: &mut Files,
    segments: &(Index, Index),
    chosen: &(Index, Index),
    entries: bool,
) {
    let names: Vec<String> =
        files.keys().filter(|name| name.ends_with(".segment")).cloned().collect();
    if names.is_empty() {
        return;
    }
    let (one, other) = (segments.0.get(&names), segments.1.get(&names));
    let (of_one, of_other) = (sections(&files[one]), sections(&files[other]));
    if of_one.is_empty() || of_other.is_empty() {
        return;
    }
    let (first, second) = (chosen.0.get(&of_one), chosen.1.get(&of_other));
    let ranges = match entries {
        // The kind stays where it is: the section table says that each is where the other is.
        true => [first.entry + 8..first.entry + 24, second.entry + 8..second.entry + 24],
        false => [first.range.clone(), second.range.clone()],
    };
    let [of_first, of_second] = [(one, &ranges[0]), (other, &ranges[1])]
        .map(|(name, range)| files[name][range.clone()].to_vec());
    let length = of_first.len().min(of_second.len());
    put(files.get_mut(one).unwrap(), ranges[0].start, &of_second[..length]);
    put(files.get_mut(other).unwrap(), ranges[1].start, &of_first[..length]);
}

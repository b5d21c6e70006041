//! Changes of the files of an index.

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use mlsearch_index::{
    Field, HnswConfig, Index, IndexConfig, Key, Label, Metric, NewDocument, Quantization,
    WriterOptions,
};
use tempfile::TempDir;

use crate::files::{self, Files};

/// Which index, and what is changed in its files, in turn.
#[derive(Arbitrary, Debug)]
pub struct Patches {
    index: u8,
    patches: Vec<Patch>,
}

#[derive(Arbitrary, Debug)]
struct Patch {
    file: u8,
    at: u16,
    bytes: Vec<u8>,
    how: How,
}

#[derive(Arbitrary, Debug)]
enum How {
    Write,
    Insert,
    Truncate,
    Remove,
}

impl Patches {
    /// The files of the index with the changes made, in a folder of their own.
    pub(crate) fn apply(&self, forged: bool) -> TempDir {
        let sound = sound();
        let mut files = sound[usize::from(self.index) % sound.len()].clone();
        for patch in &self.patches {
            patch.apply(&mut files);
        }
        if forged {
            let manifest = &sound[usize::from(self.index) % sound.len()][files::MANIFEST];
            files.insert(files::MANIFEST.to_owned(), manifest.clone());
            files::make_right(&mut files);
        }
        let folder = tempfile::tempdir().unwrap();
        files::write(folder.path(), &Files::new(), &files);
        folder
    }
}

impl Patch {
    fn apply(&self, files: &mut Files) {
        let count = files.len();
        let bytes = files.values_mut().nth(usize::from(self.file) % count).unwrap();
        let at = usize::from(self.at) % (bytes.len() + 1);
        let end = (at + self.bytes.len()).min(bytes.len());
        match self.how {
            How::Write => bytes[at..end].copy_from_slice(&self.bytes[..end - at]),
            How::Insert => drop(bytes.splice(at..at, self.bytes.iter().copied())),
            How::Truncate => bytes.truncate(at),
            How::Remove => drop(bytes.drain(at..end)),
        }
    }
}

/// Indexes that were written right: two segments, graphs, deletions, fields and payloads.
fn sound() -> &'static [Files] {
    static SOUND: OnceLock<Vec<Files>> = OnceLock::new();
    SOUND.get_or_init(|| {
        [(Quantization::F32, 40), (Quantization::Binary, 100), (Quantization::Int8, 200)]
            .map(|(quantization, documents)| build(quantization, documents))
            .into()
    })
}

fn build(quantization: Quantization, documents: u64) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig {
        quantization,
        hnsw: HnswConfig { m: 4, ef_construction: 16 },
        ..IndexConfig::new(2, Metric::Cosine)
    };
    let index = Index::create(folder.path(), config).unwrap();
    let options = WriterOptions { graph_from: 20, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    for keys in [(0..documents).collect(), vec![0, 5, documents]] {
        for key in keys {
            let angle = (key * key) as f32 / 7.0;
            let document = NewDocument {
                key: Key(key),
                label: Label((key % 3) as u16),
                vector: &[angle.cos(), angle.sin()],
                payload: &vec![key as u8; if key % 8 == 0 { 5_000 } else { key as usize % 4 }],
                fields: &[
                    Field { name: "n", value: &[key as u8] },
                    Field { name: "topic", value: [&b"law"[..], b"tax"][key as usize % 2] },
                ],
            };
            writer.upsert_document(&document).unwrap();
        }
        writer.commit().unwrap();
    }
    drop(writer);
    files::read(folder.path())
}

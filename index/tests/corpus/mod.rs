//! Documents to test with, the same for the same seed.

#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of this")]

use std::collections::BTreeMap;
use std::path::Path;

use half::f16;
use mlsearch_index::{IndexConfig, Key, Label, Metric, Precision, Quantization, Snapshot};

pub const METRICS: [Metric; 3] = [Metric::Cosine, Metric::InnerProduct, Metric::Euclidean];

pub const QUANTIZATIONS: [Quantization; 5] = [
    Quantization::F32,
    Quantization::F16,
    Quantization::Int8,
    Quantization::Int4,
    Quantization::Binary,
];

/// Numbers that repeat for a seed.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Between -1 and 1.
    pub fn component(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// A vector that the metric takes.
    pub fn vector(&mut self, metric: Metric, dimension: usize) -> Vec<f32> {
        let vector: Vec<f32> = (0..dimension).map(|_| self.component()).collect();
        if metric == Metric::Cosine { unit(&vector) } else { vector }
    }
}

/// A vector of unit length in the direction of another.
pub fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    vector.iter().map(|&x| (f64::from(x) / length) as f32).collect()
}

/// What a document should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub label: Label,
    pub vector: Vec<f32>,
    pub payload: Vec<u8>,
}

/// Everything a snapshot should hold.
pub type Model = BTreeMap<Key, Expected>;

/// Compares all a snapshot says about its documents with what it should hold.
pub fn assert_holds(snapshot: &Snapshot, model: &Model) {
    assert_eq!(snapshot.len(), model.len() as u64);
    let mut found = Model::new();
    for document in snapshot.documents() {
        let document = document.unwrap();
        let record = document.record;
        assert_eq!(snapshot.payload(record.address).unwrap(), document.payload);
        let expected = Expected {
            label: record.label,
            vector: record.vector.to_vec(),
            payload: document.payload,
        };
        assert!(found.insert(record.key, expected).is_none(), "key {} twice", record.key);
    }
    let kept = model.iter().map(|(&key, expected)| {
        (key, Expected { vector: kept(snapshot.config(), &expected.vector), ..expected.clone() })
    });
    let model: &Model = &kept.collect();
    assert_eq!(&found, model);

    let mut labels = BTreeMap::new();
    for (&key, expected) in model {
        let record = snapshot.get(key).unwrap().expect("a key of the model is found");
        assert_eq!((record.key, record.label), (key, expected.label));
        assert_eq!(record.vector, expected.vector);
        *labels.entry(expected.label).or_default() += 1;
    }
    assert_eq!(snapshot.labels(), labels);
    assert_eq!(snapshot.records().count(), model.len());
}

/// What an index keeps of a vector.
pub fn kept(config: &IndexConfig, vector: &[f32]) -> Vec<f32> {
    let precision = match config.quantization {
        Quantization::F32 => Precision::Single,
        Quantization::F16 => Precision::Half,
        _ => config.originals,
    };
    match precision {
        Precision::Single => vector.to_vec(),
        Precision::Half => vector.iter().map(|&x| f16::from_f32(x).to_f32()).collect(),
    }
}

/// Copies the files of an index.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

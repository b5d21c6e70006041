//! What each commit of an index does and what it holds: told by a seed, so that two processes
//! agree on it without a word.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use mlsearch_index::{Error, Index, IndexConfig, IndexWriter, Key, Label, Metric, Snapshot};

/// The attribute that counts the commits.
pub(crate) const COMMIT: &str = "commit";

/// How large things are.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Shape {
    /// Keys that documents have.
    #[arg(long, default_value_t = 300)]
    pub(crate) keys: u64,
    /// The most changes of a commit.
    #[arg(long, default_value_t = 80)]
    pub(crate) changes: u64,
    #[arg(long, default_value_t = 8)]
    pub(crate) dimension: usize,
    /// The most bytes of a payload.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) payload: u64,
}

impl Shape {
    /// As arguments of a command.
    pub(crate) fn arguments(&self) -> Vec<String> {
        [
            ("keys", self.keys),
            ("changes", self.changes),
            ("dimension", self.dimension as u64),
            ("payload", self.payload),
        ]
        .map(|(name, value)| format!("--{name}={value}"))
        .into()
    }
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Put { key: u64, version: u64 },
    Delete { key: u64 },
}

/// What is done between two commits, and the commit.
#[derive(Debug)]
pub(crate) struct Step {
    /// Changes that are rolled back.
    pub(crate) abandoned: Vec<Change>,
    pub(crate) changes: Vec<Change>,
    /// Whether everything is merged.
    pub(crate) compacts: bool,
}

/// A document.
#[derive(Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) label: Label,
    pub(crate) vector: Vec<f32>,
    pub(crate) payload: Vec<u8>,
}

/// The commits of an index, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct History {
    seed: u64,
    shape: Shape,
    /// The commit that it is at; 0 created the index.
    pub(crate) commit: u64,
    /// The version of each key that has a document.
    pub(crate) versions: BTreeMap<u64, u64>,
}

impl History {
    pub(crate) fn new(seed: u64, shape: Shape) -> History {
        History { seed, shape, commit: 0, versions: BTreeMap::new() }
    }

    pub(crate) fn create(&self, folder: &std::path::Path) -> Result<Index, Error> {
        let mut config = IndexConfig::new(self.shape.dimension, Metric::Euclidean);
        config.attributes.insert(COMMIT.to_owned(), "0".to_owned());
        Index::create(folder, config)
    }

    /// What leads to a commit.
    pub(crate) fn step(&self, commit: u64) -> Step {
        let mut numbers = Numbers(self.seed ^ commit.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let abandons = numbers.below(5) == 0;
        let compacts = numbers.below(6) == 0;
        let mut changes = |most: u64, from: u64| -> Vec<Change> {
            let count = 1 + numbers.below(most);
            let put = |version| Change::Put { key: numbers.below(self.shape.keys), version };
            let mut changes: Vec<Change> = (from..from + count).map(put).collect();
            for change in &mut changes {
                if let Change::Put { key, .. } = *change
                    && numbers.below(10) < 3
                {
                    *change = Change::Delete { key };
                }
            }
            // Now and then much is deleted at once, so that segments are due to be merged.
            if numbers.below(8) == 0 {
                let first = numbers.below(self.shape.keys);
                let end = self.shape.keys.min(first + self.shape.keys / 3);
                changes.extend((first..end).map(|key| Change::Delete { key }));
            }
            changes
        };
        let version = commit << 20;
        let abandoned =
            if abandons { changes(self.shape.changes, version | 1 << 19) } else { Vec::new() };
        Step { abandoned, changes: changes(self.shape.changes, version), compacts }
    }

    /// The document that a key has in a version.
    pub(crate) fn document(&self, key: u64, version: u64) -> Document {
        let mut numbers = Numbers(key << 40 ^ version ^ self.seed);
        // Eighths up to 16 are exact in half precision.
        let mut component = || numbers.below(256) as f32 / 8.0 - 16.0;
        let vector = (0..self.shape.dimension).map(|_| component()).collect();
        let mut payload = format!("key {key}, version {version}: ").into_bytes();
        let length = numbers.below(self.shape.payload + 1);
        payload.extend((0..length).map(|_| numbers.next() as u8));
        Document { label: Label((key % 7) as u16), vector, payload }
    }

    /// Does with a writer what leads to a commit, and commits. `begins` is called just before.
    pub(crate) fn perform(
        &self,
        writer: &mut IndexWriter,
        commit: u64,
        begins: impl FnOnce(),
    ) -> Result<(), Error> {
        let step = self.step(commit);
        if !step.abandoned.is_empty() {
            self.apply(writer, &step.abandoned)?;
            writer.rollback()?;
        }
        self.apply(writer, &step.changes)?;
        writer.set_attribute(COMMIT, commit.to_string());
        begins();
        if step.compacts { writer.compact() } else { writer.commit() }.map(drop)
    }

    fn apply(&self, writer: &mut IndexWriter, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            match *change {
                Change::Put { key, version } => {
                    let Document { label, vector, payload } = self.document(key, version);
                    writer.upsert(Key(key), label, &vector, &payload)?;
                }
                Change::Delete { key } => drop(writer.delete(Key(key))?),
            }
        }
        Ok(())
    }

    /// Goes on to a commit.
    pub(crate) fn advance_to(&mut self, commit: u64) -> Result<()> {
        ensure!(commit >= self.commit, "commit {commit} follows commit {}", self.commit);
        while self.commit < commit {
            self.commit += 1;
            for change in self.step(self.commit).changes {
                match change {
                    Change::Put { key, version } => self.versions.insert(key, version),
                    Change::Delete { key } => self.versions.remove(&key),
                };
            }
        }
        Ok(())
    }

    /// Fails unless a snapshot holds what the commit that it is at holds, and nothing else.
    pub(crate) fn check(&self, snapshot: &Snapshot) -> Result<()> {
        let mut found = 0;
        for document in snapshot.documents() {
            let document = document?;
            let key = document.record.key.0;
            let Some(&version) = self.versions.get(&key) else {
                bail!("commit {} has no document {key}", self.commit);
            };
            let found_one = Document {
                label: document.record.label,
                vector: document.record.vector.to_vec(),
                payload: document.payload,
            };
            if found_one != self.document(key, version) {
                bail!("document {key} is not that of commit {}", self.commit);
            }
            found += 1;
        }
        let expected = self.versions.len();
        ensure!(
            found == expected && snapshot.len() == expected as u64,
            "there are {found} documents where commit {} has {expected}",
            self.commit
        );
        Ok(())
    }
}

/// The commit that a snapshot is of.
pub(crate) fn commit_of(snapshot: &Snapshot) -> Result<u64> {
    let text = snapshot.attributes().get(COMMIT).context("the index does not count its commits")?;
    Ok(text.parse()?)
}

/// Numbers that look random and repeat for a seed (SplitMix64, G. L. Steele et al., 2014).
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

//! Files whose checksums are right and that contradict one another all the same.

use std::fs;
use std::path::Path;

use crate::format::manifest::Manifest;
use crate::format::names;
use crate::load::read_manifest;
use crate::{Index, IndexConfig, Key, Label, Metric, SearchRequest};

/// Two segments; the first has a deletion, because key 1 was replaced. There are too few of them
/// to be merged.
fn create(folder: &Path) {
    let index = Index::create(folder, IndexConfig::new(2, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    for keys in [0..5, 1..2] {
        for key in keys {
            writer.upsert(Key(key), Label(0), &[1.0, key as f32], b"payload").unwrap();
        }
        writer.commit().unwrap();
    }
}

fn rewrite_manifest(folder: &Path, change: impl FnOnce(&mut Manifest)) {
    let (mut manifest, _) = read_manifest(folder).unwrap();
    change(&mut manifest);
    fs::write(folder.join(names::MANIFEST), manifest.encode().0).unwrap();
}

#[test]
fn a_key_that_belongs_to_two_documents_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path());
    rewrite_manifest(folder.path(), |manifest| {
        manifest.segments[0].deletions = None;
        manifest.segments[0].live = 5;
    });
    let report = Index::verify(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].what.contains("key 1 belongs to more than one document"));
    // It is searched all the same.
    let snapshot = Index::open(folder.path()).unwrap().snapshot();
    assert_eq!(snapshot.search(&SearchRequest::new(&[0.0, 0.0])).unwrap().len(), 6);
}

#[test]
fn a_manifest_that_counts_other_deletions_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path());
    rewrite_manifest(folder.path(), |manifest| {
        manifest.segments[0].deletions.as_mut().unwrap().deleted = 2;
        manifest.segments[0].live = 3;
    });
    assert!(Index::open(folder.path()).is_err());
    assert!(!Index::verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_manifest_of_another_dimension_or_number_of_documents_is_refused() {
    let changes: [fn(&mut Manifest); 2] = [
        |manifest| manifest.dimension = 3,
        |manifest| {
            manifest.segments[1].files.documents = 2;
            manifest.segments[1].live = 2;
        },
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path());
        rewrite_manifest(folder.path(), change);
        assert!(Index::open(folder.path()).is_err());
        assert!(!Index::verify(folder.path()).unwrap().is_sound());
    }
}

#[test]
fn vectors_that_the_metric_does_not_take_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path());
    rewrite_manifest(folder.path(), |manifest| manifest.metric = Metric::Cosine);
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.problems.iter().any(|problem| problem.what.contains("unit length")));
}

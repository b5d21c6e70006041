//! Counters of a manifest that are about to run out.

use mlsearch_index::{Error, Index, IndexConfig, Key, Label, Metric};
use serde_json::Value;

use super::bounds::alone;
use super::files::{self, Files, MANIFEST, commit_of, set_commit};

/// An index of two commits whose manifest was changed.
fn with_manifest(change: impl FnOnce(&mut Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..4 {
        writer.upsert(Key(key), Label(0), &[0.6, 0.8], b"payload").unwrap();
    }
    writer.commit().unwrap();
    writer.delete(Key(3)).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let mut files = files::read(folder.path());
    let (_, commit) = commit_of(&files[MANIFEST]).unwrap();
    let mut commit = serde_json::from_str(&commit).unwrap();
    change(&mut commit);
    set_commit(&mut files, &commit.to_string());
    files::write(folder.path(), &Files::new(), &files);
    folder
}

fn add_and_commit(index: &Index) -> Result<u64, Error> {
    let mut writer = index.writer()?;
    writer.upsert(Key(9), Label(0), &[0.8, 0.6], b"payload")?;
    Ok(writer.commit()?.generation())
}

#[test]
fn the_last_commit_there_can_be_is_refused_and_the_one_before_stays() {
    let _alone = alone();
    let folder = with_manifest(|commit| commit["generation"] = (u64::MAX - 1).into());
    let index = Index::open(folder.path()).unwrap();
    let error = add_and_commit(&index).unwrap_err().to_string();
    assert!(error.contains("used up its commits"), "{error}");
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 3);
    assert!(Index::verify(folder.path()).unwrap().is_sound());

    let folder = with_manifest(|commit| commit["generation"] = (u64::MAX - 2).into());
    let index = Index::open(folder.path()).unwrap();
    assert_eq!(add_and_commit(&index).unwrap(), u64::MAX - 1);
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 4);
}

#[test]
fn the_last_segment_number_is_refused_and_the_commit_before_stays() {
    let _alone = alone();
    let folder = with_manifest(|commit| commit["next_segment"] = u32::MAX.into());
    let index = Index::open(folder.path()).unwrap();
    let error = add_and_commit(&index).unwrap_err().to_string();
    assert!(error.contains("used up its segment numbers"), "{error}");
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 3);
}

#[test]
fn deletions_of_a_later_commit_are_refused_lest_that_commit_write_over_them() {
    let _alone = alone();
    let folder = with_manifest(|commit| commit["generation"] = 1.into());
    match Index::open(folder.path()) {
        Err(Error::Corrupt { path, what }) => {
            assert!(path.ends_with(MANIFEST) && what.contains("of a later commit"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}

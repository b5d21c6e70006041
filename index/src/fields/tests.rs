//! Fields that were pushed are read again, by slot and by value.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::rows::FieldRows;
use super::*;
use crate::error::Result;
use crate::id::{Key, Label};
use crate::segment::{Segment, SegmentWriter};
use crate::storage::Disk;

/// The fields of a document, in no order.
type Row = Vec<(String, Vec<u8>)>;

fn write(folder: &Path, rows: &[Row]) -> Segment {
    let mut writer = SegmentWriter::create(&Disk, folder, 1, 1).unwrap();
    for (slot, row) in rows.iter().enumerate() {
        writer.push(Key(slot as u64), Label(0), &[1.0], b"").unwrap();
        writer.push_fields(row.iter().map(|(name, value)| Field { name, value })).unwrap();
    }
    Segment::open(folder, &writer.finish().unwrap(), 1).unwrap()
}

fn read(rows: &FieldRows, slot: u32) -> Row {
    let fields: Result<Vec<_>> = rows.of(slot).collect();
    fields.unwrap().iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let name = prop::sample::select(vec!["a".to_owned(), "b".to_owned(), "ü".to_owned()]);
    let value = prop::collection::vec(0..4u8, 0..3);
    let row = prop::collection::vec((name, value), 0..6);
    prop::collection::vec(row, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_are_read_by_slot_as_they_were_pushed(
        rows in rows(),
        start in 0..40u32,
        length in 0..40u32,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let segment = write(folder.path(), &rows);
        let all = FieldRows::read(&segment, 0..u32::MAX).unwrap();
        let end = (start + length).min(rows.len() as u32);
        let some = FieldRows::read(&segment, start..start + length).unwrap();
        for (slot, row) in rows.iter().enumerate() {
            let expected: BTreeSet<_> = row.iter().cloned().collect();
            let expected: Row = expected.into_iter().collect();
            prop_assert_eq!(read(&all, slot as u32), expected.clone());
            if (start..end).contains(&(slot as u32)) {
                prop_assert_eq!(read(&some, slot as u32), expected);
            }
        }
        for field in segment.fields() {
            field.check(segment.documents()).unwrap();
        }
    }
}

#[test]
fn a_segment_without_fields_has_no_section_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let segment = write(folder.path(), &[Row::new(), Row::new()]);
    assert_eq!(segment.sections().len(), 6);
    assert_eq!(segment.fields().len(), 0);
    assert!(segment.field("a").is_none());
    assert_eq!(read(&FieldRows::read(&segment, 0..2).unwrap(), 1), []);
}

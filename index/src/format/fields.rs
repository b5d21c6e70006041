//! The section of fields: for each field its distinct values in order, and for each value the
//! slots that have it.
//!
//! Opening costs the same for any number of values. What is in the arrays is checked where it
//! is read, and whole by [`FieldView::check`].

use std::ops::Range;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Flaw;

/// The most names that the fields of an index may have.
pub const MAX_FIELDS: usize = 64;

/// The most bytes the name of a field may have.
pub const MAX_FIELD_NAME_BYTES: usize = 255;

/// The most bytes a value of a field may have.
pub const MAX_FIELD_VALUE_BYTES: usize = 1 << 10;

/// What belongs to a field begins at a multiple of this.
const ALIGNMENT: u64 = 8;

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawHeader {
    fields: U32,
    reserved: U32,
}

/// A field. Its arrays stand at its offset, without gaps: value ends, posting ends, slots,
/// name, values.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawField {
    offset: U64,
    /// How many distinct values it has.
    values: U64,
    /// How many slots its postings have, all together.
    postings: U64,
    /// The length of its distinct values, all together.
    value_bytes: U64,
    name_bytes: U32,
    reserved: U32,
}

/// Where in a section of fields each field is. Every range lies within that section.
#[derive(Debug, Default)]
pub(crate) struct FieldTable {
    /// In order of name.
    fields: Vec<FieldPlace>,
}

#[derive(Debug)]
struct FieldPlace {
    name: String,
    value_ends: Range<usize>,
    posting_ends: Range<usize>,
    slots: Range<usize>,
    values: Range<usize>,
}

/// A field of a segment. Nothing in its arrays is trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldView<'file> {
    name: &'file str,
    value_ends: &'file [U64],
    posting_ends: &'file [U64],
    slots: &'file [U32],
    values: &'file [u8],
}

/// A field to be written.
#[derive(Debug, Default)]
pub(crate) struct NewField<'values> {
    pub(crate) name: &'values str,
    /// Distinct, in order.
    pub(crate) values: Vec<&'values [u8]>,
    /// Where the slots of each value end in `slots`.
    pub(crate) posting_ends: Vec<u64>,
    /// The slots of each value, ascending, value after value.
    pub(crate) slots: Vec<u32>,
}

/// The bytes of a section of these fields, which are in order of name.
pub(crate) fn encode(fields: &[NewField]) -> Vec<u8> {
    let fits = "names and their number were checked when they were given";
    let header =
        RawHeader { fields: u32::try_from(fields.len()).expect(fits).into(), reserved: 0.into() };
    let mut bytes = header.as_bytes().to_vec();
    let mut offset = table_end(fields.len());
    for field in fields {
        let raw = RawField {
            offset: offset.into(),
            values: (field.values.len() as u64).into(),
            postings: (field.slots.len() as u64).into(),
            value_bytes: field.values.iter().map(|value| value.len() as u64).sum::<u64>().into(),
            name_bytes: u32::try_from(field.name.len()).expect(fits).into(),
            reserved: 0.into(),
        };
        offset = raw.end().expect("what is in memory has a length").next_multiple_of(ALIGNMENT);
        bytes.extend_from_slice(raw.as_bytes());
    }
    for field in fields {
        let mut end = 0;
        for value in &field.values {
            end += value.len() as u64;
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        bytes.extend(field.posting_ends.iter().flat_map(|end| end.to_le_bytes()));
        bytes.extend(field.slots.iter().flat_map(|slot| slot.to_le_bytes()));
        bytes.extend_from_slice(field.name.as_bytes());
        field.values.iter().for_each(|value| bytes.extend_from_slice(value));
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT as usize), 0);
    }
    bytes
}

fn table_end(fields: usize) -> u64 {
    (size_of::<RawHeader>() + fields * size_of::<RawField>()) as u64
}

impl RawField {
    /// Where its arrays end, if that is a number.
    fn end(&self) -> Option<u64> {
        let ends = self.values.get().checked_mul(2 * size_of::<U64>() as u64)?;
        let slots = self.postings.get().checked_mul(size_of::<U32>() as u64)?;
        self.offset
            .get()
            .checked_add(ends)?
            .checked_add(slots)?
            .checked_add(self.name_bytes.get().into())?
            .checked_add(self.value_bytes.get())
    }
}

impl FieldTable {
    /// Reads and checks the table at the beginning of a section of fields.
    pub(crate) fn decode(section: &[u8]) -> Result<FieldTable, Flaw> {
        let Ok((header, rest)) = RawHeader::ref_from_prefix(section) else {
            return Flaw::damaged("its section of fields is too short for a header");
        };
        let count = header.fields.get() as usize;
        if !(1..=MAX_FIELDS).contains(&count) {
            return Flaw::damaged(format!("its section of fields counts {count} of them"));
        }
        let Ok((table, _)) = <[RawField]>::ref_from_prefix_with_elems(rest, count) else {
            return Flaw::damaged("its section of fields is too short for its table");
        };
        let mut fields: Vec<FieldPlace> = Vec::with_capacity(count);
        let mut free_from = table_end(count);
        for raw in table {
            let end = raw.end().filter(|&end| end <= section.len() as u64);
            let (Some(end), true) = (end, raw.offset.get() == free_from) else {
                return Flaw::damaged("its section of fields has a field in the wrong place");
            };
            let field = FieldPlace::new(raw, section)?;
            if fields.last().is_some_and(|last| last.name >= field.name) {
                return Flaw::damaged("its fields are not in order of name");
            }
            fields.push(field);
            free_from = end.next_multiple_of(ALIGNMENT);
        }
        if free_from != section.len() as u64 {
            return Flaw::damaged("its section of fields has another length than its fields");
        }
        Ok(FieldTable { fields })
    }

    /// The fields, in order of name; `section` is what the table was read from.
    pub(crate) fn views<'file>(
        &'file self,
        section: &'file [u8],
    ) -> impl ExactSizeIterator<Item = FieldView<'file>> {
        self.fields.iter().map(|field| field.view(section))
    }

    /// The field of a name; `section` is what the table was read from.
    pub(crate) fn find<'file>(
        &'file self,
        section: &'file [u8],
        name: &str,
    ) -> Option<FieldView<'file>> {
        let position = self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        Some(self.fields[position].view(section))
    }

    /// The names of the fields, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }
}

impl FieldPlace {
    /// The arrays of a field that ends within its section.
    fn new(raw: &RawField, section: &[u8]) -> Result<FieldPlace, Flaw> {
        let name_bytes = raw.name_bytes.get() as usize;
        if !(1..=MAX_FIELD_NAME_BYTES).contains(&name_bytes) {
            return Flaw::damaged("a field has a name that is empty or too long");
        }
        if raw.values.get() == 0 {
            return Flaw::damaged("a field has no values");
        }
        // All lie within a section that is mapped, so they fit in the address space.
        let mut position = raw.offset.get() as usize;
        let mut next = |bytes: usize| {
            let start = position;
            position += bytes;
            start..position
        };
        let ends = raw.values.get() as usize * size_of::<U64>();
        let (value_ends, posting_ends) = (next(ends), next(ends));
        let slots = next(raw.postings.get() as usize * size_of::<U32>());
        let name = next(name_bytes);
        let values = next(raw.value_bytes.get() as usize);
        let Ok(name) = std::str::from_utf8(&section[name]) else {
            return Flaw::damaged("the name of a field is not UTF-8");
        };
        Ok(FieldPlace { name: name.to_owned(), value_ends, posting_ends, slots, values })
    }

    fn view<'file>(&'file self, section: &'file [u8]) -> FieldView<'file> {
        FieldView {
            name: &self.name,
            value_ends: view(section, &self.value_ends),
            posting_ends: view(section, &self.posting_ends),
            slots: view(section, &self.slots),
            values: &section[self.values.clone()],
        }
    }
}

impl<'file> FieldView<'file> {
    /// The field's name.
    pub(crate) fn name(&self) -> &'file str {
        self.name
    }

    /// How many distinct values it has.
    pub(crate) fn len(&self) -> usize {
        self.value_ends.len()
    }

    /// A distinct value, by its place in their order.
    pub(crate) fn value(&self, place: usize) -> Result<&'file [u8], Flaw> {
        let value = slice(self.values, self.value_ends, place..place + 1);
        match value.filter(|value| value.len() <= MAX_FIELD_VALUE_BYTES) {
            Some(value) => Ok(value),
            None => Flaw::damaged(format!("a value of its field `{}` is not there", self.name)),
        }
    }

    /// The slots of some values that follow one another in their order: those of each value,
    /// value after value.
    pub(crate) fn postings(&self, places: Range<usize>) -> Result<&'file [U32], Flaw> {
        match slice(self.slots, self.posting_ends, places) {
            Some(slots) => Ok(slots),
            None => Flaw::damaged(format!("slots of its field `{}` are not there", self.name)),
        }
    }

    /// The place of the first value that `is_before` does not hold for, as it does for all
    /// values before that one.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&[u8]) -> bool) -> Result<usize, Flaw> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.value(middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The place of a value, if it is there.
    pub(crate) fn find(&self, value: &[u8]) -> Result<Option<usize>, Flaw> {
        let place = self.partition_point(|other| other < value)?;
        Ok((place < self.len() && self.value(place)? == value).then_some(place))
    }

    /// Checks everything that is checked lazily elsewhere: the order of the values, and the
    /// slots of each, all of a segment of so many documents.
    pub(crate) fn check(&self, documents: u32) -> Result<(), Flaw> {
        let flaw = |what: &str| Flaw::damaged(format!("its field `{}` {what}", self.name));
        let mut last_value = None;
        for place in 0..self.len() {
            let value = self.value(place)?;
            if last_value.is_some_and(|last| last >= value) {
                return flaw("has values that are not in order");
            }
            last_value = Some(value);
            let slots = self.postings(place..place + 1)?;
            if slots.is_empty() {
                return flaw("has a value that no slot has");
            }
            if !slots.is_sorted_by(|one, next| one.get() < next.get()) {
                return flaw("has slots that are not in order");
            }
            if slots.last().is_some_and(|slot| slot.get() >= documents) {
                return flaw("has slots that the segment does not have");
            }
        }
        let ends = (self.value_ends.last(), self.posting_ends.last());
        let lengths = (self.values.len() as u64, self.slots.len() as u64);
        if ends != (Some(&lengths.0.into()), Some(&lengths.1.into())) {
            return flaw("has bytes that belong to no value");
        }
        Ok(())
    }
}

/// The items of some consecutive groups, which end where `ends` says.
fn slice<'file, T>(items: &'file [T], ends: &[U64], groups: Range<usize>) -> Option<&'file [T]> {
    if groups.is_empty() {
        return Some(&[]);
    }
    let start = match groups.start.checked_sub(1) {
        Some(before) => usize::try_from(ends.get(before)?.get()).ok()?,
        None => 0,
    };
    let end = usize::try_from(ends.get(groups.end - 1)?.get()).ok()?;
    items.get(start..end)
}

/// The values of an array whose bounds were checked when the table was read.
fn view<'file, T>(section: &'file [u8], range: &Range<usize>) -> &'file [T]
where
    T: FromBytes + Immutable + Unaligned,
{
    <[T]>::ref_from_bytes(&section[range.clone()])
        .expect("FieldPlace::new made the length, and no alignment is needed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENTS: u32 = 7;

    fn sample() -> Vec<u8> {
        let year = NewField {
            name: "year",
            values: vec![b"1999", b"2020", b"2021"],
            posting_ends: vec![2, 3, 6],
            slots: vec![0, 6, 1, 2, 3, 5],
        };
        let topic = NewField {
            name: "topic",
            values: vec![b"", b"law"],
            posting_ends: vec![1, 3],
            slots: vec![4, 0, 1],
        };
        encode(&[topic, year])
    }

    /// Reads all there is to read; what comes of it is of no interest.
    fn read_everything(section: &[u8]) -> Result<(), Flaw> {
        let table = FieldTable::decode(section)?;
        let mut outcome = Ok(());
        for field in table.views(section) {
            for place in 0..field.len() + 2 {
                outcome = outcome.and(field.value(place).map(drop));
                outcome = outcome.and(field.postings(0..place).map(drop));
                outcome = outcome.and(field.postings(place..place + 1).map(drop));
            }
            for value in [&b""[..], b"2020", b"zzzz"] {
                outcome = outcome.and(field.find(value).map(drop));
            }
            let _ = field.check(DOCUMENTS);
        }
        for name in ["year", "topic", ""] {
            let _ = table.find(section, name);
        }
        outcome
    }

    #[test]
    fn fields_round_trip() {
        let bytes = sample();
        let table = FieldTable::decode(&bytes).unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["topic", "year"]);
        let year = table.find(&bytes, "year").unwrap();
        assert_eq!((year.name(), year.len()), ("year", 3));
        assert_eq!(year.value(2), Ok(&b"2021"[..]));
        assert_eq!(year.find(b"2020"), Ok(Some(1)));
        assert_eq!(year.find(b"2019"), Ok(None));
        assert_eq!(year.partition_point(|value| value < b"2021".as_slice()), Ok(2));
        let slots = |places| -> Vec<u32> {
            year.postings(places).unwrap().iter().map(|slot| slot.get()).collect()
        };
        assert_eq!(slots(0..1), [0, 6]);
        assert_eq!(slots(1..3), [1, 2, 3, 5]);
        assert!(slots(3..3).is_empty());
        assert_eq!(table.find(&bytes, "topic").unwrap().find(b""), Ok(Some(0)));
        assert!(table.find(&bytes, "yea").is_none());
        assert!(table.views(&bytes).all(|field| field.check(DOCUMENTS).is_ok()));
        assert!(year.check(6).is_err(), "slot 6 is not among six");
    }

    #[test]
    fn what_is_out_of_order_is_noticed_by_the_check() {
        let sound = || NewField {
            name: "f",
            values: vec![b"a", b"b"],
            posting_ends: vec![2, 3],
            slots: vec![0, 1, 1],
        };
        let lies: [fn(&mut NewField); 7] = [
            |field| field.values = vec![b"b", b"a"],
            |field| field.values = vec![b"a", b"a"],
            |field| field.posting_ends = vec![3, 3],
            |field| field.posting_ends = vec![1, 2],
            |field| field.posting_ends = vec![2, 4],
            |field| field.slots = vec![1, 0, 1],
            |field| field.slots = vec![0, 7, 1],
        ];
        let check = |field| {
            let bytes = encode(&[field]);
            let table = FieldTable::decode(&bytes).unwrap();
            let field = table.find(&bytes, "f").unwrap();
            field.check(DOCUMENTS)
        };
        assert_eq!(check(sound()), Ok(()));
        for (number, lie) in lies.into_iter().enumerate() {
            let mut field = sound();
            lie(&mut field);
            assert!(check(field).is_err(), "lie {number}");
        }
    }

    #[test]
    fn tables_that_lie_are_refused() {
        for (name, other) in [("b", "a"), ("a", "a"), ("", "a")] {
            let fields = [name, other].map(|name| NewField {
                name,
                values: vec![b"x"],
                posting_ends: vec![1],
                slots: vec![0],
            });
            assert!(FieldTable::decode(&encode(&fields)).is_err(), "{name:?}, {other:?}");
        }
        assert!(FieldTable::decode(&encode(&[])).is_err(), "no fields");
        let empty = NewField { name: "f", ..NewField::default() };
        assert!(FieldTable::decode(&encode(&[empty])).is_err(), "no values");
        let sound = sample();
        // Each number of the first field's record: offset, values, postings, bytes, name. Some
        // bytes of values more or less may be hidden by the gap after them.
        for position in [8, 16, 24, 32] {
            for lie in [0, 1, 9, 1 << 32, 1 << 60, 1 << 61, 1 << 63, u64::MAX] {
                let mut bytes = sound.clone();
                bytes[position..position + 8].copy_from_slice(&u64::to_le_bytes(lie));
                if bytes != sound && (position, lie > 8) != (32, false) {
                    assert!(FieldTable::decode(&bytes).is_err(), "{lie} at {position}");
                }
            }
        }
        for (position, lie) in [(0, 0), (0, 65), (0, u32::MAX), (40, 0), (40, u32::MAX)] {
            let mut bytes = sound.clone();
            bytes[position..position + 4].copy_from_slice(&u32::to_le_bytes(lie));
            assert!(FieldTable::decode(&bytes).is_err(), "{lie} at {position}");
        }
    }

    #[test]
    fn every_truncation_is_refused_and_every_flipped_bit_is_read_without_harm() {
        let sound = sample();
        for length in 0..sound.len() {
            assert!(FieldTable::decode(&sound[..length]).is_err(), "{length} bytes");
        }
        for position in 0..sound.len() {
            for bit in 0..8 {
                let mut flipped = sound.clone();
                flipped[position] ^= 1 << bit;
                let _ = read_everything(&flipped);
            }
        }
        read_everything(&sound).unwrap_err(); // It reads beyond the end, too.
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn noise_is_read_without_harm(
            mut noise in prop::collection::vec(any::<u8>(), 0..300),
            count in 0..4u8,
        ) {
            let _ = read_everything(&noise);
            if noise.len() >= 8 {
                noise[..8].copy_from_slice(&[count, 0, 0, 0, 0, 0, 0, 0]);
                let _ = read_everything(&noise);
            }
        }

        #[test]
        fn stretches_of_noise_are_read_without_harm(
            start in 0..200usize,
            noise in prop::collection::vec(any::<u8>(), 1..24),
        ) {
            let mut bytes = sample();
            for (byte, noise) in bytes.iter_mut().skip(start).zip(noise) {
                *byte = noise;
            }
            let _ = read_everything(&bytes);
        }
    }
}

//! Fields: what documents can be selected by. A field has a name, and a document has any
//! number of values of it: bytes that mean nothing here, and that have an order.

mod builder;
mod lookup;
mod predicate;
pub(crate) mod rows;
mod selection;

#[cfg(test)]
mod tests;

pub(crate) use builder::FieldsBuilder;
pub use predicate::{MAX_PREDICATE_DEPTH, Predicate};
pub use selection::Selection;

/// The most values that the fields of one document may have, all together.
pub const MAX_FIELD_VALUES: usize = 1 << 10;

/// A value of a field of a document.
///
/// A document may have several values of one field, up to
/// [`MAX_FIELD_VALUES`] of all fields; the same value twice is the same as once. An index has
/// up to [`MAX_FIELDS`](crate::MAX_FIELDS) different fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field<'document> {
    /// The name of the field: 1 to [`MAX_FIELD_NAME_BYTES`](crate::MAX_FIELD_NAME_BYTES).
    pub name: &'document str,
    /// The value: up to [`MAX_FIELD_VALUE_BYTES`](crate::MAX_FIELD_VALUE_BYTES). Values are in
    /// the order of their bytes.
    pub value: &'document [u8],
}

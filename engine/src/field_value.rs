//! The values of fields as bytes that are in the order of what they stand for.

/// First byte of a truth value; its second is 0 or 1.
const BOOL: u8 = 1;
/// First byte of a number.
const NUMBER: u8 = 2;
/// First byte of a string; its UTF-8 follows.
const TEXT: u8 = 3;

/// Bytes of the longest string that fits a field of the index.
pub(crate) const MAX_TEXT_BYTES: usize = mlsearch_index::MAX_FIELD_VALUE_BYTES - 1;

/// The type of a value, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(u8);

impl Kind {
    pub(crate) const BOOL: Kind = Kind(BOOL);
    pub(crate) const NUMBER: Kind = Kind(NUMBER);
    pub(crate) const TEXT: Kind = Kind(TEXT);

    /// Not greater than any value of this type.
    pub(crate) fn start(self) -> Vec<u8> {
        vec![self.0]
    }

    /// Greater than every value of this type.
    pub(crate) fn end(self) -> Vec<u8> {
        vec![self.0 + 1]
    }
}

pub(crate) fn from_bool(value: bool) -> Vec<u8> {
    vec![BOOL, u8::from(value)]
}

pub(crate) fn from_text(text: &str) -> Vec<u8> {
    [&[TEXT], text.as_bytes()].concat()
}

/// A whole number from the least signed to the greatest unsigned one of 64 bits: the greatest
/// floating-point number that is not greater, and what is missing to it, if anything is.
pub(crate) fn from_integer(value: i128) -> Vec<u8> {
    // Beyond 64 bits nothing is exact, and nothing comes.
    let value = value.clamp(i64::MIN.into(), u64::MAX.into());
    let mut below = value as f64;
    if below as i128 > value {
        below = below.next_down();
    }
    let mut bytes = from_float(below);
    // Less than 2048, the distance of floating-point numbers below 2^64.
    let missing = u16::try_from(value - below as i128).unwrap_or(u16::MAX);
    if missing > 0 {
        bytes.extend_from_slice(&missing.to_be_bytes());
    }
    bytes
}

/// A finite number, equal to the whole one of the same value.
pub(crate) fn from_float(value: f64) -> Vec<u8> {
    // Adding makes the negative zero a positive one.
    let bits = (value + 0.0).to_bits();
    // Negative numbers are in reverse order of their bits, and come before the others.
    let sign = 1 << 63;
    let sortable = if bits & sign == 0 { bits | sign } else { !bits };
    [&[NUMBER][..], &sortable.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Compares a whole number with a floating-point one, exactly.
    fn compare(integer: i128, float: f64) -> std::cmp::Ordering {
        let floor = float.floor();
        // Both bounds are exact, and far beyond 64 bits.
        if floor >= 2f64.powi(100) {
            return std::cmp::Ordering::Less;
        }
        if floor < -(2f64.powi(100)) {
            return std::cmp::Ordering::Greater;
        }
        integer.cmp(&(floor as i128)).then(if float > floor {
            std::cmp::Ordering::Less
        } else {
            std::cmp::Ordering::Equal
        })
    }

    fn integers() -> impl Strategy<Value = i128> {
        let near = |center: i128| (-3..4i128).prop_map(move |by| center + by);
        prop_oneof![
            any::<i64>().prop_map(i128::from),
            any::<u64>().prop_map(i128::from),
            near(0),
            near(1 << 53),
            near(-(1 << 53)),
            near(1 << 62),
            (0..3i128).prop_map(|by| i128::from(u64::MAX) - by),
            (0..3i128).prop_map(|by| i128::from(i64::MIN) + by),
        ]
    }

    fn floats() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
            integers().prop_map(|integer| integer as f64),
            integers().prop_map(|integer| (integer as f64).next_up()),
            integers().prop_map(|integer| integer as f64 / 4.0),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_are_in_order_whatever_their_type(
            a in integers(), b in integers(), x in floats(), y in floats(),
        ) {
            prop_assert_eq!(from_integer(a).cmp(&from_integer(b)), a.cmp(&b));
            prop_assert_eq!(Some(from_float(x).cmp(&from_float(y))), x.partial_cmp(&y));
            prop_assert_eq!(from_integer(a).cmp(&from_float(x)), compare(a, x));
        }

        #[test]
        fn strings_are_in_order_and_apart_from_numbers(a: String, b: String, x in floats()) {
            prop_assert_eq!(from_text(&a).cmp(&from_text(&b)), a.cmp(&b));
            prop_assert!(from_float(x) < from_text(&a) && from_bool(true) < from_float(x));
            for (kind, value) in
                [(Kind::BOOL, from_bool(true)), (Kind::NUMBER, from_float(x)), (Kind::TEXT, from_text(&a))]
            {
                prop_assert!(kind.start() <= value && value < kind.end());
            }
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format_description() {
        assert_eq!(from_bool(false), [1, 0]);
        assert_eq!(from_float(-0.0), [2, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(from_integer(1), [2, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(from_float(-1.0), [2, 0x40, 0x0f, 255, 255, 255, 255, 255, 255]);
        let beyond = from_integer((1 << 53) + 1);
        assert_eq!(beyond, [2, 0xc3, 0x40, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(from_text("é"), [3, 0xc3, 0xa9]);
    }
}

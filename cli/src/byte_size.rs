//! Sizes in bytes as people write them.

use std::fmt;
use std::str::FromStr;

/// A number of bytes: `2GiB`, `512 MiB`, `1.5GB`, or `1000000` without a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

/// Units, the largest first: how they are written, and their bytes.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_a_size =
            || format!("{text:?} is not a size: write a number and a unit, such as 512MiB or 2GiB");
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim_start());
        let number: f64 = number.parse().map_err(|_| not_a_size())?;
        let bytes = match unit {
            "" => 1,
            unit => {
                let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
                known.ok_or_else(not_a_size)?.1
            }
        };
        let size = number * bytes as f64;
        if size >= u64::MAX as f64 {
            return Err(not_a_size());
        }
        Ok(Self(size as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole =
            UNITS.iter().find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes));
        let (unit, bytes) = whole.unwrap_or(&("B", 1));
        write!(formatter, "{}{unit}", self.0 / bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        let cases = [
            ("0", 0),
            ("1000", 1000),
            ("2GiB", 2 << 30),
            ("2 gib", 2 << 30),
            ("1.5KiB", 1536),
            ("3MB", 3_000_000),
            ("7 B", 7),
        ];
        for (text, bytes) in cases {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "GiB", "-1", "1.2.3", "2 gibs", "2GiB2", "1e9", "99999999999TiB", "2µB"] {
            let error = text.parse::<ByteSize>().expect_err(text);
            assert!(error.contains("is not a size"), "{error}");
        }
    }

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for text in ["0B", "7B", "3KiB", "2GiB", "1MB"] {
            assert_eq!(text.parse::<ByteSize>().expect("a size").to_string(), text);
        }
    }
}

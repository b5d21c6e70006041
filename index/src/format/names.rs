//! The names of the files in an index folder.

/// Names the files of the last commit.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The next manifest, until it is renamed.
pub(crate) const NEXT_MANIFEST: &str = "manifest.json.new";
/// Locked by the writer.
pub(crate) const LOCK: &str = "lock";

/// The vectors, keys and labels of a segment.
pub(crate) fn segment(number: u32) -> String {
    format!("{number:08}.segment")
}

/// The payloads of a segment.
pub(crate) fn payload(number: u32) -> String {
    format!("{number:08}.payload")
}

/// The deleted slots of a segment, as of the commit of a generation.
pub(crate) fn deleted(number: u32, generation: u64) -> String {
    format!("{number:08}-{generation:04}.deleted")
}

/// Whether a writer may have made a file of this name and left it behind.
pub(crate) fn is_disposable(name: &str) -> bool {
    if name == NEXT_MANIFEST {
        return true;
    }
    let Some((stem, extension)) = name.split_once('.') else { return false };
    match extension {
        "segment" => stem.parse().is_ok_and(|number| segment(number) == name),
        "payload" => stem.parse().is_ok_and(|number| payload(number) == name),
        "deleted" => stem.split_once('-').is_some_and(|(number, generation)| {
            match (number.parse(), generation.parse()) {
                (Ok(number), Ok(generation)) => deleted(number, generation) == name,
                _ => false,
            }
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_writer_are_disposable() {
        for name in [
            segment(0),
            segment(u32::MAX),
            payload(7),
            deleted(7, 1),
            deleted(u32::MAX, u64::MAX),
            NEXT_MANIFEST.to_owned(),
        ] {
            assert!(is_disposable(&name), "{name}");
        }
    }

    #[test]
    fn other_files_are_not() {
        for name in [
            MANIFEST,
            LOCK,
            "1.segment",
            "+0000001.segment",
            "00000001.segment.bak",
            "00000001",
            "notes.txt",
            "00000001.deleted",
            "00000001-1.deleted",
            "99999999999.segment",
            "",
        ] {
            assert!(!is_disposable(name), "{name}");
        }
    }
}

use mlsearch::ingest::{Entry, Ingest, IngestOptions};

/// Reads a file to its end; its first byte says of which type it is.
pub fn run(bytes: &[u8]) {
    let Some((kind, content)) = bytes.split_first() else { return };
    let extensions = ["jsonl", "json", "csv", "tsv", "txt", "md"];
    let folder = tempfile::tempdir().unwrap();
    let extension = extensions[usize::from(*kind) % extensions.len()];
    let path = folder.path().join(format!("input.{extension}"));
    std::fs::write(&path, content).unwrap();
    let options = IngestOptions { max_line_bytes: 1 << 10, ..IngestOptions::default() };
    let (mut texts, mut entries) = (0, 0);
    for entry in Ingest::open(&[path], options).unwrap() {
        entries += 1;
        if let Entry::Document(document) = entry.unwrap() {
            assert!(!document.id.is_empty() && !document.text.trim().is_empty());
            texts += document.text.len();
        }
    }
    // Bytes that are not UTF-8 become three each, and headings stand with each passage.
    assert!(entries <= content.len() + 1 && texts <= 4 * content.len() * (content.len() + 1));
}

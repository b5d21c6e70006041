use mlsearch::Filter;

/// A filter that is read is written as one that is read to the same.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Filter::parse(text) {
        Ok(filter) => {
            let written = filter.to_string();
            let again = Filter::parse(&written).expect("what was written is read");
            assert_eq!(again.to_string(), written);
        }
        Err(error) => {
            assert!(!error.message().is_empty() && !error.to_string().is_empty());
            let span = error.span();
            assert!(span.start <= span.end && span.end <= text.len(), "{span:?}");
        }
    }
}

use mlsearch::Language;

/// A tag that is read stands for itself.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(language) = Language::parse(text) {
        let again = Language::parse(language.as_str()).expect("a tag that was read");
        assert_eq!(again, language);
        assert!(language.includes(&again) && language.same_language(&again));
        assert!(language.as_str().starts_with(language.primary()));
    }
}

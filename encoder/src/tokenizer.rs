//! Text to token ids, in windows that fit the model.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::config::{ModelConfig, TOKENIZER_FILE};
use crate::windows;
use crate::{Error, Result, Role};

/// Longer texts are tokenised piece by piece, cut at white space, so that memory stays bounded.
const PIECE_BYTES: usize = 1 << 14;

/// A tokenizer with the model's prompts and length limit.
pub(crate) struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Special tokens before and after every sequence.
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    query: Prompt,
    passage: Prompt,
    max_tokens: usize,
    max_windows: usize,
}

/// A prompt and its tokens.
struct Prompt {
    text: String,
    tokens: Vec<u32>,
}

/// One text as the model gets it.
#[derive(Debug, PartialEq)]
pub(crate) struct Tokenized {
    /// Token ids of each window, special tokens and prompt included. At least one.
    pub(crate) windows: Vec<Vec<u32>>,
    /// Whether the end of the text lies beyond the last window.
    pub(crate) cut: bool,
}

impl Tokenizer {
    pub(crate) fn open(folder: &Path, config: &ModelConfig, max_windows: usize) -> Result<Self> {
        let path = config.tokenizer_path(folder);
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::ModelNotFound { path: folder.to_owned(), missing: TOKENIZER_FILE.to_owned() }
            }
            _ => Error::io("read", &path)(error),
        })?;
        let inner = guarded(|| tokenizers::Tokenizer::from_bytes(&bytes))
            .and_then(|mut tokenizer| {
                tokenizer.with_padding(None);
                tokenizer.with_truncation(None).map_err(|error| error.to_string())?;
                Ok(tokenizer)
            })
            .map_err(|reason| Error::invalid_model(&path, reason))?;

        let mut tokenizer = Self {
            inner,
            prefix: Vec::new(),
            suffix: Vec::new(),
            query: Prompt { text: config.prompts.query.clone(), tokens: Vec::new() },
            passage: Prompt { text: config.prompts.passage.clone(), tokens: Vec::new() },
            max_tokens: config.max_tokens,
            max_windows: max_windows.max(1),
        };
        tokenizer.find_special_tokens().map_err(|reason| Error::invalid_model(&path, reason))?;
        tokenizer.query.tokens = tokenizer.ids(tokenizer.query.text.trim_end(), false)?;
        tokenizer.passage.tokens = tokenizer.ids(tokenizer.passage.text.trim_end(), false)?;
        if tokenizer.room(Role::Query).min(tokenizer.room(Role::Passage)) == 0 {
            let reason = "its prompts leave no room for a text within max_tokens of config.json";
            return Err(Error::invalid_model(&path, reason));
        }
        Ok(tokenizer)
    }

    /// Token ids of `text` in `role`, cut into windows where they do not fit the model.
    pub(crate) fn tokenize(&self, text: &str, role: Role) -> Result<Tokenized> {
        let prompt = self.prompt(role);
        let room = self.room(role);
        let enough = room.saturating_mul(self.max_windows);
        let mut content = Vec::new();
        let mut rest = text;
        let mut first = true;
        while first || !rest.is_empty() && content.len() <= enough {
            let (piece, behind) = rest.split_at(piece_end(rest));
            rest = behind;
            if first {
                // Prompt and text in one string, as the model was trained; then the prompt is
                // taken off so that every window can carry it.
                let ids = self.ids(&format!("{}{piece}", prompt.text), false)?;
                if rest.is_empty()
                    && ids.len() + self.prefix.len() + self.suffix.len() <= self.max_tokens
                {
                    return Ok(Tokenized { windows: vec![self.framed(&[], &ids)], cut: false });
                }
                content.extend_from_slice(ids.get(prompt.tokens.len()..).unwrap_or(&[]));
                first = false;
            } else {
                content.extend(self.ids(piece, false)?);
            }
        }
        let windows = windows::split(content.len(), room, self.max_windows);
        let kept = windows.last().map_or(0, |window| window.end);
        Ok(Tokenized {
            windows: windows
                .into_iter()
                .map(|w| self.framed(&prompt.tokens, &content[w]))
                .collect(),
            cut: kept < content.len() || !rest.is_empty(),
        })
    }

    /// Content tokens that fit a window beside the prompt and the special tokens.
    fn room(&self, role: Role) -> usize {
        let taken = self.prefix.len() + self.suffix.len() + self.prompt(role).tokens.len();
        self.max_tokens.saturating_sub(taken)
    }

    fn prompt(&self, role: Role) -> &Prompt {
        match role {
            Role::Query => &self.query,
            Role::Passage => &self.passage,
        }
    }

    fn framed(&self, prompt: &[u32], content: &[u32]) -> Vec<u32> {
        [&self.prefix, prompt, content, &self.suffix].concat()
    }

    fn find_special_tokens(&mut self) -> Result<(), String> {
        let probe = "a";
        let bare = self.ids(probe, false).map_err(|error| error.to_string())?;
        let framed = self.ids(probe, true).map_err(|error| error.to_string())?;
        let at = framed
            .windows(bare.len().max(1))
            .position(|window| window == bare)
            .ok_or("its special tokens do not stand around a text")?;
        self.prefix = framed[..at].to_vec();
        self.suffix = framed[at + bare.len()..].to_vec();
        Ok(())
    }

    fn ids(&self, text: &str, special: bool) -> Result<Vec<u32>> {
        guarded(|| self.inner.encode_fast(text, special))
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(|reason| Error::Tokenizer { bytes: text.len(), reason })
    }
}

/// Runs a call of the tokenizers library, turning its errors, and a panic on a text or file that
/// it did not expect, into a reason.
fn guarded<T>(call: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => {
            let words = panic
                .downcast_ref::<&str>()
                .map(|words| Cow::Borrowed(*words))
                .or_else(|| panic.downcast_ref::<String>().map(|words| words.into()));
            Err(words.unwrap_or("an internal failure".into()).into_owned())
        }
    }
}

/// Where to cut the next piece off `text`: all of it when short, else at the last white space
/// before [`PIECE_BYTES`], else at a character boundary.
fn piece_end(text: &str) -> usize {
    if text.len() <= PIECE_BYTES {
        return text.len();
    }
    let limit = text.floor_char_boundary(PIECE_BYTES);
    match text[..limit].rfind(char::is_whitespace) {
        Some(at) if at > 0 => at,
        _ => limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_at_white_space_where_there_is_any() {
        assert_eq!(piece_end("short"), 5);
        let words = "word ".repeat(PIECE_BYTES);
        assert!(words[piece_end(&words)..].starts_with(' '));
        let unbroken = "ก".repeat(PIECE_BYTES);
        let end = piece_end(&unbroken);
        assert!(end > PIECE_BYTES - 4 && unbroken.is_char_boundary(end));
    }
}

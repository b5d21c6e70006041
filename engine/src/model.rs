//! Finding the model folder.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Environment variable that names the model folder, or a folder that holds model folders.
pub const MODEL_VARIABLE: &str = "MLSEARCH_MODEL";

/// Name of the model that new indexes are built with.
pub const DEFAULT_MODEL: &str = "multilingual-e5-small-aligned";

/// Finds the folder of the model [`DEFAULT_MODEL`], in this order: `explicit`, which must hold a
/// model; the environment variable [`MODEL_VARIABLE`]; `models/NAME` beside the executable;
/// `mlsearch/models/NAME` in the user's data folder; `models/NAME` in any folder above the
/// executable, such as the checkout it was built in.
///
/// # Errors
/// [`Error::ModelNotFound`] with the places searched.
pub fn locate_model(explicit: Option<&Path>) -> Result<PathBuf> {
    locate(explicit, DEFAULT_MODEL, None)
}

/// Like [`locate_model`], for a model of any name; `recorded` is where an index last saw it and
/// comes after the environment.
pub(crate) fn locate(
    explicit: Option<&Path>,
    name: &str,
    recorded: Option<&Path>,
) -> Result<PathBuf> {
    if let Some(folder) = explicit {
        return model_in(folder, name).ok_or_else(|| Error::ModelNotFound {
            name: name.to_owned(),
            searched: vec![folder.to_owned()],
        });
    }
    let variable = env::var_os(MODEL_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut searched: Vec<PathBuf> =
        variable.into_iter().chain(recorded.map(Path::to_owned)).collect();
    let executable = env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    let above = || executable.iter().flat_map(|path| path.ancestors().skip(1));
    searched.extend(above().take(1).map(|folder| folder.join("models")));
    searched.extend(mlsearch_encoder::runtime::data_folder().map(|folder| folder.join("models")));
    searched.extend(
        above().skip(1).map(|folder| folder.join("models")).filter(|folder| folder.is_dir()),
    );
    searched
        .iter()
        .find_map(|place| model_in(place, name))
        .ok_or_else(|| Error::ModelNotFound { name: name.to_owned(), searched })
}

/// The model folder at `place`: itself, or the one called `name` in it.
fn model_in(place: &Path, name: &str) -> Option<PathBuf> {
    let is_model = |folder: &Path| folder.join("config.json").is_file();
    if is_model(place) {
        return Some(place.to_owned());
    }
    // The name comes out of an index file and must not lead elsewhere.
    let is_plain = !name.is_empty() && !name.contains(['/', '\\', ':']) && name != "..";
    let inner = place.join(name);
    (is_plain && is_model(&inner)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_folder_or_the_folder_above_it_can_be_given() {
        let models = tempfile::tempdir().expect("a temporary folder");
        let model = models.path().join("small");
        assert!(matches!(locate(Some(&model), "small", None), Err(Error::ModelNotFound { .. })));
        std::fs::create_dir(&model).expect("created");
        std::fs::write(model.join("config.json"), "{}").expect("written");
        assert_eq!(locate(Some(&model), "any", None).expect("found"), model);
        assert_eq!(locate(Some(models.path()), "small", None).expect("found"), model);
        assert!(locate(Some(models.path()), "../small", None).is_err());
    }
}

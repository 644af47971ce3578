//! The file of tools.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::environment::{ConfigError, Environment, problem};

const VARIABLE: &str = "TOOLS_FILE";
/// The file in a function's package.
const PACKAGED: &str = "tools.toml";

/// The file that declares the tools, unread.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct ToolsConfig {
    /// Its name.
    pub file: String,
    /// Its text.
    #[debug("{} bytes", text.len())]
    pub text: String,
}

impl ToolsConfig {
    /// Reads the file that `TOOLS_FILE` names, in the function's package or the working directory. Without the variable it is the
    /// package's `tools.toml`, if there is one.
    ///
    /// # Errors
    /// The file that is named cannot be read.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Option<Self>, ConfigError> {
        let package = environment.optional("LAMBDA_TASK_ROOT").map(PathBuf::from);
        let named = environment.optional(VARIABLE);
        let file = named.clone().unwrap_or_else(|| PACKAGED.to_owned());
        let folders = package.into_iter().chain(named.is_some().then(PathBuf::new));
        for path in folders.map(|folder| folder.join(&file)) {
            if let Some(text) = text_of(&path)? {
                return Ok(Some(Self { file, text }));
            }
        }
        match named {
            Some(_) => Err(problem(VARIABLE, "names a file that does not exist")),
            None => Ok(None),
        }
    }
}

fn text_of(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem(VARIABLE, format!("names a file that cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<ToolsConfig>, ConfigError> {
        ToolsConfig::read(&Environment::of(variables))
    }

    #[test]
    fn tools_are_those_of_the_file_that_is_named_or_of_the_package() {
        let package = std::env::temp_dir().join(format!("natter-tools-{}", std::process::id()));
        fs::create_dir_all(&package).unwrap();
        let root = ("LAMBDA_TASK_ROOT", package.to_str().unwrap());
        assert_eq!(read(&[root]), Ok(None));
        assert_eq!(read(&[]), Ok(None));

        fs::write(package.join(PACKAGED), "# packaged").unwrap();
        fs::write(package.join("other.toml"), "# other").unwrap();
        let text = |variables: &[(&str, &str)]| read(variables).unwrap().unwrap().text;
        assert_eq!(text(&[root]), "# packaged");
        assert_eq!(text(&[root, ("TOOLS_FILE", "other.toml")]), "# other");
        assert_eq!(text(&[("TOOLS_FILE", package.join("other.toml").to_str().unwrap())]), "# other");
        fs::remove_dir_all(package).unwrap();
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let error = read(&[("TOOLS_FILE", "nowhere.toml")]).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable TOOLS_FILE names a file that does not exist");
    }
}

//! The files of a deployment's agents: read from a directory, and published as one document.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::conversation::AgentsVersion;

/// The largest document with all files of a version, in bytes. DynamoDB's items have at most 400 KB, keys included.
pub const MAX_DOCUMENT_BYTES: usize = 390_000;

/// The largest file, in bytes.
const MAX_FILE_BYTES: u64 = 1_000_000;

/// The folder with the cases of an agent, which are not of its own.
const EVALS: &str = "evals";

/// The most files, and the deepest folder. Whoever names a wrong directory is told so soon.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 4;

/// The texts of the files, by their paths below the directory, such as `assistant/agent.toml`.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentFiles(#[debug("{} files", _0.len())] BTreeMap<String, String>);

impl AgentFiles {
    /// Reads all files below a directory, except for hidden ones and evals.
    ///
    /// # Errors
    /// A file cannot be read, is no text, or is too large; its path is named.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        read_into(&mut files, directory, "", 0)?;
        Ok(Self(files))
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The paths and texts, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// How large the document with these files is, in bytes.
    pub fn document_bytes(&self) -> usize {
        // Quotes and line breaks are escaped.
        serde_json::to_string(self).map_or(usize::MAX, |document| document.len())
    }

    /// A version that names these files as they are, unpublished.
    pub fn version(&self) -> AgentsVersion {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        AgentsVersion::of_digest(hasher.finish())
    }
}

impl FromIterator<(String, String)> for AgentFiles {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

fn read_into(files: &mut BTreeMap<String, String>, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || (depth > 0 && name == EVALS) {
            continue;
        }
        let path = format!("{prefix}{name}");
        // Of what a link leads to.
        let metadata = fs::metadata(entry.path()).map_err(|error| about(&path, error))?;
        if metadata.is_dir() {
            if depth == MAX_DEPTH {
                return Err(invalid(&path, format!("is more than {MAX_DEPTH} folders deep")));
            }
            read_into(files, &entry.path(), &format!("{path}/"), depth + 1)?;
            continue;
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(invalid(&path, format!("has over {MAX_FILE_BYTES} bytes")));
        }
        if files.len() == MAX_FILES {
            return Err(invalid(&path, format!("is one of over {MAX_FILES} files")));
        }
        let text = fs::read_to_string(entry.path()).map_err(|error| about(&path, error))?;
        files.insert(path, text);
    }
    Ok(())
}

fn about(path: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{path}: {error}"))
}

fn invalid(path: &str, problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{path} {problem}"))
}

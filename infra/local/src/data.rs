//! Persistent storage of a stack.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

/// Where tables and secrets are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Data {
    /// In memory: they are lost when the stack stops.
    #[default]
    Memory,
    /// In a folder, which is created if necessary.
    Folder(PathBuf),
}

/// Opened storage. A folder belongs to one stack at a time.
#[derive(Debug)]
pub struct Storage {
    folder: Option<(PathBuf, File)>,
}

impl Storage {
    /// Opens it. The error is a sentence without its subject, the folder.
    pub fn open(data: &Data) -> Result<Self, String> {
        let Data::Folder(folder) = data else { return Ok(Self { folder: None }) };
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot be made: {error}"))?;
        let lock = File::create(folder.join("lock")).map_err(|error| format!("cannot be written to: {error}"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: Some((folder.clone(), lock)) }),
            Err(TryLockError::WouldBlock) => {
                Err("belongs to another natter-local that is running; stop that one or name another folder".to_owned())
            }
            Err(TryLockError::Error(error)) => Err(format!("cannot be locked: {error}")),
        }
    }

    /// The database's file, if it has one.
    pub fn database(&self) -> Option<PathBuf> {
        let (folder, _) = self.folder.as_ref()?;
        Some(folder.join("database.sqlite"))
    }

    /// A random secret that is stored in the folder.
    pub fn token_secret(&self) -> Result<String, String> {
        let Some((folder, _)) = &self.folder else { return random() };
        let file = folder.join("token-secret");
        match std::fs::read_to_string(&file) {
            Ok(secret) if !secret.is_empty() => Ok(secret),
            _ => {
                let secret = random()?;
                write_private(&file, &secret)?;
                Ok(secret)
            }
        }
    }
}

/// Writes a file that only its owner may read.
pub fn write_private(file: &Path, text: &str) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    written.map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

fn random() -> Result<String, String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "no random numbers".to_owned())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

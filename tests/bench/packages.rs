//! How large what is deployed is.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Megabytes of each function's binary, compressed as in a package. A package holds nothing else.
pub fn sizes(functions: &Path) -> BTreeMap<String, f64> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("functions");
    let folders = std::fs::read_dir(root).unwrap().flatten();
    let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some((name.clone(), compressed(&functions.join(name))?))).collect()
}

// gzip compresses as zip does.
fn compressed(file: &Path) -> Option<f64> {
    let program = std::fs::read(file).ok()?;
    let mut gzip = Command::new("gzip").arg("-9").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = gzip.stdin.take()?;
    let writing = std::thread::spawn(move || input.write_all(&program));
    let output = gzip.wait_with_output().ok()?;
    writing.join().ok()?.ok()?;
    Some(output.stdout.len() as f64 / 1e6)
}

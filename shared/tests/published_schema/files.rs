use std::path::{Path, PathBuf};

use natter::protocol::schema;
use serde_json::{Map, Value};

/// The files that are made from the code, and what they must hold.
pub fn published() -> [(PathBuf, String); 2] {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = schema::asyncapi(&fixtures("client"), &fixtures("server"));
    [
        (repository.join("clients/typescript/src/protocol/frames.ts"), schema::typescript()),
        (repository.join("docs/asyncapi.json"), serde_json::to_string_pretty(&document).unwrap() + "\n"),
    ]
}

/// The examples of one side's frames, by name.
pub fn fixtures(side: &str) -> Map<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/frames").join(side);
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.unwrap().path();
        let frame = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), frame)
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

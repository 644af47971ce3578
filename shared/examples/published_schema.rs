//! Writes what is published of the wire: the types of the client package, and the AsyncAPI document.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

#[path = "../tests/published_schema/files.rs"]
mod files;

fn main() {
    for (path, text) in files::published() {
        std::fs::write(path, text).unwrap();
    }
}

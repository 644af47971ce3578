//! What is published of the wire is what the code says. `make types` writes it anew.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::path::Path;

use natter::protocol::schema;

#[test]
fn the_types_of_the_client_package_are_those_of_the_server() {
    compare("clients/typescript/src/protocol/frames.ts", &schema::typescript());
}

fn compare(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{file} is not what the code says: run `make types`");
}

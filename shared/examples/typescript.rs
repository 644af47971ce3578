//! Writes the types of the wire, as TypeScript, to its standard output.

#![allow(clippy::print_stdout, reason = "that is what it is for")]

fn main() {
    print!("{}", natter::protocol::schema::typescript());
}

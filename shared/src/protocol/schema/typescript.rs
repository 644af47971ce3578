//! The protocol as TypeScript.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};

use ts_rs::{Config, TS, TypeVisitor};

use super::ClientFrame;
use crate::protocol::ServerFrame;

const HEADER: &str = "\
// The frames on the wire. Made from the server's own types by `make types`; a test keeps them the same. Do not edit.
";

/// All protocol types as one TypeScript module, sorted by name.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut collected = Collected { seen: HashSet::new(), declarations: BTreeMap::new(), config: &config };
    collected.visit::<ClientFrame>();
    collected.visit::<ServerFrame<'static>>();
    let declarations: Vec<String> = collected.declarations.into_values().collect();
    format!("{HEADER}\n{}", declarations.join("\n"))
}

struct Collected<'a> {
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
    config: &'a Config,
}

impl TypeVisitor for Collected<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        // Types without a definition of their own, such as numbers and strings, are inlined.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl(self.config));
            self.declarations.insert(T::ident(self.config), declaration);
        }
    }
}

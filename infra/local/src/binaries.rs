//! Finds the binary of each function.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::start_error::StartError;
use crate::template::{Function, Template};

/// The name of a function's binary in a package that is ready to be uploaded.
const BOOTSTRAP: &str = "bootstrap";

/// Where binaries may be.
#[derive(Clone, Copy, Debug)]
pub struct Binaries<'a> {
    /// The folder of the template, in which `CodeUri` is looked up.
    pub template: &'a Path,
    /// The folder that Cargo builds to.
    pub built: &'a Path,
    /// Files by the logical ids of their functions, as the developer names them.
    pub named: &'a BTreeMap<String, PathBuf>,
}

impl Binaries<'_> {
    /// Checks that every file that the developer names is for a function of the template.
    pub fn check(&self, template: &Template) -> Result<(), StartError> {
        let is_known = |name: &String| template.functions.iter().any(|function| function.id == *name);
        match self.named.keys().find(|name| !is_known(name)) {
            Some(unknown) => Err(StartError::UnknownFunction {
                name: unknown.clone(),
                known: template.functions.iter().map(|function| function.id.clone()).collect(),
            }),
            None => Ok(()),
        }
    }

    /// The binary of a function: the file that the developer names, the binary that the template names, a `bootstrap` in
    /// the function's `CodeUri`, or what the Cargo package there is built to.
    pub fn find(&self, function: &Function) -> Result<PathBuf, StartError> {
        let missing = |path: &Path| {
            let binary = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            StartError::MissingBinary { function: function.id.clone(), path: path.to_owned(), binary }
        };
        if let Some(file) = self.named.get(&function.id) {
            return existing(file).ok_or_else(|| missing(file));
        }
        let code = self.code(function);
        let packaged = code.as_ref().map(|code| code.join(BOOTSTRAP)).filter(|_| function.binary.is_none());
        if let Some(file) = packaged.and_then(|file| existing(&file)) {
            return Ok(file);
        }
        let Some(name) = self.name(function) else {
            return Err(StartError::UnnamedBinary { function: function.id.clone(), runtime: function.runtime.clone() });
        };
        let file = self.built.join(&name);
        // A package outside of a workspace has its own target folder.
        let own = code.map(|code| code.join("target/debug").join(&name));
        existing(&file).or_else(|| existing(&own?)).ok_or_else(|| missing(&file))
    }

    /// The name of a function's binary, by which `cargo lambda watch` knows the function.
    pub fn name(&self, function: &Function) -> Option<String> {
        function.binary.clone().or_else(|| binary_of_package(&self.code(function)?))
    }

    fn code(&self, function: &Function) -> Option<PathBuf> {
        Some(self.template.join(function.code.as_ref()?))
    }
}

fn existing(file: &Path) -> Option<PathBuf> {
    file.canonicalize().ok().filter(|file| file.is_file())
}

/// The one binary that the Cargo package in this folder is built to.
fn binary_of_package(folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Named,
        #[serde(default)]
        bin: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let Manifest { package, mut bin } = toml::from_str(&manifest).ok()?;
    match bin.len() {
        0 => Some(package.name),
        1 => bin.pop().map(|binary| binary.name),
        // Of several, the template has to name one.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Parameters;

    /// A folder with these files, all of them empty but for manifests.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        folder
    }

    /// The binary of a function with these lines in its declaration, relative to `folder`; or the error.
    fn found(folder: &Path, lines: &str, named: Option<&str>) -> Result<String, String> {
        let template = format!(
            "Resources:
  Api: {{ Type: AWS::Serverless::WebSocketApi, Properties: {{ Routes: {{ $default: {{ FunctionArn: !GetAtt F.Arn }} }} }} }}
  F: {{ Type: AWS::Serverless::Function, {lines} }}"
        );
        let template = Template::parse(&template, &Parameters::new()).unwrap();
        let named = named.map(|file| ("F".to_owned(), folder.join(file))).into_iter().collect();
        let binaries = Binaries { template: folder, built: &folder.join("built"), named: &named };
        let file = binaries.find(&template.functions[0]).map_err(|error| error.to_string())?;
        Ok(file.strip_prefix(folder.canonicalize().unwrap()).unwrap().display().to_string())
    }

    const PACKAGE: &str = "[package]\nname = 'chat'\n";

    #[test]
    fn a_function_is_what_the_developer_names_or_else_the_template_or_else_its_code() {
        let files = [
            ("named", ""),
            ("built/say", ""),
            ("built/chat", ""),
            ("ready/bootstrap", ""),
            ("member/Cargo.toml", PACKAGE),
            ("alone/Cargo.toml", "[package]\nname = 'x'\n[[bin]]\nname = 'own'\n"),
            ("alone/target/debug/own", ""),
        ];
        let folder = folder(&files);
        let (binary, code) =
            ("Metadata: { BuildProperties: { Binary: say } }", |code| format!("Properties: {{ CodeUri: {code} }}"));
        for (lines, named, file) in [
            (binary.to_owned(), Some("named"), "named"),
            (format!("{binary}, {}", code("ready/")), None, "built/say"),
            (code("ready/"), None, "ready/bootstrap"),
            (code("member"), None, "built/chat"),
            (code("./alone"), None, "alone/target/debug/own"),
        ] {
            assert_eq!(found(folder.path(), &lines, named).as_deref(), Ok(file), "{lines}");
        }
    }

    #[test]
    fn a_function_that_is_not_found_is_named_with_what_to_do() {
        let two = "[package]\nname = 'x'\n[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'\n";
        let folder = folder(&[("two/Cargo.toml", two), ("member/Cargo.toml", PACKAGE)]);
        for (lines, named, advice) in [
            ("Properties: { CodeUri: two, Runtime: provided.al2023 }", None, "--binary F="),
            ("Properties: { CodeUri: page/, Runtime: nodejs22.x }", None, "nodejs22.x"),
            ("Properties: { CodeUri: member }", None, "cargo build --bin chat"),
            ("Properties: {}", Some("gone"), "gone"),
        ] {
            let complaint = found(folder.path(), lines, named).unwrap_err();
            assert!(complaint.contains(advice) && complaint.contains("function F"), "{complaint}");
        }
    }
}

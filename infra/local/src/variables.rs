//! The environment variables of a function: the template's, the developer's, those of a file, and what the stack fills in.

use std::collections::BTreeMap;

use crate::arn::REGION;
use crate::model;
use crate::template::{Api, Function, STAGE};
use crate::variables_file::VariablesFile;

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// The developer's own variables that reach every function: log level, and trusted certificates.
const PASSED_ON: [&str; 4] = ["RUST_BACKTRACE", "RUST_LOG", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// The placeholder for the stack's address in a file of variables.
const PLACEHOLDER: &str = "{stack}";

/// The context that all functions of a stack share.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The API, whose deployed address is replaced by the local one.
    pub api: &'a Api,
    /// The developer's variables. Empty ones count as absent.
    pub given: &'a Variables,
    /// The file's values.
    pub file: &'a VariablesFile,
    /// Host and port of the stack.
    pub domain: &'a str,
    /// The database's endpoint.
    pub database_url: &'a str,
    /// The secret of development tokens.
    pub token_secret: &'a str,
}

impl Surroundings<'_> {
    /// A developer's variable.
    pub fn given(&self, name: &str) -> Option<&String> {
        self.given.get(name).filter(|value| !value.is_empty())
    }

    /// The issuer of tokens: the stack itself, unless the developer names one.
    pub fn issuer(&self) -> String {
        self.given("TOKEN_ISSUER").cloned().unwrap_or_else(|| self.url())
    }

    /// The audience of tokens.
    pub fn audience(&self) -> String {
        self.given("TOKEN_AUDIENCE").cloned().unwrap_or_else(|| "natter".to_owned())
    }

    /// The secret that development tokens are signed with, if the issuer is one whose tokens the stack can make.
    pub fn development_secret(&self) -> Option<String> {
        match (self.given("TOKEN_DEVELOPMENT_SECRET"), self.given("TOKEN_ISSUER")) {
            (Some(secret), _) => Some(secret.clone()),
            (None, None) => Some(self.token_secret.to_owned()),
            (None, Some(_)) => None,
        }
    }

    /// The override of the template's value: the developer's, or else the file's.
    pub fn replaced(&self, name: &str) -> Option<String> {
        let from_file = || self.file.value(name, |other| self.given(other).is_some());
        self.given(name).cloned().or_else(|| Some(from_file()?.replace(PLACEHOLDER, &self.url())))
    }

    /// Whether a function is configured to call the stack's demo model.
    pub fn has_demo_model(&self, functions: &[Function]) -> bool {
        let address = self.url() + model::BASE_PATH;
        functions.iter().any(|function| self.variables(function).values().any(|value| *value == address))
    }

    /// All variables of `function`.
    pub fn variables(&self, function: &Function) -> Variables {
        let declared = function.environment.iter();
        let mut variables: Variables = declared
            .map(|(name, value)| (name.clone(), self.replaced(name).unwrap_or_else(|| self.localized(value))))
            .collect();
        if variables.contains_key("TOKEN_ISSUER") {
            variables.insert("TOKEN_ISSUER".to_owned(), self.issuer());
            variables.insert("TOKEN_AUDIENCE".to_owned(), self.audience());
            variables.extend(self.development_secret().map(|secret| ("TOKEN_DEVELOPMENT_SECRET".to_owned(), secret)));
        }
        if let Some(origins) = variables.get_mut("ALLOWED_ORIGINS").filter(|origins| origins.is_empty()) {
            "*".clone_into(origins);
        }
        for name in PASSED_ON.into_iter().chain(self.file.names_without_value()) {
            variables.extend(self.given(name).map(|value| (name.to_owned(), value.clone())));
        }
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.database_url.to_owned());
        let connections = format!("{}/{STAGE}", self.url());
        variables.insert("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI".to_owned(), connections);
        variables.insert("AWS_ENDPOINT_URL_LAMBDA".to_owned(), format!("{}/", self.url()));
        variables
    }

    /// The variables of all `functions` as lines for a program that gives every function the same ones.
    ///
    /// The form is that of `cargo lambda watch --env-file`: values in quotes, in which only `\"` and `\n` are special.
    pub fn environment_file(&self, functions: &[Function]) -> Result<String, String> {
        let local = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let credentials = [
            local("AWS_REGION", REGION),
            local("AWS_ACCESS_KEY_ID", "local"),
            local("AWS_SECRET_ACCESS_KEY", "local"),
            local("AWS_SESSION_TOKEN", "local"),
        ];
        let mut all = Variables::from(credentials);
        let variables = functions.iter().flat_map(|function| self.variables(function));
        // One that is empty is one that a function does not use: a template cannot leave it out.
        for (name, value) in variables.filter(|(_, value)| !value.is_empty()) {
            if value.contains('\\') {
                return Err(format!("{name} has a backslash, which such a file cannot hold"));
            }
            if all.get(&name).is_some_and(|other| *other != value) {
                return Err(format!("{name} differs between functions, and such a file holds one value for all"));
            }
            all.insert(name, value);
        }
        let line = |(name, value): (&String, &String)| {
            format!("{name}=\"{}\"\n", value.replace('"', "\\\"").replace('\n', "\\n"))
        };
        Ok(all.iter().map(line).collect())
    }

    fn url(&self) -> String {
        format!("http://{}", self.domain)
    }

    /// A value in which the API's deployed address has become the local one.
    fn localized(&self, value: &str) -> String {
        let Api { id, stage, .. } = self.api;
        let mut value = value.to_owned();
        for (deployed, local) in [("https", "http"), ("wss", "ws")] {
            let host = format!("{deployed}://{id}.execute-api.{REGION}.amazonaws.com");
            let here = format!("{local}://{}", self.domain);
            value = value.replace(&format!("{host}/{stage}"), &format!("{here}/{STAGE}")).replace(&host, &here);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties: { StageName: live, Routes: { $default: { FunctionArn: !GetAtt Message.Arn } } }
  Message:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          OPENAI_BASE_URL: https://api.openai.com/v1
          OPENAI_MODEL: ''
          CONNECTIONS_ENDPOINT: !Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/live
          TOKEN_ISSUER: ''
          ALLOWED_ORIGINS: ''
          LIMIT: 20
";

    const FILE: &str =
        "LIMIT=0\nABSENT=1\nOPENAI_API_KEY=\n[unless OPENAI_API_KEY]\nOPENAI_BASE_URL={stack}/model/v1\n";

    fn variables(given: &[(&str, &str)]) -> Variables {
        let template = Template::parse(TEMPLATE, &Default::default()).unwrap();
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let domain = "127.0.0.1:8787";
        let surroundings = Surroundings {
            api: &template.api,
            given: &given,
            file: &VariablesFile::parse(FILE).unwrap(),
            domain,
            database_url: "http://127.0.0.1:1",
            token_secret: "random",
        };
        surroundings.variables(&template.functions[0])
    }

    #[test]
    fn without_any_setting_everything_is_local_or_as_the_file_says() {
        assert_eq!(
            serde_json::json!(variables(&[])),
            serde_json::json!({
                "ALLOWED_ORIGINS": "*",
                "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "http://127.0.0.1:8787/local",
                "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
                "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:8787/",
                "CONNECTIONS_ENDPOINT": "http://127.0.0.1:8787/local",
                "LIMIT": "0",
                "OPENAI_BASE_URL": "http://127.0.0.1:8787/model/v1",
                "OPENAI_MODEL": "",
                "TOKEN_AUDIENCE": "natter",
                "TOKEN_DEVELOPMENT_SECRET": "random",
                "TOKEN_ISSUER": "http://127.0.0.1:8787",
            })
        );
    }

    #[test]
    fn what_the_developer_gives_comes_before_the_file_and_the_template() {
        let variables = variables(&[("LIMIT", "5"), ("OPENAI_API_KEY", "key"), ("OPENAI_MODEL", "gpt")]);
        let value = |name: &str| variables.get(name).map(String::as_str);
        assert_eq!((value("LIMIT"), value("OPENAI_MODEL"), value("ABSENT")), (Some("5"), Some("gpt"), None));
        assert_eq!(
            (value("OPENAI_BASE_URL"), value("OPENAI_API_KEY")),
            (Some("https://api.openai.com/v1"), Some("key"))
        );
    }

    #[test]
    fn what_one_function_leaves_empty_is_in_the_file_as_the_others_have_it() {
        let other = "
  Other:
    Type: AWS::Serverless::Function
    Properties: { Environment: { Variables: { OPENAI_MODEL: other, LIMIT: '', ALLOWED_ORIGINS: '*' } } }
";
        let template = Template::parse(&format!("{TEMPLATE}{other}"), &Default::default()).unwrap();
        let given = Variables::new();
        let surroundings = Surroundings {
            api: &template.api,
            given: &given,
            file: &VariablesFile::default(),
            domain: "127.0.0.1:8787",
            database_url: "http://127.0.0.1:1",
            token_secret: "random",
        };
        let file = surroundings.environment_file(&template.functions).unwrap();
        assert!(file.contains("OPENAI_MODEL=\"other\"\n"), "{file}");
        assert!(!file.contains("=\"\""), "{file}");
    }

    #[test]
    fn a_real_issuer_gets_no_development_secret() {
        let variables = variables(&[("TOKEN_ISSUER", "https://login.example.com")]);
        assert_eq!(variables.get("TOKEN_DEVELOPMENT_SECRET"), None);
    }

    #[test]
    fn the_developers_other_variables_stay_with_the_developer() {
        let variables = variables(&[("HOME", "/home/x"), ("AWS_SECRET_ACCESS_KEY", "real"), ("RUST_LOG", "debug")]);
        assert!(!variables.contains_key("HOME") && !variables.contains_key("AWS_SECRET_ACCESS_KEY"));
        assert_eq!(variables["RUST_LOG"], "debug");
    }
}

//! The environment variables of a function: the template's, the developer's, and what development fills in.

use std::collections::BTreeMap;

use crate::arn::REGION;
use crate::model;
use crate::template::{Api, Function, STAGE};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// The developer's own variables that reach every function: what it logs, and which certificates it trusts.
const PASSED_ON: [&str; 4] = ["RUST_BACKTRACE", "RUST_LOG", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// What users are limited to. One developer opens many pages and sends what a test has them send: locally there is no limit
/// but one that is given.
const LIMITS: [&str; 3] = ["MESSAGES_PER_MINUTE", "CONCURRENT_TURNS", "CONNECTIONS_PER_USER"];

/// Any of these connects a model.
const CONNECTED_BY: [&str; 7] = [
    "MODEL_PROVIDER",
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_MODEL",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_MODEL",
];

/// What is the same for all functions of a stack.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The API, whose deployed address is replaced by the local one.
    pub api: &'a Api,
    /// The developer's variables. Empty ones count as absent.
    pub given: &'a Variables,
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

    /// Whom tokens are for.
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

    /// Whether the demo model answers, because the developer has connected no other.
    pub fn has_demo_model(&self) -> bool {
        CONNECTED_BY.iter().all(|name| self.given(name).is_none())
    }

    /// All variables of `function`.
    pub fn variables(&self, function: &Function) -> Variables {
        let mut variables: Variables =
            function.environment.iter().map(|(name, value)| (name.clone(), self.localized(value))).collect();
        for (name, value) in &mut variables {
            if let Some(given) = self.given(name) {
                value.clone_from(given);
            }
        }
        for name in LIMITS.iter().filter(|name| self.given(name).is_none()) {
            if let Some(limit) = variables.get_mut(*name) {
                "0".clone_into(limit);
            }
        }
        // Who chats here is who can mend what is wrong.
        if let Some(explains) =
            variables.get_mut("EXPLAIN_FAILURES").filter(|_| self.given("EXPLAIN_FAILURES").is_none())
        {
            "true".clone_into(explains);
        }
        if variables.contains_key("TOKEN_ISSUER") {
            variables.insert("TOKEN_ISSUER".to_owned(), self.issuer());
            variables.insert("TOKEN_AUDIENCE".to_owned(), self.audience());
            variables.extend(self.development_secret().map(|secret| ("TOKEN_DEVELOPMENT_SECRET".to_owned(), secret)));
        }
        if let Some(origins) = variables.get_mut("ALLOWED_ORIGINS").filter(|origins| origins.is_empty()) {
            "*".clone_into(origins);
        }
        if variables.contains_key("OPENAI_BASE_URL") {
            if self.has_demo_model() {
                variables.insert("OPENAI_BASE_URL".to_owned(), self.url() + model::BASE_PATH);
                variables.insert("OPENAI_MODEL".to_owned(), model::NAME.to_owned());
                // It would name every conversation alike.
                if let Some(titles) = variables.get_mut("TITLES").filter(|_| self.given("TITLES").is_none()) {
                    "words".clone_into(titles);
                }
            }
            for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
                variables.extend(self.given(name).map(|key| (name.to_owned(), key.clone())));
            }
        }
        for name in PASSED_ON {
            variables.extend(self.given(name).map(|value| (name.to_owned(), value.clone())));
        }
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.database_url.to_owned());
        let connections = format!("{}/{STAGE}", self.url());
        variables.insert("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI".to_owned(), connections);
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
          MESSAGES_PER_MINUTE: 20
          CONCURRENT_TURNS: 4
          EXPLAIN_FAILURES: 'false'
";

    fn variables(given: &[(&str, &str)]) -> Variables {
        let template = Template::parse(TEMPLATE, &Default::default()).unwrap();
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let domain = "127.0.0.1:8787";
        let surroundings = Surroundings {
            api: &template.api,
            given: &given,
            domain,
            database_url: "http://127.0.0.1:1",
            token_secret: "random",
        };
        surroundings.variables(&template.functions[0])
    }

    #[test]
    fn without_any_setting_everything_is_local() {
        assert_eq!(
            serde_json::json!(variables(&[])),
            serde_json::json!({
                "ALLOWED_ORIGINS": "*",
                "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "http://127.0.0.1:8787/local",
                "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
                "CONCURRENT_TURNS": "0",
                "CONNECTIONS_ENDPOINT": "http://127.0.0.1:8787/local",
                "EXPLAIN_FAILURES": "true",
                "MESSAGES_PER_MINUTE": "0",
                "OPENAI_BASE_URL": "http://127.0.0.1:8787/model/v1",
                "OPENAI_MODEL": "demo",
                "TOKEN_AUDIENCE": "natter",
                "TOKEN_DEVELOPMENT_SECRET": "random",
                "TOKEN_ISSUER": "http://127.0.0.1:8787",
            })
        );
    }

    #[test]
    fn a_connected_model_takes_the_place_of_the_demo() {
        let variables = variables(&[("OPENAI_API_KEY", "key"), ("OPENAI_MODEL", "gpt"), ("OPENAI_BASE_URL", "")]);
        let value = |name: &str| variables.get(name).map(String::as_str);
        assert_eq!(
            (value("OPENAI_BASE_URL"), value("OPENAI_MODEL"), value("OPENAI_API_KEY")),
            (Some("https://api.openai.com/v1"), Some("gpt"), Some("key"))
        );
    }

    #[test]
    fn a_model_of_another_provider_takes_the_place_of_the_demo_too() {
        let variables = variables(&[("MODEL_PROVIDER", "anthropic"), ("ANTHROPIC_API_KEY", "key")]);
        assert_eq!(variables["ANTHROPIC_API_KEY"], "key");
        assert_eq!(variables["OPENAI_BASE_URL"], "https://api.openai.com/v1");
    }

    #[test]
    fn what_one_function_leaves_empty_is_in_the_file_as_the_others_have_it() {
        let other = "
  Other:
    Type: AWS::Serverless::Function
    Properties: { Environment: { Variables: { OPENAI_MODEL: other, CONCURRENT_TURNS: '', ALLOWED_ORIGINS: '*' } } }
";
        let template = Template::parse(&format!("{TEMPLATE}{other}"), &Default::default()).unwrap();
        let given = Variables::from([("MODEL_PROVIDER".to_owned(), "openai".to_owned())]);
        let surroundings = Surroundings {
            api: &template.api,
            given: &given,
            domain: "127.0.0.1:8787",
            database_url: "http://127.0.0.1:1",
            token_secret: "random",
        };
        let file = surroundings.environment_file(&template.functions).unwrap();
        assert!(file.contains("OPENAI_MODEL=\"other\"\n"), "{file}");
        assert!(!file.contains("=\"\""), "{file}");
    }

    #[test]
    fn users_are_limited_only_where_the_developer_says_so() {
        let variables = variables(&[("MESSAGES_PER_MINUTE", "5")]);
        assert_eq!((variables["MESSAGES_PER_MINUTE"].as_str(), variables["CONCURRENT_TURNS"].as_str()), ("5", "0"));
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

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::tools::Approval;

fn mistakes(text: &str) -> String {
    ToolsFile::parse("tools.toml", text).map(|file| file.tools.len()).unwrap_err().to_string()
}

const WHOLE: &str = r#"
private_hosts = ["shop.internal", "10.0.0.5"]

[[tool]]
name = "current_time"
kind = "builtin"

[[tool]]
name = "ask_user"
kind = "builtin"
description = "Asks."

[[tool]]
name = "refund"
description = "Pays the money for an order back."
kind = "lambda"
function = "shop-refund"
approval = { if = "amount", over = 100 }
timeout = 60
max_output = 1000

[tool.parameters]
type = "object"
required = ["order", "amount"]
[tool.parameters.properties]
order = { type = "string" }
amount = { type = "number", minimum = 0.5 }

[[tool]]
name = "find-order"
description = "Finds an order."
kind = "http"
method = "GET"
url = "https://shop.internal/orders/{order}"
headers = { X-User = "{user}" }
secret = { header = "Authorization", prefix = "Bearer ", id = "natter/shop", variable = "SHOP_KEY" }
idempotent = true
returns = { model = "/summary" }
parameters = '''{"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}'''

[[tool]]
name = "show_map"
description = "Shows a map."
kind = "client"
"#;

#[test]
fn a_file_declares_tools_of_all_kinds() {
    let file = ToolsFile::parse("tools.toml", WHOLE).unwrap();
    assert_eq!(file.private_hosts, ["shop.internal", "10.0.0.5"]);
    let names: Vec<_> = file.tools.iter().map(|declared| declared.tool.definition.name.as_str()).collect();
    assert_eq!(names, ["current_time", "ask_user", "refund", "find-order", "show_map"]);
    let [time, ask, refund, find, map] = <[Declaration; 5]>::try_from(file.tools).unwrap();
    assert!(
        matches!(time.kind, Kind::CurrentTime) && matches!(ask.kind, Kind::AskUser) && matches!(map.kind, Kind::Client)
    );
    assert!(matches!(&refund.kind, Kind::Lambda { function } if function == "shop-refund"));
    assert!(matches!(&find.kind, Kind::Http(endpoint) if endpoint.url.host() == "shop.internal"));

    let [refund, find, map] = [refund, find, map].map(|declared| declared.tool);
    assert_eq!(
        refund.definition.schema.pointer("/properties/amount"),
        Some(&json!({"type": "number", "minimum": 0.5}))
    );
    assert_eq!(
        (refund.timeout, refund.max_output_bytes, refund.model_output_bytes),
        (Duration::from_secs(60), 1000, 1000)
    );
    assert!(matches!(&refund.approval, Approval::If(condition) if condition.is_required(&json!({"amount": 101}))));
    assert!(!refund.is_idempotent && find.is_idempotent);
    assert_eq!((find.returns.model.as_deref(), find.returns.client), (Some("/summary"), None));
    assert_eq!((find.timeout, &find.approval), (Duration::from_secs(30), &Approval::Never));
    assert_eq!(map.check(&json!({})), Ok(()));
    assert!(map.check(&json!({"x": 1})).is_err(), "a tool without parameters has no arguments");
}

#[test]
fn all_mistakes_are_named_with_their_lines() {
    let text = r#"
[[tool]]
name = "two words"
kind = "lambda"
approvals = "never"
timeout = 900

[[tool]]
name = "a"
description = "A."
kind = "http"
url = "http://shop.example/{order}"
method = "FETCH"

[[tool]]
name = "a"
description = "A."
kind = "clint"
"#;
    let expected = [
        "tools.toml:2: description is missing; it must be a sentence that tells the model what the tool does",
        "tools.toml:2: function is missing; it must be the name or the ARN of a Lambda function",
        "tools.toml:3: name must be 1 to 64 letters, digits, _ and -",
        "tools.toml:5: a tool of the kind lambda has no field approvals; it has name, kind, description, parameters, strict, \
         max_output, model_output, approval, returns, function, timeout, idempotent",
        "tools.toml:6: timeout must be a whole number of seconds from 1 to 840",
        "tools.toml:12: url must begin with https://, or with http:// on loopback",
        "tools.toml:13: method must be GET, POST, PUT, PATCH or DELETE",
        "tools.toml:16: there is another tool with the name a; each must have its own",
        "tools.toml:18: kind must be builtin, lambda, http or client, or in a directory of agents mcp",
    ];
    assert_eq!(mistakes(text).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    let said = mistakes("[[tool]]\nname = \n\n[[tool]\n");
    assert!(
        said.contains("tools.toml:2: this is not TOML") && said.contains("tools.toml:4: this is not TOML"),
        "{said}"
    );
    assert!(mistakes("tool = 7").contains("tools.toml:1: a tool must begin with [[tool]]"));
    assert!(mistakes("tool = [7]").contains("tools.toml:1: a tool must be a table"));
    assert!(mistakes("[[tools]]\n").contains("tools.toml:1: the file has no field tools; it has private_hosts, tool"));
    assert!(mistakes("private_hosts = [\"https://a\"]").contains("private_hosts must be a list of hosts"));
}

#[test]
fn a_file_without_tools_is_right() {
    assert!(ToolsFile::parse("tools.toml", "# none yet\n").unwrap().tools.is_empty());
}

#[test]
fn each_field_says_what_would_be_right() {
    for (lines, said) in [
        ("url = \"https://a.example/{order}\"", "5: url names {order}, which must be among"),
        ("url = \"https://{a}/\"", "5: url must name its scheme and host"),
        ("method = 7", "6: method must be GET"),
        ("approval = \"sometimes\"", "6: approval must be \"never\", \"once\", \"always\", a rule"),
        ("approval = []", "6: approval must be"),
        ("approval = { over = 100 }", "6: an approval's rule must have either if or unless"),
        ("approval = { if = \"a\", unless = \"b\", over = 1 }", "6: an approval's rule must have either if or unless"),
        ("approval = { if = \"a..b\", over = 1 }", "6: an approval's argument must be a name"),
        ("approval = { if = \"a\" }", "6: an approval's rule must have one test: is, one_of, over"),
        (
            "approval = { if = \"a\", above = 1 }",
            "6: an approval's rule has no field above; it has if, unless, is, one_of",
        ),
        ("approval = { if = \"a\", over = \"1\" }", "6: over must be a number"),
        ("approval = { if = \"a\", one_of = [] }", "6: one_of must be a list"),
        ("approval = { if = \"a\", starts_with = 1 }", "6: starts_with must be a text"),
        ("approval = { if = \"a\", is = [] }", "6: is must be a text, a number, true or false"),
        ("idempotent = 1", "6: idempotent must be true or false"),
        ("max_output = 1_000_001", "6: max_output must be a whole number of bytes from 1 to 1000000"),
        ("model_output = 1.5", "6: model_output must be a whole number"),
        ("returns = \"/a\"", "6: returns must be a table"),
        ("returns = { model = \"a\" }", "6: model must be a JSON Pointer"),
        ("headers = { Host = \"a\" }", "6: the header host is set for each call"),
        ("headers = { \"a b\" = \"a\" }", "6: \"a b\" is no name of a header"),
        ("headers = { a = \"a\\nb\" }", "6: the header a must be a text of one line"),
        ("secret = \"sk-123\"", "6: secret must be a table such as"),
        ("secret = { header = \"Authorization\" }", "6: secret must have an id in Secrets Manager"),
        ("secret = { header = \"Host\", id = \"a\" }", "6: the header host is set for each call"),
        ("parameters = \"{\"", "6: parameters is not JSON"),
        ("parameters = 7", "6: parameters must be the JSON Schema of an object"),
        ("parameters = { type = \"array\" }", "6: parameters must have type = \"object\""),
        (
            "[tool.parameters]\ntype = \"object\"\n[tool.parameters.properties.a]\ntype = \"strin\"",
            "9: parameters is no JSON Schema",
        ),
        ("[tool.parameters]\ntype = \"object\"\nrequired = 2026-01-01", "parameters must not have a date"),
        (
            "[tool.parameters]\ntype = \"object\"\nproperties = { a = { \"$ref\" = \"https://a.example/\" } }",
            "parameters is no JSON Schema",
        ),
    ] {
        let url = if lines.starts_with("url") { "" } else { "url = \"https://a.example/\"\n" };
        let text = format!("[[tool]]\nname = \"a\"\ndescription = \"A.\"\nkind = \"http\"\n{url}{lines}\n");
        let found = mistakes(&text);
        assert!(found.contains(said), "{lines}\n{found}");
        assert!(!found.contains("sk-123"), "{found}");
    }
}

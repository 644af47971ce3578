//! What a stack needs to start, and what it serves beside the API.

use natter_local::{LocalStack, StartError};
use serde_json::Value;

use crate::support::{builder, changed, http, programs, stack, template};

async fn complaint(builder: natter_local::Builder) -> String {
    builder.start().await.unwrap_err().to_string()
}

#[tokio::test]
async fn nothing_but_loopback_is_listened_on_unless_allowed() {
    let everywhere = || builder().host([0, 0, 0, 0].into());
    assert!(matches!(everywhere().start().await, Err(StartError::Remote(_))));
    let stack = everywhere().allow_remote(true).start().await.unwrap();
    assert!(stack.http_url().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let stack = stack().await;
    let port: u16 = stack.http_url().rsplit_once(':').unwrap().1.parse().unwrap();
    let complaint = complaint(builder().port(port)).await;
    assert!(complaint.starts_with(&format!("Port {port} is in use.")), "{complaint}");
}

#[tokio::test]
async fn a_missing_binary_is_named_with_the_command_that_builds_it() {
    let complaint = complaint(LocalStack::builder(template()).functions("nowhere")).await;
    assert!(complaint.contains("AuthorizeFunction") && complaint.contains("cargo build --bin probe"), "{complaint}");
}

#[tokio::test]
async fn a_variable_that_refers_to_what_does_not_run_here_needs_a_value() {
    let (builder, folder) = changed("ROLE: message", "ROLE: message\n          QUEUE_URL: !Ref Queue");
    let file = folder.path().join("template.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "  Queue: { Type: AWS::SQS::Queue }\n").unwrap();
    let complaint = complaint(builder.clone()).await;
    for part in ["MessageFunction, variable QUEUE_URL", "Queue is of the kind AWS::SQS::Queue", "QUEUE_URL=…"] {
        assert!(complaint.contains(part), "{complaint}");
    }
    let stack = builder.environment("QUEUE_URL", "http://127.0.0.1:1/queue").start().await.unwrap();
    let not_here = "not here, but in the template: Queue (AWS::SQS::Queue)";
    assert_eq!(stack.template().elsewhere.as_deref(), Some(not_here), "which is no error by itself");
}

#[tokio::test]
async fn a_file_of_variables_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dev.env");
    std::fs::write(&file, "LIMIT=0\nnonsense\n").unwrap();
    for (file, problem) in [(file.as_path(), "line 2"), (&folder.path().join("none.env"), "cannot be read")] {
        let complaint = complaint(builder().variables(file)).await;
        assert!(complaint.contains(&file.display().to_string()) && complaint.contains(problem), "{complaint}");
    }
}

#[tokio::test]
async fn a_template_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.yaml");
    std::fs::write(&file, "Resources: {").unwrap();
    for (template, problem) in [(file.as_path(), "line"), (&folder.path().join("none.yaml"), "cannot be read")] {
        let complaint = complaint(LocalStack::builder(template).functions(programs())).await;
        assert!(complaint.contains(&template.display().to_string()) && complaint.contains(problem), "{complaint}");
    }
}

#[tokio::test]
async fn the_site_is_served_beside_the_api() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<h1>hello</h1>").unwrap();
    let stack = builder().site(folder.path()).start().await.unwrap();
    let page = http().get(stack.http_url()).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html");
    assert_eq!(page.text().await.unwrap(), "<h1>hello</h1>");
    assert_eq!(http().get(stack.http_url() + "/none.js").send().await.unwrap().status(), 404);
    assert_eq!(http().get(stack.http_url() + "/../template.yaml").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_missing_site_says_so() {
    let stack = stack().await;
    let page = http().get(stack.http_url()).send().await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.text().await.unwrap().contains("--site"));
}

#[tokio::test]
async fn tokens_are_for_the_user_who_is_named() {
    let stack = stack().await;
    let url = stack.http_url();
    let answer: Value =
        http().get(format!("{url}/token?user=alice&seconds=60")).send().await.unwrap().json().await.unwrap();
    let claims = claims(answer["token"].as_str().unwrap());
    assert_eq!(
        (&claims["sub"], &claims["aud"], &claims["iss"]),
        (&"alice".into(), &"natter".into(), &url.clone().into())
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert_eq!(http().get(format!("{url}/token")).send().await.unwrap().status(), 400);
    assert_eq!(self::claims(&stack.token("bob"))["sub"], "bob");
}

#[tokio::test]
async fn no_tokens_are_made_for_another_issuer() {
    let (builder, _folder) = changed("ROLE: authorize", "ROLE: authorize, TOKEN_ISSUER: ''");
    let stack = builder.environment("TOKEN_ISSUER", "https://login.example.com").start().await.unwrap();
    let response = http().get(format!("{}/token?user=alice", stack.http_url())).send().await.unwrap();
    assert_eq!(response.status(), 404);
}

fn claims(token: &str) -> Value {
    use base64::Engine;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

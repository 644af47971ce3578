//! Lambda's operation `Invoke` at the stack's address, as the AWS CLI and the SDKs call it.

use std::path::PathBuf;

use reqwest::Response;
use serde_json::{Value, json};

use natter_local::LocalStack;

use crate::functions::{recorded, stack};
use crate::support::{builder, http, programs, until};

/// Invokes as an SDK does.
async fn invoke(stack: &LocalStack, name: &str, kind: &str, event: &str) -> Response {
    let url = format!("{}/2015-03-31/functions/{name}/invocations", stack.http_url());
    let request = http()
        .post(url)
        .header("Authorization", "AWS4-HMAC-SHA256 Credential=local")
        .header("X-Amz-Invocation-Type", kind);
    request.body(event.to_owned()).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_function_answers_under_each_of_its_names() {
    let (stack, folder) = stack().await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:plain-function";
    for name in ["Plain", "plain-function", "plain-function:$LATEST", arn, "000000000000:function:plain-function"] {
        let answer = invoke(&stack, name, "RequestResponse", "{}").await;
        assert_eq!((answer.status().as_u16(), header(&answer, "X-Amz-Executed-Version")), (200, "$LATEST"), "{name}");
        assert_eq!(header(&answer, "x-amzn-requestid"), recorded(&folder).last().unwrap());
        assert!(answer.json::<Value>().await.unwrap()["process"].is_u64());
    }
}

#[tokio::test]
async fn a_failure_of_the_function_is_a_success_of_the_call() {
    let (stack, _folder) = stack().await;
    for (event, kind) in [(r#"{"do": "fail"}"#, "Probe.Failure"), (r#"{"do": "exit", "code": 3}"#, "Runtime.ExitError")]
    {
        let answer = invoke(&stack, "Plain", "", event).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "x-amz-function-error")), (200, "Unhandled"));
        let id = header(&answer, "x-amzn-requestid").to_owned();
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["errorType"], kind);
        let exited = format!("RequestId: {id} Error: Runtime exited with error: exit status 3");
        assert!(["out of order", &exited].contains(&error["errorMessage"].as_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn an_event_is_accepted_at_once_and_a_dry_run_does_nothing() {
    let (stack, folder) = stack().await;
    assert_eq!(invoke(&stack, "Plain", "DryRun", "{}").await.status(), 204);
    let accepted = invoke(&stack, "Plain", "Event", "{}").await;
    assert_eq!(accepted.status(), 202);
    until(async || recorded(&folder) == [header(&accepted, "x-amzn-requestid")]).await;
}

#[tokio::test]
async fn a_throttled_call_says_which_limit_it_met() {
    let (stack, _folder) = stack().await;
    let answer = invoke(&stack, "Closed", "RequestResponse", "{}").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "x-amzn-errortype")), (429, "TooManyRequestsException"));
    let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    let body = json!({"Reason": reason, "Type": "User", "message": "Rate Exceeded."});
    assert_eq!(answer.json::<Value>().await.unwrap(), body);
}

#[tokio::test]
async fn calls_that_lambda_refuses_are_refused() {
    let (stack, _folder) = stack().await;
    let long = format!("\"{}\"", " ".repeat(1024 * 1024));
    for (name, kind, event, status, error) in [
        ("Nobody", "", "{}", 404, "ResourceNotFoundException"),
        ("Plain", "", "{", 400, "InvalidRequestContentException"),
        ("Plain", "Sometime", "{}", 400, "InvalidParameterValueException"),
        ("Plain", "Event", &long, 413, "RequestTooLargeException"),
    ] {
        let answer = invoke(&stack, name, kind, event).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "x-amzn-errortype")), (status, error));
    }
    let url = format!("{}/2015-03-31/functions/Plain/invocations", stack.http_url());
    assert_eq!(http().post(url).body("{}").send().await.unwrap().status(), 403, "a page of a browser cannot sign");
}

#[tokio::test]
async fn functions_of_another_template_are_invoked_by_their_names() {
    let template = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/order_tool/template.yaml");
    let folder = tempfile::tempdir().unwrap();
    let effects = folder.path().join("effects");
    let beside =
        builder().functions(programs()).beside(&template).environment("EFFECTS_FILE", effects.to_str().unwrap());
    let stack = beside.start().await.unwrap();
    let order = json!({"item": "Tea", "count": 2});
    let call = json!({"name": "place_order", "arguments": order, "key": "m-1", "user": "alice", "conversation": "c"});
    let answer = invoke(&stack, "place-order", "RequestResponse", &call.to_string()).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"placed": order}));
    let done: Value = serde_json::from_str(&std::fs::read_to_string(effects).unwrap()).unwrap();
    assert_eq!(done, json!({"key": "m-1", "user": "alice", "order": order}));

    let twice = builder().beside(&template).beside(template).start().await;
    assert!(twice.unwrap_err().to_string().contains("two functions OrderTool"));
}

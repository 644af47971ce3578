//! What the template allows each function, compared with what the functions do: neither more nor less.
//!
//! What SAM adds to every role, the right to write logs, does not stand in the template and is not looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

mod scenario;

use std::collections::BTreeSet;
use std::path::Path;

use natter_local::Permission;
use natter_local::template::{Function, Parameters, Template};
use natter_tests::NatterBuilder;

/// What is allowed on AWS and cannot be seen here, each with the reason.
const UNSEEN: [(&str, &str); 2] = [
    ("bedrock:InvokeModelWithResponseStream", "the local stack's model speaks OpenAI's chat completions"),
    ("secretsmanager:GetSecretValue", "the local stack gives functions the key itself"),
];

/// The lease of a turn, short enough to wait for its end.
const LEASE_SECONDS: &str = "2";

/// What users may do is limited, as it is where the template is deployed.
const LIMITS: [(&str, usize); 3] =
    [("MESSAGES_PER_MINUTE", 100), ("CONCURRENT_TURNS", 100), ("CONNECTIONS_PER_USER", CONNECTIONS_PER_USER)];
const CONNECTIONS_PER_USER: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_function_has_exactly_the_permissions_that_it_needs() {
    let builder = NatterBuilder::default().parameter("Tickets", "true").environment("LEASE_SECONDS", LEASE_SECONDS);
    let natter =
        LIMITS.iter().fold(builder, |builder, (name, most)| builder.environment(name, most.to_string())).start().await;
    scenario::play(&natter, CONNECTIONS_PER_USER).await;
    let needed = natter.stack.permissions_needed();

    let mut faults = Vec::new();
    for function in functions() {
        assert!(function.policy.unread.is_empty(), "{}: {:?}", function.id, function.policy.unread);
        let allowed = function.policy.allowed;
        let needed = needed.get(&function.id).cloned().unwrap_or_default();
        for refused in needed.iter().filter(|needed| !allowed.iter().any(|allowed| allowed.covers(needed))) {
            faults.push(format!("{} calls what it is not allowed: {}", function.id, words(refused)));
        }
        let unseen = |allowed: &Permission| UNSEEN.iter().any(|(action, _)| *action == allowed.action);
        for unused in allowed.iter().filter(|allowed| !unseen(allowed) && !is_used(allowed, &needed)) {
            faults.push(format!("{} is allowed what it never calls: {}", function.id, words(unused)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_used(allowed: &Permission, needed: &BTreeSet<Permission>) -> bool {
    needed.iter().any(|needed| allowed.covers(needed))
}

fn words(permission: &Permission) -> String {
    format!("{} on {}", permission.action, permission.resource)
}

/// The functions of the template, with everything in it that may be switched on.
fn functions() -> Vec<Function> {
    let secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:key";
    let given = [
        ("BedrockModelArns", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"),
        ("Tickets", "true"),
        ("ModelApiKeySecretArn", secret),
        ("FallbackApiKeySecretArn", secret),
    ];
    let given: Parameters = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("template.yaml");
    Template::read(&template, &given).unwrap().functions
}

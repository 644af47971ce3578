//! Evaluates a REQUEST authorizer's response as API Gateway does.

use serde_json::{Map, Value};

use crate::lambda::InvocationError;

/// The authorizer's decision.
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// The connection may be made; later events carry this as `requestContext.authorizer`.
    Allow(Map<String, Value>),
    /// 403.
    Deny,
    /// 401.
    Unauthorized,
    /// 500: the authorizer failed, or its response is invalid.
    Failed,
}

/// Maximum response of an authorizer, in bytes.
const MAX_RESPONSE_BYTES: usize = 8 * 1024;

/// Evaluates a response for the request that `arn` names.
pub fn decide(answer: Result<impl AsRef<[u8]>, InvocationError>, arn: &str) -> Decision {
    match answer {
        Ok(body) if body.as_ref().len() > MAX_RESPONSE_BYTES => Decision::Failed,
        Ok(body) => serde_json::from_slice(body.as_ref())
            .ok()
            .and_then(|answer| judge(&answer, arn))
            .unwrap_or(Decision::Failed),
        // The one error message that API Gateway interprets.
        Err(InvocationError::Function { message, .. }) if message == "Unauthorized" => Decision::Unauthorized,
        Err(_) => Decision::Failed,
    }
}

/// `None` if the answer is malformed.
fn judge(answer: &Value, arn: &str) -> Option<Decision> {
    let principal = answer.get("principalId")?.as_str()?;
    let mut allowed = false;
    for statement in list(answer.pointer("/policyDocument/Statement")?) {
        let effect = statement.get("Effect")?.as_str()?;
        let applies = ["execute-api:Invoke", arn].into_iter().zip(["Action", "Resource"]).all(|(subject, field)| {
            let patterns = statement.get(field).map(list).unwrap_or_default();
            patterns.iter().filter_map(|pattern| pattern.as_str()).any(|pattern| matches(pattern, subject))
        });
        match effect {
            "Deny" if applies => return Some(Decision::Deny),
            "Allow" => allowed |= applies,
            _ => {}
        }
    }
    if !allowed {
        return Some(Decision::Deny);
    }
    let mut context = Map::new();
    for (name, value) in answer.get("context").and_then(Value::as_object).into_iter().flatten() {
        // Later events carry every value as text; objects and lists are not allowed.
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => return None,
        };
        context.insert(name.clone(), text.into());
    }
    context.insert("principalId".to_owned(), principal.into());
    Some(Decision::Allow(context))
}

/// Policies may write one value where a list is meant.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

/// IAM's patterns: `*` is any run of characters, `?` is one.
fn matches(pattern: &str, subject: &str) -> bool {
    let (pattern, subject) = (pattern.as_bytes(), subject.as_bytes());
    let (mut at, mut from) = (0, 0);
    // After a mismatch the last star is tried again with one more character.
    let mut star: Option<(usize, usize)> = None;
    while from < subject.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == subject[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((behind, tried)) => {
                    star = Some((behind, tried + 1));
                    at = behind + 1;
                    from = tried + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:local/local/$connect";

    fn decision(answer: Value) -> Decision {
        decide(Ok(answer.to_string()), ARN)
    }

    fn policy(effect: &str, resource: Value) -> Value {
        json!({"principalId": "alice", "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource},
        ]}})
    }

    #[test]
    fn an_allowing_policy_names_the_user_and_its_context_becomes_text() {
        let mut answer = policy("Allow", json!(ARN));
        answer["context"] = json!({"userId": "alice", "expires": 17, "admin": false});
        let expected = json!({"principalId": "alice", "userId": "alice", "expires": "17", "admin": "false"});
        assert_eq!(
            Value::from(match decision(answer) {
                Decision::Allow(context) => context,
                other => panic!("{other:?}"),
            }),
            expected
        );
    }

    #[test]
    fn only_a_policy_that_matches_the_request_lets_it_in() {
        for resource in
            [json!("*"), json!("arn:aws:execute-api:*/$connect"), json!(["x", "arn:aws:execute-api:*:local/loca?/*"])]
        {
            assert!(matches!(decision(policy("Allow", resource)), Decision::Allow(_)));
        }
        for resource in [json!("arn:aws:execute-api:*/other/$connect"), json!("arn"), json!([])] {
            assert_eq!(decision(policy("Allow", resource)), Decision::Deny);
        }
        assert_eq!(decision(policy("Deny", json!("*"))), Decision::Deny);
    }

    #[test]
    fn a_denial_outweighs_every_permission() {
        let mut answer = policy("Allow", json!("*"));
        let denial = policy("Deny", json!("*"))["policyDocument"]["Statement"][0].clone();
        answer["policyDocument"]["Statement"].as_array_mut().unwrap().push(denial);
        assert_eq!(decision(answer), Decision::Deny);
    }

    #[test]
    fn a_malformed_answer_is_a_failure_and_so_is_a_failure() {
        let mut nested = policy("Allow", json!("*"));
        nested["context"] = json!({"a": {"b": 1}});
        for answer in [json!(null), json!({}), json!({"principalId": "alice"}), nested] {
            assert_eq!(decision(answer), Decision::Failed);
        }
        let error = |message: &str| {
            Err::<Vec<u8>, _>(InvocationError::Function { kind: "Error".into(), message: message.into() })
        };
        assert_eq!(decide(error("boom"), ARN), Decision::Failed);
        assert_eq!(decide(error("Unauthorized"), ARN), Decision::Unauthorized);
    }
}

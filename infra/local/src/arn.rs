//! ARNs of resources in the stack's one account and region.

/// The account in every ARN.
pub const ACCOUNT: &str = "000000000000";
/// Region of everything.
pub const REGION: &str = "us-east-1";

/// The ARN of a function.
pub fn function(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The ARN of a table.
pub fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
}

/// The ARN of what an API does at a stage: a route key, or a method and a path.
pub fn execute_api(api: &str, stage: &str, target: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{target}")
}

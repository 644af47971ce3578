//! Kinds of resources: those that run here, and those without effect.

pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const TABLE: &str = "AWS::DynamoDB::Table";
pub(super) const SIMPLE_TABLE: &str = "AWS::Serverless::SimpleTable";
pub(super) const SERVERLESS_API: &str = "AWS::Serverless::WebSocketApi";

pub(super) const API: &str = "AWS::ApiGatewayV2::Api";
pub(super) const STAGE: &str = "AWS::ApiGatewayV2::Stage";
pub(super) const ROUTE: &str = "AWS::ApiGatewayV2::Route";
pub(super) const INTEGRATION: &str = "AWS::ApiGatewayV2::Integration";
pub(super) const AUTHORIZER: &str = "AWS::ApiGatewayV2::Authorizer";
pub(super) const ROUTE_RESPONSE: &str = "AWS::ApiGatewayV2::RouteResponse";

/// The prefix of API Gateway's own resource types.
const GATEWAY: &str = "AWS::ApiGatewayV2::";

/// Resources without effect on functions and clients: permissions, logs, alarms.
const WITHOUT_EFFECT: [&str; 5] =
    ["AWS::ApiGateway::Account", "AWS::CloudWatch::", "AWS::IAM::", "AWS::Lambda::Permission", "AWS::Logs::"];

/// Whether resources of this kind run here.
pub(super) fn runs_here(kind: &str) -> bool {
    [FUNCTION, TABLE, SIMPLE_TABLE, SERVERLESS_API].contains(&kind) || kind.starts_with(GATEWAY)
}

/// Whether a resource of this kind may be missing, even if it is referred to.
pub(super) fn has_no_effect(kind: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|prefix| kind.starts_with(prefix))
}

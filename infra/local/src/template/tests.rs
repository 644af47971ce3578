use std::time::Duration;

use serde_json::json;

use super::*;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  StageName: { Type: String, Default: live }
  Seconds: { Type: Number, Default: 900 }
  Issuer: { Type: String }
Conditions:
  Never: !Equals [!Ref StageName, other]
Globals:
  Function:
    MemorySize: 256
    Timeout: 10
    Environment: { Variables: { SHARED: all, KIND: global } }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: !Ref StageName
      RouteSelectionExpression: $request.body.type
      Auth: { AuthType: CUSTOM, AuthArn: !GetAtt Gate.Arn, IdentitySource: [route.request.querystring.token] }
      Routes:
        $connect: { FunctionArn: !GetAtt Worker.Arn }
        $default: { FunctionArn: !GetAtt Worker.Arn, IntegrationTimeout: 5000 }
  Gate:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: gate } }
    Properties:
      Environment: { Variables: { ISSUER: !Ref Issuer } }
      Policies: [{ Statement: { Resource: !ImportValue elsewhere } }]
  Worker:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: work } }
    Properties:
      Timeout: !Ref Seconds
      Environment:
        Variables:
          KIND: own
          TABLE: !Ref Table
          ENDPOINT: !Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${StageName}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
  Unwanted:
    Type: AWS::DynamoDB::Table
    Condition: Never
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { Threshold: !FindInMap [No, Such, Map] }
"#;

#[test]
fn functions_have_their_own_settings_and_the_global_ones() {
    let template = Template::parse(TEMPLATE).unwrap();
    let [gate, worker] = &template.functions[..] else { panic!("two functions: {:?}", template.functions) };
    assert_eq!((gate.id.as_str(), gate.binary.as_deref(), gate.memory), ("Gate", Some("gate"), 256));
    assert_eq!(gate.timeout, Duration::from_secs(10));
    assert_eq!(gate.environment.get("ISSUER").unwrap(), "", "a parameter without default is empty");
    assert_eq!(worker.timeout, Duration::from_secs(900));
    assert_eq!(
        json!(worker.environment),
        json!({"SHARED": "all", "KIND": "own", "TABLE": "Table", "ENDPOINT": "https://local.execute-api.us-east-1.amazonaws.com/live"})
    );
}

#[test]
fn the_api_has_its_routes_and_its_authorizer() {
    let api = Template::parse(TEMPLATE).unwrap().api;
    assert_eq!((api.stage.as_str(), api.selection_expression.as_str()), ("live", "$request.body.type"));
    assert_eq!(api.routes["$connect"], Route { function: "Worker".into(), timeout: Duration::from_secs(29) });
    assert_eq!(api.routes["$default"].timeout, Duration::from_secs(5));
    let authorizer =
        Authorizer { function: "Gate".into(), identity_sources: vec!["route.request.querystring.token".into()] };
    assert_eq!(api.authorizer, Some(authorizer));
}

#[test]
fn tables_become_create_table_requests_and_conditions_hold() {
    let tables = Template::parse(TEMPLATE).unwrap().tables;
    let [table] = &tables[..] else { panic!("one table: {tables:?}") };
    assert_eq!(table.time_to_live.as_deref(), Some("expires_at"));
    assert_eq!(
        table.definition,
        json!({
            "TableName": "Table",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        })
    );
}

#[test]
fn a_template_that_cannot_run_says_what_is_wrong() {
    for (template, complaint) in [
        ("Resources: {}", "there is no AWS::Serverless::WebSocketApi"),
        ("Resources: { A: { Properties: {} } }", "resource A has no Type"),
        ("Resources: { A: { Type: AWS::Serverless::WebSocketApi } }", "A has no Routes"),
        (
            "Resources: { A: { Type: AWS::Serverless::WebSocketApi, Properties: { Routes: { x: { FunctionArn: y } } } } }",
            "A, route x: y is not a function",
        ),
        (
            "Resources: { A: { Type: AWS::Serverless::Function, Properties: { Timeout: soon } } }",
            "A: Timeout must be a number",
        ),
        (
            "Resources: { A: { Type: AWS::Serverless::Function, Properties: { Environment: { Variables: { B: !Ref C } } } } }",
            "A, variable B: C is neither",
        ),
    ] {
        let error = Template::parse(template).unwrap_err();
        assert!(error.contains(complaint), "{template}: {error}");
    }
}

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
      ReservedConcurrentExecutions: !If [Never, 5, !Ref AWS::NoValue]
      Policies:
        - AWSXRayDaemonWriteAccess
        - { Statement: { Effect: Allow, Action: s3:GetObject, Resource: !ImportValue elsewhere } }
        - Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:Query]
              Resource: [!GetAtt Table.Arn, !Sub "${Table.Arn}/index/i"]
            - !If [Never, { Effect: Allow, Action: dynamodb:Scan, Resource: "*" }, !Ref AWS::NoValue]
  Worker:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: work } }
    Properties:
      Timeout: !Ref Seconds
      ReservedConcurrentExecutions: 5
      LoggingConfig: { LogFormat: JSON, ApplicationLogLevel: DEBUG, LogGroup: !Ref WorkerLogGroup }
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 900
        DestinationConfig: { OnFailure: { Type: Lambda, Destination: !GetAtt Gate.Arn } }
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
  WorkerLogGroup: { Type: AWS::Logs::LogGroup }
  Queue: { Type: AWS::SQS::Queue }
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { Threshold: !FindInMap [No, Such, Map] }
"#;

#[test]
fn functions_have_their_own_settings_and_the_global_ones() {
    let template = Template::parse(TEMPLATE, &Parameters::new()).unwrap();
    let [gate, worker] = &template.functions[..] else { panic!("two functions: {:?}", template.functions) };
    assert_eq!((gate.id.as_str(), gate.binary.as_deref(), gate.memory), ("Gate", Some("gate"), 256));
    assert_eq!(gate.timeout, Duration::from_secs(10));
    assert_eq!(gate.environment.get("ISSUER").unwrap(), "", "a parameter without default is empty");
    assert_eq!(worker.timeout, Duration::from_secs(900));
    assert_eq!((worker.reserved_concurrency, gate.reserved_concurrency), (Some(5), None));
    let logging = |format, level: &str, group: &str| Logging { format, level: level.into(), group: group.into() };
    assert_eq!(gate.logging, logging(LogFormat::Text, "INFO", "/aws/lambda/Gate"));
    assert_eq!(worker.logging, logging(LogFormat::Json, "DEBUG", "WorkerLogGroup"));
    assert_eq!(
        json!(worker.environment),
        json!({"SHARED": "all", "KIND": "own", "TABLE": "Table", "ENDPOINT": "https://local.execute-api.us-east-1.amazonaws.com/live"})
    );
}

#[test]
fn a_function_may_do_what_its_policies_say_as_far_as_they_are_written_out() {
    let functions = Template::parse(TEMPLATE, &Parameters::new()).unwrap().functions;
    let Policy { allowed, unread } = &functions[0].policy;
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/Table";
    let words: Vec<_> = allowed.iter().map(|allowed| format!("{} {}", allowed.action, allowed.resource)).collect();
    assert_eq!(
        words,
        [
            format!("dynamodb:GetItem {table}"),
            format!("dynamodb:GetItem {table}/index/i"),
            format!("dynamodb:Query {table}"),
            format!("dynamodb:Query {table}/index/i"),
        ]
    );
    assert!(unread[0].contains("AWSXRayDaemonWriteAccess") && unread[1].contains("Fn::ImportValue"), "{unread:?}");
    assert_eq!(functions[1].policy, Policy::default());
}

#[test]
fn functions_have_their_handling_of_failed_events() {
    let functions = Template::parse(TEMPLATE, &Parameters::new()).unwrap().functions;
    let defaults = Asynchronous { retries: 2, max_event_age: Duration::from_secs(6 * 60 * 60), on_failure: None };
    let to_gate = Destination { kind: "Lambda".into(), function: Some("Gate".into()) };
    let own = Asynchronous { retries: 1, max_event_age: Duration::from_secs(900), on_failure: Some(to_gate) };
    assert_eq!((&functions[0].asynchronous, &functions[1].asynchronous), (&defaults, &own));
    let to_queue =
        TEMPLATE.replace("Type: Lambda, Destination: !GetAtt Gate.Arn", "Type: SQS, Destination: !GetAtt Queue.Arn");
    let on_failure =
        Template::parse(&to_queue, &Parameters::new()).unwrap().functions[1].asynchronous.on_failure.clone();
    assert_eq!(on_failure, Some(Destination { kind: "SQS".into(), function: None }));
}

#[test]
fn resources_that_do_not_run_here_are_listed_unless_they_have_no_effect() {
    let elsewhere = Template::parse(TEMPLATE, &Parameters::new()).unwrap().elsewhere;
    assert_eq!(elsewhere.unwrap(), "not here, but in the template: Queue (AWS::SQS::Queue)");
}

#[test]
fn a_variable_that_cannot_be_known_here_is_kept_with_the_reason() {
    for (value, reason) in [
        ("!Ref Nothing", "Nothing is neither"),
        ("!Ref Queue", "Queue is of the kind AWS::SQS::Queue"),
        ("!ImportValue other", "Fn::ImportValue takes what another stack exports"),
    ] {
        let template = TEMPLATE.replace("TABLE: !Ref Table", &format!("TABLE: {value}"));
        let worker = Template::parse(&template, &Parameters::new()).unwrap().functions.remove(1);
        assert!(worker.unknown_variables["TABLE"].starts_with(reason), "{:?}", worker.unknown_variables);
    }
}

#[test]
fn the_api_has_its_routes_and_its_authorizer() {
    let api = Template::parse(TEMPLATE, &Parameters::new()).unwrap().api;
    assert_eq!((api.stage.as_str(), api.selection_expression.as_str()), ("live", "$request.body.type"));
    assert_eq!(
        api.routes["$connect"],
        Route { function: "Worker".into(), timeout: Duration::from_secs(29), responds: false }
    );
    assert_eq!(api.routes["$default"].timeout, Duration::from_secs(5));
    let authorizer =
        Authorizer { function: "Gate".into(), identity_sources: vec!["route.request.querystring.token".into()] };
    assert_eq!(api.authorizer, Some(authorizer));
}

#[test]
fn tables_become_create_table_requests_and_conditions_hold() {
    let tables = Template::parse(TEMPLATE, &Parameters::new()).unwrap().tables;
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

const CHAT: &str = include_str!("../../examples/chat/template.yaml");

#[test]
fn an_api_may_be_declared_in_api_gateways_own_resources() {
    let template = Template::parse(CHAT, &Parameters::new()).unwrap();
    let api = &template.api;
    assert_eq!((api.stage.as_str(), api.selection_expression.as_str()), ("Prod", "$request.body.action"));
    assert_eq!(api.authorizer, None);
    let functions: Vec<_> = api.routes.iter().map(|(key, route)| (key.as_str(), route.function.as_str())).collect();
    assert_eq!(
        functions,
        [
            ("$connect", "OnConnectFunction"),
            ("$disconnect", "OnDisconnectFunction"),
            ("sendmessage", "SendMessageFunction")
        ]
    );
    assert_eq!(template.functions[0].handler, "on_connect");
    assert_eq!(template.functions[0].environment["TABLE_NAME"], "chat_connections");
}

#[test]
fn its_authorizer_time_limits_and_route_responses_are_read() {
    let more = r#"
  Gate:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Chat
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnectFunction.Arn}:live/invocations
      IdentitySource: [route.request.querystring.token]
  Answer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Chat, RouteId: !Ref SendRoute, RouteResponseKey: $default }
  Page: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP } }
  PageRoute: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Page, RouteKey: GET / } }
Outputs:"#;
    let text = CHAT
        .replacen("AuthorizationType: NONE", "AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Gate", 1)
        .replace("RouteKey: sendmessage", "RouteKey: sendmessage\n      RouteResponseSelectionExpression: $default")
        .replacen("IntegrationType: AWS_PROXY", "IntegrationType: AWS_PROXY\n      TimeoutInMillis: 5000", 1)
        .replace("\nOutputs:", more);
    let api = Template::parse(&text, &Parameters::new()).unwrap().api;
    let authorizer = api.authorizer.unwrap();
    assert_eq!(authorizer.function, "OnConnectFunction");
    assert_eq!(authorizer.identity_sources, ["route.request.querystring.token"]);
    assert_eq!(api.routes["$connect"].timeout, Duration::from_secs(5));
    assert_eq!(api.routes["sendmessage"].timeout, Duration::from_secs(29));
    let respond: Vec<_> = api.routes.iter().filter(|(_, route)| route.responds).map(|(key, _)| key.as_str()).collect();
    assert_eq!(respond, ["sendmessage"]);
}

#[test]
fn a_route_of_sams_own_api_has_a_response_by_the_name_that_sam_gives_it() {
    let text = TEMPLATE
        .replace("IntegrationTimeout: 5000", "RouteResponseSelectionExpression: $default")
        .replace("  Unwanted:", "  Answer: { Type: AWS::ApiGatewayV2::RouteResponse, Properties: { ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute } }\n  Unwanted:");
    let routes = Template::parse(&text, &Parameters::new()).unwrap().api.routes;
    assert!(routes["$default"].responds && !routes["$connect"].responds);
}

#[test]
fn a_simple_table_has_one_key() {
    let text = TEMPLATE.replace(
        "  Unwanted:",
        "  Simple: { Type: AWS::Serverless::SimpleTable, Properties: { PrimaryKey: { Name: n, Type: Number } } }\n  Unwanted:",
    );
    let tables = Template::parse(&text, &Parameters::new()).unwrap().tables;
    let definition = &tables.iter().find(|table| table.name == "Simple").unwrap().definition;
    assert_eq!(definition["KeySchema"], json!([{"AttributeName": "n", "KeyType": "HASH"}]));
    assert_eq!(definition["AttributeDefinitions"], json!([{"AttributeName": "n", "AttributeType": "N"}]));
}

#[test]
fn parameters_take_the_values_that_are_given() {
    let given = |name: &str, value: &str| Parameters::from([(name.to_owned(), value.to_owned())]);
    let template = Template::parse(TEMPLATE, &given("Seconds", "7")).unwrap();
    assert_eq!(template.functions[1].timeout, Duration::from_secs(7));
    let template = Template::parse(TEMPLATE, &given("StageName", "other")).unwrap();
    assert_eq!(template.tables.len(), 2, "a condition depends on it");
    assert_eq!(Template::parse(TEMPLATE, &given("Sekonds", "7")).unwrap_err(), "there is no parameter Sekonds");
}

#[test]
fn a_template_that_cannot_run_is_refused_with_the_reason() {
    for (template, complaint) in [
        ("Resources: {}", "there is no AWS::Serverless::WebSocketApi, and no AWS::ApiGatewayV2::Api with ProtocolType"),
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
        (&CHAT.replace("AWS_PROXY", "MOCK"), "ConnectIntegration: IntegrationType MOCK is not run here"),
        (&CHAT.replace("!Ref SendIntegration", "!Ref SendRoute"), "SendRoute: Target integrations/SendRoute is"),
        (
            &CHAT.replace("AuthorizationType: NONE", "AuthorizationType: AWS_IAM"),
            "AuthorizationType AWS_IAM is not supported",
        ),
        (&CHAT.replace("ProtocolType: WEBSOCKET", "ProtocolType: HTTP"), "with ProtocolType WEBSOCKET"),
    ] {
        let error = Template::parse(template, &Parameters::new()).unwrap_err();
        assert!(error.contains(complaint), "{template}: {error}");
    }
}

//! DynamoDB: the template's tables, and what outlives a stack.

use natter_local::{Data, StartError};
use serde_json::json;

use crate::support::{builder, changed, operation, stack};

#[tokio::test]
async fn the_templates_table_is_there_with_its_time_to_live() {
    let stack = stack().await;
    let table = operation(&stack, "DescribeTable", json!({"TableName": "Table"})).await;
    assert_eq!(table["Table"]["KeySchema"], json!([{"AttributeName": "pk", "KeyType": "HASH"}]));
    let ttl = operation(&stack, "DescribeTimeToLive", json!({"TableName": "Table"})).await;
    assert_eq!(ttl["TimeToLiveDescription"]["AttributeName"], "expires_at");
}

#[tokio::test]
async fn items_and_the_token_secret_outlive_a_stack_with_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let secret = || std::fs::read_to_string(folder.path().join("token-secret")).unwrap();
    let item = json!({"pk": {"S": "a"}, "text": {"S": "kept"}});

    let first = builder().data(data.clone()).start().await.unwrap();
    operation(&first, "PutItem", json!({"TableName": "Table", "Item": item})).await;
    let first_secret = secret();
    first.stop().await;

    let second = builder().data(data).start().await.unwrap();
    let found = operation(&second, "GetItem", json!({"TableName": "Table", "Key": {"pk": {"S": "a"}}})).await;
    assert_eq!(found["Item"], item);
    assert_eq!(secret(), first_secret);
}

#[tokio::test]
async fn a_folder_belongs_to_one_stack_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let _first = builder().data(data.clone()).start().await.unwrap();
    let error = builder().data(data).start().await.unwrap_err();
    assert!(matches!(error, StartError::Data { .. }) && error.to_string().contains("another natter-local"), "{error}");
}

#[tokio::test]
async fn an_index_that_the_template_has_gained_is_added_to_an_old_table() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().join("data"));
    builder().data(data.clone()).start().await.unwrap().stop().await;

    let index = "[{ AttributeName: pk, AttributeType: S }, { AttributeName: at, AttributeType: S }]
      GlobalSecondaryIndexes: [{ IndexName: by_time, KeySchema: [{ AttributeName: at, KeyType: HASH }], Projection: { ProjectionType: ALL } }]";
    let (builder, _folder) = changed("[{ AttributeName: pk, AttributeType: S }]", index);
    let stack = builder.data(data).start().await.unwrap();
    let table = operation(&stack, "DescribeTable", json!({"TableName": "Table"})).await;
    assert_eq!(table["Table"]["GlobalSecondaryIndexes"][0]["IndexName"], "by_time");
}

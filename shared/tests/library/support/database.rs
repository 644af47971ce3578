use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use natter::conversation::UserId;
use natter::db::DynamoStore;

/// A DynamoDB of one test, in memory, with the table that the template describes.
pub struct TestDatabase {
    pub client: Client,
    /// Where it is.
    pub url: String,
}

/// An SDK item.
pub type Item = HashMap<String, AttributeValue>;

/// What may have become of a segment, or of the item of a message.
#[derive(Debug, Clone, Copy)]
pub enum Damage {
    Removed,
    /// A segment is not of its message's attempt; or a message counts segments that it does not have.
    OfAnotherAttempt,
    /// A segment cannot be read.
    Unreadable,
}

const TABLE: &str = "conversations";

impl TestDatabase {
    pub async fn start() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // SQLite blocks the thread it runs on. The thread ends with the test's process.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()).await;
            });
        });
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(&url)
            .region(Region::new("local"))
            .credentials_provider(Credentials::for_tests())
            .http_client(natter::http_clients::AwsHttp::new().for_sdk())
            .build();
        let database = Self { client: Client::from_conf(config), url };
        database.create_table().await;
        database
    }

    pub fn store(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), TABLE.to_owned())
    }

    /// The same table, reached at another address.
    pub fn store_at(&self, url: &str) -> DynamoStore {
        let config = self.client.config().to_builder().endpoint_url(url).build();
        DynamoStore::new(Client::from_conf(config), TABLE.to_owned())
    }

    /// How many items the table holds whose sort key begins with `prefix`.
    pub async fn count(&self, prefix: &str) -> usize {
        let items = self.client.scan().table_name(TABLE).send().await.unwrap().items.unwrap_or_default();
        items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with(prefix)).count()
    }

    /// How many items the table holds under a user.
    pub async fn count_of_user(&self, user: &str) -> usize {
        let items = self.client.scan().table_name(TABLE).send().await.unwrap().items.unwrap_or_default();
        let (own, below) = (format!("USER#{user}"), format!("USER#{user}#"));
        let is_theirs = |partition: &String| *partition == own || partition.starts_with(&below);
        items.iter().filter(|item| is_theirs(item["pk"].as_s().unwrap())).count()
    }

    /// All that is stored of the messages of a conversation.
    pub async fn messages(&self, user: &UserId, conversation: &str) -> Vec<Item> {
        let query = self
            .client
            .query()
            .table_name(TABLE)
            .key_condition_expression("pk = :pk AND begins_with(sk, :messages)")
            .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{user}#CONV#{conversation}")))
            .expression_attribute_values(":messages", AttributeValue::S("MSG#".to_owned()));
        query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
    }

    /// Does to an item what no function does.
    pub async fn damage(&self, item: &Item, damage: Damage) {
        let mut item = item.clone();
        let number = |number: u32| AttributeValue::N(number.to_string());
        let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        match damage {
            Damage::Removed => {
                self.client.delete_item().table_name(TABLE).set_key(Some(key.into())).send().await.unwrap();
                return;
            }
            Damage::OfAnotherAttempt if item.contains_key("attempt") => {
                drop(item.insert("attempt".to_owned(), number(7)))
            }
            Damage::OfAnotherAttempt => drop(item.insert("segment_count".to_owned(), number(9))),
            Damage::Unreadable if item.contains_key("attempt") => drop(item.insert("content".to_owned(), number(7))),
            Damage::Unreadable => return,
        }
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    async fn create_table(&self) {
        let attributes = [
            ("pk", ScalarAttributeType::S),
            ("sk", ScalarAttributeType::S),
            ("due", ScalarAttributeType::S),
            ("due_at", ScalarAttributeType::N),
            ("user_id", ScalarAttributeType::S),
            ("updated_at", ScalarAttributeType::N),
        ];
        let attributes = attributes.map(|(name, kind)| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
        });
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        let keys = |hash, range| vec![key(hash, KeyType::Hash), key(range, KeyType::Range)];
        let index = |name: &str, keys| {
            GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(keys))
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
                .build()
                .unwrap()
        };
        self.client
            .create_table()
            .table_name(TABLE)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes.to_vec()))
            .set_key_schema(Some(keys("pk", "sk")))
            .global_secondary_indexes(index("due", keys("due", "due_at")))
            .global_secondary_indexes(index("activity", keys("user_id", "updated_at")))
            .send()
            .await
            .unwrap();
    }
}

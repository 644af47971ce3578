use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use natter::db::DynamoStore;

/// A DynamoDB of one test, in memory, with the table that the template describes.
pub struct TestDatabase {
    pub client: Client,
    /// Where it is.
    pub url: String,
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

//! DynamoDB: dynoxide on its own loopback port, with the tables that the template names.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database as Engine;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::console::Console;
use crate::template::Table;

/// How often expired items are deleted. AWS takes up to days.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// How long in-flight requests may take when the stack stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A running database. It stops when this is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Database {
    /// Starts a database in `file`, or in memory, and creates missing tables.
    pub fn start(file: Option<&Path>, tables: &[Table], console: Console) -> Result<Self, String> {
        let engine = match file {
            Some(file) => Engine::new(&file.to_string_lossy()),
            None => Engine::memory(),
        };
        let engine = engine.map_err(|error| error.to_string())?;
        for table in tables {
            create(&engine, table).map_err(|error| format!("table {}: {error}", table.name))?;
        }

        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        // SQLite blocks its thread, so it runs on a dedicated one.
        let thread = std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || {
                if let Err(error) = serve(listener, engine, stopped) {
                    console.say(format_args!("the database has stopped: {error}"));
                }
            })
            .map_err(|error| error.to_string())?;
        Ok(Self { url: format!("http://{address}"), stop: Some(stop), thread: Some(thread) })
    }

    /// Its endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and waits until its file is closed.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked need not be waited for.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn serve(listener: std::net::TcpListener, engine: Engine, stopped: oneshot::Receiver<()>) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let (last_call, closing) = oneshot::channel::<()>();
        let sweeping = sweep(engine.clone());
        let serving = dynoxide::server::serve_with_shutdown(listener, engine, async {
            // Sent or dropped, both mean stop.
            let _ = closing.await;
        });
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            result = &mut serving => return result,
            // It never ends.
            () = sweeping => {}
            _ = stopped => {}
        }
        drop(last_call);
        // A client that holds a request open must not block the shutdown.
        tokio::time::timeout(SHUTDOWN_TIMEOUT, serving).await.unwrap_or(Ok(()))
    })
}

async fn sweep(engine: Engine) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        // Items that are not deleted now are deleted by the next sweep.
        let _ = engine.sweep_ttl();
    }
}

fn create(engine: &Engine, table: &Table) -> Result<(), String> {
    let name = json!({ "TableName": table.name });
    match engine.describe_table(request(&name)?) {
        Ok(existing) => {
            let existing = serde_json::to_value(existing.table).map_err(|error| error.to_string())?;
            add_missing_indexes(engine, table, &existing)?;
        }
        Err(_) => {
            engine.create_table(request(&table.definition)?).map_err(|error| error.to_string())?;
        }
    }
    let current = engine.describe_time_to_live(request(&name)?).map_err(|error| error.to_string())?;
    let current = serde_json::to_value(current).map_err(|error| error.to_string())?;
    let enabled = current.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str) == Some("ENABLED");
    if let Some(attribute) = &table.time_to_live
        && !enabled
    {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let update = json!({ "TableName": table.name, "TimeToLiveSpecification": specification });
        engine.update_time_to_live(request(&update)?).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Adds the indexes that are new in the template to a table of an earlier version.
fn add_missing_indexes(engine: &Engine, table: &Table, existing: &Value) -> Result<(), String> {
    let indexes =
        |table: &Value| table.get("GlobalSecondaryIndexes").and_then(Value::as_array).cloned().unwrap_or_default();
    let known: Vec<_> = indexes(existing).iter().filter_map(|index| index.get("IndexName").cloned()).collect();
    for index in indexes(&table.definition) {
        if index.get("IndexName").is_none_or(|name| !known.contains(name)) {
            let update = json!({
                "TableName": table.name,
                "AttributeDefinitions": table.definition.get("AttributeDefinitions"),
                "GlobalSecondaryIndexUpdates": [{ "Create": index }],
            });
            engine.update_table(request(&update)?).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// The engine's requests are read from the JSON of DynamoDB's own interface.
fn request<T: serde::de::DeserializeOwned>(json: &Value) -> Result<T, String> {
    serde_json::from_value(json.clone()).map_err(|error| error.to_string().replace("VALIDATION:", ""))
}

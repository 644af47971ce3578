//! The protocol as an AsyncAPI 3 document.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::ClientFrame;
use crate::protocol::ServerFrame;

/// Where the document has its schemas.
const SCHEMAS: &str = "/components/schemas";

/// The document. The examples, by name, are frames of clients and of the server; each is attached to its message.
pub fn asyncapi(of_clients: &Map<String, Value>, of_server: &Map<String, Value>) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = SCHEMAS.into());
    let mut reading = settings.clone().for_deserialize().into_generator();
    let mut writing = settings.for_serialize().into_generator();
    reading.subschema_for::<ClientFrame>();
    writing.subschema_for::<ServerFrame<'static>>();
    let mut schemas = reading.take_definitions(true);
    schemas.extend(writing.take_definitions(true));
    let received = messages(schemas.remove("ClientFrame"), of_clients);
    let sent = messages(schemas.remove("ServerFrame"), of_server);
    let names = |messages: &Map<String, Value>| -> Vec<Value> {
        messages.keys().map(|name| json!({"$ref": format!("#/channels/socket/messages/{name}")})).collect()
    };
    let in_channel: Map<String, Value> = received
        .keys()
        .chain(sent.keys())
        .map(|name| (name.clone(), json!({"$ref": format!("#/components/messages/{name}")})))
        .collect();
    let operations = json!({
        "receive": {"action": "receive", "channel": {"$ref": "#/channels/socket"}, "messages": names(&received),
                    "summary": "Frames that a client sends."},
        "send": {"action": "send", "channel": {"$ref": "#/channels/socket"}, "messages": names(&sent),
                 "summary": "Frames that the server sends."},
    });
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Natter",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A chat over one WebSocket. Every frame is JSON text and names the request that it is or answers; \
                            notices answer none and name \"-\". Absent fields are left out and never null. The token goes \
                            into the query parameter `token`, or into the subprotocol `bearer.<token>` beside `chat`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:8787", "pathname": "/local", "protocol": "ws",
                              "description": "What `make dev` serves."}},
        "channels": {"socket": {"address": "/", "messages": in_channel}},
        "operations": operations,
        "components": {"messages": received.into_iter().chain(sent).collect::<Map<_, _>>(), "schemas": schemas},
    });
    without_null(&mut document["components"]["schemas"]);
    document
}

// One message for each type of frame, with its examples.
fn messages(frame: Option<Value>, examples: &Map<String, Value>) -> Map<String, Value> {
    let kinds = frame.map(|mut frame| frame["oneOf"].take()).unwrap_or_default();
    let message = |mut kind: Value| {
        let name = kind["properties"]["type"]["const"].as_str().unwrap_or_default().to_owned();
        let summary = kind["description"].take();
        if let Some(kind) = kind.as_object_mut() {
            kind.remove("description");
        }
        let of_kind = examples.iter().filter(|(_, example)| example["type"] == name.as_str());
        let of_kind: Vec<Value> = of_kind.map(|(name, example)| json!({"name": name, "payload": example})).collect();
        without_null(&mut kind);
        let message = json!({"name": name, "summary": summary, "payload": kind, "examples": of_kind});
        (name, message)
    };
    kinds.as_array().cloned().unwrap_or_default().into_iter().map(message).collect()
}

// An absent field is left out on the wire; that it is an `Option` in Rust does not matter there.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(kinds)) = fields.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = &kinds[..] {
                    fields["type"] = only.clone();
                }
            }
            if let Some(Value::Array(any)) = fields.get_mut("anyOf") {
                any.retain(|schema| schema["type"] != "null");
                if any.len() == 1
                    && let Some(only) = fields.remove("anyOf")
                {
                    fields.insert("allOf".to_owned(), only);
                }
            }
            if fields.get("default") == Some(&Value::Null) {
                fields.remove("default");
            }
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

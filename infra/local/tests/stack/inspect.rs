//! The developer's page and what it reads.

use natter_local::LocalStack;
use serde_json::{Value, json};

use crate::support::{builder, connect, http, operation, stack};

async fn read(stack: &LocalStack, path: &str) -> Value {
    http().get(format!("{}{path}", stack.http_url())).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_page_and_all_that_it_names_are_part_of_the_program() {
    let stack = stack().await;
    let get = async |path: &str| {
        let answer = http().get(format!("{}{path}", stack.http_url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        answer.text().await.unwrap()
    };
    let mut unread = vec!["/inspect".to_owned()];
    let mut read = Vec::new();
    while let Some(path) = unread.pop() {
        let text = get(&path).await;
        // What it names in quotes: `"/inspect/page.js"` in the page, `"./list.js"` in a script.
        let named = text.split('"').filter_map(|word| match word.strip_prefix("./") {
            Some(beside) if beside.ends_with(".js") => Some(format!("/inspect/{beside}")),
            _ => word.starts_with("/inspect/").then(|| word.to_owned()),
        });
        read.push(path);
        unread.extend(named);
        unread.retain(|path| !read.contains(path));
    }
    assert!(read.iter().any(|path| path == "/inspect/waterfall.js"), "{read:?}");
}

#[tokio::test]
async fn it_shows_who_is_connected_and_which_faults_are_in_force() {
    let stack = builder().faults("delay:0.5,seed=7").start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    let id = client.id().await;
    let shown = read(&stack, "/local/stack").await;
    assert_eq!(shown["faults"], "delay:0.5,seed=7");
    let connection = &shown["connections"][0];
    assert_eq!((&connection["connection"], &connection["principal"]), (&json!(id), &json!("alice")));
    assert_eq!(connection["framesIn"], 1);
}

#[tokio::test]
async fn tables_are_read_by_key_and_a_page_at_a_time() {
    let stack = stack().await;
    for number in 0..60 {
        let item = json!({"pk": {"S": format!("item {number}")}, "number": {"N": number.to_string()}});
        operation(&stack, "PutItem", json!({"TableName": "Table", "Item": item})).await;
    }
    assert_eq!(
        read(&stack, "/local/tables").await,
        json!([{"name": "Table", "keys": {"partition": {"name": "pk", "type": "S"}}}])
    );
    let one = read(&stack, "/local/tables/Table?partition=item%207").await;
    assert_eq!(one["items"], json!([{"pk": {"S": "item 7"}, "number": {"N": "7"}}]));

    let first = read(&stack, "/local/tables/Table").await;
    let from = serde_urlencoded::to_string([("from", first["next"].to_string())]).unwrap();
    let second = read(&stack, &format!("/local/tables/Table?{from}")).await;
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), &second["next"]), (50, 10, &Value::Null));
    assert_eq!(read(&stack, "/local/tables/Other").await["message"], "There is no table Other.");
}

#[tokio::test]
async fn only_this_machines_own_page_may_read_it() {
    let stack = stack().await;
    for path in [
        "/inspect",
        "/local/journal",
        "/local/events",
        "/local/meter",
        "/local/metrics",
        "/local/stack",
        "/local/tables",
        "/token?user=alice",
        "/model/calls",
        "/model/v1/models",
    ] {
        let ask = |name: &'static str, value: &'static str| {
            http().get(format!("{}{path}", stack.http_url())).header(name, value).send()
        };
        assert_eq!(ask("Host", "example.com").await.unwrap().status(), 403, "{path}");
        assert_eq!(ask("Origin", "http://example.com").await.unwrap().status(), 403, "{path}");
        assert_eq!(ask("Accept", "*/*").await.unwrap().status(), 200, "{path}");
    }
    // No page of a stranger reaches a client or a function either.
    let mut client = connect(&stack, "token=alice").await;
    let connection = format!("/local/@connections/{}", client.id().await.replace('=', "%3D"));
    for path in [connection.as_str(), "/2015-03-31/functions/MessageFunction/invocations"] {
        let posted = http().post(format!("{}{path}", stack.http_url())).header("Host", "example.com").send().await;
        assert_eq!(posted.unwrap().status(), 403, "{path}");
    }
}

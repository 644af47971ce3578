//! Request headers and query parameters in the forms that events carry.

use std::net::SocketAddr;

use http::HeaderMap;
use serde_json::{Map, Value, json};

/// Headers as an event carries them: `headers` has the last value of each, `multiValueHeaders` has all.
#[derive(Clone, Debug, Default)]
pub struct EventHeaders {
    /// `headers`.
    pub single: Map<String, Value>,
    /// `multiValueHeaders`.
    pub multiple: Map<String, Value>,
}

impl EventHeaders {
    /// The client's headers, and those that API Gateway adds.
    pub fn of_request(headers: &HeaderMap, client: SocketAddr, port: u16, trace: &str) -> Self {
        let mut result = Self::default();
        for (name, value) in headers {
            // The gateway answers these itself.
            if name != http::header::CONNECTION && name != http::header::UPGRADE {
                result.add(&canonical(name.as_str()), &String::from_utf8_lossy(value.as_bytes()));
            }
        }
        result.add("X-Amzn-Trace-Id", trace);
        result.add("X-Forwarded-For", &client.ip().to_string());
        result.add("X-Forwarded-Port", &port.to_string());
        result.add("X-Forwarded-Proto", "http");
        result
    }

    /// The few headers of a DISCONNECT event.
    pub fn of_disconnect(domain: &str) -> Self {
        let mut result = Self::default();
        for (name, value) in [("Host", domain), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")] {
            result.add(name, value);
        }
        result
    }

    /// The value of a header, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.single.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str()
    }

    fn add(&mut self, name: &str, value: &str) {
        self.single.insert(name.to_owned(), value.into());
        match self.multiple.get_mut(name).and_then(Value::as_array_mut) {
            Some(values) => values.push(value.into()),
            None => {
                self.multiple.insert(name.to_owned(), json!([value]));
            }
        }
    }
}

/// Query parameters: `(queryStringParameters, multiValueQueryStringParameters)`, decoded.
pub fn query(query: Option<&str>) -> (Map<String, Value>, Map<String, Value>) {
    let (mut single, mut multiple) = (Map::new(), Map::new());
    let pairs: Vec<(String, String)> =
        query.and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default();
    for (name, value) in pairs {
        let values = multiple.entry(name.clone()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value.clone().into());
        }
        single.insert(name, value.into());
    }
    (single, multiple)
}

/// `sec-websocket-key` as clients write it: `Sec-WebSocket-Key`. The HTTP server hands headers over in lower case.
fn canonical(name: &str) -> String {
    let word = |word: &str| match word {
        "websocket" => "WebSocket".to_owned(),
        word => word[..1].to_ascii_uppercase() + &word[1..],
    };
    name.split('-').map(|part| if part.is_empty() { String::new() } else { word(part) }).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_get_the_case_in_which_events_have_them() {
        for (name, expected) in
            [("host", "Host"), ("sec-websocket-protocol", "Sec-WebSocket-Protocol"), ("x-a--b", "X-A--B")]
        {
            assert_eq!(canonical(name), expected);
        }
    }

    #[test]
    fn repeated_parameters_are_all_in_the_multiple_form_and_the_last_is_in_the_single() {
        let (single, multiple) = query(Some("a=1&a=2&token=x%2By+z"));
        assert_eq!(Value::from(single), json!({"a": "2", "token": "x+y z"}));
        assert_eq!(Value::from(multiple), json!({"a": ["1", "2"], "token": ["x+y z"]}));
    }
}

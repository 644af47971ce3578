//! The function: the bare Runtime API, so that no runtime's and no SDK's own work is measured.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::clock::now;

/// Takes invocations at `runtime_api` (host and port), and answers each frame with one post.
pub fn run(runtime_api: &str) -> Result<()> {
    let mut runtime = Connection::open(runtime_api)?;
    let mut posts = Connection::open(runtime_api)?;
    loop {
        let event = runtime.ask("GET", "/2018-06-01/runtime/invocation/next", "")?;
        let invoked = now();
        let request_id = event.header("lambda-runtime-aws-request-id").unwrap_or_default();
        let event: Value = serde_json::from_slice(&event.body)?;
        let frame: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())?;
        let connection = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
        let answer = json!({"sent": frame["sent"], "invoked": invoked, "process": std::process::id(), "posted": now()});
        posts.ask("POST", &format!("/local/@connections/{connection}"), &answer.to_string())?;
        let path = format!("/2018-06-01/runtime/invocation/{request_id}/response");
        runtime.ask("POST", &path, r#"{"statusCode":200}"#)?;
    }
}

/// A connection that is kept open, as runtimes and SDKs keep theirs.
struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

struct Answer {
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Connection {
    fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self { host: host.to_owned(), stream: BufReader::new(stream) })
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let (host, length) = (&self.host, body.len());
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(Error::other("the stack is gone"));
            }
            match line.trim_end() {
                "" => break,
                line => headers.push(line.to_owned()),
            }
        }
        let mut answer = Answer { headers, body: Vec::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        answer.body.resize(length.ok_or_else(|| Error::other("an answer without its length"))?, 0);
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers.iter().filter_map(|line| line.split_once(": "));
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
}

"""What is outside of AWS: an issuer of tokens, and a model."""

import http.server
import json
import threading
import time

import jwt_es256

AUDIENCE = "natter"


class Outside:
    """Both at one address on loopback. The model echoes the last message."""

    def __init__(self):
        self.key = jwt_es256.Key()
        self.asked: list[dict] = []
        self.keys_of_callers: list[str] = []
        outside = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                documents = {
                    "/.well-known/openid-configuration": {"issuer": outside.url, "jwks_uri": f"{outside.url}/keys"},
                    "/keys": {"keys": [outside.key.public()]},
                }
                self.answer("application/json", json.dumps(documents[self.path]).encode())

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outside.asked.append(request)
                outside.keys_of_callers.append(self.headers.get("Authorization", ""))
                self.answer("text/event-stream", b"".join(events(said(request))))

            def answer(self, kind: str, body: bytes):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def token(self, user: str) -> str:
        """Returns a good token for `user`."""
        now = int(time.time())
        return self.key.sign({"iss": self.url, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + 3600})


def said(request: dict) -> str:
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def events(text: str):
    """Yields an answer as OpenAI's chat completions stream it, in pieces."""
    pieces = [f"You said: {text}"[at : at + 5] for at in range(0, len(text) + 10, 5)]
    for piece in pieces:
        yield event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
    usage = {"prompt_tokens": 10, "completion_tokens": len(pieces), "total_tokens": 10 + len(pieces)}
    yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage})
    yield b"data: [DONE]\n\n"


def event(data: dict) -> bytes:
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'model': 'echo', **data})}\n\n".encode()

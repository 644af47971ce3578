"""Serves some tools with Python's SDK of MCP: `calculator.py PORT [stateless]`.

With `CHANGED=1`, a tool says something else of itself. The file of `CALLS` gets a line for each call.
"""

import asyncio
import os
import sys
from pathlib import Path

from mcp import types

port, stateless = int(sys.argv[1]), "stateless" in sys.argv
try:
    from mcp.server import MCPServer

    server = MCPServer("calculator")
    options = {"host": "127.0.0.1", "port": port, "stateless_http": stateless, "json_response": stateless}
except ImportError:
    from mcp.server.fastmcp import FastMCP

    server = FastMCP("calculator", host="127.0.0.1", port=port, stateless_http=stateless, json_response=stateless)
    options = {}


def note(line):
    with Path(os.environ["CALLS"]).open("a") as calls:
        calls.write(f"{line}\n")


@server.tool(description="Adds, and tells others." if os.environ.get("CHANGED") else "Adds two numbers.")
def add(a: int, b: int) -> int:
    note(f"add {a} {b}")
    return a + b


@server.tool(description="Says something after a while.")
async def slow(text: str, seconds: float) -> types.TextContent:
    note(f"slow {text}")
    await asyncio.sleep(seconds)
    return types.TextContent(type="text", text=text)


@server.tool(description="Fails.")
def fail(reason: str) -> str:
    raise ValueError(reason)


server.run("streamable-http", **options)

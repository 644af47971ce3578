"""Checks the imports between modules in every crate of the workspace.

No ring: neither files nor folders import one another in a circle. Each level of a crate is looked at by itself, so that a folder
counts as one beside the files and folders around it. An import is a path that the code names, in a `use` or elsewhere; a `pub use` only
passes names on, and is followed to the file that defines them. Tests count, too.

No shortcut: what ARCHITECTURE.md says of the library's modules is in the tables below.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "shared/src"
# The library's modules from the bottom up, each with those that it may import.
WORDS = {"allowance", "conversation", "error", "reply", "turn"}
EDGES = {
    "agent_files",
    "agents",
    "auth",
    "caller",
    "config",
    "db",
    "environment",
    "gateway",
    "http_clients",
    "llm",
    "logging",
    "protocol",
    "secret",
    "tools",
}
LAYERS = {
    "agent_files": {"conversation"},
    "aws_error": set(),
    "conversation": {"serde_default"},
    "environment": set(),
    "error": set(),
    "invocation": set(),
    "serde_default": set(),
    "allowance": {"conversation", "error"},
    "turn": {"conversation", "error", "serde_default"},
    "reply": {"conversation", "turn"},
    "protocol": {"conversation", "error", "serde_default", "turn"},
    "auth": {"conversation"},
    "caller": {"auth", "conversation"},
    "secret": {"aws_error"},
    "http_clients": {"environment"},
    "logging": {"conversation", "environment"},
    "function": {"environment", "invocation", "logging"},
    "db": WORDS | {"agent_files", "auth", "aws_error", "serde_default"},
    "llm": WORDS | {"http_clients", "logging", "secret"},
    "agents": WORDS | {"agent_files", "config", "llm", "toml_file", "tools"},
    "toml_file": set(),
    "tools": {"aws_error", "conversation", "http_clients", "llm", "secret", "toml_file"},
    "gateway": WORDS | {"db", "http_clients", "protocol"},
    "services": WORDS | {"agent_files", "agents", "caller", "db", "gateway", "llm", "logging", "protocol", "tools"},
    "config": WORDS | {"environment"},
    "app": WORDS | EDGES | {"invocation", "services"},
}
# What knows one of AWS's or the models' interfaces. Only the composition root imports it, beside what is its own.
ADAPTERS = [
    "db/dynamo",
    "gateway/api_gateway_sink.rs",
    "llm/anthropic_client",
    "llm/bedrock_client",
    "llm/openai_client",
    "llm/responses_client",
    "tools/http_runner",
    "tools/lambda_runner.rs",
    "tools/mcp",
]
# What the code may name in these places of the library alone.
ONLY_IN = {
    r"\baws_sdk_dynamodb::(?:operation|types)\b|\bserde_dynamo::(?:from|to)_": ("db/dynamo/",),
    r"\baws_sdk_bedrockruntime\b": ("llm/bedrock_client/",),
    r"\baws_sdk_apigatewaymanagement\b": ("gateway/", "app/"),
    r"\bstd::env\b": ("environment.rs",),
    r"\breqwest\b": ("app/", "auth/issuer_keys.rs", "http_clients/", "llm/", "tools/"),
    r"\baws_sdk_lambda\b": ("tools/lambda_runner.rs",),
    r"\brmcp\b": ("tools/mcp/",),
    r"\blambda_http\b|\blambda_runtime::(?!tracing\b)": ("caller.rs", "function.rs", "invocation.rs"),
    # The clock is handed in, except to what reads the date of an HTTP header.
    r"\bSystemTime::now\b": ("conversation/timestamp.rs", "llm/retry_after.rs"),
    # No detached task that outlives an invocation, and no queue without a bound.
    r"\btokio::spawn\b": ("invocation.rs",),
    r"\bunbounded(?:_channel)?\b": (),
}
# The modules of the domain decide without clock or I/O.
PURE = ("allowance/", "conversation/", "reply.rs", "turn/")
IMPURE = r"\basync\b|\btokio\b|\bInstant\b"
# Of the database, the gateway knows connections alone.
GATEWAYS_DATABASE = ("db/connection_store.rs", "db/error.rs", "db/mod.rs")
# The traits at the process's boundary, and two by which `llm` reads what servers send.
TRAITS = {
    "AgentsPublisher",
    "AgentsStore",
    "AllowanceStore",
    "ConnectionStore",
    "ConversationStore",
    "LanguageModel",
    "MessageReader",
    "ReplySink",
    "RequestStore",
    "OutputStore",
    "TextPartStore",
    "TicketStore",
    "ToolRunner",
    "TurnStore",
    "UserErasure",
} | {"FromJson", "ReadEvent"}
# Packages that know nothing of the library.
INDEPENDENT = {"natter-local", "natter-probe"}

TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'', re.DOTALL)
USE = re.compile(r"\b(pub(?:\([\w: ]+\))?\s+)?use\s+([^;]+);")
MODULE = re.compile(r'(?:#\[path = "([^"]+)"\]\s*)?(?:#\[[^\]]*\]\s*)*\bmod\s+(\w+)\s*([;{])')
ITEM = re.compile(r"\b(?:fn|struct|enum|trait|type|const|static|union)\s+(\w+)|\bmacro_rules!\s*(\w+)")
PATH = re.compile(r"(?<![\w:])(\w+(?:\s*::\s*\w+)+)")


class Module:
    """A module: its file, what it defines, and the paths that its code names."""

    def __init__(self, file, parent):
        self.file, self.parent = file, parent
        self.children, self.names, self.globs, self.items, self.paths = {}, {}, [], set(), []

    def root(self):
        return self.parent.root() if self.parent else self


def leaves(tree, prefix=()):
    """The paths of a `use` tree, each with the name that it is given."""
    tree = tree.strip()
    if "{" not in tree:
        path, _, name = tree.partition(" as ")
        path = prefix + tuple(part.strip() for part in path.split("::"))
        path = path[:-1] if path[-1] == "self" and len(path) > 1 else path
        yield path, name.strip() or path[-1]
        return
    head, _, rest = tree.partition("{")
    prefix += tuple(part.strip() for part in head.split("::") if part.strip())
    depth, part = 0, ""
    for letter in rest[: rest.rindex("}")]:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield from leaves(part, prefix) if part.strip() else ()
            part = ""
        else:
            part += letter
    yield from leaves(part, prefix) if part.strip() else ()


def block_end(code, start):
    depth = 0
    for position in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        if depth == 0:
            return position
    return len(code)


def read(file, parent, folder):
    """Reads the module of a file; `folder` contains its submodules."""
    code = TEXT.sub(lambda found: found[0] if found[0].endswith('.rs"') else " ", file.read_text())
    return parse(code, Module(file, parent), folder)


def parse(code, module, folder):
    while found := MODULE.search(code):
        path, name, opening = found.groups()
        if opening == "{":
            end = block_end(code, found.end() - 1)
            module.children[name] = parse(code[found.end() : end], Module(module.file, module), folder / name)
        else:
            end = found.end() - 1
            file = module.file.parent / path if path else folder / f"{name}.rs"
            inner = file.parent if path else folder / name
            file = file if file.exists() else folder / name / "mod.rs"
            module.children[name] = read(file.resolve(), module, inner)
        code = code[: found.start()] + code[end + 1 :]
    for public, tree in USE.findall(code):
        for path, name in leaves(tree):
            if name == "*":
                module.globs.append(path[:-1])
            else:
                module.names[name] = path
            if not public:
                module.paths.append(path[:-1] if name == "*" else path)
    code = USE.sub("", code)
    module.items = {first or second for first, second in ITEM.findall(code)}
    module.paths += [tuple(re.split(r"\s*::\s*", path)) for path in PATH.findall(code)]
    return module


def resolve(module, path, seen=frozenset()):
    """Returns the file that defines a path; None for other crates and the standard library."""
    if (module, path) in seen:
        return None
    seen |= {(module, path)}
    first, rest = path[0], path[1:]
    if first in ("crate", "super", "self"):
        start = {"crate": module.root(), "super": module.parent, "self": module}[first]
        return start and (resolve(start, rest, seen) if rest else start.file)
    if first in module.items:
        return module.file
    if first in module.children:
        child = module.children[first]
        return (resolve(child, rest, seen) or child.file) if rest else child.file
    if first in module.names:
        return resolve(module, module.names[first] + rest, seen) if module.names[first] != path else None
    for glob in module.globs:
        target = module_at(module, glob)
        if target and (file := resolve(target, path, seen)):
            return file
    return None


def module_at(module, path):
    for name in path:
        step = {"crate": module.root(), "super": module.parent, "self": module}.get(name) or module.children.get(name)
        if step is None:
            return None
        module = step
    return module


def imports(module, found):
    """Adds, for each file, which others it imports, and where the first path to each leads."""
    edges = found.setdefault(module.file, {})
    for path in module.paths:
        file = resolve(module, path)
        if file and file != module.file:
            edges.setdefault(file, "::".join(path))
    for child in module.children.values():
        imports(child, found)
    return found


def ring(graph):
    """Returns a cycle of a graph, if there is one."""
    done = set()

    def walk(node, trail):
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return None
        for following in sorted(graph.get(node, ())):
            if circle := walk(following, [*trail, node]):
                return circle
        done.add(node)
        return None

    return next((circle for node in sorted(graph) if (circle := walk(node, []))), None)


def rings(edges):
    """Returns the first import cycle of each folder: of its files and folders, each a node."""
    levels = {}
    for file, others in edges.items():
        for other in others:
            depth = len(pathlib.PurePath(os.path.commonpath([file, other])).parts)
            level = levels.setdefault(file.parts[:depth], {})
            level.setdefault(file.parts[depth], set()).add(other.parts[depth])
    for folder, graph in sorted(levels.items()):
        if circle := ring(graph):
            yield pathlib.Path(*folder).relative_to(ROOT).as_posix(), circle


def packages():
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]


def roots(packages):
    return sorted({pathlib.Path(target["src_path"]) for package in packages for target in package["targets"]})


def adapter(path):
    return next((adapter for adapter in ADAPTERS if path == adapter or path.startswith(f"{adapter}/")), None)


def shortcuts(edges):
    """Returns the forbidden imports and names of the library's modules."""
    for file, others in edges.items():
        path = file.relative_to(LIBRARY).as_posix()
        if module_of(path) not in LAYERS and path != "lib.rs":
            yield f"{path}: LAYERS does not say what {module_of(path)} may import"
            continue
        for other, by in others.items():
            if problem := forbidden_import(path, other.relative_to(LIBRARY).as_posix()):
                yield f"{path} {problem}: {by}"
        # The tests at the end of a file may do more.
        code = TEXT.sub(" ", file.read_text()).split("#[cfg(test)]\nmod tests {")[0]
        yield from (f"{path} {problem}" for problem in forbidden_names(path, code))


def forbidden_import(path, target):
    module, imported = module_of(path), module_of(target)
    if imported not in LAYERS[module] | {module}:
        return f"must not import {imported}"
    if adapter(target) not in (None, adapter(path)) and module != "app":
        return "must not import an adapter"
    if module == "gateway" and imported == "db" and target not in GATEWAYS_DATABASE:
        return "must know of the database connections alone"
    return None


def forbidden_names(path, code):
    for word, places in ONLY_IN.items():
        if (found := re.search(word, code)) and not path.startswith(places):
            yield f"must not name {found[0]}: only {', '.join(places) or 'nobody'} may"
    if path.startswith(PURE) and (found := re.search(IMPURE, code)):
        yield f"decides without clock or I/O, and must not name {found[0]}"
    for name in re.findall(r"\btrait\s+(\w+)", code):
        if name not in TRAITS:
            yield f"defines the trait {name}, which is not at the process's boundary"


def dependents(packages):
    """Returns the packages that depend on the library although they must not."""
    for package in packages:
        if package["name"] in INDEPENDENT and any(other["name"] == "natter" for other in package["dependencies"]):
            yield f"{package['name']} must not depend on the library"


def module_of(path):
    return path.split("/")[0].removesuffix(".rs")


def main():
    problems, workspace = [], packages()
    problems += dependents(workspace)
    for root in roots(workspace):
        edges = imports(read(root, None, root.parent), {})
        for folder, circle in rings(edges):
            problems.append(f"{folder}: a ring of imports: {' → '.join(circle)}")
        if root == LIBRARY / "lib.rs":
            problems += shortcuts(edges)
    print("\n".join(dict.fromkeys(problems)), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

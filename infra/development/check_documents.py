"""Checks that the files, folders, headings and identifiers that the documents name exist.

A name may end in "…", as in `a_token_that_ends_…`, for one that begins so.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where a document's paths may begin, beside its own folder.
ROOTS = ["", "shared/src", "shared", "infra/local/src", "infra"]
SUFFIXES = "rs|js|ts|tsx|py|sh|md|json|yaml|toml|svg|css|html"
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
ANCHOR = re.compile(r"\]\(([^)#\s:]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
PATH = re.compile(r"[\w.*-]+(/[\w.*{},-]+)+/?|[\w*-]+\.(" + SUFFIXES + ")")
NAME = re.compile(r"_?[a-z0-9]+(_…)?(_[a-z0-9]+(_…)?)+…?")
# What programs and deployers make, and addresses that only look like paths.
ELSEWHERE = re.compile(
    r"(target|\.tools|\.natter|\.aws-sam|node_modules|clients/\w+/dist|samconfig\.toml$|tools\.toml$|agents/(?:clerk|tools)/|tools/\*|local/|model/|application/|text/)"
)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]


def paths_in(text):
    words = (word for code in CODE.findall(text) for word in code.split())
    return {word for word in words if PATH.fullmatch(word) and not ELSEWHERE.match(word)}


def names_in(text):
    return {code for code in CODE.findall(text) if NAME.fullmatch(code)}


def path_exists(path, folder, files):
    if "/" not in path:
        pattern = re.compile("(.*/)?" + re.escape(path).replace(r"\*", "[^/]*"))
        return any(pattern.fullmatch(file) for file in files)
    starts = [folder, *(ROOT / root for root in ROOTS)]
    # Such as `origin/main`, `text/event-stream` or a route.
    begins = any((start / path.split("/")[0]).is_dir() for start in starts)
    return not begins or any(any(start.glob(path.rstrip("/"))) for start in starts)


def anchors_in(document):
    """Returns what a link to a heading ends with, as GitHub makes it of the heading."""
    headings = HEADING.findall(FENCE.sub("", document.read_text()))
    return {re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def main():
    files = tracked()
    code = "\n".join(
        (ROOT / file).read_text(errors="ignore")
        for file in files
        if not file.endswith((".md", "package-lock.json", "Cargo.lock", ".png")) and "/fixtures/" not in file
    )
    words = set(re.findall(r"\w+", code))
    titles = {re.sub(r"\W+", "_", title).strip("_") for title in re.findall(r"(?:it|test)\(\s*[\"`](.*?)[\"`]", code)}
    known = words | titles
    problems = []
    for document in (file for file in files if file.endswith(".md")):
        text = (ROOT / document).read_text()
        folder = (ROOT / document).parent
        missing = (path for path in sorted(paths_in(text)) if not path_exists(path, folder, files))
        problems.extend(f"{document}: there is no file {path}" for path in missing)
        links = (link for link in sorted(set(LINK.findall(FENCE.sub("", text)))) if "://" not in link and not link.startswith("mailto:"))
        problems.extend(f"{document}: there is no file {link}, to which it links" for link in links if not (folder / link).exists())
        for target, anchor in sorted(set(ANCHOR.findall(FENCE.sub("", text)))):
            linked = folder / target if target else ROOT / document
            if linked.suffix == ".md" and linked.exists() and anchor not in anchors_in(linked):
                problems.append(f"{document}: there is no heading {anchor} in {target or document}, to which it links")
        for name in sorted(names_in(text)):
            pattern = re.compile("".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", name)).replace("_.*", ".*"))
            found = any(map(pattern.fullmatch, known)) if "…" in name else name in known
            if not found:
                problems.append(f"{document}: nothing in the code is called {name}")
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

import type { LanguageFn } from "highlight.js";

/** `also`: aliases of the language. `within`: languages that are embedded in it. */
export type Language = { grammar: () => Promise<{ default: LanguageFn }>; also?: string; within?: readonly LanguageName[] };

/** The languages that are highlighted. Each is a file of its own, loaded on first use. */
export const LANGUAGES = {
  bash: { grammar: () => import("highlight.js/lib/languages/bash"), also: "sh zsh shell console shellsession shell-session" },
  c: { grammar: () => import("highlight.js/lib/languages/c"), also: "h" },
  clojure: { grammar: () => import("highlight.js/lib/languages/clojure"), also: "clj edn" },
  cmake: { grammar: () => import("highlight.js/lib/languages/cmake") },
  cpp: { grammar: () => import("highlight.js/lib/languages/cpp"), also: "c++ cc cxx hpp hxx hh" },
  csharp: { grammar: () => import("highlight.js/lib/languages/csharp"), also: "cs c#" },
  css: { grammar: () => import("highlight.js/lib/languages/css") },
  dart: { grammar: () => import("highlight.js/lib/languages/dart") },
  diff: { grammar: () => import("highlight.js/lib/languages/diff"), also: "patch" },
  dockerfile: { grammar: () => import("highlight.js/lib/languages/dockerfile"), also: "docker containerfile", within: ["bash"] },
  dos: { grammar: () => import("highlight.js/lib/languages/dos"), also: "bat cmd batch" },
  elixir: { grammar: () => import("highlight.js/lib/languages/elixir"), also: "ex exs" },
  erlang: { grammar: () => import("highlight.js/lib/languages/erlang"), also: "erl" },
  fsharp: { grammar: () => import("highlight.js/lib/languages/fsharp"), also: "fs f#" },
  go: { grammar: () => import("highlight.js/lib/languages/go"), also: "golang" },
  graphql: { grammar: () => import("highlight.js/lib/languages/graphql"), also: "gql" },
  groovy: { grammar: () => import("highlight.js/lib/languages/groovy"), also: "gradle jenkinsfile" },
  haskell: { grammar: () => import("highlight.js/lib/languages/haskell"), also: "hs" },
  http: { grammar: () => import("highlight.js/lib/languages/http"), also: "https", within: ["json"] },
  ini: { grammar: () => import("highlight.js/lib/languages/ini"), also: "toml conf cfg dotenv env editorconfig" },
  java: { grammar: () => import("highlight.js/lib/languages/java"), also: "jsp" },
  javascript: { grammar: () => import("highlight.js/lib/languages/javascript"), also: "js jsx mjs cjs node", within: ["xml"] },
  json: { grammar: () => import("highlight.js/lib/languages/json"), also: "jsonc json5 jsonl ndjson" },
  julia: { grammar: () => import("highlight.js/lib/languages/julia"), also: "jl" },
  kotlin: { grammar: () => import("highlight.js/lib/languages/kotlin"), also: "kt kts" },
  latex: { grammar: () => import("highlight.js/lib/languages/latex"), also: "tex" },
  less: { grammar: () => import("highlight.js/lib/languages/less") },
  lua: { grammar: () => import("highlight.js/lib/languages/lua") },
  makefile: { grammar: () => import("highlight.js/lib/languages/makefile"), also: "make mk" },
  markdown: { grammar: () => import("highlight.js/lib/languages/markdown"), also: "md mkd mdx", within: ["xml"] },
  matlab: { grammar: () => import("highlight.js/lib/languages/matlab") },
  nginx: { grammar: () => import("highlight.js/lib/languages/nginx"), also: "nginxconf" },
  nix: { grammar: () => import("highlight.js/lib/languages/nix") },
  objectivec: { grammar: () => import("highlight.js/lib/languages/objectivec"), also: "objc obj-c mm objective-c" },
  ocaml: { grammar: () => import("highlight.js/lib/languages/ocaml"), also: "ml" },
  perl: { grammar: () => import("highlight.js/lib/languages/perl"), also: "pl pm" },
  php: { grammar: () => import("highlight.js/lib/languages/php"), within: ["xml"] },
  powershell: { grammar: () => import("highlight.js/lib/languages/powershell"), also: "ps ps1 pwsh" },
  properties: { grammar: () => import("highlight.js/lib/languages/properties") },
  protobuf: { grammar: () => import("highlight.js/lib/languages/protobuf"), also: "proto" },
  python: { grammar: () => import("highlight.js/lib/languages/python"), also: "py gyp pyi python3" },
  r: { grammar: () => import("highlight.js/lib/languages/r") },
  ruby: { grammar: () => import("highlight.js/lib/languages/ruby"), also: "rb gemspec rake" },
  rust: { grammar: () => import("highlight.js/lib/languages/rust"), also: "rs" },
  scala: { grammar: () => import("highlight.js/lib/languages/scala"), also: "sc" },
  scheme: { grammar: () => import("highlight.js/lib/languages/scheme"), also: "lisp racket scm" },
  scss: { grammar: () => import("highlight.js/lib/languages/scss"), also: "sass" },
  sql: { grammar: () => import("highlight.js/lib/languages/sql"), also: "mysql sqlite" },
  pgsql: { grammar: () => import("highlight.js/lib/languages/pgsql"), also: "postgres postgresql plpgsql" },
  swift: { grammar: () => import("highlight.js/lib/languages/swift") },
  typescript: { grammar: () => import("highlight.js/lib/languages/typescript"), also: "ts tsx mts cts", within: ["xml"] },
  verilog: { grammar: () => import("highlight.js/lib/languages/verilog"), also: "v sv systemverilog" },
  vhdl: { grammar: () => import("highlight.js/lib/languages/vhdl") },
  vim: { grammar: () => import("highlight.js/lib/languages/vim"), also: "viml" },
  wasm: { grammar: () => import("highlight.js/lib/languages/wasm"), also: "wat" },
  x86asm: { grammar: () => import("highlight.js/lib/languages/x86asm"), also: "asm nasm" },
  xml: {
    grammar: () => import("highlight.js/lib/languages/xml"),
    also: "html xhtml svg rss atom plist vue svelte htm xsl",
    within: ["css", "javascript"],
  },
  yaml: { grammar: () => import("highlight.js/lib/languages/yaml"), also: "yml" },
} as const satisfies Record<string, { grammar: Language["grammar"]; also?: string; within?: readonly string[] }>;

export type LanguageName = keyof typeof LANGUAGES;

const NAMES = new Map<string, LanguageName>();
for (const [name, { also = "" }] of Object.entries(LANGUAGES) as [LanguageName, Language][]) {
  for (const each of [name, ...also.split(" ")]) NAMES.set(each, name);
}

/** Finds a language by its name or an alias. */
export function findLanguage(name: string): LanguageName | undefined {
  return NAMES.get(name);
}

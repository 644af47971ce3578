import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTranscript } from "../dist/transcript.js";

/** Deterministic pseudo-random numbers. */
function chance(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

/** A reply of a few parts of few letters, so that two replies often begin alike. */
function randomReply(random) {
  const text = () => Array.from({ length: 1 + random(6) }, () => "ab"[random(2)]).join("");
  return Array.from({ length: 1 + random(3) }, () => ({ type: random(3) ? "text" : "reasoning", text: text() }));
}

/** The chunks of `parts`, each text cut into random pieces. */
function chunksOf(parts, random) {
  return [
    { type: "start", messageId: "m1" },
    ...parts.flatMap(({ type, text }, index) => {
      const id = `${index}`;
      const pieces = [];
      for (let rest = text; rest; rest = rest.slice(pieces.at(-1).length)) pieces.push(rest.slice(0, 1 + random(rest.length)));
      return [{ type: `${type}-start`, id }, ...pieces.map((delta) => ({ type: `${type}-delta`, id, delta })), { type: `${type}-end`, id }];
    }),
    { type: "finish", finishReason: "stop" },
  ];
}

/** Returns what a page shows of `chunks`; fails where they are invalid. */
function shown(chunks) {
  let parts;
  let open;
  for (const { type, id, delta } of chunks) {
    const [kind, step] = type.split("-");
    if (type === "start") parts = [];
    else if (step === "start") {
      open = Number(id);
      parts[open] = { type: kind, text: "" };
    } else if (step === "delta") {
      assert.equal(Number(id), open);
      assert.ok(delta);
      parts[open].text += delta;
    }
  }
  return parts;
}

describe("a transcript", () => {
  it("delivers what is stored, however often it is cut, replayed and rewritten", () => {
    const counts = { alike: 0, anew: 0 };
    for (let seed = 0; seed < 5_000; seed++) {
      const random = chance(seed);
      const transcript = createTranscript();
      const told = [];
      const attempts = [randomReply(random)];
      for (let cuts = random(4); cuts > 0; cuts--) {
        const chunks = chunksOf(attempts.at(-1), random);
        transcript.rewind();
        chunks.slice(0, random(chunks.length)).forEach((chunk) => told.push(...transcript.take(chunk)));
        if (!random(3)) attempts.push(randomReply(random));
      }
      transcript.rewind();
      chunksOf(attempts.at(-1), random).forEach((chunk) => told.push(...transcript.take(chunk)));
      told.push(...transcript.end());

      assert.deepEqual(shown(told), attempts.at(-1), `seed ${seed}`);
      const starts = told.filter(({ type }) => type === "start").length;
      assert.ok(starts <= attempts.length, `seed ${seed}: begun anew without need`);
      counts[starts > 1 ? "anew" : "alike"]++;
    }
    assert.ok(counts.alike > 500 && counts.anew > 500, JSON.stringify(counts));
  });

  it("takes back what was delivered when an attempt ends before it", () => {
    const transcript = createTranscript();
    const chunks = chunksOf([{ type: "text", text: "Long ago." }], () => 3);
    const told = chunks.slice(0, 4).flatMap(transcript.take);
    assert.deepEqual(shown(told), [{ type: "text", text: "Long ago" }]);

    transcript.rewind();
    const again = chunks.slice(0, 3).flatMap(transcript.take);

    assert.deepEqual(again, []);
    assert.deepEqual(shown(transcript.end()), [{ type: "text", text: "Long" }]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toChunks } from "../dist/stored-reply.js";
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

/** A step of few texts and calls, so that two steps often begin alike. `count` calls were made before it. */
function randomStep(random, count) {
  const calls = Array.from({ length: random(4) }, (_, index) => ({
    toolCallId: `m1-${count + index}`,
    toolName: "ab"[random(2)],
    outcomes: random(2) ? ["approval-request", "approval-response", "output-available"] : [random(2) ? "output-available" : "output-error"],
  }));
  return { text: ["", "a", "ab"][random(3)], calls };
}

/** The chunks of a reply of `steps`. Calls end in any order, and may or may not be announced. */
function chunksOfSteps(steps, random) {
  return [
    { type: "start", messageId: "m1" },
    ...steps.flatMap(({ text, calls }) => {
      const inputs = calls.flatMap(({ toolCallId, toolName }) => [
        ...(random(2) ? [{ type: "tool-input-start", toolCallId, toolName }] : []),
        { type: "tool-input-available", toolCallId, toolName, input: {} },
      ]);
      const outcomes = [];
      const queues = calls.map(({ toolCallId, outcomes }) => outcomes.map((kind) => ({ type: `tool-${kind}`, toolCallId })));
      while (queues.flat().length) {
        const left = queues.filter((queue) => queue.length);
        outcomes.push(left[random(left.length)].shift());
      }
      const id = `${random(9)}`;
      const texts = text
        ? [
            { type: "text-start", id },
            { type: "text-delta", id, delta: text },
            { type: "text-end", id },
          ]
        : [];
      return [{ type: "start-step" }, ...texts, ...inputs, { type: "finish-step" }, ...outcomes];
    }),
    { type: "finish", finishReason: "stop" },
  ];
}

/** Returns what a page shows of `chunks`; fails where they are invalid. */
function shown(chunks) {
  let parts;
  let open;
  const call = ({ toolCallId }) => {
    const part = parts.find((part) => part?.toolCallId === toolCallId);
    assert.ok(part, `the call ${toolCallId}`);
    return part;
  };
  for (const chunk of chunks) {
    const { type, id, delta, toolCallId, toolName } = chunk;
    const [kind, step] = type.split("-");
    if (type === "start") parts = [];
    else if (type === "start-step") parts.push({ type: "step-start" });
    else if (type.startsWith("tool-input-")) {
      const known = parts.find((part) => part?.toolCallId === toolCallId);
      if (known) assert.deepEqual([type, known.toolName], ["tool-input-available", toolName]);
      else parts.push({ toolCallId, toolName, outcomes: [] });
    } else if (kind === "tool") call(chunk).outcomes.push(type.slice("tool-".length));
    else if (step === "start") {
      open = id;
      parts.push({ type: kind, text: "" });
    } else if (step === "delta") {
      assert.equal(id, open);
      assert.ok(delta);
      parts.at(-1).text += delta;
    }
  }
  return parts;
}

/** What a page is to show of `steps`. */
const partsOf = (steps) =>
  steps.flatMap(({ text, calls }) => [{ type: "step-start" }, ...(text ? [{ type: "text", text }] : []), ...calls]);

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

  it("does the same with calls, whose outcomes come in any order, and whose step may be written anew", () => {
    const counts = { alike: 0, anew: 0 };
    for (let seed = 0; seed < 5_000; seed++) {
      const random = chance(seed);
      const transcript = createTranscript();
      const told = [];
      let steps = [randomStep(random, 0)];
      let ended = 0;
      for (let cuts = random(4); cuts > 0; cuts--) {
        const chunks = chunksOfSteps(steps, random);
        transcript.rewind();
        const count = random(chunks.length);
        chunks.slice(0, count).forEach((chunk) => told.push(...transcript.take(chunk)));
        // A step that has ended is never written anew; one that has not may be.
        ended = Math.max(ended, chunks.slice(0, count).filter(({ type }) => type === "finish-step").length);
        if (random(2)) steps = steps.slice(0, ended);
        const countCalls = () => steps.flatMap(({ calls }) => calls).length;
        while (!steps.length || random(2)) steps = [...steps, randomStep(random, countCalls())];
      }
      transcript.rewind();
      chunksOfSteps(steps, random).forEach((chunk) => told.push(...transcript.take(chunk)));
      told.push(...transcript.end());

      assert.deepEqual(shown(told), partsOf(steps), `seed ${seed}`);
      counts[told.filter(({ type }) => type === "start").length > 1 ? "anew" : "alike"]++;
    }
    assert.ok(counts.alike > 500 && counts.anew > 200, JSON.stringify(counts));
  });

  it("takes a call back that a shorter attempt has not made", () => {
    const transcript = createTranscript();
    const chunks = [{ type: "start", messageId: "m1" }, { type: "start-step" }];
    [...chunks, { type: "tool-input-start", toolCallId: "m1-1", toolName: "a" }].forEach(transcript.take);

    transcript.rewind();
    const again = chunks.flatMap(transcript.take);

    assert.deepEqual(again, []);
    assert.deepEqual(shown(transcript.end()), [{ type: "step-start" }]);
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

describe("sources", () => {
  const source = { type: "source-url", sourceId: "https://example.com/a", url: "https://example.com/a", title: "A page" };
  const text = [
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "So." },
    { type: "text-end", id: "0" },
  ];
  const end = { type: "finish", finishReason: "stop", messageMetadata: { status: "complete" } };
  const chunks = [{ type: "start", messageId: "m1" }, ...text, source, end];
  const stored = { id: "m1", role: "assistant", parts: [{ type: "text", text: "So." }, source], metadata: { status: "complete" } };

  it("are the same in a replay and in a history", () => {
    const transcript = createTranscript();
    assert.deepEqual(chunks.flatMap(transcript.take), chunks);
    for (const again of [chunks, toChunks(stored)]) {
      transcript.rewind();
      assert.deepEqual([...again.flatMap(transcript.take), ...transcript.end()], []);
    }
  });

  it("that came while nobody listened are delivered", () => {
    const transcript = createTranscript();
    chunks.slice(0, 4).flatMap(transcript.take);
    transcript.rewind();
    assert.deepEqual(toChunks(stored).flatMap(transcript.take), [source, end]);
  });
});

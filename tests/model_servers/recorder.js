import { createServer, request } from "node:http";
import { pipeline, Transform } from "node:stream";
import { buffer } from "node:stream/consumers";

/** Starts a server that passes what it is asked on to aimock at `upstream`, and records each body, which aimock keeps in OpenAI's form only. */
export async function startRecorder(upstream) {
  const bodies = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    bodies.push(JSON.parse(body));
    const { method, headers, url } = incoming;
    const passedOn = request(upstream + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      const isEvents = answer.headers["content-type"] === "application/vnd.amazon.eventstream";
      // What breaks off there breaks off here.
      pipeline([answer, ...(isEvents ? [withoutEmptyStarts()] : []), outgoing], () => {});
    });
    passedOn.on("error", () => outgoing.destroy());
    passedOn.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    bodies,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Drops the events with which aimock 1.43 begins a block of text in ConverseStream. Bedrock sends none, and AWS's SDK takes their empty
 * union for no event of the protocol.
 */
function withoutEmptyStarts() {
  let pending = Buffer.alloc(0);
  return new Transform({
    transform(bytes, _, done) {
      pending = Buffer.concat([pending, bytes]);
      // An event begins with its length.
      while (pending.length >= 4 && pending.length >= pending.readUInt32BE()) {
        const event = pending.subarray(0, pending.readUInt32BE());
        pending = pending.subarray(event.length);
        if (!event.includes('"start":{}')) this.push(event);
      }
      done();
    },
  });
}

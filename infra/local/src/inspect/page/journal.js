/** The entries as they arrive, and which of them belong together. */

/** As many entries as the stack keeps. */
const MAX_ENTRIES = 10_000;

export class Journal extends EventTarget {
  entries = [];
  /** Entries by the request id of their invocation. */
  byRequest = new Map();
  /** Frames by the request id that the gateway gave them. */
  byGatewayRequest = new Map();
  /** What is known of each connection, by its id. */
  connections = new Map();

  follow() {
    const events = new EventSource("/local/events");
    events.onopen = () => this.#dispatch("state", "live");
    events.onerror = () => this.#dispatch("state", events.readyState === EventSource.CLOSED ? "off" : "reconnecting");
    events.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /**
   * Takes over which connections are open, as the stack says it: of those that were opened before the journal begins it alone knows, and of
   * those that were closed while nobody listened.
   */
  reconcile({ connections, now }) {
    const live = new Map(connections.map((connection) => [connection.connection, connection]));
    for (const [id, known] of live) if (!this.connections.has(id)) this.connections.set(id, { id, ...known });
    for (const connection of this.connections.values()) {
      const isOpen = live.has(connection.id);
      if (isOpen) connection.seenAt = now;
      // Connections opened since the request are missing from the response.
      connection.isGone = !isOpen && connection.openedAt < now;
    }
  }

  clear() {
    this.entries = [];
    this.byRequest.clear();
    this.byGatewayRequest.clear();
    for (const [id, connection] of this.connections) if (isClosed(connection)) this.connections.delete(id);
    this.#dispatch("cleared");
  }

  #take(entries) {
    // A new stack restarts the numbers.
    if (entries[0].sequence <= (this.entries.at(-1)?.sequence ?? 0)) {
      this.connections.clear();
      this.clear();
    }
    for (const entry of entries) {
      this.entries.push(entry);
      if (entry.request) append(this.byRequest, entry.request, entry);
      if (entry.kind === "frameIn") this.byGatewayRequest.set(entry.gatewayRequest, entry);
      this.#connect(entry);
    }
    if (this.entries.length > MAX_ENTRIES) this.#forget(this.entries.splice(0, this.entries.length - MAX_ENTRIES));
    this.#dispatch("entries", entries);
  }

  #forget(entries) {
    for (const entry of entries) {
      this.byRequest.delete(entry.request);
      this.byGatewayRequest.delete(entry.gatewayRequest);
      if (entry.kind === "connectionClosed") this.connections.delete(entry.connection);
    }
  }

  #connect(entry) {
    if (entry.kind === "connectionOpened") {
      const { connection: id, at, handshake } = entry;
      this.connections.set(id, { id, openedAt: at, principal: handshake.principal, bytesIn: 0, bytesOut: 0 });
      return;
    }
    const connection = this.connections.get(entry.connection);
    if (!connection) return;
    if (entry.kind === "frameIn") connection.bytesIn += entry.body.bytes;
    if (entry.kind === "frameOut") connection.bytesOut += entry.body.bytes;
    if (entry.kind === "connectionClosed") connection.closedAt = entry.at;
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Whether a connection has ended: its end was recorded, or the stack no longer lists it. */
export const isClosed = ({ closedAt, isGone }) => closedAt !== undefined || isGone;

function append(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

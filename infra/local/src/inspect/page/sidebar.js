/** Live connections and the functions, each a filter. */

import { byId, element, replace } from './element.js';
import { bytes, count, duration, short } from './units.js';

/** How many connections are listed. */
const MOST = 40;

export class Sidebar {
  #journal;
  #filter;

  constructor(journal, filter) {
    this.#journal = journal;
    this.#filter = filter;
  }

  /** Shows how it stands now. */
  show(stack) {
    for (const live of stack.connections) {
      // Those that were opened before the journal begins are known to the stack alone.
      if (!this.#journal.connections.has(live.connection)) {
        this.#journal.connections.set(live.connection, { id: live.connection, openedAt: live.openedAt, ...live });
      }
    }
    const all = [...this.#journal.connections.values()].reverse();
    const open = all.filter((connection) => !connection.closedAt);
    const closed = all.filter((connection) => connection.closedAt);
    replace(
      byId('sidebar'),
      element('h2', {}, 'Connections ', element('span.quiet', {}, `${open.length} open`)),
      element('ul', {}, ...[...open, ...closed].slice(0, MOST).map((connection) => this.#connection(connection, stack.now))),
      element('h2', {}, 'Functions'),
      element('ul', {}, ...stack.functions.map((each) => this.#function(each))),
    );
  }

  #connection({ id, principal, openedAt, closedAt, bytesIn, bytesOut }, now) {
    const age = duration(Math.max(0, (closedAt ?? now) - openedAt));
    return this.#choice('connection', id, [
      element(`span.${closedAt ? 'closed' : 'open'}`, { title: closedAt ? 'closed' : 'open' }, closedAt ? '○' : '●'),
      element('b', {}, principal ?? short(id)),
      element('span.quiet', { title: id }, principal ? short(id) : ''),
      element('span.quiet', {}, `${age}, in ${bytes(bytesIn)}, out ${bytes(bytesOut)}`),
    ]);
  }

  #function({ id, memory, timeout, environments }) {
    return this.#choice('function', id, [
      element('span.sign', {}, '▷'),
      element('b', {}, id),
      element('span.quiet', {}, ''),
      element('span.quiet', {}, `${memory} MB, ${timeout} s, ${count(environments, 'environment')}`),
    ]);
  }

  #choice(property, value, parts) {
    const pressed = this.#filter[property] === value;
    const choose = () => this.#filter.only(property, value);
    return element('li', {}, element('button', { id: `only-${value}`, type: 'button', 'aria-pressed': String(pressed), onclick: choose }, ...parts));
  }
}

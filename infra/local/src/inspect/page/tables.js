/** Tables by key, a page at a time. */

import { byId, element } from "./element.js";
import { plainItem, pretty } from "./json.js";
import { count } from "./units.js";

export class Tables {
  #tables = [];
  #table;
  #form;
  #items = [];
  #next;

  async open() {
    if (!this.#form) {
      this.#tables = await (await fetch("/local/tables")).json();
      [this.#table] = this.#tables;
      this.#build();
    }
    if (this.#table) await this.#search();
  }

  #build() {
    const place = byId("tables");
    if (!this.#table) {
      place.append(element("p.quiet", {}, "The template declares no table."));
      return;
    }
    const names = element("select", { name: "table" }, ...this.#tables.map(({ name }) => element("option", {}, name)));
    const { partition, sort } = this.#table.keys;
    this.#form = element(
      "form",
      {},
      element("label", {}, "Table ", names),
      element("label", {}, `${partition.name} is `, element("input", { name: "partition", placeholder: "anything" })),
      sort && element("label", {}, `${sort.name} begins with `, element("input", { name: "sort", placeholder: "anything" })),
      element("button", {}, "Look"),
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    names.addEventListener("change", () => {
      this.#table = this.#tables.find(({ name }) => name === names.value);
      place.replaceChildren();
      this.#build();
      this.#form.elements.table.value = this.#table.name;
      this.#search();
    });
    const results = element("div.results");
    const item = element("article.item", { "aria-label": "Item" }, element("p.quiet", {}, "Choose an item."));
    place.append(this.#form, element("div.split", {}, results, item));
  }

  async #search(from) {
    const { partition, sort } = this.#form.elements;
    const wanted = new URLSearchParams({ partition: partition.value, sort: sort?.value ?? "" });
    if (from) wanted.set("from", JSON.stringify(from));
    const response = await fetch(`/local/tables/${encodeURIComponent(this.#table.name)}?${wanted}`);
    const answer = await response.json();
    if (!response.ok) {
      byId("tables")
        .querySelector(".results")
        .replaceChildren(element("p.error", {}, answer.message));
      return;
    }
    this.#items = [...(from ? this.#items : []), ...answer.items.map(plainItem)];
    this.#next = answer.next;
    this.#show();
  }

  #show() {
    const { partition, sort } = this.#table.keys;
    const row = (item) => {
      const others = Object.keys(item).filter((name) => name !== partition.name && name !== sort?.name);
      const look = (event) => {
        this.#choose(event.currentTarget, item);
      };
      const narrow = (event) => {
        event.stopPropagation();
        this.#form.elements.partition.value = item[partition.name];
        this.#search();
      };
      const press = (event) => event.key === "Enter" && event.target === event.currentTarget && look(event);
      return element(
        "tr",
        { tabIndex: 0, onclick: look, onkeydown: press },
        element(
          "td",
          {},
          element("button.link", { type: "button", title: "All with this key", onclick: narrow }, String(item[partition.name])),
        ),
        sort && element("td", {}, String(item[sort.name])),
        element("td.quiet", {}, others.join(", ")),
      );
    };
    const head = element(
      "tr",
      {},
      element("th", {}, partition.name),
      sort && element("th", {}, sort.name),
      element("th", {}, "attributes"),
    );
    const more = this.#next && element("button", { type: "button", onclick: () => this.#search(this.#next) }, "More");
    const results = byId("tables").querySelector(".results");
    results.replaceChildren(
      element("p.quiet", {}, count(this.#items.length, "item"), this.#next ? " and more" : ""),
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...this.#items.map(row))),
      ...(more ? [more] : []),
    );
  }

  #choose(row, item) {
    row.parentElement.querySelector(".chosen")?.classList.remove("chosen");
    row.classList.add("chosen");
    byId("tables").querySelector(".item").replaceChildren(pretty(item));
  }
}

/** The metrics of the functions' logs, in CloudWatch's Embedded Metric Format. */

import { byId, element, replace } from "./element.js";

export async function readMetrics() {
  return (await fetch("/local/metrics")).json();
}

export function showMetrics({ metrics }) {
  if (metrics.length === 0) {
    const hint = "No function has counted anything yet. Metrics are lines of a function’s log in CloudWatch’s Embedded Metric Format.";
    replace(byId("metrics"), element("p.quiet", {}, hint));
    return;
  }
  const head = ["metric", "", "unit", "values", "sum", "p50", "p95", "maximum"].map((name) => element("th", {}, name));
  replace(
    byId("metrics"),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...metrics.map(row))),
    element("p.quiet", {}, "Since the start. Percentiles are those of the newest 1,000 values."),
  );
}

function row({ name, namespace, dimensions, unit, count, sum, p50, p95, maximum }) {
  const values = Object.entries(dimensions).map(([dimension, value]) => element("span", { title: dimension }, value));
  const spread = [p50, p95, maximum].map((value) => element("td.number", {}, figure(value)));
  return element(
    "tr",
    {},
    element("td", { title: namespace }, name),
    element("td.quiet", {}, ...values),
    element("td.quiet", {}, unit === "None" ? "" : unit),
    element("td.number", {}, String(count)),
    element("td.number", {}, figure(sum)),
    ...spread,
  );
}

/** Enough digits to compare by, whatever the size. */
function figure(value) {
  return Number.isInteger(value)
    ? value.toLocaleString("en")
    : Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 8 });
}

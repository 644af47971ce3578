// Draws the diagram that the page asks for, and answers with its SVG; with nothing when it cannot be drawn.
addEventListener("message", ({ data: { library, code }, source, ports: [port] }) => {
  if (source !== parent) return;
  const script = document.createElement("script");
  script.src = library;
  script.onload = () =>
    draw(code).then(
      (drawing) => port.postMessage(drawing),
      () => port.postMessage({}),
    );
  script.onerror = () => port.postMessage({});
  document.head.append(script);
});

async function draw(code) {
  // Labels are text of the drawing: as HTML, they would be lost in a picture.
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    suppressErrorRendering: true,
    maxTextSize: 20_000,
    theme: "neutral",
    themeCSS: ".edgeLabel rect { opacity: 1; }",
    fontFamily: "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif",
  });
  const { svg } = await mermaid.render("diagram", code);
  document.body.innerHTML = svg;
  const drawing = document.body.querySelector("svg");
  return { svg: new XMLSerializer().serializeToString(drawing), width: drawing.viewBox.baseVal.width };
}

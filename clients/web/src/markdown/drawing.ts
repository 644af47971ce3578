import library from "@mermaid-js/tiny/dist/mermaid.tiny.js?url";
import { STRINGS } from "../strings";

const WORDS = STRINGS.markdown.diagram;
const TIMEOUT_MS = 20_000;

/** Shows the diagram instead of its `code`, or the code again. */
export async function toggleDrawing(button: HTMLButtonElement, figure: HTMLElement, code: string) {
  if (figure.dataset.drawn !== undefined) {
    delete figure.dataset.drawn;
    figure.querySelector(".drawing")?.remove();
    button.textContent = WORDS.draw;
    return;
  }
  button.disabled = true;
  button.textContent = WORDS.drawing;
  const drawing = await drawInFrame(code);
  button.disabled = false;
  button.textContent = drawing ? WORDS.showCode : WORDS.failed;
  if (!drawing) return void setTimeout(() => (button.textContent = WORDS.draw), 3000);
  figure.append(drawing);
  figure.dataset.drawn = "";
}

/**
 * Renders a diagram as an image. Mermaid runs in a sandboxed frame without origin or network, which can only post its result to this page. The
 * result is shown as an image, which runs and loads nothing: a source that exploits Mermaid gains nothing.
 */
async function drawInFrame(code: string): Promise<HTMLElement | undefined> {
  const frame = document.createElement("iframe");
  frame.sandbox.add("allow-scripts");
  frame.src = new URL("drawing.html", document.baseURI).href;
  frame.className = "drawing-frame";
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  const { port1, port2 } = new MessageChannel();
  try {
    const answer = new Promise<unknown>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      setTimeout(resolve, TIMEOUT_MS);
      frame.onload = () => frame.contentWindow?.postMessage({ library: new URL(library, document.baseURI).href, code }, "*", [port2]);
    });
    document.body.append(frame);
    const { svg, width } = ((await answer) ?? {}) as { svg?: unknown; width?: unknown };
    return typeof svg === "string" ? await createPicture(svg, Number(width), code) : undefined;
  } finally {
    port1.close();
    frame.remove();
  }
}

async function createPicture(svg: string, width: number, code: string): Promise<HTMLElement | undefined> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  image.alt = WORDS.description(code);
  if (width > 0) image.width = Math.ceil(width);
  const holder = document.createElement("div");
  holder.className = "drawing";
  holder.tabIndex = 0;
  holder.append(image);
  return image.decode().then(
    () => holder,
    () => undefined,
  );
}

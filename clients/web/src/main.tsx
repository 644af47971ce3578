import "./strict-policy";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { readConfig, type Config } from "./connection/config";
import { ensureSignedIn } from "./connection/sign-in";
import "./style/index.css";
import { STRINGS } from "./strings";

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no element with the id root.");
const root = createRoot(element);

async function start(): Promise<Config> {
  const config = await readConfig();
  if (config.signIn) await ensureSignedIn(config.signIn);
  return config;
}

start().then(
  (config) => root.render(<App config={config} />),
  (error: Error) =>
    root.render(
      <main className="empty" role="alert">
        <h1>{STRINGS.page.cannotStart}</h1>
        <p>{error.message}</p>
        <button type="button" className="quiet" onClick={() => location.reload()}>
          {STRINGS.tryAgain}
        </button>
      </main>,
    ),
);

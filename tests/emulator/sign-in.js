// A person who comes to the hosted page, signs in at Cognito's login page, asks something, comes back, and signs out. Prints what they see.
import { chromium } from "../page/node_modules/@playwright/test/index.mjs";
import { CHROMIUM } from "../page/chromium.js";

const [page, port, email, password] = process.argv.slice(2);
// Every name is the emulator's.
const args = [
  ...CHROMIUM.args.filter((each) => !each.startsWith("--host-resolver-rules")),
  `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
];
const browser = await chromium.launch({ ...CHROMIUM, args });
const context = await browser.newContext({ ignoreHTTPSErrors: true });
const tab = await context.newPage();
const problems = [];
try {
  // Among others, what the page's policy forbids. The login page's own troubles are not ours.
  tab.on("console", (line) => line.type() === "error" && !line.location().url.includes("amazoncognito.com") && problems.push(line.text()));

  await tab.goto(`${page}/#a-conversation`);
  await tab.waitForURL(/amazoncognito\.com/);
  await tab.locator("input[name=username]").fill(email);
  await tab.locator("input[name=password]").fill(password);
  await tab.locator("button[type=submit], input[type=submit]").first().click();

  // The link was to a conversation that is not there, but what it led to is kept.
  const field = tab.getByRole("textbox", { name: "Message", exact: true });
  await field.waitFor();
  console.log(`came back to ${tab.url()}`);
  await tab.getByRole("button", { name: "New conversation" }).click();
  await field.fill("Who am I?");
  await field.press("Enter");
  await tab.getByRole("article", { name: "Reply" }).getByText("You said: Who am I?").waitFor();
  console.log("was answered");

  // As an hour later.
  await tab.evaluate(() => {
    const tokens = JSON.parse(sessionStorage.getItem("natter.tokens"));
    sessionStorage.setItem("natter.tokens", JSON.stringify({ ...tokens, expiresAt: 0 }));
  });
  await tab.reload();
  await tab.getByRole("article", { name: "Reply" }).getByText("You said: Who am I?").waitFor();
  console.log("came back without signing in");

  const forged = await context.newPage();
  await forged.goto(`${page}/?code=of-somebody-else&state=forged`);
  await forged.getByText("You could not be signed in.").waitFor();
  console.log("refused an answer that it had not asked for");

  await tab.getByRole("button", { name: "Sign out" }).click();
  await tab.waitForURL(/amazoncognito\.com\/oauth2\/authorize/);
  console.log("is signed out");
  console.log(`problems: ${JSON.stringify(problems)}`);
} catch (error) {
  console.error(problems.join("\n"));
  throw error;
} finally {
  await browser.close();
}

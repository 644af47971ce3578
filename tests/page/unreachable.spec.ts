import type { Page } from "@playwright/test";
import { expect, test } from "./support/test.ts";

for (const [what, lose] of Object.entries({
  "a network that is gone": (page) => page.route("**/token?*", (route) => route.abort("internetdisconnected")),
  "a server that is down": (page) => page.route("**/token?*", (route) => route.fulfill({ status: 503 })),
  "a proxy that resets connections": (page) => page.routeWebSocket(/\/local\?/, (socket) => socket.close({ code: 1011, reason: "" })),
} satisfies Record<string, (page: Page) => Promise<unknown>>)) {
  test(`${what} is not reported as a rejected sign-in`, async ({ page, stack, user }) => {
    await lose(page);
    await page.goto(`${stack.url}/?user=${user}`);
    await expect(page.getByText("No connection to the server; trying again …").or(page.getByText("Reconnecting …"))).toBeVisible();
    // After three attempts the client reports that the token may be at fault, too.
    await expect(page.getByText("No connection to the server; trying again …")).toBeVisible();
    await expect(page.getByText("does not let you in")).toHaveCount(0);
  });
}

test("a page that gets no token says that access is denied", async ({ page, stack, user }) => {
  await page.route("**/token?*", (route) => route.fulfill({ status: 403 }));
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByText("The server does not let you in; trying again …")).toBeVisible();
});

test("a login page that does not respond times out", async ({ page, stack, user }) => {
  const given: string[] = [];
  page.on("requestfailed", (request) => given.push(`${new URL(request.url()).pathname} ${request.failure()?.errorText}`));
  await page.addInitScript(() =>
    sessionStorage.setItem("natter.tokens", JSON.stringify({ idToken: "old", refreshToken: "good", expiresAt: 0 })),
  );
  await page.route("**/config.json", (route) =>
    route.fulfill({ json: { socketUrl: stack.socketUrl, signIn: { loginUrl: `${stack.url}/login`, clientId: "page" } } }),
  );
  await page.route("**/login/oauth2/token", () => {});
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByText("No connection to the server; trying again …")).toBeVisible({ timeout: 15_000 });
  await expect.poll(() => given).toContain("/login/oauth2/token net::ERR_ABORTED");
});

test("a page without its configuration says so and can retry", async ({ page, stack, user }) => {
  await page.route("**/config.json", (route) => route.fulfill({ status: 404 }));
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByRole("alert")).toContainText("Natter cannot start");
  await page.unroute("**/config.json");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("textbox", { name: "Message", exact: true })).toBeVisible();
});

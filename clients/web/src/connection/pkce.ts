// Proof Key for Code Exchange (RFC 7636): a stolen code is useless without the verifier, which stays here.

/** Random text of 256 bits that may stand in an address. */
export function createRandomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** The challenge that belongs to `verifier`. */
export async function createChallenge(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

// The page's policy forbids to make code of text. zod, which the AI SDK checks with, tries whether it may and does without: this spares the
// attempt, which the browser would report. It must stand before the AI SDK is loaded.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

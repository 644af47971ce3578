import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that the page works wherever its folder is served.
  base: "./",
  plugins: [react()],
  resolve: {
    // The page is written for React. Preact runs it as well, at a third of the size; without these lines it is React that runs it.
    alias: {
      // From its source, so that the page needs no package to be built or installed before it.
      "@natter/client/ai-sdk": new URL("../typescript/src/ai-sdk.ts", import.meta.url).pathname,
      "@natter/client": new URL("../typescript/src/index.ts", import.meta.url).pathname,
      "react-dom/client": "preact/compat/client",
      "react-dom": "preact/compat",
      "react/jsx-runtime": "preact/jsx-runtime",
      react: "preact/compat",
    },
  },
  // Nothing is written into other files as a data: address: the page's policy allows no font of such a one.
  build: { chunkSizeWarningLimit: 600, assetsInlineLimit: 0 },
});

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that the page works wherever its folder is served.
  base: "./",
  plugins: [react()],
  // The page is one chat, all of which is needed at once: 150 KB as sent.
  build: { chunkSizeWarningLimit: 600 },
});

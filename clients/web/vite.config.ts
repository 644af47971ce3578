import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that the page works wherever its folder is served.
  base: "./",
  plugins: [react()],
});

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  // The styles use light-dark(), which an older target would rewrite into something that the library's scheme does not reach.
  build: { target: "es2022", cssTarget: ["chrome123", "firefox120", "safari17.5"], modulePreload: { polyfill: false } },
  server: { proxy: { "/api": "http://localhost:8000", "/v1": "http://localhost:8000" } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["test/setup.ts"], testTimeout: 60_000 },
});

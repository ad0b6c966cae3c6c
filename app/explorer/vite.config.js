import { defineConfig } from "vite";

// Everything is served by plangate itself: no asset may come from an outside address.
export default defineConfig({
  base: "/explorer/",
  worker: { format: "es" },
  build: { chunkSizeWarningLimit: 10_000 },
});

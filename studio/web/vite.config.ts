import { defineConfig } from "vite";

// Fixed names and no hashes: the built files are committed, and a rebuild must give the same bytes.
export default defineConfig({
  base: "./",
  publicDir: "public",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    modulePreload: false,
    cssCodeSplit: false,
    rollupOptions: {
      input: "src/main.tsx",
      output: { entryFileNames: "app.js", assetFileNames: "app[extname]", codeSplitting: false },
    },
  },
});

import { defineConfig } from "vite";

// The notebook's part: one module with `render`, as anywidget wants it.
export default defineConfig({
  build: {
    outDir: "../static",
    emptyOutDir: false,
    lib: { entry: "src/widget.ts", formats: ["es"], fileName: () => "widget.js" },
  },
  publicDir: false,
});

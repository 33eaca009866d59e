/** The notebook's two pictures: frames come from Python as bytes, and nothing goes back. */

import { decode, NAMES } from "./frame";
import { draw } from "./picture";
import type { Measure } from "./state";
import { number, title, unitBeside, unitOf } from "./words";

interface Model {
  get(name: string): any;
  on(event: string, work: () => void): void;
}

const COLOURS = { A: "#b3480a", B: "#08706b" };

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): void {
    // A box of our own: the notebook sets the display of `el` to its liking.
    const box = document.createElement("div");
    box.style.cssText = "display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 12px;max-width:920px;box-sizing:border-box;font:14px/1.4 system-ui;background:#fbfaf7;color:#20242a;padding:10px;border-radius:6px";
    el.append(box);
    const parts = NAMES.map((name) => {
      const side = document.createElement("div");
      const head = document.createElement("div");
      const canvas = document.createElement("canvas");
      const foot = document.createElement("div");
      head.style.cssText = `font-weight:700;color:${COLOURS[name]}`;
      canvas.style.cssText = "width:100%;aspect-ratio:1;background:#fff;border:1px solid #dcd9d1;border-radius:6px";
      side.style.cssText = "display:grid;grid-template-columns:minmax(0,1fr);grid-row:span 3;grid-template-rows:subgrid;row-gap:4px";
      head.style.alignSelf = "end";
      foot.style.whiteSpace = "pre-line";
      canvas.setAttribute("role", "img");
      side.append(head, canvas, foot);
      box.append(side);
      return { name, head, canvas, foot };
    });
    const show = () => {
      const bytes: DataView = model.get("frame");
      if (!bytes?.byteLength) return;
      const frame = decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
      const measures: Measure[] = model.get("measures");
      const last = frame.rows.at(-1)!;
      for (const { name, head, canvas, foot } of parts) {
        const values = name === "A" ? last[1] : last[2];
        head.textContent = `${name}  ${title(frame.slider[name])}, week ${Math.floor(frame.day / 7)}`;
        const said = ["reach", "intimacy", "value_members"].map((key) => {
          const at = measures.findIndex((measure) => measure.key === key);
          const { label, unit } = measures[at];
          return `${label} ${number(values[at], unit)}${unitBeside(label, unit) && ` (${unitOf(unit)})`}`;
        });
        foot.textContent = said.join("\n");
        canvas.setAttribute("aria-label", `${head.textContent}: ${said.join(", ")}`);
        const width = canvas.clientWidth || 380;
        const look = { ink: COLOURS[name], strong: "#1d1f8a", team: "#33383f", paper: "#ffffff", scale: 1 };
        draw(canvas, frame.sides[name], look, null, width, width);
      }
    };
    model.on("change:frame", show);
    new ResizeObserver(show).observe(box);
  },
};

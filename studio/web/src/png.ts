/** Both pictures and the numbers below them as one PNG. */

import { NAMES, type Frame } from "./frame";
import { draw } from "./picture";
import { look } from "./PictureView";
import { called, hello, rows, state } from "./state";
import { number, say, unitOf } from "./words";

export async function savePicture(frame: Frame): Promise<Blob> {
  const [width, size, foot] = [1400, 680, 190];
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = size + foot + 60;
  const g = sheet.getContext("2d")!;
  const style = getComputedStyle(document.body);
  const ink = style.getPropertyValue("--ink");
  g.fillStyle = style.getPropertyValue("--paper");
  g.fillRect(0, 0, sheet.width, sheet.height);
  NAMES.forEach((name, at) => {
    const canvas = document.createElement("canvas");
    draw(canvas, frame.sides[name], look(document.body, name), null, size, size);
    g.drawImage(canvas, at * (width / 2) + 10, 50, size, size);
    g.fillStyle = style.getPropertyValue(`--${name.toLowerCase()}`);
    g.font = "bold 26px system-ui";
    g.fillText(`${name}  ${called(name)}`, at * (width / 2) + 20, 36);
  });
  g.fillStyle = ink;
  const last = rows.value.at(-1);
  hello.value!.measures.slice(0, 5).forEach(({ label, unit }, at) => {
    const y = size + 90 + at * 30;
    g.font = "20px system-ui";
    g.fillText(`${label} (${unitOf(unit)})`, 30, y);
    g.fillText(`A ${number(last?.[1][at], unit)}`, 640, y);
    g.fillText(`B ${number(last?.[2][at], unit)}`, 900, y);
  });
  g.font = "16px system-ui";
  g.fillText(`${say.week(frame.day, state.value!.days)} · seed ${state.value!.setup.seed} · ${say.title}`, 30, sheet.height - 12);
  return new Promise((done) => sheet.toBlob((blob) => done(blob!), "image/png"));
}

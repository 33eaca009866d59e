import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decode, split } from "../src/frame";

// Written by the Python encoder: see tests/test_studio_session.py, which keeps it true.
const bytes = readFileSync(new URL("frame.bin", import.meta.url));
const said = JSON.parse(readFileSync(new URL("frame.json", import.meta.url), "utf8"));

test("a frame by the Python encoder is read as it was meant", () => {
  const frame = decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
  expect(frame.day).toBe(said.day);
  for (const name of ["A", "B"] as const) {
    const side = frame.sides[name];
    expect(Array.from(side.key)).toEqual(said[name].key);
    expect(Array.from(side.stage)).toEqual(said[name].stage);
    expect(Array.from(side.source)).toEqual(said[name].source);
    expect(Array.from(side.target)).toEqual(said[name].target);
    expect(Array.from(side.wordTo)).toEqual(said[name].words);
  }
});

test("a tape is split into its frames", () => {
  const one = new Uint8Array([1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9]);
  expect(split(one.buffer).map((part) => Array.from(new Uint8Array(part)))).toEqual([[7], [8, 9]]);
});

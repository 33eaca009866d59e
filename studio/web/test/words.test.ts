import { expect, test } from "vitest";
import type { Row } from "../src/frame";
import type { Measure } from "../src/state";
import { oneIn, sentence } from "../src/words";

const KEYS = ["reach", "intimacy", "value_members", "solved_members", "solved_staff", "members", "intimate_share"];
const measures = KEYS.map((key) => ({ key })) as Measure[];
const said = (...rows: Row[]) => sentence(52, measures, rows);
const start: Row = [0, [0, 0, 0, 0, 0, 300], [0, 0, 0, 0, 0, 300]];

test("the sentence says who is ahead, on average and at the end, and how many are left", () => {
  const middle: Row = [182, [50, 0.01, 5, 1, 1, 200], [40, 0.08, 6, 1, 1, 210]];
  const text = said(start, middle, [364, [120, 0.002, 10, 2, 3, 115, 0.025], [100, 0.006, 5, 2, 3, 130]]);
  expect(text).toContain("After a year: A reached 20\u00a0% more people than B;");
  expect(text).toContain("B had 7.2 times the intimacy of A on average, 3 times as much at the end;");
  expect(text).toContain("one in 40 in A and nobody in B has a close friend there;");
  expect(text).toContain("A has 2 times the value to members of B; needs: the same in both;");
  expect(text).toContain("members went from 300 to 115 in A and to 130 in B.");
});

test("a share is told as people count", () => {
  expect([0, 0.5, 0.083, 1].map(oneIn)).toEqual(["nobody", "one in 2", "one in 12", "one in 1"]);
});

test("an average that the end turns round, or that is nothing at the end, is told as it is", () => {
  const middle: Row = [182, [0, 0.01, 0, 0, 0, 300], [0, 0.08, 0, 0, 0, 300]];
  expect(said(start, middle, [364, [1, 0.002, -1, 0, 0, 9], [0, 0.001, -2, 0, 0, 8]])).toContain("on average, but A leads at the end");
  expect(said(start, middle, [364, [1, 0, -1, 0, 0, 9], [0, 0.001, -2, 0, 0, 8]])).toContain("and alone has any at the end");
  expect(said(start, middle, [364, [1, 0, -1, 0, 0, 9], [0, 0, -2, 0, 0, 8]])).toContain("as much as the other at the end; nobody in A and nobody in B has a close friend there; A leads in value to members, −1 against −2");
});

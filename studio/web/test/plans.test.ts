import { expect, test } from "vitest";
import { divided, spend, total } from "../src/plans";
import { say } from "../src/words";

const hours = { host: 44, publish: 100, welcome: 33, act: 23 };

test("hours always come to the budget, whatever is moved", () => {
  let now: Record<string, number> = hours;
  for (const [key, to, held] of [["host", 71, []], ["act", 0, ["host"]], ["publish", 999, ["host"]], ["welcome", 13, []], ["host", -5, ["act"]]] as [string, number, string[]][]) {
    const before = now;
    now = spend(now, key, to, held);
    expect(total(now)).toBe(200);
    expect(Object.values(now).every((one) => one >= 0 && Number.isInteger(one))).toBe(true);
    for (const one of held) expect(now[one]).toBe(before[one]);
  }
  expect(spend(hours, "host", 10, ["publish", "welcome", "act"])).toEqual(hours); // nobody can take them
  expect(spend(hours, "publish", 999, ["host"])).toEqual({ host: 44, publish: 156, welcome: 0, act: 0 });
});

test("a whole is divided exactly", () => {
  expect(divided(10, { a: 1, b: 1, c: 1 })).toEqual({ a: 4, b: 3, c: 3 });
  expect(divided(7, { a: 0, b: 0 })).toEqual({ a: 4, b: 3 });
  expect(total(divided(79, hours))).toBe(79);
});

test("plans are told apart in plain words", () => {
  const row = (key: string, A: unknown, B: unknown, about: string, unit: string) => ({ key, A, B, about, unit });
  const text = say.plan.differ("Two", "One", [
    row("strategy.hours.host", 1, 4.5, "", "hours"),
    row("strategy.answer_after", 0, 2, "how long the team leaves a question to members", "days"),
    row("strategy.codify", true, false, "staff write down conventions", "yes or no"),
  ]);
  expect(text).toBe("Two, compared with One: 3.5\u00a0h more on gatherings. Style: how long the team leaves a question to members: 2 days, not 0 days; staff write down conventions: no, not yes.");
  expect(say.plan.differ("Two", "One", [])).toBe("Two is the same as One.");
});

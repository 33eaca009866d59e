/** Plans: how a team spends its week. Hours are whole tenths here, so that what is shown adds up exactly. */

import { signal } from "@preact/signals";
import type { Hello, SideSetup, State } from "./state";

export type Hours = Record<string, number>;

export interface Plan {
  name: string;
  scenario: string; // whose style and team it has
  hours: Hours; // tenths of an hour a week; they come to the budget
  held: string[]; // activities that give and take nothing while another is moved
  edited: boolean; // whether hours were set by hand
  budget: number | null; // tenths; its own, where that was asked for
}

export interface Planned {
  sides: Record<string, SideSetup>;
  differs: Record<string, State["differs"]>; // of every later plan from the first
  number: number; // of the question
}

export const LEAST = 2;
export const MOST = 6;
export const plans = signal<Plan[]>([]);
export const world = signal("baseline");
export const planned = signal<Planned | null>(null);
export const question = signal(0); // the number of the last one: an answer to an earlier one is of other plans
export const said = signal(""); // what another choice has dropped or changed

export const total = (hours: Hours) => Object.values(hours).reduce((sum, one) => sum + one, 0);

/** A whole in parts that are whole too and come to it exactly, in proportion to weights; in equal parts where all are 0. */
export function divided(whole: number, weights: Hours): Hours {
  const keys = Object.keys(weights);
  const sum = total(weights);
  const wanted = keys.map((key) => (whole * (sum ? weights[key] : 1)) / (sum || keys.length));
  const parts = wanted.map(Math.floor);
  const left = whole - parts.reduce((all, one) => all + one, 0);
  const order = keys.map((_, k) => k).sort((one, other) => wanted[other] - parts[other] - (wanted[one] - parts[one]) || one - other);
  for (const k of order.slice(0, left)) parts[k] += 1;
  return Object.fromEntries(keys.map((key, k) => [key, parts[k]]));
}

/** Hours with `key` at `to`, as far as the others can give: they give or take in proportion, and the sum stays. */
export function spend(hours: Hours, key: string, to: number, held: string[]): Hours {
  const others = Object.fromEntries(Object.entries(hours).filter(([one]) => one !== key && !held.includes(one)));
  if (!Object.keys(others).length) return hours;
  const most = hours[key] + total(others);
  const at = Math.min(Math.max(Math.round(to), 0), most);
  return { ...hours, ...divided(most - at, others), [key]: at };
}

/** The hours of a strategy, as a budget has them. */
export function hoursOf(hello: Hello, strategy: string, budget: number): Hours {
  const usual = hello.strategies.find(({ name }) => name === strategy)?.hours ?? {};
  const all = Object.fromEntries(hello.strategies.flatMap(({ hours }) => Object.keys(hours)).map((key) => [key, 0]));
  return divided(budget, { ...all, ...usual });
}

/** Tenths of an hour that every plan has in a world. */
export const budgetOf = (hello: Hello, name: string) => Math.round(10 * (hello.worlds.find((one) => one.name === name)?.budget ?? 0));

export function made(hello: Hello, name: string, strategy: string, budget: number): Plan {
  return { name, scenario: strategy, hours: hoursOf(hello, strategy, budget), held: [], edited: false, budget: null };
}

/** The message that asks what plans differ in (0 seeds), or how they end. */
export function asked(setup: { members: number; weeks: number; seed: number }, seeds: number): Record<string, unknown> {
  return {
    do: "plans",
    world: world.value,
    plans: plans.value.map(({ name, scenario, hours, budget }) => ({
      name,
      scenario,
      hours: Object.fromEntries(Object.entries(hours).map(([key, tenths]) => [key, tenths / 10])),
      budget: budget === null ? null : budget / 10,
    })),
    unequal: plans.value.filter(({ budget }) => budget !== null).map(({ name }) => name),
    members: setup.members,
    weeks: setup.weeks,
    seed: setup.seed,
    seeds,
  };
}

const KEPT = "hearthside-plans";

/** Keep the plans in this browser, for a reload. */
export function keep(): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ plans: plans.value, world: world.value }));
  } catch {
    // nothing may be kept here: the plans last as long as the page
  }
}

/** The plans of before a reload, or two to begin with. */
export function begin(hello: Hello): void {
  if (plans.value.length) return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (kept?.plans?.length >= LEAST && hello.worlds.some(({ name }) => name === kept.world)) {
      world.value = kept.world;
      plans.value = kept.plans;
      return;
    }
  } catch {
    // what is kept is of another version: begin anew
  }
  const budget = budgetOf(hello, world.value);
  plans.value = [made(hello, "Plan 1", "broadcast", budget), made(hello, "Plan 2", "facilitation", budget)];
}

/** What the page knows, as signals; and how it learns it: over a socket, or from a recording in the page itself. */

import { batch, computed, signal } from "@preact/signals";
import { type Cards, type Frame, type Name, type Row, decode, split } from "./frame";
import { Grid, unpacked } from "./kept";
import { type Planned, planned } from "./plans";
import { say, title } from "./words";

export interface Measure {
  key: string;
  label: string;
  unit: string;
  about: string;
  better: string;
  state: boolean;
}

export type Value = boolean | number | string;

export interface SideSetup {
  scenario: string;
  text: string;
  values: Record<string, Value>;
}

export interface Move {
  day: number;
  side: Name;
  key: string;
  value: Value;
}

export interface Setup {
  A: SideSetup;
  B: SideSetup;
  members: number;
  seed: number;
  weeks: number;
  moves: Move[];
  events: Move[];
  lesson: string;
}

export interface Claim {
  text: string;
  measure: string;
  higher: Name;
  share: number | null; // of the seeds in which it held when it was last tried
  seeds: number;
  trials: { words: string; found: Trial | null }[]; // what was taken out, and what became of the lead
}

export interface Trial {
  pairs: number;
  gone: number; // in how many of them more than half of the lead went
  left: number; // of the lead in the middle pair, as a share of it
}

export interface Lesson {
  name: string;
  number: number;
  title: string;
  minutes: number;
  from: string;
  claim: string;
  bet: { question: string; measure: string; choices: { text: string; says: Name | "neither"; reply: string }[] };
  run: string;
  closer: string;
  charts: string[];
  plans: number[];
  false_when: string;
  setup: Setup;
  fails: Setup;
  sides: Record<Name, string> | null; // what the two are called here, where the slider does not say it
  claims: Claim[];
  fail_claims: Claim[];
}

export interface Hello {
  strategies: { name: string; question: string; hours: Record<string, number> }[]; // hours a week in the usual world
  worlds: { name: string; budget: number }[];
  measures: Measure[];
  lessons: Lesson[];
  shares?: number[]; // on a page to keep: where the slider may stand, at equal distances
  close: number; // who bets on no great difference is right where the larger is less than this many times the other
  address: string | null; // of the studio on the network, for links that others can open
}

export interface State {
  setup: Setup;
  day: number;
  days: number;
  slider: Record<Name, number>;
  hours: Record<Name, Record<string, number>>;
  budget: Record<Name, number>;
  question: Record<Name, string>;
  differs: { key: string; A: Value | null; B: Value | null; about: string; unit: string }[];
  same_world: boolean; // whether they differ in nothing but what the teams do
  command: string;
  playing?: boolean;
  restarted?: boolean;
}

export interface Entry {
  key: string;
  value: Value;
  unit: string;
  range: (string | number | boolean)[];
  source: string;
  about: string;
  origin?: string;
}

export interface Spread {
  seeds: number;
  labels: string[];
  every: number;
  measures: Record<string, Record<string, { band: (number | null)[][]; last: (number | null)[]; wins: number }>>;
  of?: string; // the setup that was run
}

/** B minus A at the end, pair by pair: as it is, and with each kind of work taken out. */
export interface Why {
  seeds: number;
  measures: Record<string, { lead: (number | null)[]; out: Record<string, (number | null)[]> }>;
  of?: string; // the setup that was run
}

export const hello = signal<Hello | null>(null);
export const state = signal<State | null>(null);
export const frame = signal<Frame | null>(null);
export const rows = signal<Row[]>([]);
export const chosen = signal<number | null>(null);
export const cards = signal<Cards | null>(null);
export const playing = signal(false);
export const SPEEDS = [0.5, 1, 2, 3, 5, 10, 20]; // weeks a second
export const speed = signal(3);
export const notice = signal<{ text: string; bad: boolean } | null>(null);
export const status = signal<"waiting" | "live" | "lost" | "idle" | "full" | "recorded">("waiting");
export const grid = signal(false); // whether this is a page to keep, of which lessons, worlds and sliders move
/** Whether anything can be moved: recorded runs stand still. */
export const movable = computed(() => status.value === "live" || grid.value);
export const most = signal(0);
export const values = signal<Record<Name, Entry[]>>({ A: [], B: [] });
export const spread = signal<Spread | null>(null);
export const why = signal<Why | null>(null);
export const ranking = signal<Spread | null>(null);
/** How far what was asked for last has got: many runs, or what did it. */
export const progress = signal<{ of: "runs" | "why" | "plans"; done: number; whole: number } | null>(null);
export const planRuns = signal<Spread | null>(null);
export const planning = signal(false); // whether plans are shown instead of the two communities
export const projector = signal(false);
export const charts = signal(["reach", "intimacy", "value_members"]);

/** What was run, without what does not change it. */
export const fingerprint = computed(() => {
  const setup = state.value?.setup;
  return setup ? JSON.stringify([setup.A, setup.B, setup.members, setup.seed, setup.weeks, setup.moves, setup.events]) : "";
});
export const done = computed(() => !!state.value && (frame.value?.day ?? 0) >= state.value.days);

/** What a side is called: by the lesson that is open, or by where its slider stands. */
export function called(name: Name): string {
  const lesson = hello.value?.lessons.find((one) => one.name === state.value?.setup.lesson);
  return lesson?.sides?.[name] ?? title(state.value?.slider[name] ?? 0.5);
}

export const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

interface Source {
  send(message: Record<string, unknown>): void;
}

let source: Source = { send() {} };
export const send = (message: Record<string, unknown>) => source.send(message);

/** Take one picture. */
function show(next: Frame): void {
  batch(() => {
    const first = next.rows[0]?.[0] ?? next.day + 1;
    rows.value = [...rows.value.filter(([day]) => day < first), ...next.rows];
    frame.value = next;
    cards.value = next.cards && chosen.value !== null ? next.cards : null;
    if (state.value) state.value = { ...state.value, day: next.day, slider: next.slider };
  });
}

function heard(message: Record<string, any>): void {
  switch (message.type) {
    case "hello":
      hello.value = message as unknown as Hello;
      chart();
      break;
    case "state":
      batch(() => {
        status.value = status.value === "recorded" ? "recorded" : "live";
        state.value = message as unknown as State;
        if (message.playing !== undefined) playing.value = message.playing;
        if (message.restarted) notice.value = { text: say.restarted, bad: false };
      });
      break;
    case "playing":
      playing.value = message.playing;
      break;
    case "values":
      values.value = { ...values.value, [message.side as Name]: message.values as Entry[] };
      break;
    case "progress":
      progress.value = { of: progress.value?.of ?? "runs", done: message.done, whole: message.whole };
      break;
    case "spread":
    case "ranking":
    case "plans":
      batch(() => {
        progress.value = null;
        const kept = { spread, ranking, plans: planRuns }[message.type as "spread" | "ranking" | "plans"];
        kept.value = { ...(message as unknown as Spread), of: asked };
      });
      break;
    case "planned":
      planned.value = message as unknown as Planned;
      break;
    case "dropped":
      notice.value = { text: say.dropped(message.sides), bad: false };
      break;
    case "why":
      batch(() => {
        progress.value = null;
        why.value = { ...(message as unknown as Why), of: asked };
      });
      break;
    case "cancelled":
      batch(() => {
        progress.value = null;
        notice.value = { text: message.message ?? say.cancelled, bad: !!message.message };
      });
      break;
    case "file":
      download(message.name, new Blob([message.text], { type: message.mime }));
      break;
    case "error":
      progress.value = progress.value?.whole ? progress.value : null; // runs that were refused have not begun
      notice.value = { text: message.message, bad: true };
      break;
    case "ended":
      status.value = message.why;
      most.value = message.most ?? 0;
      break;
  }
}

let asked = "";
export function startRuns(shares: number[] = []): void {
  asked = fingerprint.value;
  progress.value = { of: "runs", done: 0, whole: 0 };
  send({ do: "runs", seeds: shares.length ? 12 : 30, shares });
}

export function startPlans(message: Record<string, unknown>): void {
  asked = JSON.stringify(message);
  progress.value = { of: "plans", done: 0, whole: 0 };
  send(message);
}

export function startWhy(): void {
  asked = fingerprint.value;
  progress.value = { of: "why", done: 0, whole: 0 };
  send({ do: "why" });
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The state in the link

export let linkedCharts: string[] | null = null; // those that the opened link names: a lesson in it keeps them

export function linked(): string {
  const view = { speed: speed.value, charts: charts.value, projector: projector.value };
  const said = JSON.stringify({ setup: state.value!.setup, day: frame.value?.day ?? 0, view });
  const bytes = new TextEncoder().encode(said);
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `${hello.value!.address ?? ""}#s=${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** What a link says about the page itself; what it cannot mean is left as it is. */
function look(view: { speed?: unknown; charts?: unknown; projector?: unknown }): void {
  if (SPEEDS.includes(view.speed as number)) speed.value = view.speed as number;
  if (typeof view.projector === "boolean") projector.value = view.projector;
  linkedCharts = Array.isArray(view.charts) && view.charts.length === 3 ? view.charts : null;
  chart();
}

/** Show the charts that the link names, once it is known which there are. */
function chart(): void {
  const known = hello.value?.measures.map(({ key }) => key);
  if (!known || !linkedCharts) return;
  if (linkedCharts.every((key) => known.includes(key))) charts.value = linkedCharts;
  else linkedCharts = null;
}

/** The run that a link holds, with whatever stands before it; or null. */
function read(link: string): { setup: Setup; day: number } | null {
  const text = new URLSearchParams(link.slice(link.indexOf("#") + 1).trim()).get("s");
  if (!text) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    const { view, ...run } = JSON.parse(new TextDecoder().decode(bytes));
    look(view ?? {});
    return run;
  } catch {
    return null;
  }
}

function fromLink(): { setup: Setup; day: number } | null {
  const found = read(location.hash);
  if (!found && location.hash.startsWith("#s=")) notice.value = { text: say.badLink, bad: true };
  return found;
}

/** Open the run of a link that was pasted. */
export function paste(link: string): boolean {
  const found = read(link);
  notice.value = found ? null : { text: say.badLink, bad: true };
  if (found) start(found.setup, found.day);
  return !!found;
}

// Live

class Live implements Source {
  private socket: WebSocket | null = null;
  private tries = 0;

  constructor() {
    this.open();
    window.addEventListener("hashchange", () => {
      const state = fromLink();
      if (state) this.send({ do: "start", ...state });
    });
  }

  send(message: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private open(): void {
    const url = new URL("socket", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.tries = 0;
      const again = state.value ? { setup: state.value.setup, day: frame.value?.day ?? 0 } : fromLink();
      this.send({ do: "start", ...(again ?? { setup: {} }) });
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") return heard(JSON.parse(data));
      const next = decode(data);
      // A picture has been drawn when the browser is about to paint it: only then is the next one wanted.
      show(next);
      if (document.hidden) setTimeout(() => this.send({ do: "drawn" }), 50);
      else requestAnimationFrame(() => this.send({ do: "drawn" }));
    };
    socket.onclose = () => {
      batch(() => {
        playing.value = false;
        progress.value = null;
        if (status.value === "idle" || status.value === "full") return;
        if (state.value) status.value = "lost";
        setTimeout(() => this.open(), Math.min(5000, 300 * 2 ** this.tries++));
      });
    };
  }
}

// Recorded

interface Recording {
  hello: Hello;
  state: State;
  frames: string;
}

class Recorded implements Source {
  private frames: ArrayBuffer[] = [];
  private at = 0;
  private timer = 0;

  constructor(recording: Recording) {
    void this.load(recording);
  }

  private async load(recording: Recording): Promise<void> {
    this.frames = split(await unpacked(recording.frames));
    status.value = "recorded";
    heard({ ...recording.hello, type: "hello" });
    heard({ ...recording.state, type: "state", playing: false, days: 7 * (this.frames.length - 1) });
    this.show(0);
  }

  private show(at: number): void {
    if (at < this.at) rows.value = [];
    this.at = at;
    show(decode(this.frames[at]));
  }

  send(message: Record<string, unknown>): void {
    window.clearTimeout(this.timer);
    switch (message.do) {
      case "play":
        playing.value = true;
        this.tick();
        break;
      case "pause":
        playing.value = false;
        break;
      case "step":
        playing.value = false;
        if (this.at + 1 < this.frames.length) this.show(this.at + 1);
        break;
      case "reset":
        playing.value = false;
        this.show(0);
        break;
    }
  }

  private tick(): void {
    if (!playing.value) return;
    if (this.at + 1 >= this.frames.length) {
      playing.value = false;
      return;
    }
    this.show(this.at + 1);
    this.timer = window.setTimeout(() => this.tick(), 1000 / speed.value);
  }
}

export function begin(): void {
  const text = document.getElementById("recording")?.textContent;
  if (!text) {
    source = new Live();
    return;
  }
  const recording = JSON.parse(text);
  status.value = "recorded";
  grid.value = "runs" in recording;
  source = grid.value ? new Grid(recording, heard, show, () => speed.value) : new Recorded(recording);
}

// What buttons do

export function play(): void {
  if (done.value) send({ do: "reset" });
  playing.value = true;
  send({ do: "play", speed: 7 * speed.value, leap: calm() ? 7 : 1 });
}

export function pause(): void {
  playing.value = false;
  send({ do: "pause" });
}

export function step(): void {
  playing.value = false;
  send({ do: "step", days: 7 - ((frame.value?.day ?? 0) % 7) });
}

export function reset(): void {
  playing.value = false;
  chosen.value = null;
  send({ do: "inspect", key: null });
  send({ do: "reset" });
}

export function choose(key: number | null): void {
  chosen.value = key;
  if (key === null) cards.value = null;
  send({ do: "inspect", key });
}

/** Start from a state that the page made, keeping nothing of the present run. */
export function start(setup: Setup, day = 0): void {
  playing.value = false;
  send({ do: "start", setup, day });
}

/** The page to keep: lessons and a grid of strategies by worlds that were lived beforehand, played without a server. */

import { type Counts, type Frame, type Name, type Row, type Side, NAMES, side } from "./frame";
import type { Hello, Setup, Spread, State } from "./state";

export interface Kept {
  hello: Hello;
  runs: Record<string, string>;
  states: Record<string, State>;
  rankings: Record<string, Spread>;
  shares: number[];
  worlds: string[];
}

/** One side, from its first week to its last. */
interface Lived {
  slider: number;
  hours: Record<string, number>;
  budget: number;
  rows: (number | null)[][];
  pictures: { week: number; side: Side }[];
}

export async function unpacked(text: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function lived(text: string): Promise<Lived> {
  const buffer = await unpacked(text);
  const view = new DataView(buffer);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const pictures = (header.pictures as (Counts & { week: number })[]).map((counts) => {
    const [found, end] = side(view, at, counts);
    at = end;
    return { week: counts.week, side: found };
  });
  return { ...header, pictures };
}

/** The place of the slider that was lived, nearest to the one that is wanted. */
export const nearest = (shares: number[], wanted: number) => shares.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));

const LEAST = 0.05; // hours a week: a smaller difference is not told

/** What two sides of one world differ in: their hours, the most first. */
function differing(of: Record<Name, Lived>): State["differs"] {
  const rows = Object.keys(of.A.hours).map((key) => ({ key: `strategy.hours.${key}`, A: of.A.hours[key] * of.A.budget, B: (of.B.hours[key] ?? 0) * of.B.budget, about: "", unit: "hours" }));
  return rows.filter(({ A, B }) => Math.abs(A - B) > LEAST).sort((one, other) => Math.abs(other.A - other.B) - Math.abs(one.A - one.B));
}

/** What plays a page to keep: it answers the messages of the page as the server would, as far as runs were lived. */
export class Grid {
  private at = 0;
  private timer = 0;
  private stage: string; // a world, a lesson, or `fails` and a lesson
  private share: Record<Name, number>;
  private known: Record<string, Promise<Lived>> = {};
  private turn = 0; // of what was asked for last: an earlier answer comes too late
  private now: Record<Name, Lived> | null = null;

  constructor(private kept: Kept, private hear: (message: Record<string, any>) => void, private show: (frame: Frame) => void, private speed: () => number) {
    this.stage = kept.worlds[0];
    this.share = { A: kept.shares[0], B: kept.shares.at(-1)! };
    hear({ ...kept.hello, shares: kept.shares, type: "hello" });
    void this.enter(0);
  }

  private run(key: string): Promise<Lived> {
    return (this.known[key] ??= lived(this.kept.runs[key]));
  }

  private get sandbox(): boolean {
    return this.kept.worlds.includes(this.stage);
  }

  /** Show what is chosen, at a week. */
  private async enter(week: number): Promise<void> {
    const turn = ++this.turn;
    const key = (name: Name) => `${this.stage} ${this.sandbox ? this.share[name] : name}`;
    const [A, B] = await Promise.all(NAMES.map((name) => this.run(key(name))));
    if (turn !== this.turn) return;
    this.now = { A, B };
    const said = this.kept.states[this.stage];
    const setup: Setup = this.sandbox
      ? { ...said.setup, A: { ...said.setup.A, values: { facilitation: A.slider } }, B: { ...said.setup.B, values: { facilitation: B.slider } } }
      : said.setup;
    const own = this.sandbox
      ? { slider: { A: A.slider, B: B.slider }, hours: { A: A.hours, B: B.hours }, budget: { A: A.budget, B: B.budget }, differs: differing(this.now), same_world: true }
      : {};
    this.hear({ ...said, ...own, setup, type: "state", playing: false });
    this.go(Math.min(week, A.rows.length - 1));
  }

  private go(week: number): void {
    const { A, B } = this.now!;
    this.at = week;
    const rows: Row[] = A.rows.slice(0, week + 1).map((row, k) => [7 * k, row, B.rows[k]]);
    const drawn = (of: Lived) => of.pictures.filter((one) => one.week <= week).at(-1)!.side;
    this.show({ day: 7 * week, slider: { A: A.slider, B: B.slider }, rows, sides: { A: drawn(A), B: drawn(B) } });
  }

  private get last(): number {
    return (this.now?.A.rows.length ?? 1) - 1;
  }

  send(message: Record<string, any>): void {
    if (message.do !== "inspect" && message.do !== "runs") window.clearTimeout(this.timer);
    switch (message.do) {
      case "play":
        this.tick();
        break;
      case "pause":
        this.hear({ type: "playing", playing: false });
        break;
      case "step":
        if (this.now && this.at < this.last) this.go(this.at + 1);
        break;
      case "reset":
        if (this.now) this.go(0);
        break;
      case "change":
        if (message.key !== "facilitation" || !this.sandbox) break;
        this.share = { ...this.share, [message.side]: nearest(this.kept.shares, message.value) };
        void this.enter(this.at);
        break;
      case "world":
        this.stage = message.world;
        void this.enter(0);
        break;
      case "start":
        this.stage = this.named(message.setup);
        void this.enter(0);
        break;
      case "runs": {
        const found = this.kept.rankings[this.stage.replace("fails ", "")];
        this.hear(found ? { ...found, type: "ranking" } : { type: "cancelled" });
        break;
      }
    }
  }

  /** The stage of a state: of a lesson, of where it fails, or the world of before. */
  private named(setup: Setup): string {
    const lesson = this.kept.hello.lessons.find(({ name }) => name === setup.lesson);
    if (!lesson) return this.sandbox ? this.stage : this.kept.worlds[0];
    return JSON.stringify(setup) === JSON.stringify(lesson.fails) ? `fails ${lesson.name}` : lesson.name;
  }

  private tick(): void {
    if (!this.now || this.at >= this.last) return this.hear({ type: "playing", playing: false });
    this.go(this.at + 1);
    if (this.at >= this.last) this.hear({ type: "playing", playing: false });
    else this.timer = window.setTimeout(() => this.tick(), 1000 / this.speed());
  }
}

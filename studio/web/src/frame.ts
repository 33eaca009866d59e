/** Frames as the server packs them (studio/session.py, studio/world.py): a header in JSON, then records. */

export type Name = "A" | "B";
export const NAMES: Name[] = ["A", "B"];

export interface Person {
  name: string;
  kind: "staff" | "marketer";
}

export interface Side {
  members: number; // who have not left; more than are drawn in a large community
  team: Person[];
  sent: number[]; // messages and threads of each person of the team since the last picture
  key: Float64Array;
  x: Float32Array; // places, 0 to 1
  y: Float32Array;
  stage: Uint8Array;
  passion: Uint8Array;
  topic: Uint16Array;
  source: Uint16Array; // ties, as places in the arrays above
  target: Uint16Array;
  strength: Uint8Array; // 0 to 255; 0: they talk, and feel no tie yet
  today: Uint8Array; // whether they talked since the last picture
  wordTo: Uint16Array; // members the team addressed
  wordBy: Uint8Array;
}

export interface Card {
  stage: string;
  joined: number;
  topic: number;
  need: boolean;
  written: number;
  helped: number;
  passion: number;
  trust: number;
  belonging: number;
  annoyance: number;
  ties: number;
  closest: { key: number; strength: number }[];
  given: { day: number; key: number } | null;
  taken: { day: number; key: number } | null;
}

export interface Cards {
  key: number;
  A: Card | null;
  B: Card | null;
}

export type Row = [day: number, a: (number | null)[], b: (number | null)[]];

export interface Frame {
  day: number;
  slider: Record<Name, number>;
  rows: Row[];
  cards?: Cards;
  sides: Record<Name, Side>;
}

const PERSON = 16;
const TIE = 6;
const WORD = 4;

export interface Counts {
  people: number;
  ties: number;
  words: number;
  sent: number[];
  members: number;
  team: Person[];
}

/** The records of one side from `at` on, and where they end. */
export function side(view: DataView, at: number, { people: n, ties, words, members, team, sent }: Counts): [Side, number] {
  const side: Side = {
    members,
    team,
    sent,
    key: new Float64Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
    stage: new Uint8Array(n),
    passion: new Uint8Array(n),
    topic: new Uint16Array(n),
    source: new Uint16Array(ties),
    target: new Uint16Array(ties),
    strength: new Uint8Array(ties),
    today: new Uint8Array(ties),
    wordTo: new Uint16Array(words),
    wordBy: new Uint8Array(words),
  };
  for (let i = 0; i < n; i++, at += PERSON) {
    side.key[i] = view.getFloat64(at, true);
    side.x[i] = view.getUint16(at + 8, true) / 65535;
    side.y[i] = view.getUint16(at + 10, true) / 65535;
    side.stage[i] = view.getUint8(at + 12);
    side.passion[i] = view.getUint8(at + 13);
    side.topic[i] = view.getUint16(at + 14, true);
  }
  for (let k = 0; k < ties; k++, at += TIE) {
    side.source[k] = view.getUint16(at, true);
    side.target[k] = view.getUint16(at + 2, true);
    side.strength[k] = view.getUint8(at + 4);
    side.today[k] = view.getUint8(at + 5);
  }
  for (let k = 0; k < words; k++, at += WORD) {
    side.wordTo[k] = view.getUint16(at, true);
    side.wordBy[k] = view.getUint8(at + 2);
  }
  return [side, at];
}

export function decode(buffer: ArrayBuffer, from = 0): Frame {
  const view = new DataView(buffer, from);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, from + 4, length)));
  let at = 4 + length;
  const sides = {} as Record<Name, Side>;
  for (const name of NAMES) [sides[name], at] = side(view, at, header.sides[name]);
  return { ...header, sides };
}

/** Split a tape: frames one after the other, each after 4 bytes with its length. */
export function split(tape: ArrayBuffer): ArrayBuffer[] {
  const view = new DataView(tape);
  const found: ArrayBuffer[] = [];
  for (let at = 0; at < tape.byteLength; ) {
    const length = view.getUint32(at, true);
    found.push(tape.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

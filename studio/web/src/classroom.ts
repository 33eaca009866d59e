/** A class, as a teacher's page and a learner's page know it; and how they learn it, over a socket of its own. */

import { batch, signal } from "@preact/signals";
import { type Frame, type Name, decode } from "./frame";

export type Ahead = Name | "neither";
export type Phase = "waiting" | "bet" | "run" | "done";
export type Series = Record<Name, (number | null)[]>;

export interface Told {
  name: string;
  title: string;
  run: string;
  claim?: string; // it and the next from the end on: they answer the bet
  false_when?: string;
  sides: Record<Name, string> | null;
  slider: Record<Name, number>;
  question: string;
  choices: { text: string; says: Ahead; reply?: string }[];
  measures: { key: string; label: string; unit: string }[]; // that of the bet first
}

/** What both see; what only one of them gets is optional. */
export interface Class {
  open: boolean;
  phase: Phase;
  week: number;
  weeks: number;
  here: number;
  seats: number;
  made: number;
  playing: boolean;
  failing: boolean;
  lesson: Told | null;
  settled: { ends: Record<string, [number | null, number | null, Ahead]>; ahead: Record<Ahead, number>; right: number; of: number } | null;
  bets: number[] | null;
  // a learner's
  number?: number;
  bet?: number | null;
  // a teacher's
  most?: number;
  folder?: string;
  code?: string;
  join?: string | null;
  qr?: string;
  lived?: number;
  lessons?: { name: string; title: string; minutes: number }[];
}

export interface Spread {
  numbers: number[];
  measures: Record<string, Series[]>;
}

export const room = signal<Class | null>(null);
export const spread = signal<Spread | null>(null);
export const frame = signal<(Frame & { series: Record<string, Series> }) | null>(null);
export const trouble = signal(""); // what was refused last
export const line = signal<"out" | "waiting" | "in" | "lost">("out"); // of this browser to the class
export const ended = signal("");

const KEY = "hearthside-teacher";
const TOKEN = "hearthside-seat";

/** What this browser keeps, for a reload; where it may keep nothing, the page works until it is closed. */
function kept(name: string, value?: string | null): string | null {
  try {
    if (value === null) localStorage.removeItem(name);
    else if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** A word in the link, which is taken out of it: a key, or the code of a class. */
export function given(name: string): string {
  const found = new URLSearchParams(location.hash.slice(1)).get(name) ?? "";
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

/** Keep the teacher's key, where the link has one. */
export function keepKey(): void {
  const found = given("key");
  if (found) kept(KEY, found);
}

let socket: WebSocket | null = null;
let first: Record<string, unknown> = {};
let tries = 0;
let code = ""; // of the link, for who has no place yet, or no longer

export function send(message: Record<string, unknown>): void {
  trouble.value = "";
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect(word: Record<string, unknown>): void {
  first = word;
  socket?.close();
  const url = new URL("class/socket", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  const own = new WebSocket(url);
  socket = own;
  own.binaryType = "arraybuffer";
  if (line.value !== "lost") line.value = "waiting";
  own.onopen = () => own.send(JSON.stringify(first));
  own.onmessage = ({ data }) => {
    if (own === socket) typeof data === "string" ? heard(JSON.parse(data)) : (frame.value = decode(data) as typeof frame.value);
  };
  own.onclose = () => {
    if (own !== socket || line.value === "out") return;
    line.value = "lost";
    setTimeout(() => own === socket && connect(first), Math.min(5000, 300 * 2 ** tries++));
  };
}

function heard(message: Record<string, any>): void {
  batch(() => {
    switch (message.type) {
      case "seat":
        kept(TOKEN, message.token);
        first = { do: "back", token: message.token };
        break;
      case "class": {
        tries = 0;
        line.value = "in";
        trouble.value = "";
        const before = room.value;
        room.value = message as unknown as Class;
        if (before?.lesson?.name !== message.lesson?.name || before?.failing !== message.failing || message.phase === "bet") {
          frame.value = null;
          spread.value = null;
        }
        break;
      }
      case "spread":
        spread.value = message as unknown as Spread;
        break;
      case "error":
        trouble.value = message.message;
        break;
      case "refused":
        if (first.do === "back") {
          kept(TOKEN, null);
          if (code) return join(code);
        }
        if (first.do === "teach") kept(KEY, null);
        out(message.message);
        break;
      case "ended":
        if (message.why === "over") kept(TOKEN, null);
        ended.value = message.why;
        out("");
        break;
    }
  });
}

function out(why: string): void {
  trouble.value = why;
  line.value = "out";
  room.value = null;
  socket = null;
}

/** The teacher's page: in with the key of the link, or the one that is kept. */
export function teach(): void {
  keepKey();
  const key = kept(KEY);
  if (key) connect({ do: "teach", key });
}

export function join(said: string): void {
  code = "";
  ended.value = "";
  trouble.value = "";
  connect({ do: "join", code: said.slice(0, 20) });
}

/** A learner's page: back to the place it had, or in with the code of the link. */
export function attend(): void {
  code = given("code");
  const token = kept(TOKEN);
  if (token) connect({ do: "back", token });
  else if (code) join(code);
}

/** What stands beside the pictures: the table, the card of a member, the spread of many seeds. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Card, Name } from "./frame";
import { NAMES } from "./frame";
import { cards, choose, chosen, fingerprint, frame, hello, progress, projector, rows, send, spread, startRuns, state, status, type Spread } from "./state";
import { number, percent, say, stages, unitBeside, who } from "./words";

const FEW = ["reach", "intimacy", "value_members", "value_company", "exchanges", "stories"];

export function Now() {
  const measures = hello.value?.measures ?? [];
  const last = rows.value.at(-1);
  return (
    <section class="now">
      <table>
        <caption>
          {say.now}
          {state.value && <span class="when">, {say.week(frame.value?.day ?? 0, state.value.days).toLowerCase()}</span>}
        </caption>
        <thead>
          <tr>
            <th scope="col">{say.measure}</th>
            <th scope="col" class="a">A</th>
            <th scope="col" class="b">B</th>
          </tr>
        </thead>
        <tbody>
          {measures.map(({ key, label, unit, about }, at) =>
            projector.value && !FEW.includes(key) ? null : (
              <tr key={key}>
                <th scope="row" title={`${about} (${unit})`}>
                  {label}
                  <span class="unit"> {unitBeside(label, unit)}</span>
                </th>
                <td>{number(last?.[1][at], unit)}</td>
                <td>{number(last?.[2][at], unit)}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}

/** Bring what has just appeared into view. */
const seen = (element: HTMLElement | null) => element?.scrollIntoView({ block: "nearest" });

export function MemberCard() {
  const key = chosen.value;
  const found = cards.value;
  if (key === null) return null;
  const recorded = status.value === "recorded";
  const now = recorded ? { A: seenOf("A", key), B: seenOf("B", key) } : found?.key === key ? found : undefined;
  return (
    <section class="card" ref={seen} aria-label={say.same} aria-live="polite">
      <header>
        <h2>{who(key)}</h2>
        <p>{say.same}</p>
        <button type="button" class="plain" onClick={() => choose(null)}>{say.close}</button>
      </header>
      <div class="scroll">
        <table class="person">
          <thead>
            <tr>
              <td />
              {NAMES.map((name) => (
                <th key={name} scope="col" class={`side-${name}`}>
                  <span class="letter">{name}</span> {now?.[name] === null && say.absent}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(recorded ? seenRows : told).map(([label, tell]) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {NAMES.map((name) => (
                  <td key={name}>{now?.[name] ? tell(now[name]) : ""}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** What the card tells, row by row. */
const told: [string, (card: Card) => ComponentChildren][] = [
  [say.card.stage, (card) => stages[card.stage]],
  [say.card.topic, (card) => say.card.topicName(card.topic)],
  [say.card.need, (card) => (card.need ? say.card.yes : say.card.no)],
  [say.card.closest, (card) => (card.closest.length ? card.closest.slice(0, 4).map(({ key, strength }) => <Tie key={key} partner={key} strength={strength} />) : say.card.none)],
  [say.card.given, (card) => (card.given ? say.card.on(card.given.key, card.given.day, true) : say.card.none)],
  [say.card.taken, (card) => (card.taken ? say.card.on(card.taken.key, card.taken.day, false) : say.card.none)],
  [say.card.written, (card) => say.card.times(card.written)],
  [say.card.passion, (card) => number(card.passion)],
  [say.card.trust, (card) => number(card.trust)],
  [say.card.belonging, (card) => number(card.belonging)],
];

const seenRows = told.filter(([label]) => [say.card.stage, say.card.topic, say.card.closest].includes(label));

/** What a picture alone tells of a member, where there is no server to ask: null for who is not in it. */
function seenOf(name: Name, key: number): Card | null {
  const side = frame.value?.sides[name];
  const at = side ? side.key.indexOf(key) : -1;
  if (!side || at < 0) return null;
  const closest = [...side.source.keys()]
    .filter((k) => side.strength[k] > 0 && (side.source[k] === at || side.target[k] === at))
    .map((k) => ({ key: side.key[side.source[k] === at ? side.target[k] : side.source[k]], strength: side.strength[k] / 255 }))
    .sort((one, other) => other.strength - one.strength);
  return { stage: Object.keys(stages)[side.stage[at]], topic: side.topic[at] + 1, closest } as Card;
}

function Tie({ partner, strength }: { partner: number; strength: number }) {
  return (
    <button type="button" class="link" onClick={() => choose(partner)}>
      {who(partner)} ({number(strength)})
    </button>
  );
}

export function Runs() {
  const running = progress.value?.of === "runs" ? progress.value : null;
  const found = spread.value;
  if (status.value === "recorded") return null;
  return (
    <section class="runs" aria-label={say.compareTitle}>
      <div class="bar">
        <button type="button" onClick={() => startRuns()} disabled={!!progress.value || status.value !== "live"}>
          {say.compare}
        </button>
        <p>{running ? say.running(running.done, running.whole) : say.compareHint(30)}</p>
        {running && (
          <>
            <progress value={running.done} max={running.whole || 1} aria-label={say.compareTitle} />
            <button type="button" class="plain" onClick={() => send({ do: "cancel" })}>{say.cancel}</button>
          </>
        )}
      </div>
      {found && <SpreadTable found={found} stale={found.of !== fingerprint.value} />}
    </section>
  );
}

export function SpreadTable({ found, stale }: { found: Spread; stale: boolean }) {
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => region.current?.scrollIntoView({ block: "nearest" }), [found]);
  return (
    <div class="scroll" ref={region} tabIndex={0} role="region" aria-label={say.compareTitle}>
      {stale && <p class="stale">{say.stale}</p>}
      <table class="spread">
        <caption>{say.spreadCaption(found.seeds)}</caption>
        <thead>
          <tr>
            <th scope="col">{say.measure}</th>
            {found.labels.map((label) => (
              <th key={label} scope="col" class={label.toLowerCase()}>{label}</th>
            ))}
            {found.labels.map((label) => (
              <th key={label} scope="col">{say.wins(label)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hello.value?.measures.map(({ key, label, unit }) => {
            const measure = found.measures[key];
            if (!measure) return null;
            return (
              <tr key={key}>
                <th scope="row">
                  {label} <span class="unit">{unitBeside(label, unit)}</span>
                </th>
                {found.labels.map((one) => {
                  const [low, middle, high] = measure[one].band.map((line) => line.at(-1));
                  return (
                    <td key={one}>
                      {number(middle, unit)} <span class="unit">({number(low, unit)} to {number(high, unit)})</span>
                    </td>
                  );
                })}
                {found.labels.map((one) => (
                  <td key={one} class={measure[one].wins >= 0.9 ? "sure" : ""}>{percent(measure[one].wins)}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Plans in the order in which each measure puts them. */
export function Ranking({ found, caption = say.rankingCaption(found.seeds) }: { found: Spread; caption?: string }) {
  const keys = ["reach", "members", "intimacy", "solved_members", "value_members", "value_company", "hostile"];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say.ranking}>
      <table class="spread ranking">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{say.measure}</th>
            {found.labels.map((_, at) => (
              <th key={at} scope="col">{at + 1}.</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => {
            const about = hello.value?.measures.find((measure) => measure.key === key);
            const measure = found.measures[key];
            if (!about || !measure) return null;
            const middle = (label: string) => measure[label].band[1].at(-1) ?? -Infinity;
            const order = [...found.labels].sort((one, other) => (middle(other) - middle(one)) * (about.better === "less" ? -1 : 1));
            return (
              <tr key={key}>
                <th scope="row">
                  {about.label} <span class="unit">{unitBeside(about.label, about.unit)}</span>
                </th>
                {order.map((label) => (
                  <td key={label}>
                    {label} <span class="unit">{number(middle(label), about.unit)}</span>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

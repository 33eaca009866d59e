/** What stands beside the pictures: the table, the card of a member, the spread of many seeds. */

import { useEffect, useRef } from "preact/hooks";
import type { Card, Name } from "./frame";
import { NAMES } from "./frame";
import { cards, choose, chosen, fingerprint, frame, hello, progress, projector, ranking, rows, send, spread, startRuns, state, status, type Spread } from "./state";
import { number, percent, say, stages, who } from "./words";

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
                  <span class="unit"> {unit.startsWith("share") ? unit.replace("share", "").replace(" of", "of") : unit}</span>
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

export function MemberCard() {
  const key = chosen.value;
  const found = cards.value;
  if (key === null) return null;
  return (
    <section class="card" aria-label={say.same} aria-live="polite">
      <header>
        <h2>{who(key)}</h2>
        <p>{say.same}</p>
        <button type="button" class="plain" onClick={() => choose(null)}>{say.close}</button>
      </header>
      <div class="pair">
        {NAMES.map((name) => (
          <CardSide key={name} name={name} card={found?.key === key ? found[name] : undefined} />
        ))}
      </div>
    </section>
  );
}

function CardSide({ name, card }: { name: Name; card: Card | null | undefined }) {
  const text = say.card;
  return (
    <div class={`half side-${name}`}>
      <h3>
        <span class="letter">{name}</span>
      </h3>
      {card === undefined ? null : card === null ? (
        <p>{say.absent}</p>
      ) : (
        <dl>
          <dt>{text.stage}</dt>
          <dd>{stages[card.stage]}</dd>
          <dt>{text.topic}</dt>
          <dd>{text.topicName(card.topic)}</dd>
          <dt>{text.need}</dt>
          <dd>{card.need ? text.yes : text.no}</dd>
          <dt>{text.closest}</dt>
          <dd>
            {card.closest.length === 0
              ? text.none
              : card.closest.slice(0, 4).map((tie) => (
                  <button key={tie.key} type="button" class="link" onClick={() => choose(tie.key)}>
                    {who(tie.key)} ({number(tie.strength)})
                  </button>
                ))}
          </dd>
          <dt>{text.given}</dt>
          <dd>{card.given ? text.on(card.given.key, card.given.day, true) : text.none}</dd>
          <dt>{text.taken}</dt>
          <dd>{card.taken ? text.on(card.taken.key, card.taken.day, false) : text.none}</dd>
          <dt>{text.written}</dt>
          <dd>{text.times(card.written)}</dd>
          <dt>{text.passion}</dt>
          <dd>{number(card.passion)}</dd>
          <dt>{text.trust}</dt>
          <dd>{number(card.trust)}</dd>
          <dt>{text.belonging}</dt>
          <dd>{number(card.belonging)}</dd>
        </dl>
      )}
    </div>
  );
}

export function Runs() {
  const running = progress.value;
  const found = spread.value;
  if (status.value === "recorded") return null;
  return (
    <section class="runs" aria-label={say.compareTitle}>
      <div class="bar">
        <button type="button" onClick={() => startRuns()} disabled={!!running || status.value !== "live"}>
          {say.compare}
        </button>
        <p>{running ? (running.done ? say.progress(running.done, running.whole) : say.starting) : say.compareHint(30)}</p>
        {running && (
          <>
            <progress value={running.done} max={running.whole || 1} aria-label={say.compareTitle} />
            <button type="button" class="plain" onClick={() => send({ do: "cancel" })}>{say.cancel}</button>
          </>
        )}
      </div>
      {found && <SpreadTable found={found} stale={found.of !== fingerprint.value} />}
      {ranking.value && <Ranking found={ranking.value} />}
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
                <th scope="row">{label}</th>
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
export function Ranking({ found }: { found: Spread }) {
  const keys = ["reach", "members", "intimacy", "solved_members", "value_members", "value_company", "hostile"];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say.ranking}>
      <table class="spread ranking">
        <caption>{say.rankingCaption(found.seeds)}</caption>
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
                <th scope="row">{about.label}</th>
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

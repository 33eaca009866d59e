/** What did it: the lead in one measure, and what goes of it with each kind of work. */

import { useSignal } from "@preact/signals";
import type { Name } from "./frame";
import { fingerprint, hello, progress, send, startWhy, status, why, type Why } from "./state";
import { say } from "./words";

export function What() {
  const running = progress.value?.of === "why" ? progress.value : null;
  const found = why.value;
  if (status.value === "recorded") return null;
  return (
    <section class="runs" aria-label={say.what}>
      <div class="bar">
        <button type="button" onClick={startWhy} disabled={!!progress.value || status.value !== "live"}>{say.what}</button>
        <p>{running ? say.running(running.done, running.whole) : say.whatHint}</p>
        {running && <button type="button" class="plain" onClick={() => send({ do: "cancel" })}>{say.cancel}</button>}
      </div>
      {found && <Bars found={found} />}
    </section>
  );
}

/** The middle of some numbers, and their ends. */
export function ends(numbers: number[]): { low: number; middle: number; high: number } {
  const sorted = [...numbers].sort((one, other) => one - other);
  const half = (sorted.length - 1) / 2;
  return { low: sorted[0], middle: (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2, high: sorted.at(-1)! };
}

/** What goes of a lead with each kind of work, as shares of it pair by pair; or null where there is no lead in all pairs. */
export function gone({ lead, out }: Why["measures"][string]): { leader: Name; of: [string, number[]][] } | null {
  const sign = Math.sign(lead[0] ?? 0);
  if (!sign || !lead.every((one) => one !== null && Math.sign(one) === sign)) return null;
  const of = Object.entries(out).map(([work, without]): [string, number[]] => [work, without.map((left, pair) => 1 - (left ?? 0) / lead[pair]!)]);
  of.sort(([, one], [, other]) => ends(other).middle - ends(one).middle);
  return { leader: sign > 0 ? "B" : "A", of };
}

const FROM = -0.5; // the left edge and the right edge of the bars, as shares of the lead
const TO = 1.5;
const at = (share: number) => `${(100 * (Math.min(Math.max(share, FROM), TO) - FROM)) / (TO - FROM)}%`;

function Bars({ found }: { found: Why }) {
  const measure = useSignal("intimacy");
  const known = hello.value!.measures.filter(({ key }) => found.measures[key]);
  const one = found.measures[measure.value];
  const told = gone(one);
  const ahead = (sign: number) => one.lead.filter((lead) => Math.sign(lead ?? 0) === sign).length;
  const causes = told?.of.filter(([, shares]) => shares.every((share) => share > 0.5)).map(([work]) => work) ?? [];
  return (
    <div class="what" tabIndex={0} role="region" aria-label={say.whatTitle}>
      {found.of !== fingerprint.value && <p class="stale">{say.stale}</p>}
      <label>
        {say.whatOf}{" "}
        <select value={measure.value} onChange={(event) => (measure.value = event.currentTarget.value)}>
          {known.map(({ key, label }) => (
            <option key={key} value={key}>{label}</option>
          ))}
        </select>
      </label>
      <p class="big">
        {!told
          ? ahead(1) + ahead(-1) === 0 ? say.whatSame : say.whatNoLead(ahead(-1), ahead(1))
          : causes.length ? say.whatFound(told.leader, found.seeds, causes) : say.whatNothing(told.leader, found.seeds)}
      </p>
      {told && (
        <>
          <p class="hint">{say.whatCaption(found.seeds)}</p>
          <ul class={`gone side-${told.leader}`}>
            {told.of.map(([work, shares]) => {
              const { low, middle, high } = ends(shares);
              const [from, to] = middle < 0 ? [middle, 0] : [0, middle];
              return (
                <li key={work}>
                  <span>{work}</span>
                  <span class="track" aria-hidden="true">
                    <i class="bar-of" style={{ left: at(from), right: `calc(100% - ${at(to)})` }} />
                    <i class="line-of" style={{ left: at(low), right: `calc(100% - ${at(high)})` }} />
                    <i class="zero" style={{ left: at(0) }} />
                  </span>
                  <span class="unit">{say.whatGone(middle, low, high)}</span>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </div>
  );
}

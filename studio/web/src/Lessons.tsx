/** Lessons: claim, bet, run, look closer, when it is false. */

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Ranking } from "./Panels";
import { charts, done, grid, hello, linkedCharts, movable, playing, progress, ranking, rows, start, startRuns, state, status, type Claim, type Lesson } from "./state";
import { number, say } from "./words";

const BEATS = ["claim", "bet", "run", "closer", "false"] as const;
type Beat = (typeof BEATS)[number];

const open = signal<string | null>(null);
const beat = signal<Beat>("claim");
const bets = signal<Record<string, number>>({}); // by lesson, which answer was chosen; kept while the page is open
const bet = computed(() => bets.value[open.value ?? ""] ?? null);
const failing = signal(false);
let left = ""; // the lesson that was just left: states that were on their way do not lead back into it
const lesson = computed(() => hello.value?.lessons.find(({ name }) => name === open.value) ?? null);

export function openLesson(number: number): void {
  const found = hello.value?.lessons[number - 1];
  if (!found || !movable.value) return;
  enter(found);
  charts.value = found.charts;
  start(found.setup);
}

function enter(found: Lesson): void {
  left = "";
  open.value = found.name;
  beat.value = "claim";
  failing.value = false;
}

function leave(): void {
  left = open.value ?? "";
  open.value = null;
  const setup = state.value?.setup;
  if (setup) start({ ...setup, lesson: "", moves: [], events: [] });
}

// A link may lead into a lesson; and where its run has ended, the text goes on to the closer look.
effect(() => {
  const name = state.value?.setup.lesson;
  const found = name && name !== left && open.peek() === null ? hello.value?.lessons.find((one) => one.name === name) : undefined;
  if (found) {
    enter(found);
    if (!linkedCharts) charts.value = found.charts;
  }
});
effect(() => {
  if (done.value && !playing.value && beat.peek() === "run") beat.value = "closer";
});

export function LessonStrip() {
  if (!movable.value && status.value === "recorded") return null;
  return (
    <nav class="lessons" aria-label={say.lessons}>
      <h2>
        {say.lessons} <span class="hint">{say.chooseLesson}</span>
      </h2>
      <ol>
        {hello.value!.lessons.map(({ name, number, title, minutes }) => (
          <li key={name}>
            <button type="button" aria-current={open.value === name ? "step" : undefined} disabled={!movable.value} onClick={() => openLesson(number)}>
              {number}. {title} <span class="unit">{say.minutes(minutes)}</span>
            </button>
          </li>
        ))}
        <li>
          <button type="button" disabled={!movable.value || open.value === null} onClick={leave}>{say.sandbox}</button>
        </li>
      </ol>
      <Loop />
    </nav>
  );
}

/** The loop of the essay: each word opens the lesson about it. */
function Loop() {
  return (
    <p class="loop">
      {say.loop.map(([word, number], at) => (
        <span key={word}>
          {at > 0 && <span aria-hidden="true"> → </span>}
          <button type="button" class="link" disabled={!movable.value} onClick={() => openLesson(number)}>{word}</button>
        </span>
      ))}
      <span aria-hidden="true"> ↩</span>
    </p>
  );
}

function Held({ claims }: { claims: Claim[] }) {
  return (
    <ul class="held">
      {claims.map(({ text, share, seeds, trials }) => (
        <li key={text}>
          {text}: {share === null ? say.untried : say.held(share, seeds)}
          {trials.length > 0 && (
            <ul>
              {trials.map(({ words, found }) => (
                <li key={words}>{found ? say.trial(words, found) : `${words}: ${say.untried}`}</li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

/** What became of a bet, once the run is at its end. */
function Settled({ found, choice }: { found: Lesson; choice: number }) {
  const at = hello.value!.measures.findIndex(({ key }) => key === found.bet.measure);
  const last = rows.value.at(-1);
  const [a, b] = [last?.[1][at] ?? 0, last?.[2][at] ?? 0];
  if (!done.value) return <p>{say.unsettled}</p>;
  const near = Math.max(a, b) < hello.value!.close * Math.min(a, b) || a === b;
  const ended = near ? "neither" : a > b ? "A" : "B";
  const { label, unit } = hello.value!.measures[at];
  return <p class="settled">{say.settled(found.bet.choices[choice].says === ended, label, number(a, unit), number(b, unit), ended)}</p>;
}

export function LessonPanel() {
  const panel = useRef<HTMLElement>(null);
  const found = lesson.value;
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "start" });
    panel.current?.focus({ preventScroll: true });
  }, [found?.name, beat.value]);
  if (!found) return null;
  const at = BEATS.indexOf(beat.value);
  const go = (to: Beat) => {
    beat.value = to;
  };
  return (
    <section class="lesson" ref={panel} tabIndex={-1} aria-label={say.lessonLabel(found.number, found.title)}>
      <header>
        <h2>{say.lessonLabel(found.number, found.title)}</h2>
        <ol class="beats">
          {BEATS.map((one, k) => (
            <li key={one}>
              <button type="button" aria-current={one === beat.value ? "step" : undefined} disabled={k > at + 1 || (k > 1 && bet.value === null)} onClick={() => go(one)}>{say.beats[one]}</button>
            </li>
          ))}
        </ol>
      </header>
      <div class="beat" aria-live="polite">
        {beat.value === "claim" && (
          <>
            <blockquote>{found.from}</blockquote>
            <p class="big">{found.claim}</p>
          </>
        )}
        {beat.value === "bet" && (
          <fieldset>
            <legend>{found.bet.question}</legend>
            {found.bet.choices.map(({ text }, k) => (
              <label key={text}>
                <input type="radio" name="bet" checked={bet.value === k} onChange={() => (bets.value = { ...bets.value, [found.name]: k })} /> {text}
              </label>
            ))}
          </fieldset>
        )}
        {beat.value === "run" && (
          <>
            {bet.value !== null && <p class="big">{found.bet.choices[bet.value].reply}</p>}
            <p>{found.run}</p>
          </>
        )}
        {beat.value === "closer" && (
          <>
            {bet.value !== null && !failing.value && <Settled found={found} choice={bet.value} />}
            <p class="big">{found.closer}</p>
            <p>{say.tried}</p>
            <Held claims={found.claims} />
            <p class="hint">{say.trialRule}</p>
            {found.plans.length > 0 && (
              <p class="bar">
                <button type="button" disabled={!!progress.value} onClick={() => startRuns(found.plans)}>{say.rank(found.plans.length)}</button>
                {progress.value && <span>{say.running(progress.value.done, progress.value.whole)}</span>}
              </p>
            )}
            {found.plans.length > 0 && ranking.value && <Ranking found={ranking.value} />}
          </>
        )}
        {beat.value === "false" && (
          <>
            <p class="big">{found.false_when}</p>
            <p>{say.triedThere}</p>
            <Held claims={found.fail_claims} />
            <button
              type="button"
              aria-pressed={failing.value}
              onClick={() => {
                failing.value = !failing.value;
                start(failing.value ? found.fails : found.setup);
              }}
            >
              {failing.value ? say.back : say.tryFailing}
            </button>
          </>
        )}
      </div>
      <div class="ways">
        {!grid.value && <a href={`lessons/${found.name}`} target="_blank" rel="noreferrer">{say.notes}</a>}
        <button type="button" class="plain" onClick={leave}>{say.leave}</button>
        {at < BEATS.length - 1 && (
          <button type="button" class="next" disabled={beat.value === "bet" && bet.value === null} onClick={() => go(BEATS[at + 1])}>{say.next}</button>
        )}
        {at === BEATS.length - 1 && found.number < hello.value!.lessons.length && (
          <button type="button" class="next" onClick={() => openLesson(found.number + 1)}>{say.nextLesson}</button>
        )}
      </div>
    </section>
  );
}

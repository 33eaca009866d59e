/** What a teacher's page and a learner's page of a class share: the lines of many worlds, and how bets were settled. */

import { useSignal } from "@preact/signals";
import { type Ahead, type Class, type Series, type Told } from "./classroom";
import { type Name, NAMES } from "./frame";
import { ends } from "./What";
import { number, say, title, unitBeside } from "./words";

export const words = say.room;

/** What a side is called in this lesson. */
export const calledIn = (lesson: Told, name: Name) => lesson.sides?.[name] ?? title(lesson.slider[name]);

/** Who is ahead, in words. */
const who = (lesson: Told, ahead: Ahead) => (ahead === "neither" ? words.neither : `${ahead} (${calledIn(lesson, ahead)})`);

const STEPS = 100; // of the picture's width and height; lines keep their thickness

/** Every world as two fine lines, and the middle of all worlds as two thick ones; on a learner's page, its own alone. */
export function Lines({ lesson, weeks, worlds }: { lesson: Told; weeks: number; worlds: Record<string, Series[]> }) {
  const chosen = useSignal(lesson.measures[0].key);
  const measure = lesson.measures.find(({ key }) => key === chosen.value) ?? lesson.measures[0];
  const all = worlds[measure.key] ?? [];
  const found = all.flatMap((one) => NAMES.flatMap((name) => one[name])).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...found), Math.max(0, ...found) || 1];
  const path = (series: (number | null)[]) =>
    series.map((value, week) => `${week ? "L" : "M"}${(STEPS * week) / weeks} ${STEPS * (1 - ((value ?? 0) - low) / (high - low))}`).join("");
  const middle = (name: Name) => (all[0]?.[name] ?? []).map((_, week) => ends(all.map((one) => one[name][week] ?? 0)).middle);
  const [a, b] = NAMES.map((name) => number(middle(name).at(-1), measure.unit));
  const many = all.length > 1;
  return (
    <figure class="lines">
      <figcaption>
        <label>
          <span class="unseen">{say.measure}</span>
          <select value={measure.key} onChange={(event) => (chosen.value = event.currentTarget.value)}>
            {lesson.measures.map(({ key, label }) => <option key={key} value={key}>{label}</option>)}
          </select>
        </label>
        <span class="unit">{say.byWeek(unitBeside(measure.label, measure.unit) || measure.unit)}{many && ` · ${words.lines(all.length)}`}</span>
      </figcaption>
      <div class="frame">
        <div class="scale" aria-hidden="true">
          <span>{number(high, measure.unit)}</span>
          <span>{number(low, measure.unit)}</span>
        </div>
        <svg viewBox={`0 0 ${STEPS} ${STEPS}`} preserveAspectRatio="none" role="img" aria-label={words.linesLabel(measure.label, all.length, a, b)}>
          {many && all.map((one, k) => NAMES.map((name) => <path key={`${name}${k}`} class={`fine of-${name}`} d={path(one[name])} />))}
          {NAMES.map((name) => <path key={name} class={`thick of-${name}`} d={path(middle(name))} />)}
        </svg>
        <div class="weeks" aria-hidden="true">
          <span>{words.weekOf(0)}</span>
          <span>{words.weekOf(weeks)}</span>
        </div>
      </div>
      <p class="keys">
        {NAMES.map((name) => (
          <span key={name} class={`side-${name}`}>
            <i class={`stroke of-${name}`} /> <span class="letter">{name}</span> {calledIn(lesson, name)}: <strong>{name === "A" ? a : b}</strong>{many && ` ${words.inTheMiddle}`}
          </span>
        ))}
      </p>
    </figure>
  );
}

/** How the worlds of all ended, and what was bet. */
export function Together({ lesson, now }: { lesson: Told; now: Class }) {
  const found = now.settled;
  const worlds = found ? Object.keys(found.ends).length : 0;
  return (
    <>
      {found && (
        <>
          <p class="big">
            {words.ended(lesson.measures[0].label, worlds, (["A", "B", "neither"] as Ahead[]).filter((one) => found.ahead[one] > 0).map((one) => [who(lesson, one), found.ahead[one]]))}
          </p>
          <p class="big">{words.right(found.right, found.of)}</p>
        </>
      )}
      {now.bets && <Bets lesson={lesson} now={now} bets={now.bets} />}
    </>
  );
}

function Bets({ lesson, now, bets }: { lesson: Told; now: Class; bets: number[] }) {
  const most = Math.max(...bets, 1);
  return (
    <table class="bets">
      <caption>{words.betsTitle(bets.reduce((sum, one) => sum + one, 0), now.seats)}</caption>
      <tbody>
        {lesson.choices.map(({ text, says }, k) => (
          <tr key={text}>
            <th scope="row">{text}</th>
            <td>
              <span class={`bar-bets of-${says}`} style={{ width: `${(100 * bets[k]) / most}%` }} aria-hidden="true" />
            </td>
            <td>{bets[k]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

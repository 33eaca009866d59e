/** The plan builder: hours that always come to the budget, two to six plans, what they differ in, and how they end. */

import { useEffect } from "preact/hooks";
import { NAMES } from "./frame";
import { Ranking, SpreadTable } from "./Panels";
import { type Plan, LEAST, MOST, asked, begin, budgetOf, divided, hoursOf, keep, made, planned, plans, question, said, spend, total, world } from "./plans";
import { hello, movable, planning, planRuns, progress, send, start, startPlans, state, status } from "./state";
import { named, say } from "./words";

const words = say.plan;
const hours = (tenths: number) => words.hours(tenths / 10);

/** Change one plan. */
function change(at: number, more: Partial<Plan>): void {
  plans.value = plans.value.map((plan, k) => (k === at ? { ...plan, ...more } : plan));
}

function choose(at: number, scenario: string): void {
  const plan = plans.value[at];
  said.value = plan.edited ? words.replaced(plan.name, scenario) : "";
  change(at, { scenario, hours: hoursOf(hello.value!, scenario, total(plan.hours)), held: [], edited: false });
}

function move(to: string): void {
  const budget = budgetOf(hello.value!, to);
  const before = budgetOf(hello.value!, world.value);
  const own = plans.value.filter((plan) => plan.budget !== null).map(({ name }) => name);
  const dropped = [...(budget !== before ? [words.scaled(before / 10, budget / 10)] : []), ...(own.length ? [words.ownDropped(own)] : [])];
  said.value = dropped.join(" ");
  world.value = to;
  plans.value = plans.value.map((plan) => ({ ...plan, hours: divided(budget, plan.hours), budget: null }));
}

function budget(at: number, tenths: number | null): void {
  const plan = plans.value[at];
  change(at, { budget: tenths, hours: divided(tenths ?? budgetOf(hello.value!, world.value), plan.hours) });
}

function add(): void {
  const used = plans.value.map(({ name }) => name);
  const number = [1, 2, 3, 4, 5, 6, 7].find((n) => !used.includes(words.named(n)))!;
  plans.value = [...plans.value, made(hello.value!, words.named(number), "balanced", budgetOf(hello.value!, world.value))];
}

export function Plans() {
  useEffect(() => begin(hello.value!), []);
  const setup = state.value!.setup;
  useEffect(() => {
    if (!plans.value.length) return;
    keep();
    question.value += 1;
    const number = question.value;
    const timer = setTimeout(() => send({ ...asked(setup, 0), number }), 150);
    return () => clearTimeout(timer);
  }, [plans.value, world.value, status.value]);
  const running = progress.value?.of === "plans" ? progress.value : null;
  const now = JSON.stringify(asked(setup, 30));
  const found = planRuns.value;
  return (
    <section class="plans" aria-label={words.title}>
      <h2>{words.title}</h2>
      <p>{words.about}</p>
      <div class="bar">
        <World value={world.value} change={move} />
        <button type="button" disabled={plans.value.length >= MOST} onClick={add}>{words.add}</button>
        <button type="button" class="main" disabled={!!progress.value || status.value !== "live"} onClick={() => startPlans(asked(setup, 30))}>{words.run}</button>
        {running && <button type="button" class="plain" onClick={() => send({ do: "cancel" })}>{say.cancel}</button>}
        <p role="status">{running ? say.running(running.done, running.whole) : words.where(setup.members, setup.weeks)}</p>
      </div>
      <p class="changed" role="status">{said.value}</p>
      <div class="cards">
        {plans.value.map((plan, at) => <Card key={at} plan={plan} at={at} />)}
      </div>
      <Differ />
      <Look />
      {found && (
        <>
          {found.of !== now && <p class="stale">{say.stale}</p>}
          <Ranking found={found} caption={words.ranking(found.seeds)} />
          <SpreadTable found={found} stale={false} />
        </>
      )}
    </section>
  );
}

/** The choice of a world. */
export function World({ value, change }: { value: string; change: (to: string) => void }) {
  const known = hello.value!.worlds.some(({ name }) => name === value);
  return (
    <label class="from">
      <span>{say.world2}</span>
      <select value={known ? value : ""} disabled={!movable.value} onChange={(event) => event.currentTarget.value && change(event.currentTarget.value)}>
        {!known && <option value="">{value}</option>}
        {hello.value!.worlds.map(({ name }) => <option key={name} value={name}>{named(name, true)}</option>)}
      </select>
    </label>
  );
}

function Card({ plan, at }: { plan: Plan; at: number }) {
  const sum = total(plan.hours);
  return (
    <fieldset class="panel">
      <legend>{plan.name}</legend>
      <label class="name">
        {words.name}
        <input
          type="text"
          maxLength={40}
          value={plan.name}
          onChange={(event) => {
            const name = event.currentTarget.value.trim();
            const taken = !name || plans.value.some((one, k) => k !== at && one.name === name);
            said.value = taken ? words.taken(name) : "";
            if (taken) event.currentTarget.value = plan.name;
            else change(at, { name });
          }}
        />
      </label>
      <label class="name">
        {words.style}
        <select value={plan.scenario} onChange={(event) => choose(at, event.currentTarget.value)}>
          {hello.value!.strategies.map(({ name }) => <option key={name} value={name}>{named(name)}</option>)}
        </select>
      </label>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.activity}</th>
            <th scope="col">{words.weekly}</th>
            <th scope="col">{words.hold}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(plan.hours).map(([key, tenths]) => {
            const held = plan.held.includes(key);
            const label = say.activities[key] ?? key;
            return (
              <tr key={key}>
                <th scope="row">{label}</th>
                <td>
                  <input
                    type="number"
                    min={0}
                    max={sum / 10}
                    step={0.5}
                    value={tenths / 10}
                    disabled={held}
                    aria-label={words.hoursOf(label, plan.name)}
                    onChange={(event) => {
                      const to = Number(event.currentTarget.value);
                      const next = spend(plan.hours, key, Number.isFinite(to) ? 10 * to : tenths, plan.held);
                      event.currentTarget.value = String(next[key] / 10);
                      change(at, { hours: next, edited: true });
                    }}
                  />
                </td>
                <td>
                  <input
                    type="checkbox"
                    checked={held}
                    aria-label={words.holdOf(label, plan.name)}
                    onChange={() => change(at, { held: held ? plan.held.filter((one) => one !== key) : [...plan.held, key] })}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.sum}</th>
            <td>{hours(sum)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
      {plan.budget === null ? (
        <button type="button" class="plain" onClick={() => budget(at, sum)}>{words.unequal(plan.name)}</button>
      ) : (
        <p class="bar">
          <label class="name">
            {words.own}
            <input type="number" min={1} max={4000} step={1} value={plan.budget / 10} onChange={(event) => budget(at, Math.min(Math.max(Math.round(10 * Number(event.currentTarget.value)) || 10, 10), 40_000))} />
          </label>
          <button type="button" class="plain" onClick={() => budget(at, null)}>{words.equal}</button>
        </p>
      )}
      {plans.value.length > LEAST && (
        <button type="button" class="plain" onClick={() => (plans.value = plans.value.filter((_, k) => k !== at))}>{words.remove(plan.name)}</button>
      )}
    </fieldset>
  );
}

/** What every later plan has otherwise than the first, in words. */
function Differ() {
  const first = plans.value[0];
  const rest = plans.value.slice(1).filter(({ name }) => planned.value?.differs[name]);
  const own = plans.value.filter(({ budget }) => budget !== null);
  if (!first) return null;
  return (
    <section aria-label={words.differTitle}>
      <h3>{words.differTitle}</h3>
      <ul class="differ">
        {rest.map(({ name }) => <li key={name}>{words.differ(name, first.name, planned.value!.differs[name])}</li>)}
        {own.map((plan) => <li key={`own ${plan.name}`} class="stale">{words.unequalTold(plan.name, plan.budget! / 10, budgetOf(hello.value!, world.value) / 10)}</li>)}
      </ul>
    </section>
  );
}

/** Two plans side by side in the studio. */
function Look() {
  const sides = planned.value?.sides;
  const [one, other] = plans.value;
  if (!sides || !one || !other) return null;
  const pair = { A: one.name, B: other.name };
  return (
    <form
      class="bar"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const [a, b] = NAMES.map((name) => sides[String(given.get(name))]);
        if (!a || !b) return;
        planning.value = false;
        start({ ...state.value!.setup, A: a, B: b, moves: [], events: [], lesson: "" });
      }}
    >
      {NAMES.map((name) => (
        <label key={name} class="from">
          <span>{name}</span>
          <select name={name} aria-label={words.asSide(name)} defaultValue={pair[name]}>
            {plans.value.map((plan) => <option key={plan.name} value={plan.name} selected={plan.name === pair[name]}>{plan.name}</option>)}
          </select>
        </label>
      ))}
      <button type="submit" disabled={planned.value!.number !== question.value}>{words.look}</button>
    </form>
  );
}

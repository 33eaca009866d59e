/** One side: picture, name, slider. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Name } from "./frame";
import { busiest, draw, nearest, partners } from "./picture";
import { called, choose, chosen, frame, hello, movable, projector, send, state, status } from "./state";
import { named, say, strategyOf } from "./words";

export function look(element: Element, name: Name) {
  const style = getComputedStyle(element);
  return {
    ink: style.getPropertyValue(`--${name.toLowerCase()}`),
    strong: style.getPropertyValue("--strong"),
    team: style.getPropertyValue("--team"),
    paper: style.getPropertyValue("--card"),
    scale: projector.value ? 1.35 : 1,
  };
}

const trail: number[] = [];

/** Where an arrow key leads from the member that is open. */
function walk(key: string, name: Name): void {
  const side = frame.value?.sides[name];
  if (!side) return;
  const now = chosen.value;
  if (now === null || !side.key.includes(now)) {
    trail.length = 0;
    return choose(busiest(side));
  }
  const at = side.key.indexOf(now);
  if (key === "ArrowRight") {
    const fresh = partners(side, now);
    const next = fresh.find((partner) => !trail.includes(partner)) ?? fresh[0];
    if (next === undefined) return;
    trail.push(now);
    choose(next);
  } else if (key === "ArrowLeft") {
    const back = trail.pop();
    if (back !== undefined) choose(back);
  } else {
    trail.length = 0;
    const n = side.key.length;
    choose(side.key[(at + (key === "ArrowDown" ? 1 : n - 1)) % n]);
  }
}

export function PictureView({ name }: { name: Name }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const scheme = useSignal(0);

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      size.value = { width: entry.contentRect.width, height: entry.contentRect.height };
    });
    watch.observe(canvas.current!.parentElement!);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const turned = () => (scheme.value += 1);
    dark.addEventListener("change", turned);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", turned);
    };
  }, []);

  useSignalEffect(() => {
    const side = frame.value?.sides[name];
    const { width, height } = size.value;
    void scheme.value;
    if (side && width && canvas.current) {
      draw(canvas.current, side, look(canvas.current, name), chosen.value, width, height);
    }
  });

  const side = frame.value?.sides[name];
  const share = state.value?.slider[name] ?? 0.5;
  const felt = side ? side.strength.reduce((sum, s) => sum + (s > 0 ? 1 : 0), 0) : 0;
  const heading = called(name);
  return (
    <section class={`side side-${name}`} aria-label={say.community(name)}>
      <h2>
        <span class="letter">{name}</span> <span class="called">{heading}</span>
      </h2>
      <div class="canvas">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="application"
          aria-label={side ? say.pictureLabel(name, heading, side.members, felt) : say.community(name)}
          aria-describedby="picture-help"
          onClick={(event) => {
            if (!side) return;
            trail.length = 0;
            choose(nearest(side, event.offsetX, event.offsetY, size.value.width, size.value.height));
          }}
          onKeyDown={(event) => {
            if (event.key.startsWith("Arrow")) walk(event.key, name);
            else if (event.key === "Escape") choose(null);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
        {side && side.key.length < side.members && <p class="note">{say.drawn(side.key.length, side.members)}</p>}
      </div>
      <Slider name={name} share={share} />
    </section>
  );
}

/** Where the slider may stand, in per cent: anywhere, or on a page to keep where runs were lived. */
function places(): { min: number; max: number; step: number } {
  const shares = hello.value?.shares?.map((share) => Math.round(100 * share));
  return shares ? { min: shares[0], max: shares.at(-1)!, step: shares[1] - shares[0] } : { min: 0, max: 100, step: 1 };
}

function Slider({ name, share }: { name: Name; share: number }) {
  const held = useSignal<number | null>(null); // where the hand is, until the server has answered
  const waiting = useRef(0);
  const move = (value: number) => {
    held.value = value;
    cancelAnimationFrame(waiting.current);
    waiting.current = requestAnimationFrame(() => send({ do: "change", side: name, key: "facilitation", value: value / 100 }));
  };
  useEffect(() => {
    held.value = null;
  }, [share]);
  const at = held.value ?? Math.round(100 * share);
  const said = state.value;
  const scenario = said?.setup[name];
  const strategies = hello.value?.strategies.map(({ name }) => name) ?? [];
  return (
    <div class="slider">
      <div class="ends" aria-hidden="true">
        <span>{say.broadcast}</span>
        <span>{say.facilitate}</span>
      </div>
      <input
        type="range"
        {...places()}
        value={at}
        disabled={status.value === "recorded" && !(movable.value && said?.setup.lesson === "")}
        aria-label={say.sliderLabel(name)}
        aria-valuetext={say.sliderText(at / 100)}
        onInput={(event) => move(Number(event.currentTarget.value))}
      />
      <p class="hours">{said && say.hoursLine(said.budget[name], said.hours[name], at / 100)}</p>
      <label class="from">
        <span>{say.from}</span>
        <select
          value={scenario?.text ? "" : strategyOf(scenario?.scenario ?? "")}
          disabled={status.value === "recorded"}
          onChange={(event) => send({ do: "choose", side: name, scenario: event.currentTarget.value })}
        >
          {scenario?.text && <option value="">{say.yours(scenario.scenario)}</option>}
          {scenario && !scenario.text && !strategies.includes(strategyOf(scenario.scenario)) && (
            <option value={strategyOf(scenario.scenario)}>{named(scenario.scenario)}</option>
          )}
          {strategies.map((one) => <option key={one} value={one}>{named(one)}</option>)}
        </select>
      </label>
    </div>
  );
}

export function Legend() {
  const { legend } = say;
  const team = frame.value?.sides.A.team ?? [];
  return (
    <ul class="legend">
      <li><i class="dot" /> {legend.member}</li>
      <li><i class="ring" /> {legend.quiet}</li>
      <li><i class="speck" /> {legend.left}</li>
      {team.some(({ kind }) => kind === "staff") && <li><i class="square" /> {legend.staff}</li>}
      <li><i class="triangle" /> {legend.marketer}</li>
      <li><i class="line" /> {legend.tie}</li>
      <li><i class="line strong" /> {legend.today}</li>
      <li><i class="line dashed" /> {legend.word}</li>
      <li><i class="rings" /> {legend.ring}</li>
    </ul>
  );
}

const MOST = 6;

export function Differences() {
  const found = state.value?.differs ?? [];
  if (!found.length) return null;
  const activity = (key: string) => key.match(/^strategy\.hours\.(.*)/)?.[1];
  const [hours, rest] = [found.filter(({ key }) => activity(key)), found.filter(({ key }) => !activity(key))];
  const told = [
    ...hours.slice(0, MOST).map(({ key, A, B }) => say.differsHours(say.activities[activity(key)!] ?? activity(key)!, A as number, B as number)),
    ...rest.slice(0, MOST).map(({ key, A, B, about, unit }) => (A === null && B === null ? about : say.differsValue(about || key, unit, A, B))),
  ];
  if (told.length < found.length) told.push(say.differsMore(found.length - told.length));
  return (
    <p class="differs">
      {say.differs}: {told.join("; ")}.
    </p>
  );
}

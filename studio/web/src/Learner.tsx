/** A class on a learner's own screen: the code, the bet, two communities with luck of their own, and how it ended. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Class, type Told, ended, frame, join, line, room, send, trouble } from "./classroom";
import { type Name, NAMES } from "./frame";
import { draw } from "./picture";
import { look } from "./PictureView";
import { Lines, Together, calledIn, words } from "./Room";
import { number, say } from "./words";

export function Learner() {
  const now = room.value;
  return (
    <>
      <header class="top">
        <div>
          <h1>{words.title}</h1>
          <p>{now?.number ? words.you(now.number, now.here) : words.learnerLine}</p>
        </div>
      </header>
      <div class="told" role="status">
        {line.value === "lost" && <p class="bad">{words.lost}</p>}
        {ended.value && <p>{words.endings[ended.value] ?? ended.value}</p>}
        {trouble.value && <p class="bad">{words.sentence(trouble.value)}</p>}
      </div>
      <main class="class learner">
        {!now && line.value === "out" && <Join />}
        {!now && line.value !== "out" && <p class="waiting" role="status">{words.connecting}</p>}
        {now && <Attending now={now} />}
      </main>
    </>
  );
}

function Join() {
  const code = useSignal("");
  return (
    <form
      class="panel join"
      onSubmit={(event) => {
        event.preventDefault();
        join(code.value);
      }}
    >
      <label for="code">{words.askCode}</label>
      <input
        id="code"
        type="text"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={12}
        value={code.value}
        onInput={(event) => (code.value = event.currentTarget.value)}
      />
      <button type="submit" class="main" disabled={!code.value.trim()}>{words.join}</button>
      <p class="hint">{words.noName}</p>
    </form>
  );
}

function Attending({ now }: { now: Class }) {
  const lesson = now.lesson;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (lesson) panel.current?.focus({ preventScroll: true });
  }, [lesson?.name, now.failing, now.phase]);
  if (!lesson) return <p class="waiting" role="status">{words.wait}</p>;
  const label = now.failing ? words.failing(lesson.title) : lesson.title;
  return (
    <section class="panel held-lesson" ref={panel} tabIndex={-1} aria-label={label}>
      <h2>{label}</h2>
      {now.phase === "bet" && <Bet now={now} lesson={lesson} />}
      {now.phase !== "bet" && (
        <>
          <Mine now={now} lesson={lesson} />
          {now.phase === "run" && <p role="status">{now.playing ? "" : words.still}</p>}
          {frame.value ? <World now={now} lesson={lesson} /> : <p class="waiting" role="status">{words.making}</p>}
          {now.phase === "done" && (
            <>
              <Together lesson={lesson} now={now} />
              <p class="big">{now.failing ? lesson.false_when : lesson.claim}</p>
              <p class="hint">{say.caution(false)}</p>
            </>
          )}
        </>
      )}
    </section>
  );
}

function Bet({ now, lesson }: { now: Class; lesson: Told }) {
  return (
    <fieldset>
      <legend>{lesson.question}</legend>
      {lesson.choices.map(({ text }, k) => (
        <label key={text}>
          <input type="radio" name="bet" checked={now.bet === k} onChange={() => send({ do: "bet", choice: k })} /> {text}
        </label>
      ))}
      <p role="status">{typeof now.bet === "number" ? words.betIn : words.betOut}</p>
    </fieldset>
  );
}

/** What I bet, and, at the end, what became of it in my own world. */
function Mine({ now, lesson }: { now: Class; lesson: Told }) {
  const bet = typeof now.bet === "number" ? lesson.choices[now.bet] : null;
  const mine = now.settled?.ends[now.number!];
  if (!mine) return <p>{bet ? `${words.yourBet(bet.text)} ${bet.reply}` : words.noBet}</p>;
  const { label, unit } = lesson.measures[0];
  const [a, b, ahead] = mine;
  return <p class="settled" role="status">{words.mine(bet ? bet.says === ahead : null, label, number(a, unit), number(b, unit), ahead)}</p>;
}

function World({ now, lesson }: { now: Class; lesson: Told }) {
  const series = frame.value!.series;
  const worlds = Object.fromEntries(Object.entries(series).map(([key, one]) => [key, [one]]));
  return (
    <>
      <p class="progress">
        {say.week(frame.value!.day, 7 * now.weeks)} <progress value={frame.value!.day / 7} max={now.weeks} aria-label={words.weeks} />
      </p>
      <div class="both">
        {NAMES.map((name) => <Picture key={name} name={name} lesson={lesson} />)}
      </div>
      <Lines lesson={lesson} weeks={now.weeks} worlds={worlds} />
    </>
  );
}

function Picture({ name, lesson }: { name: Name; lesson: Told }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => (size.value = { width: entry.contentRect.width, height: entry.contentRect.height }));
    watch.observe(canvas.current!.parentElement!);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const turned = () => (size.value = { ...size.value });
    dark.addEventListener("change", turned);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", turned);
    };
  }, []);
  useSignalEffect(() => {
    const side = frame.value?.sides[name];
    const { width, height } = size.value;
    if (side && width && canvas.current) draw(canvas.current, side, look(canvas.current, name), null, width, height);
  });
  const side = frame.value?.sides[name];
  const felt = side ? side.strength.reduce((sum, s) => sum + (s > 0 ? 1 : 0), 0) : 0;
  return (
    <div class={`small side-${name}`}>
      <h3><span class="letter">{name}</span> {calledIn(lesson, name)}</h3>
      <div class="canvas">
        <canvas ref={canvas} role="img" aria-label={say.pictureLabel(name, calledIn(lesson, name), side?.members ?? 0, felt)} />
      </div>
    </div>
  );
}

/** A class on the teacher's screen: the code, the lesson, the bets, the worlds of all, and how it ended. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Class, line, room, send, spread, trouble } from "./classroom";
import { Lines, Together, words } from "./Room";
import { projector } from "./state";
import { say } from "./words";

const SPEEDS = [0.5, 1, 2, 5];
const speed = { value: 1 }; // kept from lesson to lesson


export function Teacher() {
  const now = room.value;
  useEffect(() => {
    document.documentElement.classList.toggle("projector", projector.value);
  }, [projector.value]);
  return (
    <>
      <header class="top">
        <div>
          <h1>{words.title}</h1>
          <p>{words.line}</p>
        </div>
        <span class="group">
          <button type="button" class="plain" aria-pressed={projector.value} onClick={() => (projector.value = !projector.value)}>{say.projector}</button>
          <a class="plain" href="./">{words.toStudio}</a>
        </span>
      </header>
      <div class="told" role="status">
        {line.value === "lost" && <p class="bad">{say.lost}</p>}
        {trouble.value && <p class="bad">{trouble.value}</p>}
      </div>
      <main class="class">
        {!now && <p class="waiting">{line.value === "out" ? words.noKey : words.connecting}</p>}
        {now && !now.open && <Begin now={now} />}
        {now?.open && (
          <>
            <Door now={now} />
            <Held now={now} />
            <End now={now} />
          </>
        )}
      </main>
    </>
  );
}

function Begin({ now }: { now: Class }) {
  return (
    <section class="panel">
      <h2>{words.beginTitle}</h2>
      <p>{words.begin}</p>
      <p>{words.kept(now.folder ?? "")}</p>
      <p><button type="button" class="main" onClick={() => send({ do: "open" })}>{words.open}</button></p>
    </section>
  );
}

/** How to come in; small once a lesson is open. */
function Door({ now }: { now: Class }) {
  const large = !now.lesson;
  return (
    <section class={`door panel${large ? " large" : ""}`} aria-label={words.door}>
      {now.join && now.qr && <div class="qr" role="img" aria-label={words.qr} dangerouslySetInnerHTML={{ __html: now.qr }} />}
      <div>
        {!now.join && <p class="hint">{words.alone}</p>}
        <p>{words.goTo} <strong class="url">{(now.join ?? `${location.origin}/join`).replace("http://", "")}</strong></p>
        <p>{words.code} <strong class="code">{now.code}</strong></p>
        <p role="status">{words.here(now.here, now.most ?? 0)}</p>
      </div>
    </section>
  );
}

function Held({ now }: { now: Class }) {
  const panel = useRef<HTMLElement>(null);
  const lesson = now.lesson;
  useEffect(() => {
    if (lesson) panel.current?.focus({ preventScroll: true });
  }, [lesson?.name, now.phase, now.failing]);
  if (!lesson) return <Choose now={now} />;
  const label = now.failing ? words.failing(lesson.title) : lesson.title;
  return (
    <section class="panel held-lesson" ref={panel} tabIndex={-1} aria-label={label}>
      <h2>{label}</h2>
      {now.phase === "bet" && (
        <>
          <p class="question">{lesson.question}</p>
          <ul class="answers">
            {lesson.choices.map(({ text }) => <li key={text}>{text}</li>)}
          </ul>
          <p class="big" role="status">{words.made(now.made, now.seats)}</p>
        </>
      )}
      {now.phase === "done" && <Together lesson={lesson} now={now} />}
      {now.phase !== "bet" && (
        <>
          {now.phase === "run" && <p>{words.watch(lesson.run)}</p>}
          <p class="progress">
            {say.week(7 * now.week, 7 * now.weeks)} <progress value={now.week} max={now.weeks} aria-label={words.weeks} />
            {(now.lived ?? 0) < now.seats && ` ${words.lived(now.lived ?? 0, now.seats)}`}
          </p>
          {spread.value && spread.value.numbers.length > 0 && <Lines lesson={lesson} weeks={now.weeks} worlds={spread.value.measures} />}
          {now.phase === "run" && now.bets && <Together lesson={lesson} now={now} />}
        </>
      )}
      {now.phase === "done" && (
        <>
          <p class="big">{now.failing ? lesson.false_when : lesson.claim}</p>
          <p>{words.caution(now.seats)}</p>
        </>
      )}
      <Steps now={now} />
    </section>
  );
}

function Steps({ now }: { now: Class }) {
  const pace = useSignal(speed.value);
  const lesson = now.lesson!;
  const all = now.lessons ?? [];
  const at = all.findIndex(({ name }) => name === lesson.name);
  const play = () => send({ do: "play", speed: pace.value });
  return (
    <div class="bar">
      {now.phase === "bet" && <button type="button" class="main" disabled={now.seats === 0} onClick={play}>{words.close}</button>}
      {now.phase === "run" && (
        <button type="button" class="main" onClick={() => (now.playing ? send({ do: "pause" }) : play())}>{now.playing ? say.pause : words.goOn}</button>
      )}
      {(now.phase === "bet" || now.phase === "run") && (
        <label>
          {say.speed}{" "}
          <select
            value={String(pace.value)}
            onChange={(event) => {
              pace.value = speed.value = Number(event.currentTarget.value);
              if (now.playing) play();
            }}
          >
            {SPEEDS.map((one) => <option key={one} value={String(one)}>{say.perSecond(one)}</option>)}
          </select>
        </label>
      )}
      {now.phase === "done" && (
        <>
          <button type="button" onClick={() => send({ do: "lesson", name: lesson.name, failing: !now.failing })}>{now.failing ? words.again : words.tryFailing}</button>
          {all[at + 1] && <button type="button" class="main" onClick={() => send({ do: "lesson", name: all[at + 1].name })}>{say.nextLesson}</button>}
        </>
      )}
      <button type="button" class="plain" onClick={() => send({ do: "lesson", name: "" })}>{words.another}</button>
      <a href={`lessons/${lesson.name}`} target="_blank" rel="noreferrer">{say.notes}</a>
    </div>
  );
}

function Choose({ now }: { now: Class }) {
  return (
    <section class="panel">
      <h2>{words.chooseTitle}</h2>
      <p>{words.choose}</p>
      <ol class="lessons-of">
        {(now.lessons ?? []).map(({ name, title, minutes }) => (
          <li key={name}>
            <button type="button" onClick={() => send({ do: "lesson", name })}>{title} <span class="unit">{say.minutes(minutes)}</span></button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The end of a class; asked twice, for it cannot be undone. */
function End({ now }: { now: Class }) {
  const sure = useSignal(false);
  return (
    <section class="panel end-of-class">
      <p class="hint">{words.kept(now.folder ?? "")} {words.places(now.most ?? 0)}</p>
      {!sure.value && <button type="button" onClick={() => (sure.value = true)}>{words.end}</button>}
      {sure.value && (
        <p class="bar" role="alert">
          <span>{words.sure}</span>
          <button type="button" class="main" onClick={() => send({ do: "end" })}>{words.yes}</button>
          <button type="button" onClick={() => (sure.value = false)}>{words.no}</button>
        </p>
      )}
    </section>
  );
}

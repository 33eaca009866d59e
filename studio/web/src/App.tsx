/** The page. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Charts } from "./Charts";
import { Drawer } from "./Drawer";
import { LessonPanel, LessonStrip, openLesson } from "./Lessons";
import { MemberCard, Now, Runs } from "./Panels";
import { NAMES } from "./frame";
import { Plans, World } from "./Plans";
import { What } from "./What";
import { Differences, Legend, PictureView } from "./PictureView";
import { Notice } from "./Notice";
import { done, fingerprint, frame, grid, hello, most, movable, notice, pause, planning, play, playing, projector, reset, rows, send, speed, SPEEDS, state, status, step } from "./state";
import { named, say, sentence, worldOf } from "./words";

export function App() {
  const drawer = useSignal(false);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const typing = target.closest("input, select, textarea, dialog, summary");
      if (event.ctrlKey || event.metaKey || event.altKey || typing || drawer.value || planning.value) return;
      const button = target.closest("button, a");
      if (event.key === " " && !button) playing.value ? pause() : play();
      else if (event.key.toLowerCase() === "s") step();
      else if (event.key.toLowerCase() === "r") reset();
      else if (/^[1-6]$/.test(event.key)) openLesson(Number(event.key));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);

  useEffect(() => {
    document.documentElement.classList.toggle("projector", projector.value);
  }, [projector.value]);

  const said = state.value;
  const ready = !!said && !!frame.value;
  const sameHours = !!said && said.budget.A === said.budget.B && said.differs.every(({ key }) => key.startsWith("strategy.hours."));
  return (
    <>
      <header class="top">
        <div>
          <h1>{say.title}</h1>
          <p>{said?.same_world === false ? say.lineApart : sameHours ? say.line : say.lineAlike}</p>
        </div>
        <Transport ready={ready} more={() => (drawer.value = true)} />
      </header>
      <Told />
      <main>
        {!ready && <p class="waiting" role="status">{say.waiting}</p>}
        {ready && planning.value && <Plans />}
        {ready && !planning.value && (
          <>
            <LessonPanel />
            <div class="stage">
              <div class="pictures">
                <PictureView name="A" />
                <PictureView name="B" />
                <div class="below">
                  <End />
                  <MemberCard />
                  <Differences />
                  <Worlds />
                  <Legend />
                  <p id="picture-help" class="hint">{say.pictureHelp}</p>
                  <Runs />
                  <What />
                </div>
              </div>
              <aside aria-label={say.now}>
                <Charts />
                <Now />
              </aside>
              <LessonStrip />
            </div>
          </>
        )}
      </main>
      <footer>
        <p class="hint">{say.keys(movable.value)}</p>
      </footer>
      <Drawer open={drawer.value} shut={() => (drawer.value = false)} />
    </>
  );
}

function Transport({ ready, more }: { ready: boolean; more: () => void }) {
  const usable = ready && !planning.value && (status.value === "live" || status.value === "recorded");
  return (
    <div class="transport" role="toolbar" aria-label={say.controls}>
      <button type="button" class="main" disabled={!usable} onClick={() => (playing.value ? pause() : play())}>
        <span aria-hidden="true">{playing.value ? "❚❚" : "▶"}</span> {playing.value ? say.pause : done.value ? say.playAgain : say.play}
      </button>
      <button type="button" disabled={!usable || done.value} title={say.stepHint} onClick={step}>{say.step}</button>
      <button type="button" disabled={!usable} onClick={reset}>{say.reset}</button>
      <select
        aria-label={say.speed}
        title={say.speed}
        value={String(speed.value)}
        onChange={(event) => {
          speed.value = Number(event.currentTarget.value);
          if (playing.value) play();
        }}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={String(one)}>{say.perSecond(one)}</option>
        ))}
      </select>
      <p class="week">{state.value && say.week(frame.value?.day ?? 0, state.value.days)}</p>
      <span class="group">
        <button type="button" class="plain" aria-pressed={projector.value} onClick={() => (projector.value = !projector.value)}>{say.projector}</button>
        <button type="button" class="plain" disabled={!ready} onClick={more}>{say.more}</button>
        {status.value !== "recorded" && (
          <button type="button" class="plain" disabled={!ready} aria-pressed={planning.value} onClick={() => (planning.value = !planning.value)}>{say.plan.button}</button>
        )}
        {status.value !== "recorded" && <a class="plain" href="class">{say.classPage}</a>}
      </span>
    </div>
  );
}

/** The world, which is chosen for both. */
function Worlds() {
  const setup = state.value!.setup;
  const [a, b] = NAMES.map((name) => (setup[name].text ? say.ownWorld : worldOf(setup[name].scenario)));
  return <World value={a === b ? a : say.worldsApart(named(a), named(b))} change={(world) => send({ do: "world", world })} />;
}

/** What has to be told: faults, notices, and the state of the connection. */
function Told() {
  const now = status.value;
  const text = now === "lost" ? say.lost : now === "idle" ? say.idle : now === "full" ? say.full(most.value) : now === "recorded" ? (grid.value ? say.keptPage : say.recorded) : "";
  return (
    <div class="told" role="status">
      {text && <p class={now === "recorded" ? "" : "bad"}>{text}</p>}
      <Notice />
    </div>
  );
}

/** After the last week: the sentence. */
function End() {
  const said = state.value!;
  useEffect(() => {
    if (notice.value && !notice.value.bad) notice.value = null;
  }, [fingerprint.value]);
  return (
    <p class="end" role="status">
      {done.value && rows.value.length > 0 && `${sentence(said.setup.weeks, hello.value!.measures, rows.value)} ${say.caution(status.value !== "recorded")}`}
    </p>
  );
}

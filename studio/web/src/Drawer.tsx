/** The drawer: members, seed and weeks, every value of a scenario, files and links. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Name } from "./frame";
import { NAMES } from "./frame";
import { Notice } from "./Notice";
import { savePicture } from "./png";
import { type Entry, download, frame, grid, hello, linked, notice, paste, send, start, state, status, values, type Value } from "./state";
import { say } from "./words";

export function Drawer({ open, shut }: { open: boolean; shut: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => { // before the next key: an effect after painting comes too late for an Escape, as after a resize
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="drawer" aria-label={say.moreTitle} onClose={shut}>
      {open && state.value && (
        <>
          <header>
            <h2>{say.moreTitle}</h2>
            <button type="button" class="plain" onClick={shut}>{say.close}</button>
          </header>
          <div class="told" role="status">
            <Notice />
          </div>
          <Files shut={shut} />
          {status.value !== "recorded" && (
            <>
              <World />
              <Settings />
            </>
          )}
        </>
      )}
    </dialog>
  );
}

function Files({ shut }: { shut: () => void }) {
  const pasted = useSignal("");
  const link = useSignal("");
  const recorded = status.value === "recorded";
  const copy = async (text: string, told: string) => {
    try {
      await navigator.clipboard.writeText(text);
      notice.value = { text: told, bad: false };
    } catch {
      // no clipboard: the text stands in a field, ready to be copied by hand
    }
  };
  const load = async (side: Name, file: File | undefined) => {
    if (!file) return;
    const bad = (text: string) => (notice.value = { text, bad: true });
    if (file.size > 40_000) return bad(say.tooLarge(file.name));
    if (!file.size) return bad(say.emptyFile(file.name));
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      send({ do: "load", side, name: file.name.slice(0, 60), text });
    } catch {
      bad(say.notText(file.name));
    }
  };
  const command = state.value!.command;
  return (
    <section>
      <h3>{say.files}</h3>
      <div class="buttons">
        {!recorded && (
          <>
            <button type="button" onClick={() => { link.value = linked(); history.replaceState(null, "", link.value.slice(link.value.indexOf("#"))); void copy(link.value, hello.value!.address ? say.shared : say.sharedAlone); }}>{say.share}</button>
            <button type="button" onClick={() => send({ do: "export", what: "page" })}>{say.page}</button>
            <button type="button" onClick={() => { notice.value = { text: say.keeping, bad: false }; send({ do: "export", what: "kept" }); }}>{say.keep}</button>
            <button type="button" onClick={() => send({ do: "export", what: "csv" })}>{say.csv}</button>
            <button type="button" onClick={() => send({ do: "export", what: "json" })}>{say.json}</button>
          </>
        )}
        <button type="button" onClick={async () => download("hearthside.png", await savePicture(frame.value!))}>{say.png}</button>
        {!recorded && NAMES.map((name) => (
          <button key={name} type="button" onClick={() => send({ do: "export", what: "scenario", side: name })}>{say.scenarioFile(name)}</button>
        ))}
        {!recorded && NAMES.map((name) => (
          <label key={name} class="button">
            {say.up(name)}
            <input type="file" accept=".toml" onChange={(event) => { void load(name, event.currentTarget.files?.[0]); event.currentTarget.value = ""; }} />
          </label>
        ))}
      </div>
      {link.value && (
        <label class="wide">
          {say.link} <input type="text" readOnly value={link.value} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      {!recorded && (
        <form class="wide" onSubmit={(event) => { event.preventDefault(); if (paste(pasted.value)) { pasted.value = ""; shut(); } }}>
          <label class="wide">
            {say.paste} <input type="text" value={pasted.value} onInput={(event) => (pasted.value = event.currentTarget.value)} title={say.pasteHint} />
          </label>
          <button type="submit" disabled={!pasted.value.trim()}>{say.open}</button>
        </form>
      )}
      {!grid.value && <h3>{say.command}</h3>}
      {!grid.value && <p class="command"><code>{command.split(" ").map((word, at) => <span key={at}>{at > 0 && " "}<span class="word">{word}</span></span>)}</code> <button type="button" class="plain" onClick={() => copy(command, say.copied)}>{say.copy}</button></p>}
      {!recorded && <p class="hint">{command.includes("replay") ? say.replayHint : say.commandHint}</p>}
    </section>
  );
}

function World() {
  const setup = state.value!.setup;
  const field = (key: "members" | "seed" | "weeks", label: string, low: number, high: number) => (
    <label>
      {label}
      <input
        type="number"
        min={low}
        max={high}
        value={setup[key]}
        onChange={(event) => {
          const said = Math.round(Number(event.currentTarget.value));
          const value = Math.min(Math.max(Number.isFinite(said) ? said : setup[key], low), high);
          event.currentTarget.value = String(value);
          if (value !== setup[key] && setup.moves.length) notice.value = { text: say.movesDropped(setup.moves.length), bad: false };
          if (value !== setup[key]) start({ ...setup, [key]: value, moves: [], events: key === "weeks" ? [] : setup.events });
        }}
      />
    </label>
  );
  return (
    <section>
      <h3>{say.world}</h3>
      <div class="fields">
        {field("members", say.members, 20, 2000)}
        {field("weeks", say.weeks, 1, 156)}
        {field("seed", say.seed, 0, 2 ** 53 - 1)}
      </div>
      <p class="hint">{say.worldHint}</p>
    </section>
  );
}

function Settings() {
  const side = useSignal<Name | "both">("both");
  const wanted = useSignal("");
  const shown: Name = side.value === "B" ? "B" : "A";
  useEffect(() => {
    for (const name of NAMES) send({ do: "describe", side: name });
  }, [state.value!.setup]);
  const groups = new Map<string, Entry[]>();
  const said = wanted.value.toLowerCase();
  for (const entry of values.value[shown]) {
    if (said && !`${entry.key} ${entry.about}`.toLowerCase().includes(said)) continue;
    const group = entry.key.split(".")[0];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  const there = new Map(values.value.B.map(({ key, value }) => [key, value]));
  const first = ["team", "norms", "channels", "strategy", "activities"];
  const order = [...first.filter((group) => groups.has(group)), ...[...groups.keys()].filter((group) => !first.includes(group))];
  return (
    <section class="settings">
      <h3>{say.settings}</h3>
      <div class="fields">
        <label>
          {say.side}
          <select value={side.value} onChange={(event) => (side.value = event.currentTarget.value as Name | "both")}>
            <option value="both">{say.both}</option>
            <option>A</option>
            <option>B</option>
          </select>
        </label>
        <label>
          {say.find}
          <input type="search" value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} />
        </label>
      </div>
      <p class="hint">{say.settingsHint}</p>
      {order.map((group) => (
        <details key={group} open={!!said || undefined}>
          <summary>{say.groups[group] ?? group.replaceAll("_", " ")} ({groups.get(group)!.length})</summary>
          {groups.get(group)!.map((entry) => (
            <Setting key={entry.key} entry={entry} side={side.value} other={side.value === "both" ? there.get(entry.key) : undefined} />
          ))}
        </details>
      ))}
    </section>
  );
}

/** One value; `other` is what B has while both are shown, and `entry` is A's. */
function Setting({ entry, side, other }: { entry: Entry; side: Name | "both"; other: Value | undefined }) {
  const { key, value, unit, range, source, about } = entry;
  const id = `set-${key.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const change = (next: Value) => send({ do: "change", side, key, value: next });
  const fixed = key.startsWith("community.") || key === "ties.slots";
  const hats = /^team\.\d+\.hats$/.test(key);
  const apart = other !== undefined && other !== value;
  const limits = !range.length || typeof value === "boolean" ? "" : typeof value === "number" ? say.range(range[0], range[1]) : say.oneOf(range);
  return (
    <div class="setting">
      <label for={id}>
        <code>{key}</code> {about}
      </label>
      {typeof value === "boolean" ? (
        <input id={id} type="checkbox" checked={value} onChange={(event) => change(event.currentTarget.checked)} aria-describedby={`${id}-of`} />
      ) : typeof value === "number" ? (
        <input id={id} type="number" step="any" min={range[0] as number} max={range[1] as number} value={Number(value.toPrecision(6))} aria-describedby={`${id}-of`}
          onChange={(event) => event.currentTarget.value !== "" && change(Number(event.currentTarget.value))} />
      ) : range.length && !hats ? (
        <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)} aria-describedby={`${id}-of`}>
          {range.map((one) => (
            <option key={String(one)}>{String(one)}</option>
          ))}
        </select>
      ) : (
        <input id={id} type="text" maxLength={60} value={value} onChange={(event) => change(event.currentTarget.value)} aria-describedby={`${id}-of`} />
      )}
      <span class="of" id={`${id}-of`}>
        {unit}
        {limits && ` · ${limits}`} · {say.source(source)}
        {fixed && ` · ${say.again}`}
        {apart && <strong> · {say.apart(String(value), String(other))}</strong>}
      </span>
    </div>
  );
}

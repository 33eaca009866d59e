/** Three small charts with a line for each side, and the bands of many seeds behind them. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { charts, fingerprint, frame, hello, projector, rows, spread, state } from "./state";
import { number, say, unitOf } from "./words";

const sync = uPlot.sync("weeks");

export function Charts() {
  return (
    <section class="charts" aria-label={say.chart}>
      {[0, 1, 2].map((place) => (
        <Chart key={place} place={place} />
      ))}
    </section>
  );
}

/** Vertical marks where something was moved, and bands if there are some. */
function under(u: uPlot, measure: string, colour: (name: string) => string): void {
  const g = u.ctx;
  const setup = state.value?.setup;
  g.save();
  g.beginPath();
  g.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  g.clip();
  const found = spread.value?.of === fingerprint.value ? spread.value?.measures[measure] : undefined;
  for (const name of ["A", "B"]) {
    const band = found?.[name]?.band;
    if (!band) continue;
    g.fillStyle = colour(name);
    g.globalAlpha = 0.16;
    g.beginPath();
    const x = (week: number) => u.valToPos(week, "x", true);
    band[0].forEach((low, week) => low !== null && g.lineTo(x(week), u.valToPos(low, "y", true)));
    for (let week = band[2].length - 1; week >= 0; week--) {
      if (band[2][week] !== null) g.lineTo(x(week), u.valToPos(band[2][week]!, "y", true));
    }
    g.fill();
    g.strokeStyle = colour(name); // the median, finer than the line of the run itself
    g.globalAlpha = 0.6;
    g.lineWidth = devicePixelRatio;
    g.setLineDash(name === "A" ? [] : [3, 3]);
    g.beginPath();
    band[1].forEach((middle, week) => middle !== null && g.lineTo(x(week), u.valToPos(middle, "y", true)));
    g.stroke();
  }
  g.globalAlpha = 0.8;
  g.setLineDash([4, 4]);
  for (const move of [...(setup?.moves ?? []), ...(setup?.events ?? [])]) {
    if (move.day > (frame.value?.day ?? 0)) continue;
    const x = u.valToPos(move.day / 7, "x", true);
    g.strokeStyle = colour(move.side);
    g.lineDashOffset = move.side === "A" ? 0 : 4; // where both are moved on one day, both colours are seen
    g.beginPath();
    g.moveTo(x, u.bbox.top);
    g.lineTo(x, u.bbox.top + u.bbox.height);
    g.stroke();
  }
  g.restore();
}

/** The letter of each side where its line ends, apart from each other where the lines are not. */
function named(u: uPlot, size: number, colour: (name: string) => string): void {
  const at = (series: number) => (u.data[series] as (number | null)[]).at(-1);
  const [a, b] = [at(1), at(2)];
  if (a == null || b == null || u.data[0].length < 2) return;
  const ratio = devicePixelRatio;
  const x = u.valToPos(u.data[0].at(-1)!, "x", true) + 4 * ratio;
  const [ya, yb] = [u.valToPos(a, "y", true), u.valToPos(b, "y", true)];
  const half = Math.max(size * ratio, Math.abs(ya - yb)) / 2;
  const middle = Math.min(Math.max((ya + yb) / 2, u.bbox.top + half), u.bbox.top + u.bbox.height - half);
  const g = u.ctx;
  g.save();
  g.font = `700 ${size * ratio}px system-ui`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const [name, above] of [["A", ya <= yb], ["B", ya > yb]] as [string, boolean][]) {
    g.fillStyle = colour(name);
    g.fillText(name, x, above ? middle - half : middle + half);
  }
  g.restore();
}

function Chart({ place }: { place: number }) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const measure = charts.value[place];
  const all = hello.value?.measures ?? [];
  const at = all.findIndex(({ key }) => key === measure);
  const about = all[at];

  useEffect(() => {
    if (!holder.current || at < 0) return;
    const style = getComputedStyle(holder.current);
    const colour = (name: string) => style.getPropertyValue(name === "A" ? "--a" : "--b");
    const axis = { stroke: () => style.getPropertyValue("--quiet"), grid: { stroke: () => style.getPropertyValue("--rule"), width: 1 }, ticks: { show: false } };
    const size = () => ({ width: holder.current!.clientWidth, height: holder.current!.clientHeight });
    const type = projector.value ? "15px system-ui" : "11px system-ui";
    const u = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { sync: { key: sync.key }, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: false, range: () => [0, (state.value?.days ?? 364) / 7] },
          y: {
            range: (_, low, high) => {
              const band = spread.value?.of === fingerprint.value ? spread.value?.measures[measure] : undefined;
              const more = Object.values(band ?? {}).flatMap(({ band }) => [...band[0], ...band[2]]).filter((v) => v !== null);
              const ends = [low, high, 0, ...more].filter((v) => v !== null && Number.isFinite(v)) as number[];
              const [from, to] = [Math.min(...ends), Math.max(...ends)];
              return from === to ? [0, 1] : [from - 0.04 * (to - from) * (from < 0 ? 1 : 0), to + 0.06 * (to - from)];
            },
          },
        },
        axes: [
          { ...axis, font: type, size: projector.value ? 34 : 24, incrs: [1, 2, 5, 10, 13, 20, 26, 52], values: (_, splits) => splits.map((v) => String(v)) },
          { ...axis, font: type, size: projector.value ? 76 : 54, space: projector.value ? 26 : 20, values: (_, splits) => splits.map((v) => (about.unit.startsWith("share") ? `${number(100 * v)} %` : number(v))) },
        ],
        series: [
          {},
          { stroke: () => colour("A"), width: projector.value ? 3 : 2, points: { show: false } },
          { stroke: () => colour("B"), width: projector.value ? 3 : 2, dash: [7, 4], points: { show: false } },
        ],
        padding: [6, projector.value ? 26 : 18, 0, 0],
        hooks: { drawAxes: [(u) => under(u, measure, colour)], draw: [(u) => named(u, projector.value ? 19 : 13, colour)] },
      },
      [[], [], []],
      holder.current,
    );
    plot.current = u;
    feed(u, at);
    const watch = new ResizeObserver(() => holder.current && u.setSize(size()));
    watch.observe(holder.current);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const turned = () => u.redraw();
    dark.addEventListener("change", turned);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", turned);
      u.destroy();
      plot.current = null;
    };
  }, [at, measure, projector.value, !!about]);

  useSignalEffect(() => {
    void spread.value;
    if (plot.current && rows.value) feed(plot.current, hello.value!.measures.findIndex(({ key }) => key === charts.value[place]));
  });

  return (
    <figure class="chart">
      <figcaption>
        <select
          aria-label={`${say.chart} ${place + 1}`}
          value={measure}
          onChange={(event) => {
            const next = [...charts.value];
            next[place] = event.currentTarget.value;
            charts.value = next;
          }}
        >
          {all.map(({ key, label }) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
        <span class="unit">{about && say.byWeek(unitOf(about.unit))}</span>
      </figcaption>
      <div class="plot" ref={holder} role="img" aria-label={about && chartLabel(at)} />
    </figure>
  );
}

function chartLabel(at: number): string {
  const measure = hello.value!.measures[at];
  const last = rows.value.at(-1);
  const [a, b] = [last?.[1][at], last?.[2][at]];
  return `${measure.label}, ${say.byWeek(unitOf(measure.unit))}. A: ${number(a, measure.unit)}. B: ${number(b, measure.unit)}.`;
}

function feed(u: uPlot, at: number): void {
  const found = rows.value;
  u.setData([found.map(([day]) => day / 7), found.map(([, a]) => a[at]), found.map(([, , b]) => b[at])] as uPlot.AlignedData);
}

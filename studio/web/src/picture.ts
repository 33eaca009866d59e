/** A community as a picture on a canvas. Round: members; squares: staff; triangles: marketers. */

import type { Side } from "./frame";

export interface Look {
  ink: string; // members and ties
  strong: string; // who talked, who is chosen
  team: string;
  paper: string;
  scale: number; // larger in front of a class
}

export interface Box {
  left: number;
  top: number;
  size: number;
}

/** The square in which the community lies. */
export function box(width: number, height: number): Box {
  const size = Math.min(width, height) - 8;
  return { left: (width - size) / 2, top: (height - size) / 2, size };
}

function radius(passion: number, size: number): number {
  const swing = Math.min(Math.max((passion - 128) / 80, -1), 1.4);
  return Math.max(1.6, (size / 150) * (1 + 0.45 * swing));
}

/** Where person k of n of the team stands: in the middle, side by side. */
function seat(k: number, n: number, { left, top, size }: Box): [number, number] {
  return [left + size * (0.5 + (n > 1 ? (k / (n - 1) - 0.5) * Math.min(0.22, 0.09 * n) : 0)), top + size * 0.5];
}

export function draw(
  canvas: HTMLCanvasElement,
  side: Side,
  look: Look,
  chosen: number | null,
  width: number,
  height: number,
): void {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d")!;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  const at = box(width, height);
  const px = (i: number) => at.left + side.x[i] * at.size;
  const py = (i: number) => at.top + side.y[i] * at.size;
  const pick = chosen === null ? -1 : side.key.indexOf(chosen);

  // Messages to everybody: rings around who sent them.
  g.strokeStyle = look.team;
  side.sent.forEach((sent, k) => {
    const [x, y] = seat(k, side.team.length, at);
    for (let ring = 1; ring <= Math.min(sent, 6); ring++) {
      g.globalAlpha = 0.5 - 0.06 * ring;
      g.lineWidth = 1.2;
      g.beginPath();
      g.arc(x, y, at.size * (0.03 + 0.035 * ring), 0, 2 * Math.PI);
      g.stroke();
    }
  });

  // Words of the team to a member: fine broken lines.
  g.globalAlpha = 0.45;
  g.lineWidth = 0.8;
  g.setLineDash([3, 3]);
  g.beginPath();
  for (let k = 0; k < side.wordTo.length; k++) {
    const [x, y] = seat(side.wordBy[k], side.team.length, at);
    g.moveTo(x, y);
    g.lineTo(px(side.wordTo[k]), py(side.wordTo[k]));
  }
  g.stroke();
  g.setLineDash([]);

  // Ties in eight strengths, so that one path holds many; then who talked just now.
  const steps = 8;
  for (let step = 0; step < steps; step++) {
    g.strokeStyle = look.ink;
    g.globalAlpha = 0.22 + (0.68 * step) / (steps - 1);
    g.lineWidth = (0.5 + (3.6 * step) / (steps - 1)) * look.scale;
    g.beginPath();
    for (let k = 0; k < side.source.length; k++) {
      const s = side.strength[k];
      if (s === 0 || Math.min(steps - 1, Math.floor(Math.sqrt(s / 256) * steps)) !== step) continue;
      g.moveTo(px(side.source[k]), py(side.source[k]));
      g.lineTo(px(side.target[k]), py(side.target[k]));
    }
    g.stroke();
  }
  g.strokeStyle = look.strong;
  g.globalAlpha = 0.55;
  g.lineWidth = 0.9 * look.scale;
  g.beginPath();
  for (let k = 0; k < side.source.length; k++) {
    if (!side.today[k]) continue;
    g.moveTo(px(side.source[k]), py(side.source[k]));
    g.lineTo(px(side.target[k]), py(side.target[k]));
  }
  g.stroke();

  // Members: a visitor who never wrote is a ring, a lapsed one is faint, of one who has left a speck remains.
  for (let i = 0; i < side.key.length; i++) {
    const r = radius(side.passion[i], at.size) * look.scale;
    const stage = side.stage[i];
    g.beginPath();
    if (stage === 5) {
      g.globalAlpha = 0.4;
      g.fillStyle = look.ink;
      g.arc(px(i), py(i), 1.1 * look.scale, 0, 2 * Math.PI);
      g.fill();
      continue;
    }
    g.arc(px(i), py(i), r, 0, 2 * Math.PI);
    g.globalAlpha = 1;
    g.fillStyle = look.paper;
    g.fill();
    g.globalAlpha = stage === 4 ? 0.3 : 0.95;
    if (stage === 0 || stage === 4) {
      g.strokeStyle = look.ink;
      g.lineWidth = 1;
      g.stroke();
    } else {
      g.fillStyle = look.ink;
      g.fill();
    }
  }

  // The team.
  g.globalAlpha = 1;
  side.team.forEach((person, k) => {
    const [x, y] = seat(k, side.team.length, at);
    const r = Math.max(5, at.size / 62) * look.scale;
    g.fillStyle = look.team;
    g.strokeStyle = look.paper;
    g.lineWidth = 1.5;
    g.beginPath();
    if (person.kind === "staff") g.rect(x - r, y - r, 2 * r, 2 * r);
    else {
      g.moveTo(x, y - 1.2 * r);
      g.lineTo(x + 1.15 * r, y + r);
      g.lineTo(x - 1.15 * r, y + r);
      g.closePath();
    }
    g.fill();
    g.stroke();
  });

  if (pick < 0) return;
  g.strokeStyle = look.strong;
  for (let k = 0; k < side.source.length; k++) {
    if (side.source[k] !== pick && side.target[k] !== pick) continue;
    g.globalAlpha = side.strength[k] ? 1 : 0.4;
    g.lineWidth = (1 + (3.6 * side.strength[k]) / 255) * look.scale;
    g.beginPath();
    g.moveTo(px(side.source[k]), py(side.source[k]));
    g.lineTo(px(side.target[k]), py(side.target[k]));
    g.stroke();
  }
  g.globalAlpha = 1;
  g.lineWidth = 2.5;
  g.beginPath();
  g.arc(px(pick), py(pick), radius(side.passion[pick], at.size) * look.scale + 5, 0, 2 * Math.PI);
  g.stroke();
}

/** The member nearest to a point of the picture, as its key; null where none is near. */
export function nearest(side: Side, x: number, y: number, width: number, height: number): number | null {
  const at = box(width, height);
  let best = -1;
  let closest = 18;
  for (let i = 0; i < side.key.length; i++) {
    const away = Math.hypot(at.left + side.x[i] * at.size - x, at.top + side.y[i] * at.size - y);
    if (away < closest) {
      closest = away;
      best = i;
    }
  }
  return best < 0 ? null : side.key[best];
}

/** Partners of a member, the closest first, as keys. */
export function partners(side: Side, key: number): number[] {
  const i = side.key.indexOf(key);
  const found: [number, number][] = [];
  for (let k = 0; k < side.source.length; k++) {
    if (side.source[k] === i) found.push([side.strength[k], side.key[side.target[k]]]);
    else if (side.target[k] === i) found.push([side.strength[k], side.key[side.source[k]]]);
  }
  return found.sort((one, other) => other[0] - one[0]).map(([, partner]) => partner);
}

/** Who has most ties, as a key: where the arrow keys begin. */
export function busiest(side: Side): number | null {
  const sums = new Float64Array(side.key.length);
  for (let k = 0; k < side.source.length; k++) {
    sums[side.source[k]] += side.strength[k];
    sums[side.target[k]] += side.strength[k];
  }
  return sums.length ? side.key[sums.indexOf(Math.max(...sums))] : null;
}

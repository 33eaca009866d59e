// src/frame.ts
var e = ["A", "B"], t = 16, n = 6, r = 4;
function i(e, i, { people: a, ties: o, words: s, members: c, team: l, sent: u }) {
	let d = {
		members: c,
		team: l,
		sent: u,
		key: new Float64Array(a),
		x: new Float32Array(a),
		y: new Float32Array(a),
		stage: new Uint8Array(a),
		passion: new Uint8Array(a),
		topic: new Uint16Array(a),
		source: new Uint16Array(o),
		target: new Uint16Array(o),
		strength: new Uint8Array(o),
		today: new Uint8Array(o),
		wordTo: new Uint16Array(s),
		wordBy: new Uint8Array(s)
	};
	for (let n = 0; n < a; n++, i += t) d.key[n] = e.getFloat64(i, !0), d.x[n] = e.getUint16(i + 8, !0) / 65535, d.y[n] = e.getUint16(i + 10, !0) / 65535, d.stage[n] = e.getUint8(i + 12), d.passion[n] = e.getUint8(i + 13), d.topic[n] = e.getUint16(i + 14, !0);
	for (let t = 0; t < o; t++, i += n) d.source[t] = e.getUint16(i, !0), d.target[t] = e.getUint16(i + 2, !0), d.strength[t] = e.getUint8(i + 4), d.today[t] = e.getUint8(i + 5);
	for (let t = 0; t < s; t++, i += r) d.wordTo[t] = e.getUint16(i, !0), d.wordBy[t] = e.getUint8(i + 2);
	return [d, i];
}
function a(t, n = 0) {
	let r = new DataView(t, n), a = r.getUint32(0, !0), o = JSON.parse(new TextDecoder().decode(new Uint8Array(t, n + 4, a))), s = 4 + a, c = {};
	for (let t of e) [c[t], s] = i(r, s, o.sides[t]);
	return {
		...o,
		sides: c
	};
}
// src/picture.ts
function o(e, t) {
	let n = Math.min(e, t) - 8;
	return {
		left: (e - n) / 2,
		top: (t - n) / 2,
		size: n
	};
}
function s(e, t) {
	let n = Math.min(Math.max((e - 128) / 80, -1), 1.4);
	return Math.max(1.6, t / 150 * (1 + .45 * n));
}
function c(e, t, { left: n, top: r, size: i }) {
	return [n + i * (.5 + (t > 1 ? (e / (t - 1) - .5) * Math.min(.22, .09 * t) : 0)), r + i * .5];
}
function l(e, t, n, r, i, a) {
	let l = Math.min(window.devicePixelRatio || 1, 2);
	(e.width !== Math.round(i * l) || e.height !== Math.round(a * l)) && (e.width = Math.round(i * l), e.height = Math.round(a * l));
	let u = e.getContext("2d");
	u.setTransform(l, 0, 0, l, 0, 0), u.clearRect(0, 0, i, a);
	let d = o(i, a), f = (e) => d.left + t.x[e] * d.size, p = (e) => d.top + t.y[e] * d.size, m = r === null ? -1 : t.key.indexOf(r);
	u.strokeStyle = n.team, t.sent.forEach((e, n) => {
		let [r, i] = c(n, t.team.length, d);
		for (let t = 1; t <= Math.min(e, 6); t++) u.globalAlpha = .5 - .06 * t, u.lineWidth = 1.2, u.beginPath(), u.arc(r, i, d.size * (.03 + .035 * t), 0, 2 * Math.PI), u.stroke();
	}), u.globalAlpha = .45, u.lineWidth = .8, u.setLineDash([3, 3]), u.beginPath();
	for (let e = 0; e < t.wordTo.length; e++) {
		let [n, r] = c(t.wordBy[e], t.team.length, d);
		u.moveTo(n, r), u.lineTo(f(t.wordTo[e]), p(t.wordTo[e]));
	}
	u.stroke(), u.setLineDash([]);
	for (let e = 0; e < 8; e++) {
		u.strokeStyle = n.ink, u.globalAlpha = .22 + .68 * e / 7, u.lineWidth = (.5 + 3.6 * e / 7) * n.scale, u.beginPath();
		for (let n = 0; n < t.source.length; n++) {
			let r = t.strength[n];
			r !== 0 && Math.min(7, Math.floor(Math.sqrt(r / 256) * 8)) === e && (u.moveTo(f(t.source[n]), p(t.source[n])), u.lineTo(f(t.target[n]), p(t.target[n])));
		}
		u.stroke();
	}
	u.strokeStyle = n.strong, u.globalAlpha = .55, u.lineWidth = .9 * n.scale, u.beginPath();
	for (let e = 0; e < t.source.length; e++) t.today[e] && (u.moveTo(f(t.source[e]), p(t.source[e])), u.lineTo(f(t.target[e]), p(t.target[e])));
	u.stroke();
	for (let e = 0; e < t.key.length; e++) {
		let r = s(t.passion[e], d.size) * n.scale, i = t.stage[e];
		u.beginPath(), i === 5 ? (u.globalAlpha = .4, u.fillStyle = n.ink, u.arc(f(e), p(e), 1.1 * n.scale, 0, 2 * Math.PI), u.fill()) : (u.arc(f(e), p(e), r, 0, 2 * Math.PI), u.globalAlpha = 1, u.fillStyle = n.paper, u.fill(), u.globalAlpha = i === 4 ? .3 : .95, i === 0 || i === 4 ? (u.strokeStyle = n.ink, u.lineWidth = 1, u.stroke()) : (u.fillStyle = n.ink, u.fill()));
	}
	if (u.globalAlpha = 1, t.team.forEach((e, r) => {
		let [i, a] = c(r, t.team.length, d), o = Math.max(5, d.size / 62) * n.scale;
		u.fillStyle = n.team, u.strokeStyle = n.paper, u.lineWidth = 1.5, u.beginPath(), e.kind === "staff" ? u.rect(i - o, a - o, 2 * o, 2 * o) : (u.moveTo(i, a - 1.2 * o), u.lineTo(i + 1.15 * o, a + o), u.lineTo(i - 1.15 * o, a + o), u.closePath()), u.fill(), u.stroke();
	}), !(m < 0)) {
		u.strokeStyle = n.strong;
		for (let e = 0; e < t.source.length; e++) (t.source[e] === m || t.target[e] === m) && (u.globalAlpha = t.strength[e] ? 1 : .4, u.lineWidth = (1 + 3.6 * t.strength[e] / 255) * n.scale, u.beginPath(), u.moveTo(f(t.source[e]), p(t.source[e])), u.lineTo(f(t.target[e]), p(t.target[e])), u.stroke());
		u.globalAlpha = 1, u.lineWidth = 2.5, u.beginPath(), u.arc(f(m), p(m), s(t.passion[m], d.size) * n.scale + 5, 0, 2 * Math.PI), u.stroke();
	}
}
// src/words.ts
var u = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }), d = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
function f(e, t = "") {
	if (e == null || !Number.isFinite(e)) return "not known";
	if (t.startsWith("share")) return `${(100 * e).toFixed(1)}\u00a0%`;
	let n = Math.abs(e), r = n >= 100 ? d.format(n) : u.format(n);
	return e < 0 && r !== "0" ? `−${r}` : r;
}
function p(e) {
	return e.replace(/^share ?/, "").replace("0-1", "0 to 1");
}
function m(e, t) {
	return e.toLowerCase().includes(t.toLowerCase()) ? "" : p(t);
}
function h(e) {
	return e < .25 ? "Mostly messages" : e < .45 ? "More messages than members" : e <= .55 ? "Half and half" : e <= .75 ? "More members than messages" : "Mostly with members";
}
// src/widget.ts
var g = {
	A: "#b3480a",
	B: "#08706b"
}, _ = { render({ model: t, el: n }) {
	let r = document.createElement("div");
	r.style.cssText = "display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 12px;max-width:920px;box-sizing:border-box;font:14px/1.4 system-ui;background:#fbfaf7;color:#20242a;padding:10px;border-radius:6px", n.append(r);
	let i = e.map((e) => {
		let t = document.createElement("div"), n = document.createElement("div"), i = document.createElement("canvas"), a = document.createElement("div");
		return n.style.cssText = `font-weight:700;color:${g[e]}`, i.style.cssText = "width:100%;aspect-ratio:1;background:#fff;border:1px solid #dcd9d1;border-radius:6px", t.style.cssText = "display:grid;grid-template-columns:minmax(0,1fr);grid-row:span 3;grid-template-rows:subgrid;row-gap:4px", n.style.alignSelf = "end", a.style.whiteSpace = "pre-line", i.setAttribute("role", "img"), t.append(n, i, a), r.append(t), {
			name: e,
			head: n,
			canvas: i,
			foot: a
		};
	}), o = () => {
		let e = t.get("frame");
		if (!e?.byteLength) return;
		let n = a(e.buffer.slice(e.byteOffset, e.byteOffset + e.byteLength)), r = t.get("measures"), o = n.rows.at(-1);
		for (let { name: e, head: t, canvas: a, foot: s } of i) {
			let i = e === "A" ? o[1] : o[2];
			t.textContent = `${e}  ${h(n.slider[e])}, week ${Math.floor(n.day / 7)}`;
			let c = [
				"reach",
				"intimacy",
				"value_members"
			].map((e) => {
				let t = r.findIndex((t) => t.key === e), { label: n, unit: a } = r[t];
				return `${n} ${f(i[t], a)}${m(n, a) && ` (${p(a)})`}`;
			});
			s.textContent = c.join("\n"), a.setAttribute("aria-label", `${t.textContent}: ${c.join(", ")}`);
			let u = a.clientWidth || 380, d = {
				ink: g[e],
				strong: "#1d1f8a",
				team: "#33383f",
				paper: "#ffffff",
				scale: 1
			};
			l(a, n.sides[e], d, null, u, u);
		}
	};
	t.on("change:frame", o), new ResizeObserver(o).observe(r);
} };
export { _ as default };

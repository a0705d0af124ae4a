/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
(function () {

/* ---- data: see html_data.c ---- */

var D = JSON.parse(document.getElementById("data").textContent);
function flagOf(word) { return D.words.flags.find(function (w) { return w.word === word; }).flag; }
var CRASHED = flagOf("crashed"), RUNNING = flagOf("running");
var KIND = 0, ID = 1, STATE = 2, WAIT = 3, STACK = 4, FLAGS = 5, CREATOR = 6, CREATOR_ID = 7, NAME = 8, MORE = 9;
var KINDS = D.words.kinds;
var PAGE = 100;
var el = dom.el, button = dom.button, byId = dom.byId, printable = dom.printable;
var number = dom.number, plural = dom.plural, duration = dom.duration;

/* Frames have their texts by index. */
D.frames.forEach(function (f) {
	["f", "p", "w"].forEach(function (key) { if (key in f) f[key] = D.texts[f[key]]; });
	if (f.x) f.x.t = f.x.t.map(function (i) { return D.texts[i]; });
});

function byStack() {
	var seen = new Map();
	D.tasks.forEach(function (task, i) {
		var key = task[STACK] + "/" + task[KIND];
		if (!seen.has(key)) seen.set(key, []);
		seen.get(key).push(i);
	});
	return Array.from(seen.values()).sort(function (a, b) { return b.length - a.length || a[0] - b[0]; });
}
if (!D.groups.length) D.groups = byStack();

/* ---- words ---- */

function base(path) { return path.slice(path.lastIndexOf("/") + 1); }

var names = [];
function nameOf(frame) {
	if (names[frame] === undefined) {
		var f = D.frames[frame];
		names[frame] = f.f || (f.s ? D.words.signal :
			f.m !== undefined ? base(D.modules[f.m].path) + "+" + f.o : f.pc || "(no name)");
	}
	return names[frame];
}
function placeOf(f) { return f.p ? f.p + (f.l ? ":" + f.l : "") : ""; }

function labelOf(task) { return task[ID] + (task[NAME] ? " \u201c" + task[NAME] + "\u201d" : ""); }
function titleOf(task) {
	var kind = KINDS[task[KIND]];
	return kind[0].toUpperCase() + kind.slice(1) + " " + labelOf(task);
}

/* Text in which what was searched for is marked. */
function marked(text) {
	var lower, at, from = 0, out = [];
	text = printable(text);
	if (!query.text) return [text];
	lower = text.toLowerCase();
	while ((at = lower.indexOf(query.text, from)) >= 0 && out.length < 40) {
		out.push(text.slice(from, at), el("mark", "", text.slice(at, at + query.text.length)));
		from = at + query.text.length;
	}
	out.push(text.slice(from));
	return out;
}

/* ---- what is shown ---- */

var query = { text: "", states: new Set(), kinds: new Set() };
var shown = []; /* [{ tasks, group }] after the filter */

/* Which frames match is found once; stacks and tasks then only look it up. */
function select() {
	var text = query.text, frames, stacks, states;
	if (text) {
		frames = D.frames.map(function (f, i) {
			return (nameOf(i) + "\n" + placeOf(f) + "\n" + (f.m !== undefined ? D.modules[f.m].path : ""))
				.toLowerCase().includes(text);
		});
		stacks = D.stacks.map(function (s) { return s.f.some(function (f) { return frames[f]; }); });
		states = D.states.map(function (s) { return s.toLowerCase().includes(text); });
	}
	function matches(task) {
		if (query.states.size && !query.states.has(task[STATE])) return false;
		if (query.kinds.size && !query.kinds.has(task[KIND])) return false;
		if (!text) return true;
		return stacks[task[STACK]] || states[task[STATE]] || String(task[ID]) === text ||
			(task[NAME] && task[NAME].toLowerCase().includes(text)) ||
			(task[CREATOR] >= 0 && frames[task[CREATOR]]) ||
			(task[MORE].labels && task[MORE].labels.some(function (l) {
				return (l[0] + "=" + l[1]).toLowerCase().includes(text);
			}));
	}
	shown = [];
	D.groups.forEach(function (members, group) {
		var tasks = members.filter(function (i) { return matches(D.tasks[i]); });
		if (tasks.length) shown.push({ tasks: tasks, group: group });
	});
	shown.sort(function (a, b) { return b.tasks.length - a.tasks.length || a.group - b.group; });
}

function update() {
	var count = 0;
	select();
	shown.forEach(function (g) { count += g.tasks.length; });
	byId("shown").textContent = count === D.tasks.length ?
		plural(count, "stack") + " in " + plural(shown.length, "group") :
		number(count) + " of " + plural(D.tasks.length, "stack") + " in " + plural(shown.length, "group");
	renderStacks();
	flame.stale = true;
	if (!byId("flame").hidden) renderFlame();
}

/* ---- frames ---- */

function sourceOf(f) {
	return el("div", "source", f.x.t.map(function (line, i) {
		var n = f.x.n + i;
		return el("div", n === f.l ? "at" : "", el("i", "", String(n)), line || " ");
	}));
}
function disasmOf(f) {
	return el("div", "source", f.d.map(function (insn) {
		return el("div", insn[2] ? "at" : "", insn[0] + "  " + insn[1]);
	}));
}
function valuesOf(values) {
	return el("div", "values", values.map(function (v) {
		return el("div", "", el("b", "", v[0]), el("span", "", v[1] ? " " + v[1] : ""), " = ", v[2]);
	}));
}

/* The place of a frame; where there is source, a button that shows it. */
function whereOf(f, item, open) {
	var parts = [
		f.p ? el("span", "", marked(placeOf(f))) : f.w ? el("span", "", f.w) : null,
		f.pc ? el("span", "mono", f.pc) : null,
		f.m !== undefined ? el("span", "mono", marked(base(D.modules[f.m].path))) : null
	];
	var source = null;
	if (!f.x && !f.d) return el("div", "where", parts);
	function toggle(event) {
		var node = event.currentTarget;
		if (source) {
			source.remove();
			source = null;
		} else {
			source = el("div", "", f.x ? sourceOf(f) : null, f.d ? disasmOf(f) : null);
			item.append(source);
		}
		node.setAttribute("aria-expanded", String(source !== null));
	}
	var node = button("where", toggle, parts);
	node.setAttribute("aria-expanded", "false");
	if (open) window.queueMicrotask(function () { node.click(); });
	return node;
}

function frameItem(stack, i, values, open) {
	var id = stack.f[i], f = D.frames[id];
	var item = el("div", "", el("div", "func", marked(nameOf(id)),
		f.i ? el("span", "badge", D.words.inlined) : null,
		f.k ? el("span", "badge warn", f.k) : null));
	item.append(whereOf(f, item, open && id === stack.u));
	if (values && values[i] && values[i].length) item.append(valuesOf(values[i]));
	return el("li", (id === stack.u ? "user" : "") + (f.r ? " runtime" : ""), el("span", "n", String(i)), item);
}

/* Where the frames of the language runtime that begin at `from` end; `from` when they are few,
 * or when one of them is what was searched for. */
function endOfRuntime(stack, from) {
	var end = from;
	while (end < stack.f.length && D.frames[stack.f[end]].r && stack.f[end] !== stack.u &&
		!(stack.x && stack.xa === end && end > from) &&
		!(query.text && nameOf(stack.f[end]).toLowerCase().includes(query.text))) end++;
	return end - from < 3 ? from : end;
}
function runtimeItem(stack, from, end, values) {
	var item = el("li", "runtime", el("span", "n", String(from)), button("where", function () {
		for (var i = end - 1; i >= from; i--) item.after(frameItem(stack, i, values, false));
		item.remove();
	}, plural(end - from, "frame") + " of the runtime, from " + nameOf(stack.f[end - 1]) + " to " +
		nameOf(stack.f[from])));
	return item;
}

/* Every frame, a page at a time; recursion stands once, with how often. */
function framesOf(stack, values, open) {
	var list = el("ol", "frames"), box = el("div", "", list), next = 0, runs = (stack.r || []).slice();
	function words(text) { list.append(el("li", "", el("span"), el("div", "where", text))); }
	/* The rows from `next` on; where they end. */
	function row() {
		var run = runs[0], end = endOfRuntime(stack, next);
		if (stack.x && stack.xa === next) words(plural(stack.x, "frame") + " left out");
		if (run && next === run[0] + run[1]) {
			words((run[1] === 1 ? "the same" : "these " + run[1]) + ", " + number(run[2]) + " times in all");
			return runs.shift()[0] + run[1] * run[2];
		}
		if (end > next && !(run && run[0] < end)) list.append(runtimeItem(stack, next, end, values));
		else list.append(frameItem(stack, (end = next + 1) - 1, values, open));
		return end;
	}
	function page() {
		for (var rows = 0; next < stack.f.length && rows < PAGE; rows++) next = row();
		if (next < stack.f.length) {
			var more = button("more", function () { more.remove(); page(); },
				plural(stack.f.length - next, "frame") + " more");
			box.append(more);
			return;
		}
		if (stack.x && stack.xa >= stack.f.length) words(plural(stack.x, "frame") + " left out");
		if (stack.e) box.append(el("p", "end", "The stack ends here: " + stack.e + (stack.ea ? " at " + stack.ea : "")));
	}
	page();
	return box;
}

/* ---- tasks ---- */

function creatorOf(task) {
	var by = task[CREATOR_ID] ? "by " + KINDS[task[KIND]] + " " + task[CREATOR_ID] : "";
	if (task[CREATOR] < 0) return by;
	var f = D.frames[task[CREATOR]];
	return "in " + nameOf(task[CREATOR]) + (f.p ? " at " + placeOf(f) : "") + (by ? ", " + by : "");
}

function flagsOf(task) {
	return D.words.flags.filter(function (w) {
		return w.text && task[FLAGS] & w.flag && !(w.flag === RUNNING && D.states[task[STATE]] === w.word);
	}).map(function (w) { return w.text; }).join(", ");
}

function taskFacts(task, title) {
	var list = el("dl", "facts"), more = task[MORE];
	function fact(key, value) {
		if (value) list.append(el("dt", "", key), el("dd", "", value));
	}
	if (title) fact(KINDS[task[KIND]], labelOf(task));
	fact("state", [D.states[task[STATE]], task[WAIT] > 0 ? "for " + duration(task[WAIT]) : ""]
		.filter(Boolean).join(", "));
	fact("besides", flagsOf(task));
	fact("waits for", (more.waits || []).map(function (w) { return w[0] + (w[1] ? ": " + w[1] : ""); }).join("; "));
	fact("system call", more.syscall);
	fact("sleeps in", more.wchan);
	fact("on thread", more.tid ? String(more.tid) : "");
	fact("labels", (more.labels || []).map(function (l) { return l[0] + "=" + l[1]; }).join(", "));
	fact("created", creatorOf(task));
	fact("as written", more.header);
	return list;
}

function registersOf(task) {
	return task[MORE].regs && el("div", "regs", task[MORE].regs.map(function (r) {
		return el("span", "", el("b", "", r[0]), " " + r[1]);
	}));
}

/* crashed: its title stands above already, and its source is shown. */
function taskBody(task, crashed) {
	var stack = D.stacks[task[STACK]] || { f: [], e: "no stack" };
	return [taskFacts(task, !crashed), framesOf(stack, task[MORE].values, crashed), registersOf(task)].filter(Boolean);
}

/* A group that was opened: its tasks to choose from, and the chosen one. */
function groupBody(entry) {
	var body = el("div", "open"), ids = el("div", "ids"), chosen = el("div"), next = 0, last = null;
	function choose(node, task) {
		if (last) last.setAttribute("aria-pressed", "false");
		node.setAttribute("aria-pressed", "true");
		last = node;
		chosen.replaceChildren.apply(chosen, taskBody(task, false));
	}
	function page() {
		var end = Math.min(entry.tasks.length, next + PAGE);
		for (; next < end; next++) (function (task) {
			var node = button("chip", function () { choose(node, task); }, marked(String(task[ID])),
				task[NAME] ? " " : null, task[NAME] ? marked(task[NAME]) : null);
			node.title = printable(titleOf(task));
			node.setAttribute("aria-pressed", "false");
			ids.append(node);
			if (!last) choose(node, task);
		})(D.tasks[entry.tasks[next]]);
		if (next < entry.tasks.length) {
			var more = button("chip", function () { more.remove(); page(); },
				number(entry.tasks.length - next) + " more\u2026");
			ids.append(more);
		}
	}
	page();
	if (entry.tasks.length > 1) body.append(ids);
	body.append(chosen);
	return body;
}

/* ---- groups ---- */

function waitsOf(tasks) {
	var min = Infinity, max = -1;
	tasks.forEach(function (i) {
		var wait = D.tasks[i][WAIT];
		if (wait < 0) return;
		min = Math.min(min, wait);
		max = Math.max(max, wait);
	});
	if (max < 60) return "";
	return min === max || duration(min) === duration(max) ? duration(max) :
		min < 60 ? "up to " + duration(max) :
		max < 7200 ? Math.floor(min / 60) + "\u2013" + duration(max) : duration(min) + " \u2013 " + duration(max);
}

function statesOf(tasks) {
	var counts = new Map();
	tasks.forEach(function (i) {
		var state = D.tasks[i][STATE];
		counts.set(state, (counts.get(state) || 0) + 1);
	});
	var sorted = Array.from(counts).sort(function (a, b) { return b[1] - a[1]; });
	return sorted.slice(0, 2).map(function (s) { return D.states[s[0]]; }).filter(Boolean).join(", ") +
		(sorted.length > 2 ? " and " + (sorted.length - 2) + " more" : "");
}

/* The user's function, then who called it. */
function whoOf(task) {
	var stack = D.stacks[task[STACK]], user, at, callers;
	if (!stack || !stack.f.length) return el("div", "who", el("div", "func", "(no stack)"));
	user = stack.u === undefined ? stack.f[0] : stack.u;
	at = stack.f.indexOf(user);
	callers = stack.f.slice(at + 1, at + 6).map(nameOf);
	return el("div", "who", el("div", "func", marked(nameOf(user))),
		el("div", "chain", marked(placeOf(D.frames[user])),
			callers.length ? [" \u2190 ", marked(callers.join(" \u2190 "))] : null));
}

function groupCard(entry, most) {
	var task = D.tasks[entry.tasks[0]], card = el("div", "card group"), body = null;
	var waits = waitsOf(entry.tasks), bar = el("i");
	var crashed = entry.tasks.some(function (i) { return D.tasks[i][FLAGS] & CRASHED; });
	var head = button("", function () {
		if (body) {
			body.remove();
			body = null;
		} else {
			body = groupBody(entry);
			card.append(body);
		}
		head.setAttribute("aria-expanded", String(body !== null));
	}, el("span", "count", number(entry.tasks.length), el("span", "share", bar)), whoOf(task),
	el("div", "state", crashed ? el("span", "badge bad", "crashed") : null, " ", el("em", "", statesOf(entry.tasks)),
		waits ? el("div", "", waits) : null));
	head.setAttribute("aria-expanded", "false");
	bar.style.width = 100 * entry.tasks.length / most + "%";
	card.append(head);
	return card;
}

function renderStacks() {
	var section = byId("stacks"), most = shown.length ? shown[0].tasks.length : 1, next = 0;
	section.replaceChildren();
	function page() {
		var end = Math.min(shown.length, next + PAGE), some = document.createDocumentFragment();
		for (; next < end; next++) some.append(groupCard(shown[next], most));
		section.append(some);
		if (next < shown.length) {
			var more = button("more", function () { more.remove(); page(); },
				plural(shown.length - next, "group") + " more");
			section.append(more);
			/* Reading on is asking for more. */
			new IntersectionObserver(function (entries, observer) {
				if (!entries[0].isIntersecting || !more.isConnected) return;
				observer.disconnect();
				more.click();
			}).observe(more);
		}
	}
	page();
	if (!shown.length) section.append(el("p", "none", "Nothing matches."));
	/* Nothing to choose from. */
	if (D.groups.length === 1 && shown.length && byId("crashed").hidden) section.querySelector("button").click();
}

function renderCrashed() {
	var section = byId("crashed"), task = D.tasks.find(function (t) { return t[FLAGS] & CRASHED; });
	if (!task) return;
	section.className = "card";
	section.append(el("h2", "", titleOf(task), " ", el("span", "badge bad", "crashed")),
		el("div", "open", taskBody(task, true)));
	section.hidden = false;
}

/* ---- flame graph ---- */

var flame = { stale: true };

/* [stack, count] of what is shown */
function countStacks() {
	var counts = new Map();
	shown.forEach(function (entry) {
		entry.tasks.forEach(function (i) {
			var stack = D.tasks[i][STACK];
			counts.set(stack, (counts.get(stack) || 0) + 1);
		});
	});
	return Array.from(counts);
}

/* Newest first; recursion stands once, as in a list of frames. */
function namesIn(stack) {
	var names = [], i, runs = (stack.r || []).slice();
	for (i = 0; i < stack.f.length; i++) {
		if (stack.x && stack.xa === i) names.push("(" + stack.x + " frames left out)");
		if (runs.length && i === runs[0][0] + runs[0][1]) {
			names.push("(" + runs[0][2] + " times)");
			i = runs[0][0] + runs[0][1] * runs[0][2];
			runs.shift();
			if (i >= stack.f.length) break;
		}
		names.push(nameOf(stack.f[i]));
	}
	if (stack.x && stack.xa >= stack.f.length) names.push("(" + stack.x + " frames left out)");
	return names;
}

function renderFlame() {
	if (!flame.stale) return;
	flame.stale = false;
	flameGraph(byId("flame"), countStacks().map(function (item) {
		return [D.stacks[item[0]] ? namesIn(D.stacks[item[0]]) : [], item[1]];
	}), query.text);
}

/* ---- modules, notes ---- */

function table(heads, rows) {
	function cellOf(cell) {
		return el("td", typeof cell === "string" && /^0x|^[0-9a-f]{16,}$/.test(cell) ? "mono" : "", cell);
	}
	return el("div", "card", el("table", "",
		el("thead", "", el("tr", "", heads.map(function (head) { return el("th", "", head); }))),
		el("tbody", "", rows.map(function (row) { return el("tr", "", row.map(cellOf)); }))));
}

var TONE = { found: "good", memory: "good", unverified: "warn", forced: "warn", mismatch: "bad", missing: "bad",
	info: "", warning: "warn", loss: "bad" };
function badge(word) { return el("span", "badge " + TONE[word], word); }

function renderModules() {
	byId("modules").append(table(["path", "status", "build id", "addresses"], D.modules.map(function (m) {
		return [m.path + (m.deleted ? " (deleted)" : ""), badge(m.status), m.build_id || "", m.start + "\u2013" + m.end];
	})));
}

function renderNotes() {
	var section = byId("notes");
	if (D.notes.length)
		section.append(el("h2", "title", "What is missing or doubtful"),
			table(["note", "severity", "subject", "what it means"], D.notes.map(function (n) {
				return [n.code, badge(n.severity), n.subject, n.text];
			})));
	if (D.facts.length)
		section.append(el("h2", "title", "What else is known"), table(["", "", ""], D.facts.map(function (f) {
			return [f.section, f.key, f.value];
		})));
	if (D.reports.length > 1)
		section.append(el("h2", "title", "What was read"),
			table(["format", "report", "from", "stacks"], D.reports.map(function (r) {
				return [r.format, r.title, r.source + ":" + r.line, number(r.count)];
			})));
	if (D.cause && D.cause.signature)
		section.append(el("h2", "title", "Signature"), el("p", "mono", D.cause.signature));
	if (!section.childNodes.length) section.append(el("p", "none", "Nothing is missing."));
}

/* ---- bar ---- */

var TABS = [["stacks", "Stacks"], ["flame", "Flame graph"], ["modules", "Modules"], ["notes", "Notes"]];

function show(id) {
	TABS.forEach(function (tab) {
		byId(tab[0]).hidden = tab[0] !== id;
		byId("tab-" + tab[0]).setAttribute("aria-selected", String(tab[0] === id));
	});
	byId("chips").hidden = byId("shown").hidden = id !== "stacks" && id !== "flame";
	if (id === "flame") renderFlame();
}

function renderBar() {
	var counts = { modules: D.modules.length, notes: D.notes.length };
	TABS.forEach(function (tab) {
		var node = button("", function () {
			/* Setting location.hash would scroll. */
			history.replaceState(null, "", "#" + tab[0]);
			show(tab[0]);
		}, tab[1],
			counts[tab[0]] ? el("small", "", number(counts[tab[0]])) : null);
		node.id = "tab-" + tab[0];
		node.setAttribute("role", "tab");
		document.querySelector(".tabs").append(node);
	});
	byId("bar").hidden = false;
}

function chipFor(set, value, words, count) {
	var node = button("chip", function () {
		if (!set.delete(value)) set.add(value);
		node.setAttribute("aria-pressed", String(set.has(value)));
		update();
	}, words, el("b", "", number(count)));
	node.setAttribute("aria-pressed", "false");
	return node;
}

function renderChips() {
	var states = D.states.map(function () { return 0; }), kinds = KINDS.map(function () { return 0; }), chips = byId("chips"), sorted;
	D.tasks.forEach(function (task) {
		states[task[STATE]]++;
		kinds[task[KIND]]++;
	});
	if (kinds.filter(Boolean).length > 1)
		kinds.forEach(function (count, kind) {
			if (count) chips.append(chipFor(query.kinds, kind, KINDS[kind] + "s", count));
		});
	sorted = states.map(function (count, i) { return [i, count]; }).sort(function (a, b) { return b[1] - a[1]; });
	function some(from, to) {
		sorted.slice(from, to).forEach(function (s) {
			chips.append(chipFor(query.states, s[0], D.states[s[0]] || "unknown state", s[1]));
		});
	}
	if (sorted.length < 2) return;
	some(0, 16);
	if (sorted.length > 16) {
		var more = button("chip", function () { more.remove(); some(16); }, sorted.length - 16 + " more\u2026");
		chips.append(more);
	}
}

var timer;
byId("search").addEventListener("input", function (event) {
	clearTimeout(timer);
	timer = setTimeout(function () {
		query.text = event.target.value.trim().toLowerCase();
		update();
	}, 120);
});
document.addEventListener("keydown", function (event) {
	if (event.key !== "/" || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
	event.preventDefault();
	byId("search").focus();
});
window.addEventListener("resize", function () {
	flame.stale = true;
	if (!byId("flame").hidden) renderFlame();
});
function fromHash() {
	var id = location.hash.slice(1);
	show(TABS.some(function (tab) { return tab[0] === id; }) ? id : "stacks");
}
window.addEventListener("hashchange", fromHash);

renderCrashed();
renderBar();
renderChips();
renderModules();
renderNotes();
update();
fromHash();
document.documentElement.dataset.ready = "yes";
})();

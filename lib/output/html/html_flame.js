/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
/* flameGraph(into, stacks, search): callers on top, a click zooms. A stack is [names, count], its
 * newest function first; what `search` is part of is marked. */
var flameGraph = (function () {

var ROW = 21, el = dom.el, button = dom.button;

function grow(stacks) {
	var root = { name: "all", count: 0, children: new Map(), parent: null };
	stacks.forEach(function (stack) {
		var names = stack[0], count = stack[1], at = root, i, child;
		root.count += count;
		for (i = names.length - 1; i >= 0; i--) {
			child = at.children.get(names[i]);
			if (!child) {
				child = { name: names[i], count: 0, children: new Map(), parent: at };
				at.children.set(names[i], child);
			}
			child.count += count;
			at = child;
		}
	});
	return root;
}

function hash(text) {
	var h = 2166136261, i;
	for (i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
	return h >>> 0;
}
function colour(name) {
	var h = hash(name);
	return "hsl(" + (8 + h % 44) + " " + (72 + (h >>> 6) % 16) + "% " + (66 + (h >>> 10) % 10) + "%)";
}

/* Nodes wide enough to be seen: [node, x, width, row]. */
function place(top, total) {
	var todo = [[top, 0, total, 0]], placed = [], item;
	while ((item = todo.pop())) {
		var node = item[0], x = item[1], row = item[3] + 1, scale = item[2] / node.count;
		placed.push(item);
		Array.from(node.children.values()).sort(function (a, b) {
			return a.name < b.name ? -1 : 1;
		}).forEach(function (child) {
			if (child.count * scale >= 1) todo.push([child, x, child.count * scale, row]);
			x += child.count * scale;
		});
	}
	return placed;
}

return function (into, stacks, search) {
	var root = grow(stacks), path = el("div", "path"), graph = el("div", "graph");

	function box(node, x, width, row) {
		var hit = search && node.name.toLowerCase().includes(search);
		var made = button(hit ? "hit" : "", function () { draw(node); }, width > 30 ? node.name : "");
		made.title = dom.printable(node.name) + "\n" + dom.plural(node.count, "stack") + ", " + (100 * node.count / root.count).toFixed(1) + "%";
		made.style.left = x + "px";
		made.style.width = width + "px";
		made.style.top = row * ROW + "px";
		made.style.background = colour(node.name);
		if (width < 10) made.style.padding = "0";
		return made;
	}

	function draw(top) {
		var some = document.createDocumentFragment(), rows = 0, up;
		path.replaceChildren();
		for (up = top; up; up = up.parent) path.prepend(button("chip", draw.bind(null, up), up.name));
		if (top.count) place(top, graph.clientWidth || 900).forEach(function (item) {
			rows = Math.max(rows, item[3] + 1);
			some.append(box.apply(null, item));
		});
		graph.style.height = rows * ROW + "px";
		graph.replaceChildren(some);
	}

	into.replaceChildren(el("div", "card", path, graph));
	draw(root);
};
})();

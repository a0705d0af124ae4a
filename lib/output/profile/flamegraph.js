/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
(function () {
	var LETTER = 6.6, SIDE = 10;
	var root = document.documentElement;
	var found = document.getElementById("found");
	var boxes = Array.prototype.map.call(document.querySelectorAll("#boxes g"), function (g) {
		var rect = g.querySelector("rect"), title = g.querySelector("title").textContent;
		return {
			g: g, rect: rect, text: g.querySelector("text"),
			name: title.slice(0, title.lastIndexOf("\n")),
			x: +rect.getAttribute("x"), y: +rect.getAttribute("y"),
			width: +rect.getAttribute("width")
		};
	});
	var all = boxes[0];

	function label(name, width) {
		var room = Math.floor((width - 6) / LETTER);
		if (room < 3) return "";
		return name.length <= room ? name : name.slice(0, room - 2) + "..";
	}

	/* Callers keep the whole width, what is beside them goes. */
	function zoom(to) {
		var scale = all.width / to.width, end = to.x + to.width;
		boxes.forEach(function (box) {
			var below = box.y > to.y;
			var around = below && box.x <= to.x + 0.001 && box.x + box.width >= end - 0.001;
			var inside = !below && box.x >= to.x - 0.001 && box.x + box.width <= end + 0.001;
			box.g.classList.toggle("gone", !around && !inside);
			box.g.classList.toggle("around", around);
			if (!around && !inside) return;
			var x = around ? SIDE : SIDE + (box.x - to.x) * scale;
			var width = around ? all.width : box.width * scale;
			box.rect.setAttribute("x", x);
			box.rect.setAttribute("width", width);
			box.text.setAttribute("x", x + 3);
			box.text.textContent = label(box.name, width);
		});
	}

	function matcher(term) {
		try {
			var expression = new RegExp(term, "i");
			return function (name) { return expression.test(name); };
		} catch (error) {
			return function (name) { return name.indexOf(term) >= 0; };
		}
	}

	/* A box within a box that was found is not counted again. */
	function search(term) {
		var matches = matcher(term), spans = [], sum = 0, end = -1;
		boxes.forEach(function (box) {
			var hit = term !== "" && box !== all && matches(box.name);
			box.g.classList.toggle("found", hit);
			if (hit) spans.push(box);
		});
		spans.sort(function (a, b) { return a.x - b.x || b.width - a.width; });
		spans.forEach(function (box) {
			if (box.x + box.width <= end + 0.001) return;
			sum += box.width;
			end = box.x + box.width;
		});
		found.textContent = term === "" ? "" :
			term + ": " + (100 * sum / all.width).toFixed(1) + "% of the tasks";
	}

	function ask() {
		var term = window.prompt("Functions that match (a regular expression):", "");
		if (term !== null) search(term);
	}

	boxes.forEach(function (box) {
		box.g.addEventListener("click", function () { zoom(box); });
	});
	document.getElementById("reset").addEventListener("click", function () { zoom(all); });
	document.getElementById("search").addEventListener("click", ask);
	window.addEventListener("keydown", function (event) {
		if (event.key === "Escape") { zoom(all); search(""); }
		if (event.key === "/") { event.preventDefault(); ask(); }
	});
	root.setAttribute("data-ready", "yes");
})();

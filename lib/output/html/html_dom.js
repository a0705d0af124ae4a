/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
/* Making elements: text of the target is only ever a text node. */
var dom = (function () {

/* What could not be seen, or deceive: controls, invisible and bidirectional characters, and the
 * private-use characters that stand for bytes that were no UTF-8. */
var HIDDEN = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e" +
	"\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\uef80-\\uefff]|\\udb40[\\udc00-\\udc7f]", "g");
function printable(text) {
	return String(text).replace(HIDDEN, function (c) {
		var code = c.codePointAt(0);
		if (code >= 0xef80 && code <= 0xefff) code -= 0xef00;
		return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
	});
}

function el(tag, className) {
	var node = document.createElement(tag);
	if (className) node.className = className;
	for (var i = 2; i < arguments.length; i++) add(node, arguments[i]);
	return node;
}
function add(node, child) {
	if (child === null || child === undefined || child === "") return node;
	if (Array.isArray(child)) child.forEach(function (c) { add(node, c); });
	else node.append(child instanceof Node ? child : printable(child));
	return node;
}
function button(className, onclick) {
	var node = el("button", className);
	node.type = "button";
	node.addEventListener("click", onclick);
	for (var i = 2; i < arguments.length; i++) add(node, arguments[i]);
	return node;
}
function byId(id) { return document.getElementById(id); }
function number(n) { return n.toLocaleString("en"); }
function plural(n, noun) { return number(n) + " " + noun + (n === 1 ? "" : "s"); }

function duration(seconds) {
	if (seconds < 60) return seconds + " s";
	if (seconds < 7200) return plural(Math.floor(seconds / 60), "minute");
	if (seconds < 172800) return plural(Math.floor(seconds / 3600), "hour");
	return plural(Math.floor(seconds / 86400), "day");
}

return {
	el: el, button: button, byId: byId, printable: printable,
	number: number, plural: plural, duration: duration
};
})();

/* SPDX-License-Identifier: Apache-2.0 */
/* flamegraph - one SVG that needs nothing else: callers below, width is the number of tasks. */
#include "calltree.h"
#include "../output.h"
#include "../text.h"
#include "../xml.h"

#include <inttypes.h>
#include <string.h>

/* Pixels. */
#define WIDTH 1200.0
#define SIDE 10.0
#define BOX 17
#define HEAD 66
#define FOOT 12
#define LETTER 6.6  /* width, of 11 px monospace */
#define NARROW 0.1  /* hardly seen ... */
#define MANY 20000u /* ... and only left out where there are so many boxes */

static const char script[] =
#include "flamegraph.js.inc"
	;

static const char style[] =
#include "flamegraph.css.inc"
	;

struct drawing {
	const struct calltree *tree;
	struct out *out;
	double scale;     /* pixels a task */
	double narrowest; /* narrower boxes are left out */
	double *x;        /* of each node */
	uint32_t depth;   /* of the deepest box that is drawn */
	size_t left_out;
};

static double width_of(const struct drawing *d, uint32_t node)
{
	return (double)d->tree->nodes[node].count * d->scale;
}

/* Two decimals, whatever the locale has for a point. */
static void put_number(struct out *out, double value)
{
	uint64_t hundredths = (uint64_t)(value * 100 + 0.5);

	out_fmt(out, "%" PRIu64 ".%02u", hundredths / 100, (unsigned)(hundredths % 100));
}

static void put_attribute(struct out *out, const char *name, double value)
{
	out_char(out, ' ');
	out_str(out, name);
	out_str(out, "=\"");
	put_number(out, value);
	out_char(out, '"');
}

/* Callers stand before what they call, so that one pass does. */
static void place(struct drawing *d)
{
	uint32_t i, child;

	d->x[0] = SIDE;
	for (i = 0; i < d->tree->count; i++) {
		double x = d->x[i];

		for (child = d->tree->nodes[i].child; child;
		     child = d->tree->nodes[child].sibling) {
			d->x[child] = x;
			x += width_of(d, child);
		}
		if (width_of(d, i) < d->narrowest)
			d->left_out++;
		else if (d->tree->nodes[i].depth > d->depth)
			d->depth = d->tree->nodes[i].depth;
	}
}

/* The same function has the same colour in every graph: warm for the program, cool for what
 * has no name. */
static void put_colour(struct out *out, const char *name)
{
	uint64_t hash = hash_bytes(name, strlen(name));
	bool unnamed = strstr(name, "+0x") || *name == '(';

	out_fmt(out, "hsl(%u %u%% %u%%)", (unsigned)(unnamed ? 205 : 8 + hash % 44),
		(unsigned)(unnamed ? 18 : 72 + hash / 44 % 16), (unsigned)(64 + hash / 704 % 10));
}

/* As much of a name as has room; the script does the same again when it zooms. */
static void put_label(struct out *out, const char *name, double width)
{
	size_t room = (size_t)(width / LETTER), size = strlen(name), at = 0, count = 0;

	if (width < 3 * LETTER)
		return;
	while (at < size && count + 2 < room) {
		at += out_printable(name + at, size - at);
		count++;
	}
	xml_textn(out, name, size - at <= 2 ? size : at);
	if (size - at > 2)
		out_str(out, "..");
}

static void put_box(struct drawing *d, uint32_t node, double height)
{
	const char *name = calltree_name(d->tree, node);
	uint64_t count = d->tree->nodes[node].count, all = d->tree->nodes[0].count;
	double width = width_of(d, node);
	double y = height - FOOT - (d->tree->nodes[node].depth + 1) * BOX;

	out_str(d->out, "<g><title>");
	xml_text(d->out, name);
	out_char(d->out, '\n');
	text_count(d->out, count, "task");
	out_str(d->out, ", ");
	put_number(d->out, all ? 100.0 * (double)count / (double)all : 0);
	out_str(d->out, "%</title><rect");
	put_attribute(d->out, "x", d->x[node]);
	put_attribute(d->out, "y", y);
	put_attribute(d->out, "width", width);
	put_attribute(d->out, "height", BOX - 1);
	out_str(d->out, " fill=\"");
	put_colour(d->out, name);
	out_str(d->out, "\"/><text");
	put_attribute(d->out, "x", d->x[node] + 3);
	put_attribute(d->out, "y", y + 12);
	out_char(d->out, '>');
	put_label(d->out, name, width - 6);
	out_str(d->out, "</text></g>\n");
}

static void put_title(struct drawing *d, const struct stk_dump *dump)
{
	struct out *out = d->out;

	out_str(out, "<text class=\"title\" x=\"10\" y=\"24\">");
	xml_text(out, *dump->target.command ? dump->target.command : dump->target.name);
	out_str(out, *dump->cause.text ? ": " : "");
	xml_text(out, dump->cause.text);
	out_str(out, "</text>\n<text class=\"sub\" x=\"10\" y=\"42\">");
	text_count(out, d->tree->nodes[0].count, "task");
	if (d->left_out) {
		out_str(out, "; left out, for they are hardly to be seen: ");
		text_count(out, d->left_out, "narrow place");
	}
	out_str(out, "</text>\n<text class=\"button\" id=\"reset\" x=\"10\" y=\"60\">all</text>\n"
		     "<text class=\"button\" id=\"search\" x=\"44\" y=\"60\">search</text>\n"
		     "<text class=\"sub\" id=\"found\" x=\"100\" y=\"60\"></text>\n");
}

static void put_svg(struct drawing *d, const struct stk_dump *dump)
{
	unsigned width = (unsigned)WIDTH, height = HEAD + FOOT + (d->depth + 1) * BOX;
	uint32_t i;

	out_fmt(d->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" viewBox=\"0 0 %u %u\""
		" width=\"%u\" height=\"%u\">\n<style>",
		width, height, width, height);
	out_str(d->out, style);
	out_fmt(d->out, "</style>\n<rect class=\"back\" width=\"%u\" height=\"%u\"/>\n", width,
		height);
	put_title(d, dump);
	out_str(d->out, "<g id=\"boxes\">\n");
	for (i = 0; i < d->tree->count; i++)
		if (width_of(d, i) >= d->narrowest)
			put_box(d, i, height);
	out_str(d->out, "</g>\n<script><![CDATA[\n");
	out_str(d->out, script);
	out_str(d->out, "]]></script>\n</svg>\n");
}

static void write_flamegraph(const struct stk_dump *dump, const struct stk_style *options,
			     struct out *out)
{
	struct calltree tree;
	struct drawing drawing = { .tree = &tree, .out = out };

	(void)options;
	calltree_init(&tree, dump);
	drawing.x = xcalloc(tree.count, sizeof(*drawing.x));
	drawing.scale = (WIDTH - 2 * SIDE) /
			(double)(tree.nodes[0].count ? tree.nodes[0].count : 1);
	drawing.narrowest = tree.count > MANY ? NARROW : 0;
	place(&drawing);
	put_svg(&drawing, dump);
	free_guarded(&drawing.x);
	calltree_deinit(&tree);
}

const struct output output_flamegraph = {
	.format = {
		.name = "flamegraph",
		.summary = "flame graph as one SVG file, with zoom and search",
	},
	.listed = true,
	.write = write_flamegraph,
};

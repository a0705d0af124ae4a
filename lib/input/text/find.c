/* SPDX-License-Identifier: Apache-2.0 */
/* Text traces: finds them in their files and lets the formats read them. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SCRATCH ((size_t)1 << 20)

/* In order of specificity: where two could read the same line, the stricter one first. */
static const struct trace_format *const formats[] = {
	&trace_stkjson,     &trace_go,           &trace_gorace,
	&trace_asan,        &trace_tsan,         &trace_valgrind,
	&trace_strace,      &trace_gfortran,     &trace_llvm,
	&trace_qt,          &trace_chromium,     &trace_node,
	&trace_perf,        &trace_minidump,     &trace_bpftrace,
	&trace_libunwind,   &trace_mongodb,      &trace_oops,
	&trace_procstack,   &trace_segfault,     &trace_clickhouse,
	&trace_pytorch,     &trace_envoy,        &trace_seastar,
	&trace_julia,       &trace_ceph,         &trace_redis,
	&trace_postgres,    &trace_mysql,        &trace_xorg,
	&trace_godot,       &trace_catchsegv,    &trace_debug1,
	&trace_ubsan,       &trace_rust,         &trace_rustdebug,
	&trace_stktext,     &trace_dlv,          &trace_lldb,
	&trace_coredumpctl, &trace_folly,        &trace_backward,
	&trace_threadz,     &trace_glog,         &trace_execinfo,
	&trace_tombstone,   &trace_stacktrace,   &trace_sanstack,
	&trace_dart,        &trace_eustack,      &trace_gdb,
	&trace_goerror,     &trace_maps,         &trace_kotlin,
	&trace_jstack,      &trace_hserr,        &trace_java,
	&trace_python,      &trace_faulthandler, &trace_pyspy,
	&trace_pystack,     &trace_javascript,   &trace_dotnet,
	&trace_php,         &trace_ruby,         &trace_lua,
	&trace_perl,        &trace_elixir,       &trace_erlang,
	&trace_swift,       &trace_firefox,      &trace_unread_stack, /* after all that read */
};

_Static_assert(ARRAY_SIZE(formats) <= MAX_FORMATS, "a candidate knows every format");

static const struct trace_binary *const binaries[] = {
	&trace_pprof,
	&trace_stkjson_file,
	&trace_minidump_json,
	&trace_folded,
};

struct marks *trace_marks(void)
{
	return marks_new(formats, ARRAY_SIZE(formats));
}

/* ---- trying formats at a candidate ---- */

static bool read_trace(struct trace *t, const struct trace_format *format)
{
	struct trace_place start = t->place;
	size_t nforeign = t->nforeign, nmappings = t->nmappings;
	uint32_t line = t->line, ntasks = builder_ntasks(t->b);
	bool is_one = format->probe(t);

	t->place = start;
	t->line = line;
	t->nforeign = nforeign;
	if (!is_one)
		return false;
	report_begin(t, format->name);
	format->read(t);
	if (t->place.at == start.at && t->place.rest.at == start.rest.at) {
		/* whatever it has collected belongs to no trace */
		(void)trace_stack(t);
		return false;
	}
	if (t->nmappings == nmappings || builder_ntasks(t->b) > ntasks)
		report_end(t);
	return true;
}

static void move_to(struct trace *t, size_t at)
{
	const char *p = t->bytes.at + t->place.at, *end = t->bytes.at + at;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		t->place.line++;
		p++;
	}
	/* a trace may begin above the mark of another format that was none */
	for (p = t->bytes.at + at, end = t->bytes.at + t->place.at;
	     p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		t->place.line--;
	t->place.at = at;
}

/* Lines of a decoded string that belong to no trace. */
static void keep_rest(struct trace *t, struct slice rest, size_t size)
{
	if (size && trace_wants(t, STK_WANT_TEXT))
		lines_keep(t, slice_to(rest, size));
}

/* The same of what stood before the trace that has just been read: the first of its others' lines. */
static void keep_before(struct trace *t, struct slice text, size_t index, uint32_t task)
{
	struct foreign kept;

	if (!text.size || !trace_wants(t, STK_WANT_TEXT))
		return;
	lines_keep(t, text);
	kept = t->foreign[t->nforeign - 1];
	kept.task = task;
	memmove(&t->foreign[index + 1], &t->foreign[index],
		(t->nforeign - 1 - index) * sizeof(*t->foreign));
	t->foreign[index] = kept;
}

static size_t start_in_decoded(struct trace *t, struct slice rest, const struct candidate *c,
			       unsigned format)
{
	return formats[format]->above ? above_start_decoded(t, formats[format], rest, c->marked)
				      : c->line;
}

/* Reads what is left of a decoded line, and the traces that go on from there. */
static bool read_rest(struct trace *t, const struct marks *marks)
{
	struct candidate c;
	size_t nforeign, from = 0;
	uint32_t task;
	bool any = false;
	unsigned i;

	while (t->place.rest.at) {
		struct slice rest = t->place.rest;
		bool done = false;

		if (!marks_next(marks, rest, 0, from, &c)) {
			keep_rest(t, rest, rest.size);
			t->place.rest = NO_SLICE;
			break;
		}
		for (i = 0; i < ARRAY_SIZE(formats) && !done; i++) {
			size_t line;

			if (!c.has[i])
				continue;
			line = c.above[i] ? start_in_decoded(t, rest, &c, i) : c.marked;
			nforeign = t->nforeign;
			task = builder_ntasks(t->b);
			t->place.rest = slice_from(rest, line);
			done = read_trace(t, formats[i]);
			if (done)
				keep_before(t, slice_to(rest, line), nforeign, task);
			else
				t->nforeign = nforeign;
		}
		any |= done;
		/* the line may be of a trace that has its mark further below */
		from = done ? 0 : c.end;
		if (!done)
			t->place.rest = rest;
	}
	return any;
}

/* The line above the marked one; where all lines end twice, there is an empty one between. */
static size_t line_above(struct trace *t, const struct candidate *c, unsigned format)
{
	size_t next;

	if (formats[format]->above) {
		t->wrapper.suffix = wrapper_suffix(slice_from(t->bytes, c->marked));
		t->wrapper.doubled = wrapper_doubles_lines(slice_from(t->bytes, c->marked));
		return above_start(t, formats[format], c->marked);
	}
	if (c->line <= t->place.at || line_at(t->bytes, c->line, &next).size)
		return c->line;
	return line_start(t->bytes, t->place.at, c->line - 1);
}

static bool try_plain(struct trace *t, const struct candidate *c, size_t *begin)
{
	struct trace_place start = t->place;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!c->has[i])
			continue;
		t->place = start;
		move_to(t, c->above[i] ? line_above(t, c, i) : c->marked);
		*begin = t->place.at;
		t->wrapper.suffix = wrapper_suffix(slice_from(t->bytes, t->place.at));
		t->wrapper.doubled = wrapper_doubles_lines(slice_from(t->bytes, t->place.at));
		t->wrapper.on = t->wrapper.suffix.size != 0 || t->wrapper.doubled;
		if (read_trace(t, formats[i]))
			return true;
	}
	t->place = start;
	return false;
}

/* The line above the marked one that has the same wrapper: others' lines may stand between, and it
 * may be in parts. */
static size_t own_line_above(struct trace *t, const struct candidate *c, unsigned format)
{
	size_t at = c->marked, found = SIZE_MAX, prefix, next;
	struct slice raw;
	unsigned lines;

	if (formats[format]->above)
		return above_start(t, formats[format], c->marked);
	for (lines = 0; lines < FOREIGN_LINES && at > t->place.at; lines++) {
		at = line_start(t->bytes, t->place.at, at - 1);
		raw = line_at(t->bytes, at, &next);
		prefix = wrapper_match(&t->wrapper, raw);
		if (prefix == SIZE_MAX)
			continue;
		if (found != SIZE_MAX && !wrapper_is_part(&t->wrapper, raw, prefix))
			break;
		found = at;
	}
	return found != SIZE_MAX ? found : c->line;
}

/* Where the line begins whose last part is the one at offset `at`. */
static size_t first_part(const struct trace *t, size_t at)
{
	size_t before = at, next;
	struct slice raw;

	while (t->wrapper.cri && at > t->place.at) {
		before = line_start(t->bytes, t->place.at, at - 1);
		raw = line_at(t->bytes, before, &next);
		next = wrapper_match(&t->wrapper, raw);
		if (next == SIZE_MAX || !wrapper_is_part(&t->wrapper, raw, next))
			break;
		at = before;
	}
	return at;
}

/* The formats of the candidate, by where in the line their traces would begin: what one of them
 * takes for its beginning may stand within another's ("stop reason = signal SIGSEGV: "). */
static unsigned order_formats(const struct candidate *c, unsigned *order)
{
	unsigned count = 0, i, at;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!c->has[i])
			continue;
		for (at = count++; at && c->column[order[at - 1]] > c->column[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	return count;
}

/* With what stands around the marked line taken off. */
static bool try_unwrapped(struct trace *t, const struct marks *marks, const struct candidate *c,
			  size_t *begin)
{
	struct trace_place start = t->place;
	unsigned order[MAX_FORMATS], count = order_formats(c, order), rounds, i;
	struct slice raw, line, next;
	size_t after, nforeign;

	raw = line_at(t->bytes, c->marked, &after);
	next = slice_from(t->bytes, after);
	/* where several lines are escaped in one, first those formats whose mark is in the first */
	rounds = wrapper_may_escape(raw) ? 2 : 1;
	for (i = 0; i < rounds * count; i++) {
		unsigned format = order[i % count];
		bool after_line_end = i >= count;
		struct wrapper *w = &t->wrapper;
		bool above = c->above[format];

		t->place = start;
		if (!wrapper_find(w, raw, c->column[format], next) ||
		    w->after_line_end != after_line_end)
			continue;
		above &= !after_line_end;
		move_to(t, first_part(t, above ? own_line_above(t, c, format) : c->marked));
		*begin = t->place.at;
		if (!w->escaped || above) {
			if (read_trace(t, formats[format]))
				return true;
			continue;
		}
		/* the trace need not begin where the string does */
		nforeign = t->nforeign;
		if (trace_next(t, &line)) {
			trace_split(t, line, 0);
			if (read_rest(t, marks))
				return true;
		}
		t->nforeign = nforeign;
	}
	t->place = start;
	return false;
}

/* ---- what belongs to no trace ---- */

static void add_text(struct trace *t, struct slice text, uint32_t task)
{
	if (text.size && trace_wants(t, STK_WANT_TEXT))
		builder_span(t->b, &(struct stk_span){ text.at, text.size, task });
}

static void add_span(struct trace *t, size_t at, size_t end, uint32_t task)
{
	if (at < end)
		add_text(t, slice_between(t->bytes, at, end), task);
}

static void add_one(struct trace *t, const struct foreign *f, uint32_t task)
{
	if (f->copy.at)
		add_text(t, f->copy, task);
	else if (f->end <= t->place.at)
		add_span(t, f->at, f->end, task);
}

/* Others' lines within the trace that ended at the place; at the end what stands behind it, though
 * it was seen with the line in which it began. */
static void add_foreign(struct trace *t)
{
	size_t i;

	for (i = 0; i < t->nforeign; i++)
		if (t->foreign[i].task != STK_NONE)
			add_one(t, &t->foreign[i], t->foreign[i].task);
	for (i = 0; i < t->nforeign; i++)
		if (t->foreign[i].task == STK_NONE)
			add_one(t, &t->foreign[i], builder_ntasks(t->b));
}

static void wrapper_off(struct trace *t)
{
	memset(&t->wrapper, 0, sizeof(t->wrapper));
}

static bool try_candidate(struct trace *t, const struct marks *marks, const struct candidate *c,
			  size_t *begin)
{
	size_t next;
	bool within = wrapper_journal_field(line_at(t->bytes, c->marked, &next)) != 0;
	bool done = !within && try_plain(t, c, begin);

	if (!done) {
		wrapper_off(t);
		done = try_unwrapped(t, marks, c, begin);
	}
	if (done)
		read_rest(t, marks);
	wrapper_off(t);
	return done;
}

/* What was decoded is valid until read() returns. A log may have millions of lines in which something
 * was sought: they are not all kept until the end. */
static void drop_decoded(struct trace *t)
{
	if (t->scratch.total < MAX_SCRATCH)
		return;
	arena_deinit(&t->scratch);
	t->decoded = t->place.rest = NO_SLICE;
}

void trace_read_lines(struct trace *t, const struct marks *marks)
{
	struct candidate c;
	size_t outside = 0, from = 0, begin;

	while (marks_next(marks, t->bytes, t->place.at, from, &c)) {
		uint32_t task = builder_ntasks(t->b);

		t->nforeign = 0;
		if (try_candidate(t, marks, &c, &begin)) {
			add_span(t, outside, begin, task);
			add_foreign(t);
			outside = from = t->floor = t->place.at;
		} else {
			/* it may be the line above the next mark */
			move_to(t, c.marked);
			from = c.end;
		}
		drop_decoded(t);
	}
	add_span(t, outside, t->bytes.size, builder_ntasks(t->b));
}

bool trace_read_binary(struct trace *t)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(binaries); i++) {
		if (!binaries[i]->probe(t->bytes))
			continue;
		report_begin(t, binaries[i]->name);
		if (binaries[i]->read(t, t->bytes)) {
			report_end(t);
			return true;
		}
	}
	return false;
}

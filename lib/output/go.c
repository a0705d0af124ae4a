/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's runtime prints (runtime.Stack, GOTRACEBACK), as the target's version of Go does;
 * threads of other programs in the same grammar, so that tools which read goroutine dumps read
 * them too. */
#include "cache.h"
#include "goregs.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct go {
	struct out *out;
	const struct stk_dump *dump;
	const struct stk_task *task; /* the one that is printed */
	enum stk_level level;
	unsigned minor;         /* of the target's Go: 19; 0 when it is no Go program */
	struct cache caches[2]; /* of others' stacks and of goroutines': is_go() asks */
};

/* "go1.19.8", "devel go1.23-2e6276df34"; a version that says nothing is taken for a new one. */
static unsigned minor_of(const char *version)
{
	const char *at = version ? strstr(version, "go1.") : NULL;
	unsigned long minor;

	if (!version)
		return 0;
	minor = at ? strtoul(at + 4, NULL, 10) : 0;
	return minor && minor < 1000 ? (unsigned)minor : 999;
}

/* ---- names ---- */

/* The runtime's own quoting: ASCII only. */
static void put_rune(struct out *out, const char *text, size_t length)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t rune = (unsigned char)text[0] & masks[length];
	size_t i;

	for (i = 1; i < length; i++)
		rune = rune << 6 | ((unsigned char)text[i] & 0x3f);
	if (length == 1)
		out_char(out, text[0]);
	else
		out_fmt(out, rune < 0x10000 ? "\\u%04" PRIx32 : "\\U%08" PRIx32, rune);
}

static void put_quoted(struct out *out, const char *text)
{
	size_t left = strlen(text);

	out_char(out, '"');
	while (left) {
		size_t length = out_printable(text, left);
		size_t step = length ? length : 1;

		if (*text == '"' || *text == '\\')
			out_char(out, '\\');
		if (length)
			put_rune(out, text, length);
		else if (*text == '\n' || *text == '\r' || *text == '\t')
			out_str(out, *text == '\n' ? "\\n" : *text == '\r' ? "\\r" : "\\t");
		else
			out_fmt(out, "\\x%02x", (unsigned char)*text);
		text += step;
		left -= step;
	}
	out_char(out, '"');
}

/* go1.27 quotes a label only where it must. */
static void put_label(struct out *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._/";

	if (text[strspn(text, plain)])
		put_quoted(out, text);
	else
		out_str(out, text);
}

/* Type arguments: go1.18 and newer print what is between the first '[' and the last ']' as
 * "...". */
static void put_go_name(const struct go *g, const struct stk_frame *frame, const char *name,
			bool generic)
{
	const char *open = generic ? strchr(name, '[') : NULL;
	const char *close = open ? strrchr(open, ']') : NULL;

	if (frame->flags & STK_FRAME_PANIC) {
		out_str(g->out, "panic");
	} else if (close) {
		out_textn(g->out, name, (size_t)(open - name));
		out_str(g->out, "[...]");
		out_text(g->out, close + 1);
	} else {
		out_text(g->out, name);
	}
}

/* In Go's names a '/' belongs to an import path, which has a dot behind it, and a '%' begins an
 * escape: panicparse drops all that follows a name where it is otherwise. C++'s operators get
 * the division slash and the full-width percent sign. */
static void put_native_name(const struct go *g, const char *name)
{
	size_t plain;

	for (; name[plain = strcspn(name, "/%")]; name += plain + 1) {
		out_textn(g->out, name, plain);
		out_str(g->out, name[plain] == '/' ? "\xe2\x88\x95" : "\xef\xbc\x85");
	}
	out_text(g->out, name);
}

static void put_unnamed(const struct go *g, const struct stk_loc *loc)
{
	const struct stk_module *module = text_module(g->dump, loc);

	if (!module) {
		out_str(g->out, "unknown");
		return;
	}
	put_native_name(g, path_base(module->path));
	out_char(g->out, '+');
	out_hex(g->out, loc->offset, 1);
}

/* Code of Go, or text that came as a goroutine dump: printed as it is. */
static bool is_go(const struct go *g, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	if (frame->how == STK_HOW_TEXT)
		return g->task->kind == STK_GOROUTINE;
	if (frame->how == STK_HOW_GOPCLNTAB)
		return true;
	return g->minor && loc->func && strchr(loc->func, '.') && !strstr(loc->func, "::");
}

static void put_function(const struct go *g, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	if (frame->flags & STK_FRAME_SIGNAL && (!loc->func || !is_go(g, frame)))
		out_str(g->out, WORD_SIGNAL_FRAME);
	else if (!loc->func)
		put_unnamed(g, loc);
	else if (is_go(g, frame))
		put_go_name(g, frame, loc->func, g->minor >= 18);
	else
		put_native_name(g, loc->func);
}

/* ---- places ---- */

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), want = strlen(suffix);

	return length > want && !strcmp(text + length - want, suffix);
}

/* Readers of goroutine dumps (panicparse) know only files that Go programs are made of, and
 * drop all that follows another: a.cpp goes as a.cpp.c, the unknown one as ??. */
static void put_native_file(struct out *out, const char *file)
{
	out_text(out, file);
	if (!has_suffix(file, ".c") && !has_suffix(file, ".go") && !has_suffix(file, ".s"))
		out_str(out, ".c");
}

static void put_file(const struct go *g, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	out_char(g->out, '\t');
	if (!loc->file || (frame->flags & STK_FRAME_SIGNAL && !is_go(g, frame)))
		out_str(g->out, is_go(g, frame) ? "?" : "??");
	else if (is_go(g, frame))
		out_text(g->out, loc->file);
	else
		put_native_file(g->out, loc->file);
	out_char(g->out, ':');
	out_dec(g->out, loc->file ? loc->line : 0);
}

static void put_offset(const struct go *g, const struct stk_loc *loc)
{
	if (loc->inlined || !loc->func_offset || loc->func_offset == UINT64_MAX)
		return;
	out_str(g->out, " +");
	out_hex(g->out, loc->func_offset, 1);
}

static void put_pointers(const struct go *g, const struct stk_frame *frame,
			 const struct stk_detail *detail)
{
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	if (g->level < STK_LEVEL_SYSTEM || loc->inlined || !detail || !detail->cfa)
		return;
	out_str(g->out, " fp=");
	out_hex(g->out, detail->cfa, 1);
	out_str(g->out, " sp=");
	out_hex(g->out, detail->sp, 1);
	out_str(g->out, " pc=");
	out_hex(g->out, frame->pc, 1);
}

/* What the runtime says of a frame of C that it knows only the address of. */
static bool put_foreign(const struct go *g, const struct stk_frame *frame,
			const struct stk_loc *loc)
{
	if (loc->func || loc->module < g->dump->nmodules || !frame->pc ||
	    frame->how != STK_HOW_TEXT || frame->flags & STK_FRAME_SIGNAL ||
	    g->task->kind != STK_GOROUTINE)
		return false;
	out_str(g->out, "non-Go function\n\tpc=");
	out_hex(g->out, frame->pc, 1);
	out_char(g->out, '\n');
	return true;
}

static void put_frame(const struct go *g, uint32_t id, const struct stk_detail *detail)
{
	const struct stk_frame *frame = &g->dump->frames[id];
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	if (put_foreign(g, frame, loc))
		return;
	put_function(g, frame);
	out_char(g->out, '(');
	out_text(g->out, detail && detail->args && !loc->inlined ? detail->args : "...");
	out_str(g->out, ")\n");
	put_file(g, frame);
	put_offset(g, loc);
	put_pointers(g, frame, detail);
	out_char(g->out, '\n');
}

static void put_gap(const struct go *g, const struct stk_stack *stack)
{
	if (stack->elided == STK_NONE)
		out_str(g->out, "...additional frames elided...\n");
	else
		out_fmt(g->out, "...%" PRIu32 " frames elided...\n", stack->elided);
}

static void put_frames(const struct go *g, const struct stk_stack *stack,
		       const struct stk_detail *detail, bool hides_runtime)
{
	uint32_t i;

	for (i = 0; i < stack->count; i++) {
		if (stack->elided && i == stack->elided_at)
			put_gap(g, stack);
		if (!hides_runtime ||
		    !(g->dump->frames[stack->frames[i]].flags & STK_FRAME_RUNTIME))
			put_frame(g, stack->frames[i], detail ? &detail[i] : NULL);
	}
	if (stack->elided && stack->elided_at >= stack->count)
		put_gap(g, stack);
}

/* ---- the header ---- */

static void put_pointers_of_g(const struct go *g)
{
	const struct stk_go *go = g->task->more->go;

	/* a text of which no release is known has them where its release writes them */
	if (!g->task->address || (g->minor && g->minor < 22) || g->level < STK_LEVEL_SYSTEM)
		return;
	out_str(g->out, " gp=");
	out_hex(g->out, g->task->address, 1);
	if (!go || go->m < 0) {
		out_str(g->out, " m=nil");
		return;
	}
	out_fmt(g->out, " m=%" PRId64 " mp=", go->m);
	out_hex(g->out, go->m_address, 1);
}

/* A ']' would end it. */
static void put_status(struct out *out, const char *status)
{
	const char *bracket;

	while ((bracket = strchr(status, ']'))) {
		out_textn(out, status, (size_t)(bracket - status));
		out_str(out, "\\x5d");
		status = bracket + 1;
	}
	out_text(out, status);
}

static const char *status_of(const struct stk_task *task)
{
	const struct stk_go *go = task->more->go;

	if (task->state && *task->state)
		return task->state;
	return go && go->status ? go->status : "running";
}

/* The runtime knows how long for these two statuses only. */
static bool shows_minutes(const struct stk_task *task)
{
	const struct stk_go *go = task->more->go;

	return task->wait_ns >= NS_PER_MINUTE &&
	       (!go || !go->status || !strcmp(go->status, "waiting") ||
		!strcmp(go->status, "leaked") || !strcmp(go->status, "syscall"));
}

static void put_attributes(const struct go *g, const char *status)
{
	const struct stk_go *go = g->task->more->go;

	if (go && go->leaked)
		out_str(g->out, " (leaked)");
	if (go && go->scan)
		out_str(g->out, " (scan)");
	if (go && go->durable && !has_suffix(status, "(durable)"))
		out_str(g->out, " (durable)");
	if (shows_minutes(g->task))
		out_fmt(g->out, ", %" PRId64 " minutes", g->task->wait_ns / NS_PER_MINUTE);
	if (g->task->flags & STK_TASK_LOCKED)
		out_str(g->out, ", locked to thread");
	if (go && go->bubble)
		out_fmt(g->out, ", synctest %s %" PRIu64, g->minor == 24 ? "group" : "bubble",
			go->bubble);
}

/* Which the runtime prints where GODEBUG=tracebacklabels=1 is set, as it is for modules of go1.27
 * by default; a text that has them had them printed. go1.26 wrote them into the bracket, and
 * quoted all. */
static void put_labels(const struct go *g, bool in_bracket)
{
	void (*put)(struct out * out, const char *text) = in_bracket ? put_quoted : put_label;
	const struct stk_more *more = g->task->more;
	uint32_t i;

	if (!more->nlabels || in_bracket != (g->minor == 26) ||
	    (!(more->go && more->go->labels) && g->dump->target.kind != STK_TARGET_TEXT))
		return;
	out_str(g->out, in_bracket ? " labels:{" : " {");
	for (i = 0; i < more->nlabels; i++) {
		out_str(g->out, i ? ", " : "");
		put(g->out, more->labels[i].key);
		out_str(g->out, ": ");
		put(g->out, more->labels[i].value);
	}
	out_char(g->out, '}');
}

static void put_header(const struct go *g)
{
	const char *status = status_of(g->task);

	out_fmt(g->out, "goroutine %" PRIu64, g->task->id);
	put_pointers_of_g(g);
	out_str(g->out, " [");
	put_status(g->out, status);
	put_attributes(g, status);
	put_labels(g, true);
	out_char(g->out, ']');
	put_labels(g, false);
	out_str(g->out, ":\n");
}

/* ---- where it came from ---- */

/* Since go1.21 with the goroutine that did it, and without type arguments. */
static void put_created_by(const struct go *g, uint32_t id, uint64_t creator)
{
	const struct stk_frame *frame = &g->dump->frames[id];
	const struct stk_loc *loc = &g->dump->locs[frame->loc];

	if (frame->flags & STK_FRAME_RUNTIME && g->level < STK_LEVEL_SYSTEM)
		return;
	out_str(g->out, "created by ");
	if (!loc->func)
		put_unnamed(g, loc);
	else if (is_go(g, frame))
		put_go_name(g, frame, g->minor < 21 && loc->linkage ? loc->linkage : loc->func,
			    g->minor >= 21);
	else
		put_native_name(g, loc->func);
	if (creator && (g->minor >= 21 || !g->minor))
		out_fmt(g->out, " in goroutine %" PRIu64, creator);
	out_char(g->out, '\n');
	put_file(g, frame);
	put_offset(g, loc);
	out_char(g->out, '\n');
}

static void put_ancestors(const struct go *g)
{
	const struct stk_more *more = g->task->more;
	uint32_t i;

	for (i = 0; i < more->nancestors; i++) {
		const struct stk_ancestor *ancestor = &more->ancestors[i];

		out_fmt(g->out, "[originating from goroutine %" PRIu64 "]:\n", ancestor->id);
		put_frames(g, &g->dump->stacks[ancestor->stack], NULL, g->level < STK_LEVEL_SYSTEM);
		if (ancestor->creator < g->dump->nframes && ancestor->id != 1)
			put_created_by(g, ancestor->creator, 0);
	}
}

static void put_stack(struct go *g, const struct stk_stack *stack)
{
	struct cache *cache = &g->caches[g->task->kind == STK_GOROUTINE];
	struct out *out = g->out;

	g->out = cache_open(cache, out, g->task);
	if (g->out) {
		put_frames(g, stack, g->task->detail, false);
		cache_close(cache, out, g->task);
	}
	g->out = out;
}

static void put_task(struct go *g)
{
	const struct stk_stack *stack = &g->dump->stacks[g->task->stack];

	put_header(g);
	if (stack->count)
		put_stack(g, stack);
	else
		out_str(g->out, "\tgoroutine running on other thread; stack unavailable\n");
	if (g->task->creator < g->dump->nframes && !(g->minor && g->task->id == 1))
		put_created_by(g, g->task->creator, g->task->creator_id);
	put_ancestors(g);
}

/* ---- around the goroutines ---- */

/* What the runtime said before: its lines, and the tabs that lead them, are its own. */
static void put_runtime_lines(struct out *out, const char *text)
{
	while (*text) {
		size_t tabs = strspn(text, "\t"), length = strcspn(text, "\n");

		out_bytes(out, text, tabs);
		out_textn(out, text + tabs, length - tabs);
		out_char(out, '\n');
		text += length + (text[length] == '\n');
	}
}

static void put_preamble(const struct go *g)
{
	const struct stk_cause *cause = &g->dump->cause;

	if (cause->message && (g->minor || g->dump->target.kind == STK_TARGET_TEXT)) {
		put_runtime_lines(g->out, cause->message);
	} else if (cause->message || (*cause->text && !g->minor)) {
		/* In one line: any other could be taken for the head of a goroutine. */
		out_text(g->out, cause->message ? cause->message : cause->text);
		out_char(g->out, '\n');
	} else {
		return;
	}
	out_char(g->out, '\n');
}

/* Where there are goroutines the runtime shows nothing else; a text may be of several programs. */
static bool shows_threads(const struct stk_dump *dump, const struct stk_style *style)
{
	uint32_t i;

	if (style->level >= STK_LEVEL_CRASH || dump->target.kind == STK_TARGET_TEXT)
		return true;
	for (i = 0; i < dump->ntasks; i++)
		if (dump->tasks[i].kind == STK_GOROUTINE)
			return false;
	return true;
}

static void write_go(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct go g = { .out = out,
			.dump = dump,
			.level = style->level,
			.minor = minor_of(dump->target.go_version) };
	bool threads = shows_threads(dump, style), any = false;
	uint32_t i;

	cache_init(&g.caches[0], dump, false);
	cache_init(&g.caches[1], dump, false);
	put_preamble(&g);
	for (i = 0; i < dump->ntasks; i++) {
		g.task = &dump->tasks[i];
		if (g.task->kind == STK_THREAD && !threads)
			continue;
		if (any)
			out_char(out, '\n');
		put_task(&g);
		any = true;
	}
	if (style->level >= STK_LEVEL_CRASH)
		goregs_write(out, dump);
	cache_deinit(&g.caches[0]);
	cache_deinit(&g.caches[1]);
}

const struct output output_go = {
	.format = {
		.name = "go",
		.summary = "what Go's runtime prints, for panicparse and others",
		.want = STK_WANT_DETAIL | STK_WANT_GO_VIEW,
		.hide_runtime = true,
	},
	.listed = true,
	.write = write_go,
};

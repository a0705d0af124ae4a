/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of all interpreters, and the frames of each, from the interpreter's own lists. */
#include "python.h"

#include <stdlib.h>
#include <string.h>

#define MOST_INTERPRETERS 4096u
#define THREAD_BYTES 1024u
#define FRAME_BYTES 256u
/* enum _frameowner: 3 stands on the C stack, and closes the run of an activation; since 3.14 there is one
 * more, 4, in the thread's record, behind all others. */
enum { OWNED_BY_ACTIVATION = 3, OWNED_BY_THREAD = 4 };

/* ---- a list of frames ---- */

struct walk {
	struct python *py;
	struct python_thread *thread;
	uint64_t cframe; /* of the run that is read; 0 none */
	uint64_t frame;
	uint64_t seen; /* a frame before; met again, the list is a ring */
	uint32_t steps, next_mark;
	bool open; /* the newest run takes more frames */
	unsigned char bytes[FRAME_BYTES];
};

static uint64_t member(const struct walk *w, uint32_t at)
{
	uint64_t value;

	memcpy(&value, w->bytes + at, sizeof(value));
	return value;
}

static struct python_run *newest_run(struct walk *w)
{
	struct python *py = w->py;

	if (w->open)
		return &py->runs[py->nruns - 1];
	py->runs = grow(py->runs, &py->cap_runs, py->nruns + 1, sizeof(*py->runs));
	py->runs[py->nruns] = (struct python_run){ .first = (uint32_t)py->nframes };
	w->thread->nruns++;
	w->open = true;
	return &py->runs[py->nruns++];
}

static void close_run(struct walk *w, uint64_t anchor)
{
	newest_run(w)->anchor = anchor;
	w->open = false;
}

/* The first instruction of the code that a thread really runs: without a global lock each has its own
 * copy, so that it may be rewritten as it runs. */
static void set_copy(struct walk *w, struct python_code *code)
{
	const struct python_offsets *o = &w->py->offsets;
	uint64_t copies, own, size;
	uint32_t index;

	if (!o->frame_bytecode || !o->code_copies)
		return;
	memcpy(&index, w->bytes + o->frame_bytecode, sizeof(index));
	if (!index)
		return;
	copies = code->instructions - o->code_first + o->code_copies;
	if (image_u64(w->py->image, copies, &copies) && image_u64(w->py->image, copies, &size) &&
	    index < size && image_u64(w->py->image, copies + 8 + 8 * (uint64_t)index, &own) && own)
		code->instructions = own;
}

static void add_frame(struct walk *w, uint32_t code)
{
	struct python *py = w->py;
	const struct python_code *known = &py->codes[code];
	struct python_frame *frame;

	newest_run(w)->count++;
	py->frames = grow(py->frames, &py->cap_frames, py->nframes + 1, sizeof(*py->frames));
	frame = &py->frames[py->nframes++];
	*frame = (struct python_frame){ .address = w->frame,
					.code = code,
					.incomplete = !known->valid };
	if (known->valid) {
		struct python_code own = *known;

		set_copy(w, &own);
		python_code_place(py, &own, member(w, py->offsets.frame_instr), frame);
	}
}

/* Is it a frame that only the interpreter needs? */
static bool is_shim(const struct walk *w, uint32_t code)
{
	return w->bytes[w->py->offsets.frame_owner] >= OWNED_BY_ACTIVATION ||
	       w->py->codes[code].shim;
}

static void next_cframe(struct walk *w)
{
	uint64_t previous = 0;
	const struct python_thread *t = w->thread;

	if (!w->cframe ||
	    !image_u64(w->py->image, w->cframe + w->py->offsets.cframe_previous, &previous))
		previous = 0;
	/* The outermost is part of the thread's record, and what it points to means nothing. */
	w->cframe = previous - t->address < w->py->offsets.thread_size ? 0 : previous;
}

/* One frame to the run that it belongs to. */
static void take_frame(struct walk *w)
{
	const struct python_offsets *o = &w->py->offsets;
	uint64_t object = member(w, o->frame_code);
	uint32_t code;

	if (o->tagged)
		object &= ~UINT64_C(3);
	if (o->style == PYTHON_SHIMS && w->bytes[o->frame_owner] == OWNED_BY_THREAD)
		return;
	code = python_code_at(w->py, object);
	if (o->style == PYTHON_SHIMS && is_shim(w, code)) {
		close_run(w, w->frame);
		return;
	}
	add_frame(w, code);
	if (o->style == PYTHON_FRAME_OBJECTS || o->style == PYTHON_CFRAMES ||
	    (o->style == PYTHON_ENTRIES && w->bytes[o->frame_entry])) {
		close_run(w, w->cframe);
		next_cframe(w);
	}
}

/* Ends the walk where the list leads back into itself (Brent: the mark moves on at powers of two). */
static bool is_ring(struct walk *w)
{
	if (w->frame == w->seen)
		return true;
	if (w->steps++ == w->next_mark) {
		w->seen = w->frame;
		w->next_mark *= 2;
	}
	return false;
}

static void walk_frames(struct walk *w)
{
	const struct python_offsets *o = &w->py->offsets;
	size_t size = o->frame_size < FRAME_BYTES ? o->frame_size : FRAME_BYTES;

	w->next_mark = 1;
	while (w->frame) {
		if (is_ring(w) || w->steps > LIMIT_FRAMES ||
		    !image_get(w->py->image, w->frame, w->bytes, size)) {
			w->thread->cut = true;
			break;
		}
		take_frame(w);
		w->frame = member(w, o->frame_previous);
	}
}

static void read_frames(struct python *py, struct python_thread *thread)
{
	const struct python_offsets *o = &py->offsets;
	struct walk w = { .py = py, .thread = thread };
	uint64_t at = thread->address + o->thread_frame;

	if (o->thread_cframe &&
	    !image_u64(py->image, thread->address + o->thread_cframe, &w.cframe))
		w.cframe = 0;
	if (!o->thread_frame)
		at = w.cframe + o->cframe_frame;
	if (o->style == PYTHON_CFRAMES && w.cframe - thread->address < o->thread_size)
		w.cframe = 0;
	thread->first_run = (uint32_t)py->nruns;
	if ((!o->thread_frame && !w.cframe) || !image_u64(py->image, at, &w.frame)) {
		thread->cut = true;
		return;
	}
	walk_frames(&w);
}

/* ---- threads ---- */

static bool is_thread(const struct python *py, uint32_t tid)
{
	uint32_t count, i;
	const struct image_thread *threads = image_threads(py->image, &count);

	for (i = 0; i < count; i++)
		if (threads[i].tid == tid)
			return true;
	return false;
}

/* Before 3.11 only the pthread_t is kept. The C library has the id in it: glibc at 720 (x86-64) or near
 * there. */
static uint32_t tid_of_pthread(const struct python *py, uint64_t pthread)
{
	enum { USUAL = 720, SEARCHED = 1600 };
	uint32_t words[SEARCHED / 4];
	size_t i, size = image_read(py->image, pthread, words, sizeof(words));

	if (size > USUAL && is_thread(py, words[USUAL / 4]))
		return words[USUAL / 4];
	for (i = 0; i < size / 4; i++)
		if (words[i] && is_thread(py, words[i]))
			return words[i];
	return 0;
}

static const char *exception_of(struct python *py, uint64_t thread)
{
	enum { ARGS = 24, ITEM = 24 };
	const struct python_offsets *o = &py->offsets;
	FREE_AT_END char *type = NULL, *text = NULL;
	uint64_t object, name, args;

	if (!o->thread_exception || !image_u64(py->image, thread + o->thread_exception, &object) ||
	    !object)
		return NULL;
	if (o->minor < 12) {
		if (!image_u64(py->image, object + o->type_name, &name))
			return NULL;
		type = image_string(py->image, name, 256);
		return builder_str(py->b, type);
	}
	type = python_type_name(py, object);
	if (!type)
		return NULL;
	if (image_u64(py->image, object + ARGS, &args) &&
	    image_u64(py->image, args + ITEM, &object))
		text = python_text(py, object, 1024, NULL);
	return text ? builder_fmt(py->b, "%s: %s", type, text) : builder_str(py->b, type);
}

static uint64_t number_at(const unsigned char *bytes, uint32_t at)
{
	uint64_t value = 0;

	if (at <= THREAD_BYTES - 8)
		memcpy(&value, bytes + at, sizeof(value));
	return value;
}

/* false: it is no record of a thread of this interpreter. */
static bool read_thread(struct python *py, uint64_t address, uint64_t interp, uint64_t *ret_next)
{
	const struct python_offsets *o = &py->offsets;
	unsigned char bytes[THREAD_BYTES] = { 0 };
	struct python_thread *t;

	if (image_read(py->image, address, bytes, sizeof(bytes)) < o->thread_id + 16 ||
	    number_at(bytes, o->thread_interp) != interp)
		return false;
	*ret_next = number_at(bytes, o->thread_next);
	py->threads = grow(py->threads, &py->cap_threads, py->nthreads + 1, sizeof(*py->threads));
	t = &py->threads[py->nthreads++];
	*t = (struct python_thread){ .address = address, .interp = interp };
	t->pthread = number_at(bytes, o->thread_id);
	t->tid = o->thread_native ? (uint32_t)number_at(bytes, o->thread_native)
				  : tid_of_pthread(py, t->pthread);
	t->matched = t->tid && is_thread(py, t->tid);
	t->exception = exception_of(py, address);
	read_frames(py, t);
	return true;
}

static void mark_holder(struct python *py, uint64_t interp, size_t first)
{
	const struct python_offsets *o = &py->offsets;
	uint64_t gil = py->runtime, holder;
	uint32_t locked;
	size_t i;

	if (o->interp_gil && !image_u64(py->image, interp + o->interp_gil, &gil))
		return;
	if (!image_u64(py->image, gil + o->gil_holder, &holder) ||
	    !image_u32(py->image, gil + o->gil_locked, &locked) || locked != 1)
		return;
	for (i = first; i < py->nthreads; i++)
		py->threads[i].has_gil = py->threads[i].address == holder;
}

static void note_list(const struct python *py, const char *what)
{
	builder_note(py->b, STK_NOTE_RUNTIME_UNREADABLE, "Python",
		     "the list of %s is damaged; those that are read are shown", what);
}

static void read_threads(struct python *py, uint64_t interp)
{
	size_t first = py->nthreads;
	uint64_t address, steps = 0;

	if (!image_u64(py->image, interp + py->offsets.interp_threads, &address)) {
		note_list(py, "interpreters");
		return;
	}
	while (address) {
		if (steps++ >= LIMIT_THREADS || !read_thread(py, address, interp, &address)) {
			note_list(py, "threads");
			break;
		}
	}
	mark_holder(py, interp, first);
}

void python_stacks_read(struct python *py)
{
	const struct python_offsets *o = &py->offsets;
	uint64_t interp;

	if (!image_u64(py->image, py->runtime + o->interpreters, &interp)) {
		note_list(py, "interpreters");
		return;
	}
	while (interp) {
		if (++py->interpreters > MOST_INTERPRETERS) {
			note_list(py, "interpreters");
			break;
		}
		read_threads(py, interp);
		if (!image_u64(py->image, interp + o->interp_next, &interp))
			interp = 0;
	}
}

struct python_thread *python_thread_of(struct python *py, uint32_t tid)
{
	size_t i;

	for (i = 0; i < py->nthreads; i++)
		if (py->threads[i].tid == tid)
			return &py->threads[i];
	return NULL;
}

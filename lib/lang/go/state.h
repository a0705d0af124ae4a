/* SPDX-License-Identifier: Apache-2.0 */
/* What the Go row has found, and keeps while a target is looked at. */
#ifndef LANG_GO_STATE_H
#define LANG_GO_STATE_H

#include "code.h"
#include "knownstack.h"
#include "sched.h"
#include "../unwind.h"
#include "../../origin/origin.h"

struct go {
	struct image *image;
	const struct capture *c;
	struct gomem mem;
	struct gocode_cache code;
	struct goruntime *runtimes;
	struct gomodules modules[GOMODULE_RUNTIMES]; /* the runtimes' */
	size_t count;
	bool arm;          /* arm64: return addresses in a link register */
	unsigned sp, lr;   /* DWARF numbers */
	struct map frames; /* pc and flags -> where its ids stand in ids */
	uint32_t *ids;
	size_t nids, cap_ids;
	struct map frame_kinds;     /* frame id -> what the rules of printing ask */
	struct map stacks;          /* stack -> the same with the runtime's frames marked */
	struct map plans;           /* pc -> how its arguments are printed */
	struct map creators;        /* pc of a go statement -> its frame */
	struct goknownstacks known; /* stacks that are known by sight */
	struct gowaits *waits;      /* channels seen; NULL until one is asked for */
};

/* Does anything that is asked for need a goroutine's own stack pointers? */
#define WANT_OWN_FRAMES (STK_WANT_DETAIL | STK_WANT_ARGS | STK_WANT_LOCALS)

/* The runtime that a function belongs to. */
const struct goruntime *goruntime_of_code(const struct go *go, const struct gocode *code);
/* The runtime that a goroutine belongs to. */
struct goruntime *goruntime_of_goroutine(const struct go *go, const struct goroutine *g);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime's tables say about a pc: worked out once for each distinct one. */
#ifndef LANG_GO_CODE_H
#define LANG_GO_CODE_H

#include "module.h"

/* Functions at which a stack goes on elsewhere, or which the printing rules name. */
enum gocode_kind {
	GOCODE_PLAIN,
	GOCODE_SIGRETURN, /* the interrupted registers are at sp */
	GOCODE_SIGTRAMP,
	GOCODE_SYSTEMSTACK,
	GOCODE_MCALL,
	GOCODE_MORESTACK,
	GOCODE_NEWSTACK,   /* what morestack calls on the system stack */
	GOCODE_CRASHSTACK, /* switchToCrashStack0: the system stack has run out (1.22 and later) */
	GOCODE_GOGO,       /* resumes a goroutine */
	GOCODE_ASMCGOCALL,
	GOCODE_CGOCALLBACK,
	GOCODE_CROSSCALL, /* crosscall2: keeps C's registers in its frame */
	GOCODE_VDSO,      /* calls the vdso on the system stack */
	GOCODE_SIGPANIC,
	GOCODE_PREEMPT, /* asyncPreempt, debugCallV2: called where no call was written */
	GOCODE_GOPANIC,
	GOCODE_PANICWRAP,
	GOCODE_NO_TABLE, /* there is no table: nothing is known but that this is Go's */
};

struct gocode {
	const struct gomodule *module;
	struct gopclntab_func func;
	const char *name; /* as in the table, full type arguments */
	int32_t delta;    /* frame size below the return address */
	bool has_delta;
	enum gocode_kind kind;
};

struct gocode_cache {
	struct arena arena;
	struct map by_pc; /* -> struct gocode *, 0: not Go */
};

/* NULL when pc is in no Go function. */
const struct gocode *gocode_at(struct gocode_cache *cache, const struct gomodules *modules,
			       size_t count, uint64_t pc);
void gocode_deinit(struct gocode_cache *cache);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* origin/ - whose code a function is: the program's, its language's, the system's. Told by names of
 * functions, files and modules, and by nothing else. This is the one place that knows the names in
 * libraries and runtimes of languages: the builder asks it for the flags of every frame, analyze/
 * and output/ read these. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "../base/base.h"
#include "golang.h"

/* The flags that follow from names. */
/* clang-format off */
#define ORIGIN_FLAGS \
	(STK_FRAME_LIBRARY | STK_FRAME_PLUMBING | STK_FRAME_LANGUAGE | STK_FRAME_PANIC | STK_FRAME_START)
/* clang-format on */

/* A language's own rules. To add one: fill in one of these, and add a row in origin.c. */
struct origin_rules {
	/* STK_FRAME_* of a function, as debug information or tables name it, and its file; NULL
	 * unknown. */
	unsigned (*flags)(const char *func, const char *file);
	/* The name that older releases of the language gave this state; NULL: none had another. */
	const char *(*former_state)(const char *state);
	/* Is it one of the states which not every release tells apart, so that only the frames say
	 * which it is? */
	bool (*is_vague_state)(const char *state);
	/* origin_says_nothing() */
	bool (*says_nothing)(const char *name);
};

extern const struct origin_rules origin_go;
extern const struct origin_rules origin_system;
extern const struct origin_rules origin_cpython;

/* What is known of a frame by the names of its function, its file and its module's path; each may
 * be NULL. STK_FRAME_*, of ORIGIN_FLAGS. */
unsigned origin_flags(const char *func, const char *file, const char *module);
/* The state by the name that all releases have in common. */
const char *origin_former_state(const char *state);
bool origin_is_vague_state(const char *state);

/* A file of the C library, the loader or a language's runtime. */
bool origin_is_system_module(const char *path);

/* A function of CPython's own that only carries a call from one frame of Python to the next. */
bool origin_is_python_plumbing(const char *func);

/* Is there no source of what is in this file (NULL unknown)? */
bool origin_is_made_by_compiler(const char *file);

/* Is this a function that many faults pass through, so that it says nothing of one: signals, aborts,
 * allocation, copying, panicking? By its name as funcname_normal() makes it. */
bool origin_says_nothing(const char *name);
/* A file of which no function says anything of a fault. */
bool origin_file_says_nothing(const char *path);
/* The same of a source file: of the C++ or Rust library, say, that is compiled into who uses it. NULL
 * unknown. */
bool origin_source_says_nothing(const char *file);

#endif

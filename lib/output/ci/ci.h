/* SPDX-License-Identifier: Apache-2.0 */
/* output/ci/ - many crashes, as people, scripts and CI systems want them. To add a format: a file with one
 * `const struct bugs_output`, and a row in ci.c. */
#ifndef OUTPUT_CI_H
#define OUTPUT_CI_H

#include "../text.h"

struct bugs_view {
	const struct stk_bugs *bugs;
	const struct stk_style *style;
	const char *root; /* prefix of source paths that is left out; NULL */
	struct out *out;
};

struct bugs_output {
	struct stk_bugs_format format;
	void (*write)(const struct bugs_view *v);
};

/* NULL when there is none of that name. */
const struct bugs_output *bugs_output_find(const char *name);

/* ---- what they share ---- */

/* The crash that stands for a bug. */
const struct stk_crash *ci_crash(const struct bugs_view *v, const struct stk_bug *bug);
/* The frame that is blamed: the newest one that counts; NULL when there is none. */
const struct stk_crash_frame *ci_blamed(const struct stk_crash *crash);
/* A source path below the root, as a checkout has it; the path itself elsewhere. */
const char *ci_source(const struct bugs_view *v, const char *file);
/* "error", "warning" or "note", by severity. */
const char *ci_level(const struct stk_crash *crash);
/* "3 bugs in 185 crashes, 2 files could not be read" */
void ci_summary(const struct bugs_view *v, struct out *out);
/* "parse_header at src/http.c:88"; unescaped text goes through put. */
void ci_place(const struct bugs_view *v, const struct stk_crash_frame *frame,
	      void (*put)(struct out *out, const char *text));
/* One line on a bug: its cause and where. */
void ci_title(const struct bugs_view *v, const struct stk_crash *crash,
	      void (*put)(struct out *out, const char *text));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* input/ - what the user named becomes a builder full of tasks. Binary targets go through
 * image/ and lang/; text traces are one file and one row each. */
#ifndef INPUT_H
#define INPUT_H

#include "../base/base.h"
#include "../cause/cause.h"
#include "../image/image.h"
#include "../lang/lang.h"
#include "../model/model.h"

struct stk_error *input_core(const char *path, const struct stk_files *files,
			     const struct stk_want *want, struct builder *b) STK_MUST;
struct stk_error *input_live(uint64_t pid, const struct stk_pause *pause,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b) STK_MUST;
struct stk_error *input_file(const char *exe, const uint64_t *addresses, size_t count,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b) STK_MUST;
struct stk_error *input_text(const char *const *paths, size_t npaths,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b) STK_MUST;

#endif

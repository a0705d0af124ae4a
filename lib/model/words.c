/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <string.h>

#define X(name, text) text,
const char *const why_text[WHY_COUNT] = { WORDS_WHY(X) };
#undef X

#define ROW(value, word, noun, text) { value, word, noun, text },
/* clang-format off */
#define TABLE(name, what, LIST) \
	static const struct word name##_list[] = { LIST(ROW) }; \
	const struct word_list name = { what, name##_list, sizeof(name##_list) / sizeof(name##_list[0]) };
/* clang-format on */

TABLE(words_task_kind, "task kind", WORDS_TASK_KIND)
TABLE(words_how, "way to a frame", WORDS_HOW)
TABLE(words_end, "end of a stack", WORDS_END)
TABLE(words_target_kind, "target kind", WORDS_TARGET_KIND)
TABLE(words_module_status, "module status", WORDS_MODULE_STATUS)
TABLE(words_task_flag, "task flag", WORDS_TASK_FLAG)
TABLE(words_frame_flag, "frame flag", WORDS_FRAME_FLAG)
TABLE(words_severity, "severity", WORDS_SEVERITY)
TABLE(words_certainty, "certainty", WORDS_CERTAINTY)
TABLE(words_verdict, "verdict", WORDS_VERDICT)
TABLE(words_wait_flag, "wait flag", WORDS_WAIT_FLAG)

const struct word *words_row(const struct word_list *words, unsigned value)
{
	static const struct word unknown = { 0, "unknown", "unknown", NULL };
	unsigned i;

	/* enums count from 0: their rows stand at their values; flags do not */
	if (value < words->count && words->list[value].value == value)
		return &words->list[value];
	for (i = 0; i < words->count; i++)
		if (words->list[i].value == value)
			return &words->list[i];
	return &unknown;
}

const struct word *words_find(const struct word_list *words, const char *word)
{
	unsigned i;

	for (i = 0; word && i < words->count; i++)
		if (!strcmp(words->list[i].word, word))
			return &words->list[i];
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A crash as a line of JSON, and back. Lines are what workers, machines and databases exchange:
 * members may be added, none changes its meaning while "stk_crash" is 1. */
#include "triage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

/* The members that are text; `offset` is where they go. */
static const struct text_member {
	const char *name;
	size_t offset;
} texts[] = {
	{ "path", offsetof(struct stk_crash, path) },
	{ "error", offsetof(struct stk_crash, error) },
	{ "id", offsetof(struct stk_crash, id) },
	{ "key", offsetof(struct stk_crash, key) },
	{ "signature", offsetof(struct stk_crash, signature) },
	{ "fault", offsetof(struct stk_crash, fault) },
	{ "cause", offsetof(struct stk_crash, cause) },
	{ "explanation", offsetof(struct stk_crash, explanation) },
	{ "message", offsetof(struct stk_crash, message) },
	{ "executable", offsetof(struct stk_crash, executable) },
	{ "build_id", offsetof(struct stk_crash, build_id) },
	{ "severity", offsetof(struct stk_crash, severity) },
	{ "severity_reason", offsetof(struct stk_crash, severity_reason) },
};

static const char **text_at(struct stk_crash *crash, size_t i)
{
	return (const char **)((char *)crash + texts[i].offset);
}

/* Bytes of a target are mapped to what JSON can hold, and back (base/utf8.h). */
static json_t *string_of(const char *text)
{
	size_t size = strlen(text), mapped = utf8_mapped_size(text, size);
	FREE_AT_END char *copy = xmalloc(mapped + 1);

	utf8_map(text, size, copy);
	return json_stringn(copy, mapped);
}

static char *text_of(const json_t *value, struct arena *arena)
{
	char *copy = arena_strn(arena, json_string_value(value), json_string_length(value));

	copy[utf8_unmap(copy, json_string_length(value))] = '\0';
	return copy;
}

static json_t *frames_of(const struct stk_crash *crash)
{
	json_t *list = json_array(), *object;
	uint32_t i;

	for (i = 0; i < crash->nframes; i++) {
		const struct stk_crash_frame *frame = &crash->frames[i];

		object = json_object();
		json_object_set_new(object, "func", string_of(frame->func));
		if (frame->file)
			json_object_set_new(object, "file", string_of(frame->file));
		if (frame->line)
			json_object_set_new(object, "line", json_integer(frame->line));
		if (frame->counts)
			json_object_set_new(object, "counts", json_true());
		json_array_append_new(list, object);
	}
	return list;
}

char *triage_line(const struct stk_crash *crash)
{
	struct stk_crash copy = *crash;
	json_t *object = json_object();
	char *line;
	size_t i;

	json_object_set_new(object, "stk_crash", json_integer(VERSION));
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (*text_at(&copy, i))
			json_object_set_new(object, texts[i].name, string_of(*text_at(&copy, i)));
	if (crash->nframes)
		json_object_set_new(object, "frames", frames_of(crash));
	if (!crash->error)
		json_object_set_new(object, "complete", json_boolean(crash->complete));
	line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	return line ? line : xstrdup("{}");
}

static void read_frames(const json_t *list, struct arena *arena, struct stk_crash *ret)
{
	struct stk_crash_frame *frames = arena_zalloc(arena, TRIAGE_FRAMES * sizeof(*frames));
	const json_t *object;
	size_t i;

	ret->frames = frames;
	json_array_foreach(list, i, object)
	{
		const json_t *func = json_object_get(object, "func"),
			     *file = json_object_get(object, "file");
		json_int_t line = json_integer_value(json_object_get(object, "line"));

		if (!json_is_string(func) || ret->nframes == TRIAGE_FRAMES)
			continue;
		frames[ret->nframes++] = (struct stk_crash_frame){
			text_of(func, arena),
			json_is_string(file) ? text_of(file, arena) : NULL,
			line > 0 && line < UINT32_MAX ? (uint32_t)line : 0,
			json_is_true(json_object_get(object, "counts")),
		};
	}
}

bool triage_read_line(const char *line, struct arena *arena, struct stk_crash *ret)
{
	json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
	size_t i;

	memset(ret, 0, sizeof(*ret));
	if (json_integer_value(json_object_get(object, "stk_crash")) != VERSION) {
		json_decref(object);
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		const json_t *value = json_object_get(object, texts[i].name);

		if (json_is_string(value))
			*text_at(ret, i) = text_of(value, arena);
	}
	read_frames(json_object_get(object, "frames"), arena, ret);
	ret->complete = json_is_true(json_object_get(object, "complete"));
	json_decref(object);
	/* What the rest relies on. */
	return ret->path &&
	       (ret->error || !ret->id || (ret->signature && ret->fault && ret->cause));
}

char *triage_line_as(const char *line, const char *path)
{
	struct arena arena = { 0 };
	struct stk_crash crash;
	char *other = NULL;

	if (triage_read_line(line, &arena, &crash)) {
		crash.path = path;
		other = triage_line(&crash);
	}
	arena_deinit(&arena);
	return other;
}

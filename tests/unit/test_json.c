/* SPDX-License-Identifier: Apache-2.0 */
/* json and jsonl: what stk-json(5) promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "sample_dump.h"
#include "written.h"

static json_t *parsed(const char *bytes, size_t size)
{
	json_error_t error;
	json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("not JSON: %s at byte %d", error.text, error.position);
	return root;
}

static json_t *document(struct stk_dump *dump)
{
	size_t size;
	char *bytes = written("json", dump, &size);
	json_t *root = parsed(bytes, size);

	free(bytes);
	stk_free(dump);
	return root;
}

/* Follows "tasks.0.frames.1.func". */
static json_t *at(json_t *value, const char *path)
{
	char *steps = strdup(path), *rest = steps, *step;

	while ((step = strsep(&rest, ".")) && value)
		value = json_is_array(value) ? json_array_get(value, strtoul(step, NULL, 10))
					     : json_object_get(value, step);
	free(steps);
	return value;
}

struct expected {
	const char *path, *json;
};

static void assert_values(json_t *root, const struct expected *expected, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char *text = json_dumps(at(root, expected[i].path), JSON_ENCODE_ANY | JSON_COMPACT);

		if (!text || strcmp(text, expected[i].json))
			fail_msg("%s is %s, not %s", expected[i].path, text ? text : "(nothing)",
				 expected[i].json);
		free(text);
	}
}

static void test_the_document_holds_what_is_promised(void **state)
{
	static const struct expected expected[] = {
		{ "version", "1" },
		{ "complete", "false" },
		{ "target.kind", "\"core\"" },
		{ "target.pid", "1234" },
		{ "target.command_line", "\"/opt/shop/bin/server --listen :8080\"" },
		{ "cause.signal", "11" },
		{ "cause.address", "\"0x10\"" },
		{ "cause.text", "\"SIGSEGV: address not mapped (0x10)\"" },
		{ "modules.0.start", "\"0x555555554000\"" },
		{ "modules.1.status", "\"missing\"" },
		{ "modules.1.build_id", "null" },
		{ "tasks.0.kind", "\"thread\"" },
		{ "tasks.0.crashed", "true" },
		{ "tasks.0.wait", "null" },
		{ "tasks.0.created_by", "null" },
		{ "tasks.0.labels", "{\"tenant\":\"acme\"}" },
		{ "tasks.0.regs.rip", "\"0x5555555551a9\"" },
		{ "tasks.0.end", "\"unreadable\"" },
		{ "tasks.0.frames.0.pc", "\"0x5555555551a9\"" },
		{ "tasks.0.frames.0.column", "null" },
		{ "tasks.0.frames.0.values.0.text", "\"NULL\"" },
		{ "tasks.0.frames.0.source.first", "86" },
		{ "tasks.0.frames.1.inlined", "true" },
		{ "tasks.0.frames.1.func", "\"handle(std::vector<int>&)\"" },
		{ "tasks.0.frames.3.func", "null" },
		{ "tasks.0.frames.3.module", "\"/lib/x86_64-linux-gnu/libc.so.6\"" },
		{ "tasks.0.frames.3.offset", "\"0x2345\"" },
		{ "tasks.1.wait", "120000000000" },
		{ "tasks.1.created_by.func", "\"main.start\"" },
		{ "tasks.1.created_by.id", "1" },
		{ "tasks.1.go.status", "\"waiting\"" },
		{ "tasks.1.waits.0.address", "\"0xc000012345\"" },
		{ "notes.0.code", "\"module-missing\"" },
		{ "notes.0.severity", "\"loss\"" },
	};
	json_t *root = document(sample_dump());

	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "tasks")), 4);
	assert_values(root, expected, ARRAY_SIZE(expected));
	json_decref(root);
}

static void test_an_empty_dump_is_a_document(void **state)
{
	json_t *root = document(builder_finish(builder_open()));

	(void)state;
	assert_true(json_is_null(json_object_get(root, "cause")));
	assert_int_equal(json_array_size(json_object_get(root, "tasks")), 0);
	assert_null(json_object_get(root, "groups"));
	assert_true(json_is_true(json_object_get(root, "complete")));
	json_decref(root);
}

static void test_a_task_without_a_stack_has_no_frames(void **state)
{
	static const struct expected expected[] = {
		{ "tasks.0.frames", "[]" },
		{ "tasks.0.end", "\"none\"" },
		{ "tasks.0.missed", "true" },
	};
	struct builder *b = builder_open();
	struct stk_task *task = builder_task(b);
	json_t *root;

	(void)state;
	task->stack = STK_NONE;
	task->flags = STK_TASK_MISSED;
	root = document(builder_finish(b));
	assert_values(root, expected, ARRAY_SIZE(expected));
	json_decref(root);
}

static void assert_only_printable_ascii(const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i] != '\n' && (bytes[i] < 0x20 || bytes[i] == 0x7f))
			fail_msg("byte %#x at %zu", (unsigned char)bytes[i], i);
}

static void test_hostile_text_comes_back_byte_for_byte(void **state)
{
	static const char *const paths[] = {
		"target.name",           "cause.message",        "modules.0.path",
		"facts.0.value",         "notes.0.subject",      "tasks.0.name",
		"tasks.0.frames.0.func", "tasks.0.waits.0.text", "spans.0.text",
	};
	struct stk_dump *dump = hostile_dump();
	size_t size, i;
	char *bytes = written("json", dump, &size);
	json_t *root = parsed(bytes, size);

	(void)state;
	assert_only_printable_ascii(bytes, size);
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		json_t *value = at(root, paths[i]);
		char *text = strdup(json_string_value(value));

		text[utf8_unmap(text, json_string_length(value))] = 0;
		assert_string_equal(text, HOSTILE);
		free(text);
	}
	json_decref(root);
	free(bytes);
	stk_free(dump);
}

static void test_each_line_of_jsonl_is_an_object_and_notes_end_it(void **state)
{
	static const char *const types[] = { "dump", "task", "task", "task", "task", "notes" };
	struct stk_dump *dump = sample_dump();
	size_t size, count = 0;
	char *bytes = written("jsonl", dump, &size), *rest = bytes, *line;

	(void)state;
	assert_int_equal(bytes[size - 1], '\n');
	bytes[size - 1] = 0;
	while ((line = strsep(&rest, "\n"))) {
		json_t *root = parsed(line, strlen(line));

		assert_true(count < ARRAY_SIZE(types));
		assert_string_equal(json_string_value(json_object_get(root, "type")),
				    types[count++]);
		json_decref(root);
	}
	assert_int_equal(count, ARRAY_SIZE(types));
	free(bytes);
	stk_free(dump);
}

static void test_a_task_is_the_same_in_json_and_jsonl(void **state)
{
	struct stk_dump *dump = sample_dump();
	size_t size;
	char *bytes = written("jsonl", dump, &size),
	     *task = strstr(bytes, "\n{\"type\":\"task\"") + 1;
	json_t *line = parsed(task, strcspn(task, "\n"));
	json_t *root = document(dump);

	(void)state;
	json_object_del(line, "type");
	assert_true(json_equal(line, at(root, "tasks.0")));
	json_decref(line);
	json_decref(root);
	free(bytes);
}

static void test_groups_stand_in_both(void **state)
{
	static const struct expected expected[] = {
		{ "groups.0.count", "3" },
		{ "groups.0.tasks", "[1,2,3]" },
		{ "groups.0.max_wait", "240000000000" },
		{ "groups.0.frames.1.func", "\"main.worker\"" },
	};
	static const uint32_t tasks[] = { 1, 2, 3 };
	struct stk_dump *base = sample_dump();
	struct builder *b = builder_derive(base);
	struct stk_group group = { .tasks = tasks,
				   .count = 3,
				   .stack = 1,
				   .min_wait_ns = 120000000000,
				   .max_wait_ns = 240000000000 };
	json_t *root;

	(void)state;
	builder_groups(b, &group, 1);
	root = document(builder_finish(b));
	assert_values(root, expected, ARRAY_SIZE(expected));
	json_decref(root);
	stk_free(base);
}

static void test_frames_beyond_what_is_kept_are_made_anew(void **state)
{
	enum { FRAMES = 20, NAME = 1 << 20 };
	struct builder *b = builder_open();
	char *name = xmalloc(NAME + 1);
	uint32_t frames[FRAMES], stack, i;
	json_t *root;

	(void)state;
	memset(name, 'x', NAME);
	name[NAME] = 0;
	for (i = 0; i < FRAMES; i++)
		frames[i] = sample_frame(b, name, NULL, i, i + 1, STK_NONE, false);
	free(name);
	stack = sample_stack(b, frames, FRAMES, STK_END_ROOT);
	builder_task(b)->stack = stack;
	builder_task(b)->stack = stack;
	root = document(builder_finish(b));
	assert_true(json_equal(at(root, "tasks.0"), at(root, "tasks.1")));
	assert_int_equal(json_integer_value(at(root, "tasks.1.frames.19.line")), 19);
	json_decref(root);
}

/* ---- and back ---- */

/* What stk trace makes of the dump's JSON, as JSON; frees the dump. */
static json_t *reread(const char *format, struct stk_dump *dump)
{
	/* Not the cause: what the file says of it is not to be computed anew. */
	struct stk_want want = {
		.size = sizeof(want),
		.what = STK_WANT_DETAIL | STK_WANT_REGS | STK_WANT_ARGS | STK_WANT_LOCALS |
			STK_WANT_SOURCE | STK_WANT_DISASM | STK_WANT_WAITS,
	};
	char path[] = "/tmp/stk-test-XXXXXX";
	const char *paths[] = { path };
	FILE *file = fdopen(mkstemp(path), "w");
	struct stk_dump *again = NULL;
	size_t size;
	char *bytes = written(format, dump, &size);

	fwrite(bytes, 1, size, file);
	fclose(file);
	free(bytes);
	stk_free(dump);
	assert_null(stk_text(paths, 1, NULL, &want, &again));
	unlink(path);
	return document(again);
}

static void test_what_was_written_is_read_without_a_loss(void **state)
{
	struct stk_dump *(*const dumps[])(void) = { sample_dump, hostile_dump };
	static const char *const formats[] = { "json", "jsonl" };
	const char *key;
	json_t *value;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		json_t *before = document(dumps[i / 2]()),
		       *after = reread(formats[i % 2], dumps[i / 2]());

		/* they are made again where they are asked for */
		json_object_del(before, "groups");
		json_object_foreach(before, key,
				    value) if (!json_equal(value, json_object_get(after, key)))
			fail_msg("%s of dump %zu is not the same after %s:\n%s\n%s", key, i / 2,
				 formats[i % 2], json_dumps(value, JSON_ENCODE_ANY),
				 json_dumps(json_object_get(after, key), JSON_ENCODE_ANY));
		json_decref(before);
		json_decref(after);
	}
}

/* ---- words that nobody knows ---- */

/* A whole document, but for what is replaced in it. */
static const char whole[] =
	"{\"version\":1,\"generator\":\"stk 9\",\"complete\":true,\"target\":{\"kind\":\"core\",\"name\":\"c\","
	"\"pid\":null,\"executable\":null,\"command\":null,\"command_line\":null,\"arch\":null,\"threads\":1,"
	"\"goroutines\":0},\"cause\":null,\"facts\":[],\"modules\":[{\"path\":\"/m\",\"build_id\":null,"
	"\"start\":\"0x1000\",\"end\":\"0x2000\",\"status\":\"found\"}],\"reports\":[],\"tasks\":[{\"kind\":"
	"\"thread\",\"id\":7,\"name\":null,\"state\":null,\"wait\":null,\"crashed\":false,\"locked\":true,"
	"\"signal\":11,\"labels\":{},\"created_by\":null,\"frames\":[{\"pc\":\"0x1010\",\"func\":\"f\",\"file\":"
	"null,\"line\":null,\"column\":null,\"inlined\":false,\"module\":\"/m\",\"offset\":\"0x10\",\"how\":"
	"\"cfi\",\"forced\":true}],\"end\":\"root\"}],\"notes\":[{\"code\":\"thread-gone\",\"severity\":\"info\","
	"\"subject\":\"s\",\"text\":\"t\"}]}\n";

static char *replaced(const char *from, const char *to)
{
	const char *at = strstr(whole, from);
	char *text = NULL;

	if (!at)
		fail_msg("%s is not in the document", from);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from)) >
		    0);
	return text;
}

static struct stk_error *read_text(const char *text, struct stk_dump **ret)
{
	struct stk_want want = { .size = sizeof(want), .what = STK_WANT_DETAIL };
	struct stk_files files = { .size = sizeof(files) };
	char path[] = "/tmp/stk-test-XXXXXX";
	const char *paths[] = { path };
	FILE *file = fdopen(mkstemp(path), "w");
	struct stk_error *err;

	fputs(text, file);
	fclose(file);
	err = stk_text(paths, 1, &files, &want, ret);
	unlink(path);
	return err;
}

static struct stk_dump *read_replaced(const char *from, const char *to)
{
	char *text = replaced(from, to);
	struct stk_dump *dump = NULL;

	assert_null(read_text(text, &dump));
	free(text);
	assert_int_equal(dump->ntasks, 1);
	return dump;
}

static void test_an_unknown_word_is_no_known_one(void **state)
{
	static const struct {
		const char *from, *to, *said;
	} words[] = {
		{ "\"kind\":\"core\"", "\"kind\":\"bundle\"", "unknown target kind 'bundle'" },
		{ "\"kind\":\"thread\"", "\"kind\":\"fiber\"", "unknown task kind 'fiber'" },
		{ "\"end\":\"root\"", "\"end\":\"eclipse\"", "unknown end of a stack 'eclipse'" },
		{ "\"how\":\"cfi\"", "\"how\":\"magic\"", "unknown way to a frame 'magic'" },
		{ "\"status\":\"found\"", "\"status\":\"lent\"", "unknown module status 'lent'" },
		{ "\"severity\":\"info\"", "\"severity\":\"dire\"", "unknown severity 'dire'" },
		{ "\"thread-gone\"", "\"thread-odd\"", "unknown note 'thread-odd': s: t" },
		{ "\"locked\":true", "\"locked\":\"maybe\"",
		  "'locked' of a task is no true or false" },
		{ "\"forced\":true", "\"forced\":1", "'forced' of a frame is no true or false" },
		{ "\"crashed\":false,", "", "a task lacks 'crashed'" },
		{ "\"end\":\"root\"", "\"ending\":0", "a task lacks 'end'" },
		{ "\"kind\":\"thread\",", "", "a task lacks 'kind'" },
		{ "\"inlined\":false,", "", "a frame lacks 'inlined'" },
		{ "\"complete\":true,", "", "the document lacks 'complete'" },
		{ "\"facts\":[],", "", "the document lacks 'facts'" },
		{ "\"reports\":[]", "\"reports\":{}", "'reports' of the document cannot be read" },
		{ "\"signal\":11", "\"signal\":300", "'signal' of a task is no number" },
		{ "\"pc\":\"0x1010\"", "\"pc\":\"0x10zz\"", "'pc' of a frame is no address" },
		{ "\"module\":\"/m\"", "\"module\":\"/n\"", "is not among the modules: '/n'" },
		{ "\"complete\":true", "\"complete\":false", "it says that something is missing" },
		{ "\"version\":1,", "", "the document lacks 'version'" },
	};
	struct stk_dump *dump = NULL;
	size_t i;

	(void)state;
	assert_null(read_text(whole, &dump));
	assert_true(dump->complete);
	assert_int_equal(dump->nnotes, 1);
	stk_free(dump);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		uint32_t note;

		dump = read_replaced(words[i].from, words[i].to);
		for (note = 0; note < dump->nnotes; note++)
			if (dump->notes[note].severity == STK_LOSS &&
			    strstr(dump->notes[note].text, words[i].said))
				break;
		if (note == dump->nnotes || dump->complete)
			fail_msg("%s: no note says %s", words[i].to, words[i].said);
		stk_free(dump);
	}
}

static void test_what_is_not_known_is_not_made_up(void **state)
{
	struct stk_dump *dump = read_replaced("\"end\":\"root\"", "\"end\":\"eclipse\"");

	(void)state;
	assert_int_equal(dump->stacks[dump->tasks[0].stack].end, STK_END_TEXT);
	stk_free(dump);
	dump = read_replaced("\"kind\":\"thread\"", "\"kind\":\"fiber\"");
	assert_int_equal(dump->tasks[0].kind, STK_TRACE);
	assert_string_equal(dump->tasks[0].more->header, "fiber 7");
	stk_free(dump);
	dump = read_replaced("\"how\":\"cfi\"", "\"how\":\"magic\"");
	assert_int_equal(dump->frames[0].how, STK_HOW_TEXT);
	stk_free(dump);
	dump = read_replaced("\"signal\":11", "\"signal\":300");
	assert_int_equal(dump->tasks[0].signal, 0);
	stk_free(dump);
	/* a module is known by its path, where no number says which */
	dump = read_replaced("\"version\":1", "\"version\":1");
	assert_int_equal(dump->locs[0].module, 0);
	stk_free(dump);
}

static void test_members_of_later_versions_are_passed_over(void **state)
{
	struct stk_dump *dump = read_replaced("\"id\":7,", "\"id\":7,\"mood\":\"fine\",");

	(void)state;
	assert_true(dump->complete);
	stk_free(dump);
}

static void test_another_version_is_refused(void **state)
{
	static const char *const versions[] = { "2", "\"1\"", "null", "1.5" };
	struct stk_dump *dump = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		char *member = NULL, *text;
		struct stk_error *err;

		assert_true(asprintf(&member, "\"version\":%s", versions[i]) > 0);
		text = replaced("\"version\":1", member);
		err = read_text(text, &dump);
		assert_non_null(err);
		assert_int_equal(err->code, STK_FAILED);
		assert_non_null(strstr(err->message, "of stk's JSON is not known, only 1"));
		stk_error_free(err);
		free(text);
		free(member);
	}
}

static void test_notes_without_end_are_not_kept(void **state)
{
	struct stk_dump *dump = NULL;
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);
	char *head = replaced("\"notes\":[", "\"notes\":[");

	(void)state;
	fprintf(file, "%.*s\"notes\":[", (int)(strstr(head, "\"notes\":[") - head), head);
	for (i = 0; i < 1000; i++)
		fprintf(file,
			"%s{\"code\":\"odd-%zu\",\"severity\":\"info\",\"subject\":\"\",\"text\":\"\"}",
			i ? "," : "", i);
	fputs("]}\n", file);
	fclose(file);
	assert_null(read_text(text, &dump));
	assert_int_equal(dump->nnotes, 101);
	stk_free(dump);
	free(text);
	free(head);
}

/* ---- the schema ---- */

static void assert_enum(json_t *schema, const char *path, const struct word_list *words)
{
	json_t *list = at(schema, path);
	size_t i;

	if (json_array_size(list) != words->count)
		fail_msg("%s has %zu words, not %u", path, json_array_size(list), words->count);
	for (i = 0; i < words->count; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)),
				    words->list[i].word);
}

static void assert_members(json_t *schema, const char *path, const struct word_list *words)
{
	json_t *members = at(schema, path);
	unsigned i;

	for (i = 0; i < words->count; i++)
		if (!json_object_get(members, words->list[i].word))
			fail_msg("%s lacks %s", path, words->list[i].word);
}

static void test_the_schema_has_the_words_of_the_model(void **state)
{
	json_t *schema = json_load_file("lib/output/json/stk.schema.json", 0, NULL);

	(void)state;
	assert_non_null(schema);
	assert_enum(schema, "$defs.head_members.properties.target.properties.kind.enum",
		    &words_target_kind);
	assert_enum(schema, "$defs.head_members.properties.modules.items.properties.status.enum",
		    &words_module_status);
	assert_enum(schema, "$defs.task_members.properties.kind.enum", &words_task_kind);
	assert_enum(schema, "$defs.task_members.properties.end.enum", &words_end);
	assert_enum(schema, "$defs.group_members.properties.end.enum", &words_end);
	assert_enum(schema, "$defs.task_members.properties.ancestors.items.properties.end.enum",
		    &words_end);
	assert_enum(schema, "$defs.notes_members.properties.notes.items.properties.severity.enum",
		    &words_severity);
	assert_enum(schema, "$defs.frame_members.properties.how.enum", &words_how);
	assert_members(schema, "$defs.task_members.properties", &words_task_flag);
	assert_members(schema, "$defs.frame_members.properties", &words_frame_flag);
	json_decref(schema);
}

/* Every object that says what it holds is closed for the test, so that a member which the
 * schema does not know fails, too. */
static const char validator[] =
	"import json, sys\n"
	"from jsonschema import Draft202012Validator as V\n"
	"def close(s):\n"
	"    if isinstance(s, list):\n"
	"        for x in s: close(x)\n"
	"    elif isinstance(s, dict):\n"
	"        for x in s.values(): close(x)\n"
	"        if 'object' in s.get('type', []) and 'additionalProperties' not in s \\\n"
	"                and {'properties', '$ref', 'allOf'} & set(s):\n"
	"            s['unevaluatedProperties'] = False\n"
	"schema = json.load(open('lib/output/json/stk.schema.json'))\n"
	"V.check_schema(schema)\n"
	"close(schema)\n"
	"if sys.argv[1] == 'json':\n"
	"    V(schema).validate(json.load(sys.stdin))\n"
	"else:\n"
	"    line = dict(schema['$defs']['line'], **{'$defs': schema['$defs']})\n"
	"    for text in sys.stdin: V(line).validate(json.loads(text))\n";

static void test_the_schema_describes_every_member(void **state)
{
	static const char *const formats[] = { "json", "jsonl" };
	struct stk_dump *(*const dumps[])(void) = { sample_dump, hostile_dump };
	size_t i;

	(void)state;
	if (system("python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null")) {
		puts("SKIP: python3-jsonschema is not installed");
		skip();
	}
	setenv("VALIDATOR", validator, 1);
	for (i = 0; i < 4; i++) {
		struct stk_dump *dump = dumps[i / 2]();
		char *command = xasprintf("python3 -c \"$VALIDATOR\" %s <", formats[i % 2]);

		assert_int_equal(written_status(formats[i % 2], dump, command, ""), 0);
		free(command);
		stk_free(dump);
	}
}

/* ---- the manual ---- */

/* Every name under "properties", wherever it is. */
static void assert_documented(json_t *schema, const char *manual)
{
	const char *key, *name;
	json_t *value, *property;
	size_t i;

	json_array_foreach(schema, i, value) assert_documented(value, manual);
	json_object_foreach(schema, key, value)
	{
		if (!strcmp(key, "properties"))
			json_object_foreach(value, name, property) if (!strstr(manual, name))
				fail_msg("stk-json(5) does not know '%s'", name);
		assert_documented(value, manual);
	}
}

static void test_the_manual_names_every_member_of_the_schema(void **state)
{
	char *manual;
	size_t size;
	json_t *schema = json_load_file("lib/output/json/stk.schema.json", JSON_REJECT_DUPLICATES,
					NULL);

	(void)state;
	assert_non_null(schema);
	assert_null(read_file("man/stk-json.5", 1 << 20, &manual, &size));
	assert_documented(schema, manual);
	free(manual);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_document_holds_what_is_promised),
		cmocka_unit_test(test_an_empty_dump_is_a_document),
		cmocka_unit_test(test_a_task_without_a_stack_has_no_frames),
		cmocka_unit_test(test_hostile_text_comes_back_byte_for_byte),
		cmocka_unit_test(test_each_line_of_jsonl_is_an_object_and_notes_end_it),
		cmocka_unit_test(test_a_task_is_the_same_in_json_and_jsonl),
		cmocka_unit_test(test_groups_stand_in_both),
		cmocka_unit_test(test_frames_beyond_what_is_kept_are_made_anew),
		cmocka_unit_test(test_what_was_written_is_read_without_a_loss),
		cmocka_unit_test(test_an_unknown_word_is_no_known_one),
		cmocka_unit_test(test_what_is_not_known_is_not_made_up),
		cmocka_unit_test(test_members_of_later_versions_are_passed_over),
		cmocka_unit_test(test_another_version_is_refused),
		cmocka_unit_test(test_notes_without_end_are_not_kept),
		cmocka_unit_test(test_the_schema_has_the_words_of_the_model),
		cmocka_unit_test(test_the_schema_describes_every_member),
		cmocka_unit_test(test_the_manual_names_every_member_of_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

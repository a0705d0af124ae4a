/* SPDX-License-Identifier: Apache-2.0 */
/* --exe: the files that the user names. */
#include "exe.h"

#include <elf.h>
#include <stdlib.h>

static bool is_fixed(struct image *image)
{
	struct mapping file = image_module_file(image, 0);
	uint16_t type;

	if (file.size < EI_NIDENT + sizeof(type))
		return false;
	type = (uint16_t)image_number(image, file.bytes + EI_NIDENT, sizeof(type));
	return type == ET_EXEC;
}

struct stk_error *exe_open(struct exe *exe, const char *path, const struct stk_files *files,
			   const struct stk_want *want)
{
	struct stk_error *err;

	*exe = (struct exe){ .path = path, .own = STK_NONE, .load = LOAD_UNKNOWN };
	exe->b = builder_open();
	err = image_open_file(path, files, exe->b, &exe->image);
	if (err) {
		builder_close(exe->b);
		return err;
	}
	exe->symbols = symbols_open(exe->image, exe->b, files, want);
	exe->lookup = lookup_open(exe->image, exe->b, exe->symbols);
	exe->module = image_module_info(exe->image, 0);
	exe->fixed = is_fixed(exe->image);
	return NULL;
}

void exe_close(struct exe *exe)
{
	lookup_close(exe->lookup);
	symbols_close(exe->symbols);
	image_close(exe->image);
	builder_close(exe->b);
	map_deinit(&exe->names);
	map_deinit(&exe->sources);
	free(exe->functions);
}

/* Some tools print only the first bytes of a build id. */
static bool same_build(const char *a, const char *b)
{
	size_t size = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return size >= 8 && !strncasecmp(a, b, size);
}

enum exe_match exe_match(const struct exe *exe, const struct stk_module *module)
{
	bool same_name = !strcmp(path_base(module->path), path_base(exe->path));

	if (module->build_id[0] && exe->module->build_id[0]) {
		if (same_build(module->build_id, exe->module->build_id))
			return EXE_BUILD;
		return same_name ? EXE_OTHER_BUILD : EXE_NO;
	}
	return same_name ? EXE_NAME : EXE_NO;
}

struct exe_function exe_function(struct exe *exe, const struct stk_loc *loc)
{
	const char *name = loc->linkage ? loc->linkage : loc->func;
	struct exe_function function = { .found = false };
	uint64_t key = (uint64_t)(uintptr_t)name, index;

	if (map_get(&exe->names, key, &index))
		return exe->functions[index];
	function.found = lookup_find(exe->lookup, name, &function.start, &function.size);
	exe->functions = grow(exe->functions, &exe->functions_cap, exe->nfunctions + 1,
			      sizeof(*exe->functions));
	map_put(&exe->names, key, exe->nfunctions);
	exe->functions[exe->nfunctions++] = function;
	return function;
}

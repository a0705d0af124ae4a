/* SPDX-License-Identifier: Apache-2.0 */
/* --exe: the files that the user names. */
#include "exe.h"

#include <elf.h>
#include <stdlib.h>

#define EXE_PAGE 4096u

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
	if (!err && !image_module_info(exe->image, 0)) {
		image_close(exe->image);
		err = error_create(STK_FAILED, "'%s' has nothing that is loaded", path);
	}
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

/* Where the members of program headers are in files of either size. */
struct header_layout {
	size_t phoff, phoff_size, phentsize, phnum;
	size_t flags, vaddr, filesz, size; /* size: of an address */
};

static const struct header_layout layouts[] = {
	{ 28, 4, 42, 44, 24, 8, 16, 4 },
	{ 32, 8, 54, 56, 4, 16, 32, 8 },
};

void exe_code(const struct exe *exe, void (*take)(uint64_t start, uint64_t size, void *arg),
	      void *arg)
{
	struct mapping file = image_module_file(exe->image, 0);
	const struct header_layout *l;
	uint64_t offset, entry, count, i;

	if (file.size < sizeof(Elf64_Ehdr))
		return;
	l = &layouts[file.bytes[EI_CLASS] == ELFCLASS64];
	offset = image_number(exe->image, file.bytes + l->phoff, l->phoff_size);
	entry = image_number(exe->image, file.bytes + l->phentsize, 2);
	count = image_number(exe->image, file.bytes + l->phnum, 2);
	if (entry < sizeof(Elf32_Phdr) || (l->size == 8 && entry < sizeof(Elf64_Phdr)))
		return;
	for (i = 0; i < count && offset <= file.size && entry <= file.size - offset;
	     i++, offset += entry) {
		const unsigned char *header = file.bytes + offset;
		uint64_t start = image_number(exe->image, header + l->vaddr, l->size);
		uint64_t size = image_number(exe->image, header + l->filesz, l->size);
		uint64_t lead = start % EXE_PAGE;

		if (image_number(exe->image, header, 4) != PT_LOAD ||
		    !(image_number(exe->image, header + l->flags, 4) & PF_X) || size > file.size)
			continue;
		take(start - lead, (lead + size + EXE_PAGE - 1) / EXE_PAGE * EXE_PAGE, arg);
	}
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

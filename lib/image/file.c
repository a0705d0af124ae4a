/* SPDX-License-Identifier: Apache-2.0 */
/* One ELF file at its link addresses, without a process: for looking addresses up. */
#include "private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file is what was named: it is opened under that name, relative or not, sysroot or not. */
static int open_named(struct image *image, const struct mapped_file *first)
{
	(void)image;
	return open(first->path, O_RDONLY | O_CLOEXEC);
}

/* What a process had in its variables is not in the file: what they are before it runs is read
 * between image_read_late(true) and (false) only. */
struct file_state {
	bool variables;
};

static size_t read_variables(struct image *image, uint64_t addr, void *ret, size_t size)
{
	const struct file_state *state = image->own;
	const struct mapped_file *m;
	uint64_t offset, room;
	size_t i;

	for (i = 0; state->variables && i < image->nmapped; i++) {
		m = &image->mapped[i];
		if (!m->writable || addr < m->start || addr >= m->end)
			continue;
		offset = m->offset + (addr - m->start);
		room = offset < image->core.size ? image->core.size - offset : 0;
		room = room < m->end - addr ? room : m->end - addr;
		size = room < size ? (size_t)room : size;
		memcpy(ret, image->core.bytes + offset, size);
		return size;
	}
	return 0;
}

static void read_late(struct image *image, bool on)
{
	((struct file_state *)image->own)->variables = on;
}

static void close_state(struct image *image)
{
	free(image->own);
}

static const struct image_ops file_ops = {
	.open_mapped = open_named,
	.fetch = read_variables,
	.read_late = read_late,
	.close = close_state,
};

static struct stk_error *open_elf(struct image *image, const char *path, struct elf_info *ret)
{
	struct stk_error *err;
	int fd = -1;

	err = file_open(path, &fd);
	if (err)
		return err;
	err = error_prefix(mapping_open(fd, &image->core), "'%s'", path);
	close(fd);
	if (err)
		return err;
	*ret = elf_of_file(&image->core, image->page);
	if (ret->type == ET_CORE)
		return error_create(STK_FAILED, "'%s' is a core file, not a program", path);
	if (!ret->valid)
		return error_create(STK_FAILED, "'%s' is not an ELF file with code", path);
	image->arch = arch_find(ret->machine, ret->word, ret->big_endian);
	if (!image->arch)
		return error_create(STK_FAILED,
				    "'%s' is of an architecture that stk does not know "
				    "(ELF machine %u)",
				    path, ret->machine);
	return NULL;
}

/* The file's loadable pieces as if they were mapped where they are linked. */
static void map_loads(struct image *image, const struct elf_info *info, const char *path)
{
	uint64_t mask = ~(image->page - 1);
	struct elf_load *loads = NULL;
	size_t count = elf_loads(&image->core, info, &loads), i;

	for (i = 0; i < count; i++) {
		uint64_t start = loads[i].vaddr & mask, end = loads[i].vaddr + loads[i].memsz;

		if (end <= start || loads[i].offset > image->core.size ||
		    loads[i].filesz > image->core.size - loads[i].offset)
			continue;
		image->mapped = grow(image->mapped, &image->cap_mapped, image->nmapped + 1,
				     sizeof(*image->mapped));
		image->mapped[image->nmapped++] = (struct mapped_file){ start,
									end,
									loads[i].offset & mask,
									path,
									loads[i].executable,
									loads[i].writable };
		if (!loads[i].writable)
			memory_add(&image->memory, loads[i].vaddr, loads[i].filesz,
				   image->core.bytes + loads[i].offset);
	}
	free(loads);
	memory_sort(&image->memory);
}

/* For those who search the address space: in order, and not overlapping. */
static void set_ranges(struct image *image)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < image->nmapped; i++) {
		const struct mapped_file *m = &image->mapped[i];
		uint64_t start = m->start > end ? m->start : end;

		if (start >= m->end)
			continue;
		image->ranges = grow(image->ranges, &image->cap_ranges, image->nranges + 1,
				     sizeof(*image->ranges));
		image->ranges[image->nranges++] =
			(struct image_range){ .start = start,
					      .end = m->end,
					      .readable = true,
					      .writable = m->writable,
					      .executable = m->executable,
					      .captured = !m->writable,
					      .path = m->path,
					      .offset = m->offset + (start - m->start) };
		end = m->end;
	}
}

struct stk_error *image_open_file(const char *path, const struct stk_files *files,
				  struct builder *b, struct image **ret)
{
	struct image *image = image_new(b, files);
	struct stk_target *target = builder_target(b);
	struct elf_info info;
	struct stk_error *err = open_elf(image, path, &info);

	image->ops = &file_ops;
	image->own = xcalloc(1, sizeof(struct file_state));
	if (!err) {
		target->kind = STK_TARGET_FILE;
		target->name = builder_str(b, path);
		target->arch = builder_str(b, image->arch->name);
		target->word = image->arch->word;
		map_loads(image, &info, target->name);
		err = image_complete(image);
	}
	if (err) {
		image_close(image);
		return err;
	}
	set_ranges(image);
	*ret = image;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "private.h"

#include "find/find.h"
#include "unpack/unpack.h"

#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image *image_new(struct builder *b, const struct stk_files *files)
{
	struct image *image = xcalloc(1, sizeof(*image));

	image->b = b;
	image->files = files;
	image->page = 4096;
	image->main_module = STK_NONE;
	image->core_fd = image->statm_fd = -1;
	image->owner = (uid_t)-1;
	return image;
}

/* Names the file behind each range: both lists are sorted. */
void image_name_ranges(struct image *image)
{
	size_t i, at = 0;

	for (i = 0; i < image->nranges; i++) {
		struct image_range *range = &image->ranges[i];

		while (at < image->nmapped && image->mapped[at].end <= range->start)
			at++;
		if (at < image->nmapped && image->mapped[at].start <= range->start) {
			const struct mapped_file *m = &image->mapped[at];

			range->path = m->path;
			range->offset = m->offset + (range->start - m->start);
		}
	}
}

static int by_start(const void *a, const void *b)
{
	const struct mapped_file *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* A sysroot that was typed wrongly would only say that every module is missing. */
static struct stk_error *check_sysroot(const struct stk_files *files)
{
	struct stat st;

	if (!files->sysroot || (stat(files->sysroot, &st) == 0 && S_ISDIR(st.st_mode)))
		return NULL;
	return error_create(STK_NO_INPUT, "the sysroot '%s' is not a directory", files->sysroot);
}

struct stk_error *image_complete(struct image *image)
{
	struct stk_error *err = check_sysroot(image->files);

	if (err)
		return err;
	if (image->nmapped)
		qsort(image->mapped, image->nmapped, sizeof(*image->mapped), by_start);
	image_name_ranges(image);
	err = modules_find(image);
	if (!err)
		walk_attach(image);
	return err;
}

struct stk_error *image_stop(struct image *image, bool keep)
{
	return image->ops->stop ? image->ops->stop(image, keep) : NULL;
}

bool image_stale(const struct image *image)
{
	return image->stale;
}

bool image_verified(const struct image *image)
{
	return !image->unverified;
}

const char *image_why_unreadable(struct image *image, uint64_t addr, enum stk_remedy *ret_remedy)
{
	const char *why = NULL;

	*ret_remedy = STK_REMEDY_NONE;
	if (image->ops->why_unreadable)
		why = image->ops->why_unreadable(image, addr, ret_remedy);
	return why ? why : "is not available";
}

void image_resume(struct image *image)
{
	if (image->ops->resume)
		image->ops->resume(image);
}

void image_close(struct image *image)
{
	size_t i;

	if (!image)
		return;
	image_resume(image);
	if (image->ops && image->ops->close)
		image->ops->close(image);
	walk_detach(image);
	for (i = 0; i < image->nmodules; i++) {
		debugframe_close(&image->modules[i].frame);
		mapping_close(&image->modules[i].file);
		if (image->modules[i].debug)
			inflation_close(image->modules[i].debug->inflation);
	}
	free(image->modules);
	free(image->threads);
	free(image->ranges);
	free(image->mapped);
	free(image->auxv);
	memory_deinit(&image->memory);
	mapping_close(&image->core);
	if (image->core_fd >= 0)
		close(image->core_fd);
	if (image->statm_fd >= 0)
		close(image->statm_fd);
	free(image);
}

const struct arch *image_arch(const struct image *image)
{
	return image->arch;
}

const struct image_thread *image_threads(const struct image *image, uint32_t *ret_count)
{
	*ret_count = (uint32_t)image->nthreads;
	return image->threads;
}

bool image_register_at(const struct image *image, const struct image_thread *thread,
		       const struct arch_reg *reg, uint64_t *ret)
{
	if (!thread->raw)
		return false;
	*ret = arch_word(image->arch, thread->raw + reg->offset, image->arch->word);
	return true;
}

bool image_register(const struct image *image, const struct image_thread *thread, const char *name,
		    uint64_t *ret)
{
	const struct arch_reg *reg;

	for (reg = image->arch->regs; reg->name; reg++)
		if (!strcmp(reg->name, name))
			return image_register_at(image, thread, reg, ret);
	return false;
}

void *image_thread_with(const struct image *image, const struct image_thread *thread,
			const struct image_regs *regs, struct image_thread *ret)
{
	const struct arch *arch = image->arch;
	const struct arch_reg *reg;
	unsigned char *raw;

	if (!thread->raw)
		return NULL;
	raw = xmalloc(arch->reg_bytes);
	memcpy(raw, thread->raw, arch->reg_bytes);
	for (reg = arch->regs; reg->name; reg++)
		if (reg->dwarf >= 0 && regs_known(regs, (unsigned)reg->dwarf))
			image_bytes(image, regs->r[reg->dwarf], raw + reg->offset, arch->word);
	image_bytes(image, regs->pc, raw + arch->pc_offset, arch->word);
	*ret = *thread;
	ret->regs = *regs;
	ret->raw = raw;
	return raw;
}

/* Bytes of mapped files that are in memory here (proc_pid_statm(5)); UINT64_MAX unknown. */
static uint64_t resident_files(struct image *image)
{
	char text[128] = "";
	unsigned long pages;

	if (image->statm_fd < 0)
		image->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (image->statm_fd < 0 || pread(image->statm_fd, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%*u %*u %lu", &pages) != 1)
		return UINT64_MAX;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void image_forget(struct image *image, uint64_t most)
{
	uint64_t resident;

	if (!image->core.size)
		return;
	/* It cannot be counted: one touch brings a page, its neighbours, or 2 MiB at once, as the
	 * file happens to lie in the page cache. */
	resident = resident_files(image);
	if (resident - image->kept <= most && resident >= image->kept)
		return;
	/* A read-only view of a file: what is dropped is there again at the next touch. */
	(void)madvise((void *)(uintptr_t)image->core.bytes, image->core.size, MADV_DONTNEED);
	image->kept = resident_files(image);
}

size_t image_read(struct image *image, uint64_t addr, void *ret, size_t size)
{
	unsigned char *to = ret;
	size_t done = 0;

	while (done < size) {
		const struct segment *s = memory_at(&image->memory, addr + done);
		uint64_t left;
		size_t piece;

		if (!s)
			break;
		left = s->end - (addr + done);
		piece = left < size - done ? (size_t)left : size - done;
		memcpy(to + done, s->bytes + (addr + done - s->start), piece);
		done += piece;
	}
	if (done < size && image->ops->fetch)
		done += image->ops->fetch(image, addr + done, to + done, size - done);
	return done;
}

size_t image_read_far(struct image *image, uint64_t addr, void *ret, size_t size)
{
	const struct segment *s = memory_at(&image->memory, addr);
	uintptr_t at = s ? (uintptr_t)s->bytes - (uintptr_t)image->core.bytes : UINTPTR_MAX;
	ssize_t got = -1;

	/* The segment's bytes are in the core, or in a file that the target had mapped. */
	if (image->core_fd >= 0 && at < image->core.size && s->end - addr >= size)
		got = pread(image->core_fd, ret, size, (off_t)(at + (addr - s->start)));
	return got == (ssize_t)size ? size : image_read(image, addr, ret, size);
}

void image_read_late(struct image *image, bool on)
{
	if (image->ops->read_late)
		image->ops->read_late(image, on);
}

bool image_get(struct image *image, uint64_t addr, void *ret, size_t size)
{
	return image_read(image, addr, ret, size) == size;
}

static bool get_number(struct image *image, uint64_t addr, unsigned size, uint64_t *ret)
{
	unsigned char bytes[8];

	if (!image_get(image, addr, bytes, size))
		return false;
	*ret = arch_word(image->arch, bytes, size);
	return true;
}

void image_window(struct image *image, uint64_t addr)
{
	const struct segment *s = image->core_fd < 0 ? NULL : memory_at(&image->memory, addr);
	struct window *window = &image->window;
	uint64_t left = s ? s->end - addr : 0;
	size_t size = left < WINDOW_SIZE ? (size_t)left : WINDOW_SIZE;

	window->start = addr;
	window->size = s ? image_read_far(image, addr, window->bytes, size) : 0;
}

static const unsigned char *wide_word_at(struct image *image, uint64_t addr)
{
	const struct window *window = &image->window;
	const struct segment *s;

	if (window->size >= 8 && addr - window->start <= window->size - 8)
		return window->bytes + (addr - window->start);
	s = memory_at(&image->memory, addr);
	return s && s->end - addr >= 8 ? s->bytes + (addr - s->start) : NULL;
}

/* Unwinding is made of this: most words are in the window, or in the piece that was hit last. */
bool image_word(struct image *image, uint64_t addr, uint64_t *ret)
{
	const unsigned char *at = image->arch->word == 8 ? wide_word_at(image, addr) : NULL;
	uint64_t word;

	if (!at)
		return get_number(image, addr, image->arch->word, ret);
	memcpy(&word, at, 8);
	*ret = image->arch->big_endian ? be64toh(word) : le64toh(word);
	return true;
}

bool image_u8(struct image *image, uint64_t addr, uint8_t *ret)
{
	return image_get(image, addr, ret, 1);
}

bool image_u32(struct image *image, uint64_t addr, uint32_t *ret)
{
	uint64_t value;

	if (!get_number(image, addr, 4, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool image_u64(struct image *image, uint64_t addr, uint64_t *ret)
{
	return get_number(image, addr, 8, ret);
}

const unsigned char *image_peek(struct image *image, uint64_t addr, size_t need, size_t *ret_size)
{
	const struct segment *s = memory_at(&image->memory, addr);

	if (!s && image->ops->peek)
		return image->ops->peek(image, addr, need, ret_size);
	if (!s || s->end - addr < need)
		return NULL;
	*ret_size = (size_t)(s->end - addr);
	return s->bytes + (addr - s->start);
}

void image_expect(struct image *image, uint64_t bytes)
{
	image->expected += bytes;
}

void image_gather(struct image *image, struct image_piece *pieces, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		pieces[i].bytes = NULL;
	if (image->ops->gather)
		image->ops->gather(image, pieces, count);
}

uint64_t image_next(struct image *image, uint64_t addr)
{
	uint64_t next = memory_next(&image->memory, addr);
	size_t i;

	/* A live target can be read wherever something is mapped. */
	for (i = 0; image->ops->fetch && i < image->nranges; i++)
		if (image->ranges[i].end > addr) {
			uint64_t start = image->ranges[i].start > addr ? image->ranges[i].start
								       : addr;

			return start < next ? start : next;
		}
	return next;
}

uint64_t image_number(const struct image *image, const void *bytes, unsigned size)
{
	return arch_word(image->arch, bytes, size);
}

void image_bytes(const struct image *image, uint64_t number, void *ret, unsigned size)
{
	unsigned char *p = ret;
	unsigned i;

	for (i = 0; i < size && i < 8; i++)
		p[i] = (unsigned char)(number >>
				       (image->arch->big_endian ? (size - 1 - i) * 8 : i * 8));
}

char *image_string(struct image *image, uint64_t addr, size_t limit)
{
	char *text = NULL;
	size_t size = 0, cap = 0;

	while (size < limit) {
		/* Not across a page: the next one may be missing. */
		size_t piece = 256 - (size_t)((addr + size) & 255), got;
		char *end;

		text = grow(text, &cap, size + piece + 1, 1);
		got = image_read(image, addr + size, text + size, piece);
		end = memchr(text + size, 0, got);
		if (end)
			return text;
		size += got;
		if (got < piece)
			break;
	}
	free(text);
	return NULL;
}

const struct image_range *image_ranges(const struct image *image, uint32_t *ret_count)
{
	*ret_count = (uint32_t)image->nranges;
	return image->ranges;
}

static bool range_ends_before(const void *list, size_t index, uint64_t addr)
{
	return ((const struct image_range *)list)[index].end <= addr;
}

const struct image_range *image_range_at(const struct image *image, uint64_t addr)
{
	size_t i = search_sorted(image->ranges, image->nranges, range_ends_before, addr);

	return i < image->nranges && addr >= image->ranges[i].start ? &image->ranges[i] : NULL;
}

bool image_forbidden_syscall(const struct image *image, uint32_t *ret)
{
	*ret = image->forbidden_syscall;
	return image->has_forbidden_syscall;
}

char *image_syscall_name(const struct image *image, uint32_t number)
{
	return callname(image->arch, number);
}

bool image_auxv(const struct image *image, uint64_t type, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < image->nauxv; i++)
		if (image->auxv[i * 2] == type) {
			*ret = image->auxv[i * 2 + 1];
			return true;
		}
	return false;
}

static bool module_ends_before(const void *list, size_t index, uint64_t addr)
{
	return ((const struct module *)list)[index].end <= addr;
}

uint32_t image_module(const struct image *image, uint64_t addr)
{
	size_t i = search_sorted(image->modules, image->nmodules, module_ends_before, addr);

	return i < image->nmodules && addr >= image->modules[i].start ? (uint32_t)i : STK_NONE;
}

uint32_t image_nmodules(const struct image *image)
{
	return (uint32_t)image->nmodules;
}

Dwfl_Module *image_dwfl_module(struct image *image, uint32_t module)
{
	return module < image->nmodules ? image->modules[module].dwfl : NULL;
}

bool image_has_symbols(const struct image *image, uint32_t module)
{
	return module < image->nmodules && image->modules[module].dwfl &&
	       !image->modules[module].no_symbols;
}

const struct stk_module *image_module_info(const struct image *image, uint32_t module)
{
	return module < image->nmodules ? builder_module_at(image->b, module) : NULL;
}

struct mapping image_module_file(const struct image *image, uint32_t module)
{
	return module < image->nmodules ? image->modules[module].file : (struct mapping){ NULL, 0 };
}

static struct inflation *inflation_of(const struct image *image, uint32_t module)
{
	const struct debugfile_owner *debug = module < image->nmodules
						      ? image->modules[module].debug
						      : NULL;

	return debug ? debug->inflation : NULL;
}

bool image_debug_need(struct image *image, uint32_t module, enum image_debug part, uint64_t unit)
{
	struct inflation *inflation = inflation_of(image, module);

	return !inflation || inflation_need(inflation, part, unit);
}

bool image_debug_is_whole(const struct image *image, uint32_t module, enum image_debug part)
{
	const struct inflation *inflation = inflation_of(image, module);

	return !inflation || inflation_is_whole(inflation, part);
}

struct stk_error *image_open_here(const struct image *image, const char *path, int *ret)
{
	return named_open(&(struct named){ .asked = image->files->sysroot, .owner = image->owner },
			  path, ret);
}

const struct stk_files *image_files(const struct image *image)
{
	return image->files;
}

void image_no_alt(Dwarf *dwarf)
{
	debugfile_no_alt(dwarf);
}

void image_stage(const struct image *image, enum stk_part part, const char *module)
{
	if (image->files->stage)
		image->files->stage(image->files->stage_arg, part, module);
}

bool image_has_debug(const struct image *image, uint32_t module)
{
	return image_has_symbols(image, module) && !image->modules[module].no_debug;
}

uid_t image_user(const struct image *image)
{
	return image->owner;
}

char *image_source_file(struct image *image, uint32_t module, const char *name)
{
	const struct stk_module *info = image_module_info(image, module);

	if (!info || !*info->build_id || *name != '/')
		return NULL;
	return download_source(image->b, image->files, info->build_id, name);
}

uint32_t image_main_module(const struct image *image)
{
	return image->main_module;
}

bool image_call_before(struct image *image, uint64_t addr, bool *ret)
{
	unsigned char code[7];
	unsigned i;

	if (image->arch->lr >= 0 || !image_get(image, addr - sizeof(code), code, sizeof(code)))
		return false;
	*ret = code[2] == 0xe8;
	/* through a register or memory: ff /2 with 2 to 7 bytes */
	for (i = 0; i < 6 && !*ret; i++)
		*ret = code[i] == 0xff && (code[i + 1] >> 3 & 7) == 2;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF core as an image: program headers, notes, and what of it the file really holds.
 * Read with a bounded cursor and not by libelf: a core may be cut anywhere, and libdwfl's
 * own core reader believes p_memsz (see lib/README.md). */
#include "private.h"

#include "notes.h"

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct load {
	uint64_t vaddr, memsz, offset, filesz;
	uint32_t flags;
};

struct core {
	struct image *image;
	const char *path;
	struct mapping file;
	struct core_notes notes;
	struct load *loads;
	size_t nloads, cap_loads;
	uint64_t promised; /* size that the headers promise */
	unsigned word;
	bool big_endian;
};

static struct cursor cursor_at(const struct core *core, uint64_t offset)
{
	struct cursor c = cursor_over(core->file.bytes, core->file.size);

	c.big_endian = core->big_endian;
	if (offset > core->file.size)
		c.failed = true;
	else
		cursor_skip(&c, (size_t)offset);
	return c;
}

struct header {
	uint64_t phoff, shoff;
	unsigned phentsize, type, machine;
	uint32_t phnum;
};

static struct stk_error *check_ident(struct core *core)
{
	const unsigned char *id = core->file.bytes;

	if (core->file.size == 0)
		return error_create(STK_FAILED, "'%s' is empty", core->path);
	if (core->file.size < EI_NIDENT || memcmp(id, ELFMAG, SELFMAG) != 0)
		return error_create(STK_FAILED, "'%s' is not a core file: it is not an ELF file",
				    core->path);
	if ((id[EI_CLASS] != ELFCLASS32 && id[EI_CLASS] != ELFCLASS64) ||
	    (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB))
		return error_create(STK_FAILED,
				    "'%s' is not a core file: its ELF header is damaged",
				    core->path);
	core->word = id[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	core->big_endian = id[EI_DATA] == ELFDATA2MSB;
	return NULL;
}

static const char *type_name(unsigned type)
{
	return type == ET_EXEC  ? "an executable"
	       : type == ET_DYN ? "an executable or a shared library"
	       : type == ET_REL ? "an object file"
				: "an ELF file of another kind";
}

/* More than 65,534 segments: the number stands in the first section header. */
static uint32_t real_phnum(const struct core *core, const struct header *h, unsigned phnum)
{
	struct cursor c;

	if (phnum != PN_XNUM)
		return phnum;
	c = cursor_at(core, h->shoff);
	cursor_skip(&c, core->word == 8 ? 44 : 28);
	return cursor_u32(&c);
}

static struct stk_error *read_header(struct core *core, struct header *h)
{
	struct cursor c;
	unsigned phnum;
	struct stk_error *err = check_ident(core);

	if (err)
		return err;
	c = cursor_at(core, EI_NIDENT);
	h->type = cursor_u16(&c);
	h->machine = cursor_u16(&c);
	cursor_skip(&c, 4 + core->word);
	h->phoff = cursor_word(&c, core->word);
	h->shoff = cursor_word(&c, core->word);
	cursor_skip(&c, 4 + 2);
	h->phentsize = cursor_u16(&c);
	phnum = cursor_u16(&c);
	if (c.failed)
		return error_create(STK_FAILED, "'%s' is cut off within its ELF header",
				    core->path);
	if (h->type != ET_CORE)
		return error_create(STK_FAILED, "'%s' is not a core file: it is %s", core->path,
				    type_name(h->type));
	core->image->arch = arch_find(h->machine, core->word, core->big_endian);
	if (!core->image->arch)
		return error_create(STK_FAILED,
				    "'%s' is of an architecture that stk does not know "
				    "(ELF machine %u, %u-bit)",
				    core->path, h->machine, core->word * 8);
	h->phnum = real_phnum(core, h, phnum);
	if (h->phentsize != (core->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return error_create(STK_FAILED, "'%s' has damaged program headers", core->path);
	return NULL;
}

static struct load read_phdr(struct core *core, struct cursor *c, uint32_t *ret_type)
{
	struct load load = { 0 };

	*ret_type = cursor_u32(c);
	if (core->word == 8)
		load.flags = cursor_u32(c);
	load.offset = cursor_word(c, core->word);
	load.vaddr = cursor_word(c, core->word);
	cursor_skip(c, core->word);
	load.filesz = cursor_word(c, core->word);
	load.memsz = cursor_word(c, core->word);
	if (core->word == 4)
		load.flags = cursor_u32(c);
	cursor_skip(c, core->word);
	return load;
}

/* Bytes of [offset, offset + size) that the file has. */
static uint64_t present(const struct core *core, uint64_t offset, uint64_t size)
{
	if (offset >= core->file.size)
		return 0;
	return size < core->file.size - offset ? size : core->file.size - offset;
}

static void promise(struct core *core, const struct load *load)
{
	if (load->filesz && load->offset + load->filesz > load->offset &&
	    load->offset + load->filesz > core->promised)
		core->promised = load->offset + load->filesz;
}

static void read_note_segment(struct core *core, const struct load *load)
{
	uint64_t have = present(core, load->offset, load->filesz);
	struct cursor c;

	if (!have)
		return;
	c = cursor_over(core->file.bytes + load->offset, (size_t)have);
	c.big_endian = core->big_endian;
	notes_read(core->image, &core->notes, &c);
}

static void add_load(struct core *core, const struct load *load)
{
	uint64_t have = present(core, load->offset, load->filesz);

	core->loads = grow(core->loads, &core->cap_loads, core->nloads + 1, sizeof(*load));
	core->loads[core->nloads++] = *load;
	if (have)
		memory_add(&core->image->memory, load->vaddr, have,
			   core->file.bytes + load->offset);
}

static struct stk_error *read_segments(struct core *core, const struct header *h)
{
	struct cursor c = cursor_at(core, h->phoff);
	uint32_t i, type;

	if (h->phnum > LIMIT_SEGMENTS)
		return error_create(STK_FAILED, "'%s' claims %u segments", core->path, h->phnum);
	for (i = 0; i < h->phnum; i++) {
		struct load load = read_phdr(core, &c, &type);

		if (c.failed)
			break;
		promise(core, &load);
		if (type == PT_NOTE)
			read_note_segment(core, &load);
		else if (type == PT_LOAD)
			add_load(core, &load);
	}
	memory_sort(&core->image->memory);
	if (i == 0)
		return error_create(STK_FAILED, "'%s' is cut off before its program headers",
				    core->path);
	if (i < h->phnum)
		builder_note(core->image->b, STK_NOTE_CORE_TRUNCATED, core->path,
			     "cut off within the program headers: %u of %u segments are known", i,
			     h->phnum);
	return NULL;
}

/* ---- what is lost of a core that was cut ---- */

static bool load_ends_before(const void *list, size_t index, uint64_t addr)
{
	const struct load *load = (const struct load *)list + index;

	return addr >= load->vaddr && addr - load->vaddr >= load->memsz;
}

static bool in_missing_part(const struct core *core, uint64_t addr)
{
	size_t i = search_sorted(core->loads, core->nloads, load_ends_before, addr);
	const struct load *load = &core->loads[i];

	return i < core->nloads && addr >= load->vaddr && addr - load->vaddr < load->filesz &&
	       addr - load->vaddr >= present(core, load->offset, load->filesz);
}

/* "12, 13, 14 and 9 more": the threads whose stack pointer is in the lost part. */
static uint32_t lost_stacks(const struct core *core, char *ret, size_t size)
{
	const struct image *image = core->image;
	uint32_t lost = 0;
	size_t i, used = 0;

	for (i = 0; i < image->nthreads; i++) {
		const struct image_thread *t = &image->threads[i];

		if (!t->has_regs || !in_missing_part(core, t->regs.r[image->arch->sp]))
			continue;
		if (lost++ < 8)
			used += (size_t)snprintf(ret + used, size - used, "%s%u",
						 lost > 1 ? ", " : "", t->tid);
	}
	if (lost > 8)
		snprintf(ret + used, size - used, " and %u more", lost - 8);
	return lost;
}

static void note_truncation(const struct core *core)
{
	unsigned long long missing = core->promised - core->file.size;
	char list[256] = "";
	uint32_t lost, threads = (uint32_t)core->image->nthreads;

	if (core->promised <= core->file.size)
		return;
	lost = lost_stacks(core, list, sizeof(list));
	if (!lost)
		builder_note(
			core->image->b, STK_NOTE_CORE_TRUNCATED, core->path,
			"truncated: %llu of %llu bytes are missing; the stacks of all %u threads are "
			"there",
			missing, (unsigned long long)core->promised, threads);
	else
		builder_note(
			core->image->b, STK_NOTE_CORE_TRUNCATED, core->path,
			"truncated: %llu of %llu bytes are missing, with the stacks of %u of %u "
			"threads: %s",
			missing, (unsigned long long)core->promised, lost, threads, list);
}

/* ---- ranges ---- */

static int by_vaddr(const void *a, const void *b)
{
	const struct load *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static void make_ranges(struct core *core)
{
	struct image *image = core->image;
	uint64_t end = 0;
	size_t i;

	if (core->nloads)
		qsort(core->loads, core->nloads, sizeof(*core->loads), by_vaddr);
	for (i = 0; i < core->nloads; i++) {
		const struct load *load = &core->loads[i];

		if (load->memsz == 0 || load->vaddr < end ||
		    load->vaddr + load->memsz < load->vaddr)
			continue;
		end = load->vaddr + load->memsz;
		image->ranges = grow(image->ranges, &image->cap_ranges, image->nranges + 1,
				     sizeof(*image->ranges));
		image->ranges[image->nranges++] = (struct image_range){
			.start = load->vaddr,
			.end = end,
			.readable = load->flags & PF_R,
			.writable = load->flags & PF_W,
			.executable = load->flags & PF_X,
			.captured = present(core, load->offset, load->filesz) > 0,
		};
	}
}

/* ---- the target and its end ---- */

/* The kernel turns the NUL behind each argument into a blank, the last one's too. */
static size_t arguments_size(const char *psargs)
{
	size_t size = strnlen(psargs, 80);

	while (size && psargs[size - 1] == ' ')
		size--;
	return size;
}

static void fill_target(struct core *core)
{
	struct stk_target *target = builder_target(core->image->b);
	const struct core_notes *notes = &core->notes;
	struct builder *b = core->image->b;

	target->kind = STK_TARGET_CORE;
	target->name = builder_str(b, strcmp(core->path, "-") ? core->path : "standard input");
	target->arch = builder_str(b, core->image->arch->name);
	target->word = core->image->arch->word;
	target->threads = (uint32_t)core->image->nthreads;
	if (notes->has_psinfo) {
		core->image->owner = notes->uid;
		target->pid = notes->pid;
		target->command = builder_strn(b, notes->fname, strnlen(notes->fname, 16));
		target->command_line = builder_strn(b, notes->psargs,
						    arguments_size(notes->psargs));
	} else if (core->image->nthreads) {
		target->pid = core->image->threads[0].tid;
	}
}

/* The kernel writes the thread that died first, and so does gdb. A signal that does not kill is
 * what stopped the target for a debugger (gcore): then nothing happened. */
static void fill_cause(struct core *core)
{
	struct stk_cause *cause = builder_cause(core->image->b);
	const struct core_notes *notes = &core->notes;
	struct image_thread *first = core->image->threads;
	size_t i;

	/* The kernel writes the deadly signal into every thread's status. */
	for (i = 1; i < core->image->nthreads; i++)
		first[i].signal = 0;
	if (!core->image->nthreads || !signal_is_fatal(first->signal))
		return;
	first->crashed = true;
	cause->signal = first->signal;
	if (notes->has_siginfo && notes->signal == first->signal) {
		cause->code = notes->signal_code;
		cause->has_address = signal_has_address(cause->signal, cause->code);
		if (cause->has_address)
			cause->address = notes->signal_address;
		else if (cause->code <= 0) {
			cause->sender_pid = notes->sender_pid;
			cause->sender_uid = notes->sender_uid;
		}
	}
	signal_explain(core->image->b, cause);
	if (!notes->has_siginfo) {
		/* Code 0 means "sent by kill": not what an absent note says. */
		cause->text = cause->signal_name;
		cause->code_text = builder_str(core->image->b, "");
	}
}

/* pr_fname is the leader's name; the kernel leaves those of the others out. */
static void name_leader(struct core *core)
{
	const struct stk_target *target = builder_target(core->image->b);
	size_t i;

	for (i = 0; i < core->image->nthreads; i++)
		if (core->image->threads[i].tid == target->pid && *target->command)
			core->image->threads[i].name = target->command;
}

static int by_tid(const void *a, const void *b)
{
	const struct image_thread *s = a, *t = b;

	return (s->tid > t->tid) - (s->tid < t->tid);
}

/* Linux lists the threads behind the first in the order in which they happened to stop
 * (coredump_task_exit()): another one each time. */
static void order_threads(struct image *image)
{
	if (image->nthreads > 2)
		qsort(image->threads + 1, image->nthreads - 1, sizeof(*image->threads), by_tid);
}

static struct stk_error *read_core(struct core *core)
{
	struct header header = { 0 };
	struct stk_error *err = read_header(core, &header);

	if (!err)
		err = read_segments(core, &header);
	if (err)
		return err;
	notes_finish(core->image, &core->notes);
	order_threads(core->image);
	if (core->notes.kernel)
		return error_remedy(error_create(STK_FAILED,
						 "'%s' is not a core file: it is a dump of a "
						 "kernel (vmcore), not of a process",
						 core->path),
				    STK_REMEDY_KERNEL, core->path);
	if (!core->image->nthreads)
		return error_create(STK_FAILED, "'%s' has no thread: %s", core->path,
				    core->promised > core->file.size
					    ? "it is cut off within its notes"
					    : "its notes hold no NT_PRSTATUS");
	make_ranges(core);
	fill_target(core);
	note_truncation(core);
	fill_cause(core);
	name_leader(core);
	return NULL;
}

/* Was an instruction carried out that stops for a debugger? x86 reports it when it is over; what stands
 * before the beginning of a function fills up, and has no call frame information. */
static bool hit_breakpoint(struct image *image, uint64_t pc)
{
	enum { INT3 = 0xcc };
	uint32_t code;
	uint8_t byte;

	switch (image->arch->machine) {
	case EM_X86_64:
	case EM_386:
		return image_u8(image, pc - 1, &byte) && byte == INT3 &&
		       (image_cfi(image, pc - 1).found || !image_cfi(image, pc).found);
	case EM_AARCH64:
		return image_u32(image, pc, &code) && (code & 0xffe0001f) == 0xd4200000;
	default:
		return true;
	}
}

/* At a breakpoint of gdb's a program that is well gets SIGTRAP, and gcore writes that down. */
static void forgive_debugger(struct image *image, const struct core_notes *notes)
{
	struct image_thread *first = image->threads;
	struct stk_cause *cause = builder_cause(image->b);

	if (!first->crashed || first->signal != SIGTRAP || !notes->traced ||
	    hit_breakpoint(image, first->regs.pc))
		return;
	first->crashed = false;
	first->signal = 0;
	cause->signal = cause->code = 0;
	cause->has_address = false;
	cause->signal_name = cause->code_text = cause->text = builder_str(image->b, "");
}

static const struct image_ops core_ops;

struct stk_error *image_open_core(const char *path, const struct stk_files *files,
				  struct builder *b, struct image **ret)
{
	struct image *image = image_new(b, files);
	struct core core = { .image = image, .path = strcmp(path, "-") ? path : "standard input" };
	struct stk_error *err;

	image->ops = &core_ops;
	err = spool_open(path, b, &image->core_fd);
	if (!err)
		err = error_prefix(mapping_open(image->core_fd, &image->core), "'%s'", core.path);
	core.file = image->core;
	if (!err)
		err = read_core(&core);
	free(core.loads);
	if (!err)
		err = image_complete(image);
	if (err) {
		image_close(image);
		return err;
	}
	forgive_debugger(image, &core.notes);
	*ret = image;
	return NULL;
}

static const struct image_ops core_ops = { 0 };

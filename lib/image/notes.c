/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of an ELF core: include/uapi/linux/elfcore.h, fs/binfmt_elf.c. */
#include "notes.h"

#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct cursor desc_cursor(const struct image *image, const void *desc, size_t size)
{
	struct cursor c = cursor_over(desc, size);

	c.big_endian = image->arch->big_endian;
	return c;
}

static void read_prstatus(struct image *image, struct core_notes *notes, const unsigned char *desc,
			  size_t size)
{
	const struct arch *arch = image->arch;
	struct cursor c = desc_cursor(image, desc, size);
	struct image_thread *thread;

	if (size < (size_t)arch->prstatus_reg + arch->reg_bytes ||
	    image->nthreads >= LIMIT_THREADS) {
		notes->damaged = true;
		return;
	}
	image->threads = grow(image->threads, &image->cap_threads, image->nthreads + 1,
			      sizeof(*thread));
	thread = &image->threads[image->nthreads++];
	memset(thread, 0, sizeof(*thread));
	cursor_skip(&c, 12);
	thread->signal = cursor_u16(&c);
	cursor_skip(&c, arch->word == 8 ? 18 : 10);
	thread->tid = cursor_u32(&c);
	arch_registers(arch, desc + arch->prstatus_reg, thread);
}

/* The structure's size tells 16-bit user ids (i386, arm) from 32-bit ones. */
static void read_prpsinfo(struct image *image, struct core_notes *notes, const void *desc,
			  size_t size)
{
	struct cursor c = desc_cursor(image, desc, size);
	const void *fname, *psargs;

	if (notes->has_psinfo)
		return;
	cursor_skip(&c, image->arch->word == 8 ? 16 : 8);
	notes->uid = image->arch->word == 8 || size >= 128 ? cursor_u32(&c) : cursor_u16(&c);
	cursor_skip(&c, image->arch->word == 8 || size >= 128 ? 4 : 2);
	notes->pid = cursor_u32(&c);
	cursor_skip(&c, 12);
	fname = cursor_bytes(&c, sizeof(notes->fname));
	psargs = cursor_bytes(&c, sizeof(notes->psargs));
	if (!fname || !psargs) {
		notes->damaged = true;
		return;
	}
	memcpy(notes->fname, fname, sizeof(notes->fname));
	memcpy(notes->psargs, psargs, sizeof(notes->psargs));
	notes->has_psinfo = true;
}

/* The first one belongs to the first thread: the one that died. */
static void read_siginfo(struct image *image, struct core_notes *notes, const void *desc,
			 size_t size)
{
	struct cursor c = desc_cursor(image, desc, size);
	struct cursor sender, sys;

	if (notes->has_siginfo || size < 24)
		return;
	notes->signal = (int)cursor_u32(&c);
	cursor_skip(&c, 4);
	notes->signal_code = (int)cursor_u32(&c);
	if (image->arch->word == 8)
		cursor_skip(&c, 4);
	sender = sys = c;
	notes->signal_address = cursor_word(&c, image->arch->word);
	notes->sender_pid = cursor_u32(&sender);
	notes->sender_uid = cursor_u32(&sender);
	notes->has_siginfo = !c.failed && !sender.failed;
	/* _sigsys: call address, then the number. */
	cursor_skip(&sys, image->arch->word);
	image->forbidden_syscall = cursor_u32(&sys);
	image->has_forbidden_syscall = notes->has_siginfo && notes->signal == SIGSYS;
}

/* count, page size, count x {start, end, offset in pages}, count names. */
static void read_file_note(struct image *image, struct core_notes *notes, const unsigned char *desc,
			   size_t size)
{
	unsigned word = image->arch->word;
	struct cursor entry = desc_cursor(image, desc, size), names;
	uint64_t count = cursor_word(&entry, word), page = cursor_word(&entry, word), i;

	if (entry.failed || count > LIMIT_MAPPINGS || count > entry.left / (3 * word)) {
		notes->damaged = true;
		return;
	}
	if (page && page <= (1 << 24) && !(page & (page - 1)))
		image->page = page;
	names = entry;
	cursor_skip(&names, (size_t)count * 3 * word);
	for (i = 0; i < count; i++) {
		struct mapped_file m = { 0 };
		const char *path = cursor_string(&names);

		m.start = cursor_word(&entry, word);
		m.end = cursor_word(&entry, word);
		m.offset = cursor_word(&entry, word) * page;
		if (!path || m.end <= m.start) {
			notes->damaged |= !path;
			continue;
		}
		m.path = builder_str(image->b, path);
		image->mapped = grow(image->mapped, &image->cap_mapped, image->nmapped + 1,
				     sizeof(*image->mapped));
		image->mapped[image->nmapped++] = m;
	}
}

/* The kernel's owner is "CORE", but Delve writes none, and other writers their own: as gdb does, the
 * types are taken for the kernel's unless the owner is known to number its own. Some writers leave the
 * NUL out. */
static bool is_core_owner(const char *name, size_t size)
{
	static const char *const others[] = {
		"LINUX", "GNU", "Go", "Delve Header", "VMCOREINFO", "QEMU", "Xen", "stapsdt",
	};
	static const char *const systems[] = { "FreeBSD", "NetBSD", "OpenBSD",
					       "QNX",     "SPU/",   "win32" };
	size_t i;

	if (size && !name[size - 1])
		size--;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (size == strlen(others[i]) && !memcmp(name, others[i], size))
			return false;
	for (i = 0; i < ARRAY_SIZE(systems); i++)
		if (size >= strlen(systems[i]) && !memcmp(name, systems[i], strlen(systems[i])))
			return false;
	return true;
}

/* Belongs to the thread whose NT_PRSTATUS came before. */
static void read_vectors(struct image *image, const unsigned char *desc, size_t size)
{
	const struct arch *arch = image->arch;

	if (image->nthreads && arch->vector_count &&
	    size >= arch->vector_offset + (size_t)arch->vector_count * 16)
		image->threads[image->nthreads - 1].vectors = desc + arch->vector_offset;
}

/* Linux keeps aarch64's TLS register in a note of its own. */
static void read_tls(struct image *image, const unsigned char *desc, size_t size)
{
	if (image->nthreads && size >= 8)
		image->threads[image->nthreads - 1].tls = arch_word(image->arch, desc, 8);
}

static void read_note(struct image *image, struct core_notes *notes, uint32_t type,
		      const unsigned char *desc, size_t size)
{
	switch (type) {
	case NT_PRSTATUS:
		read_prstatus(image, notes, desc, size);
		break;
	case NT_PRPSINFO:
		notes->traced |= size > 1 && ((const char *)desc)[1] == 't'; /* pr_sname */
		read_prpsinfo(image, notes, desc, size);
		break;
	case NT_SIGINFO:
		read_siginfo(image, notes, desc, size);
		break;
	case NT_FPREGSET:
		read_vectors(image, desc, size);
		break;
	case NT_FILE:
		read_file_note(image, notes, desc, size);
		break;
	case NT_AUXV:
		notes->auxv = desc;
		notes->auxv_size = size;
		break;
	case NT_ARM_TLS:
		read_tls(image, desc, size);
		break;
	}
}

void notes_read(struct image *image, struct core_notes *notes, struct cursor *c)
{
	while (c->left >= 12 && !c->failed) {
		uint32_t namesz = cursor_u32(c), descsz = cursor_u32(c), type = cursor_u32(c);
		const char *name = cursor_bytes(c, ((size_t)namesz + 3) & ~(size_t)3);
		size_t padded = ((size_t)descsz + 3) & ~(size_t)3;
		/* The last note may lack its padding. */
		const unsigned char *desc = cursor_bytes(c, padded <= c->left ? padded : descsz);

		if (!name || !desc) {
			notes->damaged = true;
			return;
		}
		if (is_core_owner(name, namesz))
			read_note(image, notes, type, desc, descsz);
		else if (namesz == sizeof("VMCOREINFO") && !memcmp(name, "VMCOREINFO", namesz))
			notes->kernel = true;
		else if (type == NT_ARM_TLS)
			read_tls(image, desc, descsz);
	}
}

static void read_auxv(struct image *image, const struct core_notes *notes)
{
	struct cursor c = desc_cursor(image, notes->auxv, notes->auxv_size);
	size_t cap = 0;

	while (notes->auxv && c.left >= 2u * image->arch->word) {
		uint64_t type = cursor_word(&c, image->arch->word);
		uint64_t value = cursor_word(&c, image->arch->word);

		image->auxv = grow(image->auxv, &cap, (image->nauxv + 1) * 2, sizeof(*image->auxv));
		image->auxv[image->nauxv * 2] = type;
		image->auxv[image->nauxv * 2 + 1] = value;
		image->nauxv++;
	}
}

/* One task a thread: later notes of the same id, and id 0 beside others, are a writer's mistake. */
static void drop_duplicates(struct image *image, struct core_notes *notes)
{
	struct map seen = { 0 };
	uint64_t before;
	size_t i, kept = 0;

	for (i = 0; i < image->nthreads; i++) {
		if (map_get(&seen, image->threads[i].tid, &before)) {
			notes->damaged = true;
			continue;
		}
		map_put(&seen, image->threads[i].tid, i);
		image->threads[kept++] = image->threads[i];
	}
	image->nthreads = kept;
	map_deinit(&seen);
}

static int by_tid(const void *a, const void *b)
{
	const struct image_thread *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

void notes_finish(struct image *image, struct core_notes *notes)
{
	read_auxv(image, notes);
	drop_duplicates(image, notes);
	/* The kernel writes the threads behind the first as they happened to stop (newer ones: as
	 * they stand in its list). */
	if (image->nthreads > 2)
		qsort(image->threads + 1, image->nthreads - 1, sizeof(*image->threads), by_tid);
	if (notes->damaged)
		builder_note(image->b, STK_NOTE_CORE_DAMAGED, "",
			     "some notes of the core are damaged "
			     "and were left out");
}

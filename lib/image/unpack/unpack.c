/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"

#include <gelf.h>
#include <libelf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "packed.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

#define MAX_THREADS 4
/* What a thread more is worth its start for. */
#define THREAD_BYTES ((size_t)1 << 20)
/* Deflate cannot do better than 1032 to 1; what claims to is lying. */
#define MAX_RATIO 1100

/* One section. */
struct job {
	struct packed packed;
	size_t index;
	uint64_t align, offset; /* in the copy */
	int part;               /* enum image_debug: unpacked when it is asked for; -1 at once */
};

struct inflation {
	Elf *elf;
	const unsigned char *bytes;
	size_t size; /* of the file */
	unsigned char *copy;
	uint64_t copy_size;
	int fd; /* of the copy; -1: somebody else's */
	struct job *jobs;
	size_t njobs, cap_jobs;
	bool wide, big_endian;
	bool alien;         /* a compression that libelf cannot undo itself */
	atomic_size_t next; /* job that no thread has taken */
};

/* ---- what is unpacked at once ---- */

static void *work(void *arg)
{
	struct inflation *inf = arg;
	size_t i;

	while ((i = atomic_fetch_add(&inf->next, 1)) < inf->njobs)
		if (inf->jobs[i].part < 0)
			(void)packed_fill(&inf->jobs[i].packed, UINT64_MAX);
	return NULL;
}

static bool is_all_there(const struct inflation *inf)
{
	size_t i;

	for (i = 0; i < inf->njobs; i++)
		if (inf->jobs[i].packed.failed)
			return false;
	return true;
}

/* Where no thread can be had (a sandbox), this one does it all. */
static void work_together(struct inflation *inf)
{
	pthread_t threads[MAX_THREADS - 1];
	size_t count = 0, size = 0, i;

	for (i = 0; i < inf->njobs; i++)
		size += inf->jobs[i].part < 0 ? inf->jobs[i].packed.in_size : 0;
	while (count < MAX_THREADS - 1 && count + 1 < inf->njobs && count < size / THREAD_BYTES &&
	       pthread_create(&threads[count], NULL, work, inf) == 0)
		count++;
	work(inf);
	while (count)
		pthread_join(threads[--count], NULL);
}

/* ---- the file ---- */

/* Not of relocatable files (kernel modules): libdw writes into what it has mapped of them, and sees
 * nothing that comes later. */
static int part_of(const struct inflation *inf, const GElf_Shdr *shdr, bool whole)
{
	static const struct {
		const char *name;
		enum image_debug part;
	} parts[] = {
		{ ".debug_info", IMAGE_DEBUG_INFO },
		{ ".debug_line", IMAGE_DEBUG_LINE },
		{ ".debug_loc", IMAGE_DEBUG_LOCATIONS },
		{ ".debug_loclists", IMAGE_DEBUG_LOCATIONS },
	};
	GElf_Ehdr ehdr;
	size_t names, i;
	const char *name = elf_getshdrstrndx(inf->elf, &names) == 0
				   ? elf_strptr(inf->elf, names, shdr->sh_name)
				   : NULL;

	if (whole || !name || !gelf_getehdr(inf->elf, &ehdr) || ehdr.e_type == ET_REL)
		return -1;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strcmp(parts[i].name, name))
			return parts[i].part;
	return -1;
}

static void add_job(struct inflation *inf, Elf_Scn *scn, const GElf_Shdr *shdr, bool whole)
{
	size_t header = inf->wide ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
	GElf_Chdr chdr;
	struct job *job;

	if (shdr->sh_offset > inf->size || shdr->sh_size > inf->size - shdr->sh_offset ||
	    shdr->sh_size <= header || !gelf_getchdr(scn, &chdr) || !chdr.ch_size ||
	    (chdr.ch_type != ELFCOMPRESS_ZLIB && chdr.ch_type != ELFCOMPRESS_ZSTD) ||
	    (chdr.ch_type == ELFCOMPRESS_ZLIB && chdr.ch_size / MAX_RATIO > shdr->sh_size) ||
	    chdr.ch_size > LIMIT_INFLATED || inf->copy_size > LIMIT_INFLATED)
		return;
	inf->alien |= chdr.ch_type == ELFCOMPRESS_ZSTD;
	inf->jobs = grow(inf->jobs, &inf->cap_jobs, inf->njobs + 1, sizeof(*inf->jobs));
	job = &inf->jobs[inf->njobs++];
	*job = (struct job){
		.packed = { .type = chdr.ch_type,
			    .out_size = chdr.ch_size,
			    .in = inf->bytes + shdr->sh_offset + header,
			    .in_size = shdr->sh_size - header },
		.index = elf_ndxscn(scn),
		.align = chdr.ch_addralign,
		.offset = inf->copy_size,
		.part = part_of(inf, shdr, whole || chdr.ch_type != ELFCOMPRESS_ZLIB),
	};
	inf->copy_size += (chdr.ch_size + 15) & ~UINT64_C(15);
}

static int largest_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->packed.in_size < y->packed.in_size ? 1 : -(x->packed.in_size > y->packed.in_size);
}

static void find_jobs(struct inflation *inf, bool whole)
{
	const char *ident = elf_getident(inf->elf, NULL);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	inf->wide = ident[EI_CLASS] == ELFCLASS64;
	inf->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	inf->copy_size = ((uint64_t)inf->size + 15) & ~UINT64_C(15);
	while ((scn = elf_nextscn(inf->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_flags & SHF_COMPRESSED &&
		    !(shdr.sh_flags & SHF_ALLOC))
			add_job(inf, scn, &shdr, whole);
	/* The longest decides when all are done. */
	if (inf->njobs)
		qsort(inf->jobs, inf->njobs, sizeof(*inf->jobs), largest_first);
}

static bool is_job(const struct inflation *inf, size_t index)
{
	size_t i;

	for (i = 0; i < inf->njobs; i++)
		if (inf->jobs[i].index == index)
			return true;
	return false;
}

static void copy_bytes(const struct inflation *inf, uint64_t offset, uint64_t size)
{
	if (offset <= inf->size && size <= inf->size - offset)
		memcpy(inf->copy + offset, inf->bytes + offset, size);
}

/* What is not compressed stays where it is: headers, and the other sections. */
static void copy_rest(const struct inflation *inf, const GElf_Ehdr *ehdr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t phnum = 0, shnum = 0;

	(void)elf_getphdrnum(inf->elf, &phnum);
	(void)elf_getshdrnum(inf->elf, &shnum);
	copy_bytes(inf, 0, ehdr->e_ehsize);
	copy_bytes(inf, ehdr->e_phoff, (uint64_t)phnum * ehdr->e_phentsize);
	copy_bytes(inf, ehdr->e_shoff, (uint64_t)shnum * ehdr->e_shentsize);
	while ((scn = elf_nextscn(inf->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && !is_job(inf, elf_ndxscn(scn)) &&
		    shdr.sh_type != SHT_NOBITS)
			copy_bytes(inf, shdr.sh_offset, shdr.sh_size);
}

static void put(unsigned char *at, unsigned size, bool big_endian, uint64_t value)
{
	unsigned i;

	for (i = 0; i < size; i++)
		at[big_endian ? size - 1 - i : i] = (unsigned char)(value >> (8 * i));
}

/* Makes the section's header say where the bytes are, and that they are not compressed. */
static void patch_header(const struct inflation *inf, const GElf_Ehdr *ehdr, const struct job *job)
{
	uint64_t at = ehdr->e_shoff + (uint64_t)job->index * ehdr->e_shentsize;
	bool wide = inf->wide;
	unsigned word = wide ? 8 : 4;
	unsigned char *to;
	GElf_Shdr shdr;

	if (at > inf->size || (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) > inf->size - at ||
	    !gelf_getshdr(elf_getscn(inf->elf, job->index), &shdr))
		return;
	to = inf->copy + at;
	put(to + (wide ? offsetof(Elf64_Shdr, sh_flags) : offsetof(Elf32_Shdr, sh_flags)), word,
	    inf->big_endian, shdr.sh_flags & ~(uint64_t)SHF_COMPRESSED);
	put(to + (wide ? offsetof(Elf64_Shdr, sh_offset) : offsetof(Elf32_Shdr, sh_offset)), word,
	    inf->big_endian, job->offset);
	put(to + (wide ? offsetof(Elf64_Shdr, sh_size) : offsetof(Elf32_Shdr, sh_size)), word,
	    inf->big_endian, job->packed.out_size);
	put(to + (wide ? offsetof(Elf64_Shdr, sh_addralign) : offsetof(Elf32_Shdr, sh_addralign)),
	    word, inf->big_endian, job->align);
}

static bool fill_copy(struct inflation *inf)
{
	GElf_Ehdr ehdr;
	size_t i;

	if (!gelf_getehdr(inf->elf, &ehdr))
		return false;
	for (i = 0; i < inf->njobs; i++)
		inf->jobs[i].packed.out = inf->copy + inf->jobs[i].offset;
	work_together(inf);
	copy_rest(inf, &ehdr);
	for (i = 0; i < inf->njobs; i++)
		patch_header(inf, &ehdr, &inf->jobs[i]);
	return is_all_there(inf);
}

static bool make_copy(struct inflation *inf)
{
	void *copy = MAP_FAILED;

	inf->fd = memfd_create("stk-debug", MFD_CLOEXEC);
	if (inf->fd >= 0 && ftruncate(inf->fd, (off_t)inf->copy_size) == 0)
		copy = mmap(NULL, inf->copy_size, PROT_READ | PROT_WRITE, MAP_SHARED, inf->fd, 0);
	if (copy == MAP_FAILED)
		return false;
	inf->copy = copy;
	return fill_copy(inf);
}

static struct inflation *open_copy(int fd, bool whole, bool alien)
{
	struct inflation *inf = xcalloc(1, sizeof(*inf));
	char *bytes;

	inf->fd = -1;
	inf->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bytes = inf->elf ? elf_rawfile(inf->elf, &inf->size) : NULL;
	inf->bytes = (const unsigned char *)bytes;
	if (bytes && elf_kind(inf->elf) == ELF_K_ELF)
		find_jobs(inf, whole);
	if (inf->njobs && (inf->alien || !alien) && make_copy(inf))
		return inf;
	inflation_close(inf);
	return NULL;
}

static int take_fd(struct inflation *inf)
{
	int fd = inf->fd;

	inf->fd = -1;
	return fd;
}

int inflate_file(int fd, bool alien)
{
	struct inflation *inf = open_copy(fd, true, alien);
	int copy = inf ? take_fd(inf) : -1;

	inflation_close(inf);
	return copy;
}

/* ---- what is unpacked later ---- */

struct inflation *inflation_open(int fd, int *ret_fd)
{
	struct inflation *inf = open_copy(fd, false, false);

	if (inf)
		*ret_fd = take_fd(inf);
	return inf;
}

/* A unit and a line table begin with their length: DWARF 5, 7.4. What it says of more than there is,
 * libdw finds out for itself. */
static bool fill_unit(const struct inflation *inf, struct packed *packed, uint64_t unit)
{
	uint64_t left = unit < packed->out_size ? packed->out_size - unit : 0, length;
	unsigned before = 4;
	struct cursor c;

	if (left < 12)
		return packed_fill(packed, UINT64_MAX);
	if (!packed_fill(packed, unit + 12))
		return false;
	c = cursor_over(packed->out + unit, 12);
	c.big_endian = inf->big_endian;
	length = cursor_u32(&c);
	if (length == UINT32_MAX) {
		length = cursor_u64(&c);
		before = 12;
	}
	return packed_fill(packed, length < left - before ? unit + before + length : UINT64_MAX);
}

bool inflation_need(struct inflation *inf, enum image_debug part, uint64_t unit)
{
	bool good = true;
	size_t i;

	for (i = 0; i < inf->njobs; i++)
		if (inf->jobs[i].part == (int)part)
			good &= unit == IMAGE_DEBUG_ALL
					? packed_fill(&inf->jobs[i].packed, UINT64_MAX)
					: fill_unit(inf, &inf->jobs[i].packed, unit);
	return good;
}

bool inflation_is_whole(const struct inflation *inf, enum image_debug part)
{
	size_t i;

	for (i = 0; i < inf->njobs; i++)
		if (inf->jobs[i].part == (int)part &&
		    inf->jobs[i].packed.filled < inf->jobs[i].packed.out_size)
			return false;
	return true;
}

void inflation_close(struct inflation *inf)
{
	size_t i;

	if (!inf)
		return;
	for (i = 0; i < inf->njobs; i++)
		packed_deinit(&inf->jobs[i].packed);
	if (inf->copy)
		munmap(inf->copy, inf->copy_size);
	if (inf->fd >= 0)
		close(inf->fd);
	free(inf->jobs);
	elf_end(inf->elf);
	free(inf);
}

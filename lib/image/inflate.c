#include "inflate.h"

#include <gelf.h>
#include <libelf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

#define MAX_THREADS 4
/* Deflate cannot do better than 1032 to 1; what claims to is lying. */
#define MAX_RATIO 1100

/* One section. */
struct job {
	size_t index;                        /* of the section */
	unsigned type;                       /* ELFCOMPRESS_* */
	uint64_t align;
	const unsigned char *in; size_t in_size;
	uint64_t out_offset, out_size;       /* in the copy */
	unsigned char *out;
	bool done;
};

struct inflation {
	Elf *elf;
	const unsigned char *bytes; size_t size; /* of the file */
	struct job *jobs; size_t njobs, cap_jobs;
	uint64_t out_size;
	bool alien;
	atomic_size_t next;                  /* job that no thread has taken */
};

/* ---- one section ---- */

struct room {
	unsigned char *at;
	size_t left;
};

static bool fill(void *arg, const void *bytes, size_t size)
{
	struct room *room = arg;

	if (size > room->left)
		return false;
	memcpy(room->at, bytes, size);
	room->at += size;
	room->left -= size;
	return true;
}

static void inflate_zstd(struct job *job)
{
	struct room room = { job->out, job->out_size };
	void *state = codec_zstd.missing ? NULL : codec_zstd.open();

	if (!state)
		return;
	job->done = !codec_zstd.feed(state, job->in, job->in_size, fill, &room) && !room.left;
	codec_zstd.close(state);
}

static void *work(void *arg)
{
	struct inflation *inf = arg;
	size_t i;

	while ((i = atomic_fetch_add(&inf->next, 1)) < inf->njobs) {
		struct job *job = &inf->jobs[i];

		if (job->type == ELFCOMPRESS_ZLIB)
			job->done = inflate_zlib(job->in, job->in_size, job->out, job->out_size);
		else
			inflate_zstd(job);
	}
	return NULL;
}

/* Where no thread can be had (a sandbox), this one does it all. */
static void work_together(struct inflation *inf)
{
	pthread_t threads[MAX_THREADS - 1];
	size_t count = 0;

	while (count < MAX_THREADS - 1 && count + 1 < inf->njobs &&
	       pthread_create(&threads[count], NULL, work, inf) == 0)
		count++;
	work(inf);
	while (count)
		pthread_join(threads[--count], NULL);
}

/* ---- the file ---- */

static void add_job(struct inflation *inf, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	size_t header = gelf_getclass(inf->elf) == ELFCLASS64 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
	GElf_Chdr chdr;
	struct job *job;

	if (shdr->sh_offset > inf->size || shdr->sh_size > inf->size - shdr->sh_offset ||
	    shdr->sh_size <= header || !gelf_getchdr(scn, &chdr) || !chdr.ch_size ||
	    (chdr.ch_type != ELFCOMPRESS_ZLIB && chdr.ch_type != ELFCOMPRESS_ZSTD) ||
	    (chdr.ch_type == ELFCOMPRESS_ZLIB && chdr.ch_size / MAX_RATIO > shdr->sh_size) ||
	    chdr.ch_size > LIMIT_INFLATED || inf->out_size > LIMIT_INFLATED)
		return;
	inf->alien |= chdr.ch_type == ELFCOMPRESS_ZSTD;
	inf->jobs = grow(inf->jobs, &inf->cap_jobs, inf->njobs + 1, sizeof(*inf->jobs));
	job = &inf->jobs[inf->njobs++];
	*job = (struct job){
		.index = elf_ndxscn(scn), .type = chdr.ch_type, .align = chdr.ch_addralign,
		.in = inf->bytes + shdr->sh_offset + header, .in_size = shdr->sh_size - header,
		.out_offset = inf->out_size, .out_size = chdr.ch_size,
	};
	inf->out_size += (chdr.ch_size + 15) & ~UINT64_C(15);
}

static int largest_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->in_size < y->in_size ? 1 : -(x->in_size > y->in_size);
}

static void find_jobs(struct inflation *inf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	inf->out_size = ((uint64_t)inf->size + 15) & ~UINT64_C(15);
	while ((scn = elf_nextscn(inf->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_flags & SHF_COMPRESSED &&
		    !(shdr.sh_flags & SHF_ALLOC))
			add_job(inf, scn, &shdr);
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

static void copy_bytes(const struct inflation *inf, unsigned char *copy, uint64_t offset,
		       uint64_t size)
{
	if (offset <= inf->size && size <= inf->size - offset)
		memcpy(copy + offset, inf->bytes + offset, size);
}

/* What is not decompressed stays where it is: headers, and the other sections. */
static void copy_rest(const struct inflation *inf, const GElf_Ehdr *ehdr, unsigned char *copy)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t phnum = 0, shnum = 0;

	(void)elf_getphdrnum(inf->elf, &phnum);
	(void)elf_getshdrnum(inf->elf, &shnum);
	copy_bytes(inf, copy, 0, ehdr->e_ehsize);
	copy_bytes(inf, copy, ehdr->e_phoff, (uint64_t)phnum * ehdr->e_phentsize);
	copy_bytes(inf, copy, ehdr->e_shoff, (uint64_t)shnum * ehdr->e_shentsize);
	while ((scn = elf_nextscn(inf->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && !is_job(inf, elf_ndxscn(scn)) &&
		    shdr.sh_type != SHT_NOBITS)
			copy_bytes(inf, copy, shdr.sh_offset, shdr.sh_size);
}

static void put(unsigned char *at, unsigned size, bool big_endian, uint64_t value)
{
	unsigned i;

	for (i = 0; i < size; i++)
		at[big_endian ? size - 1 - i : i] = (unsigned char)(value >> (8 * i));
}

/* Makes the section's header say where the bytes are, and that they are not compressed. */
static void patch_header(const struct inflation *inf, const GElf_Ehdr *ehdr, const struct job *job,
			 unsigned char *copy)
{
	bool wide = gelf_getclass(inf->elf) == ELFCLASS64;
	bool big_endian = ehdr->e_ident[EI_DATA] == ELFDATA2MSB;
	uint64_t at = ehdr->e_shoff + (uint64_t)job->index * ehdr->e_shentsize;
	unsigned word = wide ? 8 : 4;
	GElf_Shdr shdr;

	if (at > inf->size || (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) > inf->size - at ||
	    !gelf_getshdr(elf_getscn(inf->elf, job->index), &shdr))
		return;
	copy += at;
	put(copy + (wide ? offsetof(Elf64_Shdr, sh_flags) : offsetof(Elf32_Shdr, sh_flags)), word,
	    big_endian, shdr.sh_flags & ~(uint64_t)SHF_COMPRESSED);
	put(copy + (wide ? offsetof(Elf64_Shdr, sh_offset) : offsetof(Elf32_Shdr, sh_offset)), word,
	    big_endian, job->out_offset);
	put(copy + (wide ? offsetof(Elf64_Shdr, sh_size) : offsetof(Elf32_Shdr, sh_size)), word,
	    big_endian, job->out_size);
	put(copy + (wide ? offsetof(Elf64_Shdr, sh_addralign) : offsetof(Elf32_Shdr, sh_addralign)),
	    word, big_endian, job->align);
}

static bool fill_copy(struct inflation *inf, unsigned char *copy)
{
	GElf_Ehdr ehdr;
	bool all = true;
	size_t i;

	if (!gelf_getehdr(inf->elf, &ehdr))
		return false;
	for (i = 0; i < inf->njobs; i++)
		inf->jobs[i].out = copy + inf->jobs[i].out_offset;
	work_together(inf);
	copy_rest(inf, &ehdr, copy);
	for (i = 0; i < inf->njobs; i++) {
		patch_header(inf, &ehdr, &inf->jobs[i], copy);
		all &= inf->jobs[i].done;
	}
	return all;
}

static int make_copy(struct inflation *inf)
{
	int fd = memfd_create("stk-debug", MFD_CLOEXEC);
	void *copy = MAP_FAILED;
	bool good = false;

	if (fd >= 0 && ftruncate(fd, (off_t)inf->out_size) == 0)
		copy = mmap(NULL, inf->out_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (copy != MAP_FAILED) {
		good = fill_copy(inf, copy);
		munmap(copy, inf->out_size);
	}
	if (fd >= 0 && !good) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int inflate_file(int fd, bool alien)
{
	struct inflation inf = { .elf = elf_begin(fd, ELF_C_READ_MMAP, NULL) };
	char *bytes = inf.elf ? elf_rawfile(inf.elf, &inf.size) : NULL;
	int ret = -1;

	inf.bytes = (const unsigned char *)bytes;
	if (bytes && elf_kind(inf.elf) == ELF_K_ELF)
		find_jobs(&inf);
	if (inf.njobs && (inf.alien || !alien))
		ret = make_copy(&inf);
	free(inf.jobs);
	elf_end(inf.elf);
	return ret;
}

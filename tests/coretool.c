/* SPDX-License-Identifier: Apache-2.0 */
/* coretool - edits a 64-bit little-endian core, to make the odd ones that readers stumble over.
 *
 *	coretool split-notes IN OUT        every note in a PT_NOTE of its own
 *	coretool add-segments N IN OUT     N empty PT_LOADs in front (PN_XNUM above 65,534)
 *	coretool drop-note TYPE IN OUT     without the notes of a type
 *	coretool tid K TID|same IN OUT     thread K (0 is the first) gets another id
 *	coretool machine M IN OUT          another e_machine
 *	coretool owner NAME IN OUT         the owner CORE of notes is called something else; "" is none
 *	coretool go-bounds N IN OUT        one byte more in a Go runtime's record of where its code begins
 *	                                   (N 1), ends (2), or both (3)
 *	coretool drop-file-pages IN OUT    nothing of the pages of files (p_filesz 0), not even ELF headers
 *	coretool filesz-zero IN OUT        p_filesz 0 for all but the notes
 *
 * A tool of the tests: what it reads is made by them, and it trusts that. */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct core {
	unsigned char *bytes;
	size_t size;
	Elf64_Ehdr *header;
	Elf64_Phdr *segments;
	size_t nsegments;
};

static void die(const char *what)
{
	fprintf(stderr, "coretool: %s\n", what);
	exit(1);
}

static void read_core(const char *path, struct core *core)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		die("cannot open the core");
	fseek(file, 0, SEEK_END);
	core->size = (size_t)ftell(file);
	rewind(file);
	core->bytes = malloc(core->size);
	if (!core->bytes || fread(core->bytes, 1, core->size, file) != core->size)
		die("cannot read the core");
	fclose(file);
	core->header = (Elf64_Ehdr *)core->bytes;
	if (core->size < sizeof *core->header || core->header->e_ident[EI_CLASS] != ELFCLASS64)
		die("not a 64-bit core");
	core->segments = (Elf64_Phdr *)(core->bytes + core->header->e_phoff);
	core->nsegments = core->header->e_phnum;
}

static void put(FILE *file, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, file) != size)
		die("cannot write");
}

/* The old bytes stay where they are; the new program headers (and a section header for their
 * number, when it is large) follow at the end. */
static void write_core(const char *path, struct core *core, const Elf64_Phdr *segments, size_t n)
{
	FILE *file = fopen(path, "wb");
	if (!file)
		die("cannot create the core");
	size_t padding = -core->size & 7;
	Elf64_Ehdr header = *core->header;
	header.e_phoff = core->size + padding;
	header.e_phnum = n < PN_XNUM ? (uint16_t)n : PN_XNUM;
	if (n >= PN_XNUM) {
		header.e_shoff = header.e_phoff + n * sizeof *segments;
		header.e_shentsize = sizeof(Elf64_Shdr);
		header.e_shnum = 1;
	}
	put(file, &header, sizeof header);
	put(file, core->bytes + sizeof header, core->size - sizeof header);
	put(file, "\0\0\0\0\0\0\0", padding);
	put(file, segments, n * sizeof *segments);
	if (n >= PN_XNUM) {
		Elf64_Shdr count = { .sh_info = (uint32_t)n };
		put(file, &count, sizeof count);
	}
	if (fclose(file) != 0)
		die("cannot write");
}

static size_t note_size(const Elf64_Nhdr *note)
{
	return sizeof *note + ((note->n_namesz + 3U) & ~3U) + ((note->n_descsz + 3U) & ~3U);
}

static unsigned char *note_desc(unsigned char *note)
{
	const Elf64_Nhdr *header = (const Elf64_Nhdr *)note;
	return note + sizeof *header + ((header->n_namesz + 3U) & ~3U);
}

static Elf64_Phdr *notes_of(struct core *core)
{
	for (size_t i = 0; i < core->nsegments; i++)
		if (core->segments[i].p_type == PT_NOTE)
			return &core->segments[i];
	die("no notes");
	return NULL;
}

/* One PT_NOTE for each note that is not of type `drop` (-1: all of them), then the rest. */
static void split_notes(struct core *core, const char *out, long drop)
{
	Elf64_Phdr *notes = notes_of(core);
	Elf64_Phdr *segments = calloc(core->nsegments + notes->p_filesz / 12, sizeof *segments);
	if (!segments)
		die("no memory");
	size_t n = 0;
	for (size_t at = 0; at < notes->p_filesz;) {
		Elf64_Nhdr *note = (Elf64_Nhdr *)(core->bytes + notes->p_offset + at);
		if ((long)note->n_type != drop) {
			segments[n] = *notes;
			segments[n].p_offset += at;
			segments[n++].p_filesz = note_size(note);
		}
		at += note_size(note);
	}
	for (size_t i = 0; i < core->nsegments; i++)
		if (core->segments[i].p_type != PT_NOTE)
			segments[n++] = core->segments[i];
	write_core(out, core, segments, n);
	free(segments);
}

/* In place: the notes that stay move up, the PT_NOTE gets shorter. */
static void drop_note(struct core *core, const char *out, long drop)
{
	Elf64_Phdr *notes = notes_of(core);
	unsigned char *base = core->bytes + notes->p_offset;
	size_t kept = 0;
	for (size_t at = 0; at < notes->p_filesz;) {
		Elf64_Nhdr *note = (Elf64_Nhdr *)(base + at);
		size_t size = note_size(note);
		if ((long)note->n_type != drop) {
			memmove(base + kept, base + at, size);
			kept += size;
		}
		at += size;
	}
	notes->p_filesz = kept;
	write_core(out, core, core->segments, core->nsegments);
}

/* In place: a name is never longer than "CORE" with its padding. */
static void set_owner(struct core *core, const char *out, const char *owner)
{
	Elf64_Phdr *notes = notes_of(core);
	unsigned char *base = core->bytes + notes->p_offset;
	size_t kept = 0, namesz = *owner ? strlen(owner) + 1 : 0, room = (namesz + 3) & ~(size_t)3;
	if (room > 8)
		die("the name is too long");
	for (size_t at = 0; at < notes->p_filesz;) {
		Elf64_Nhdr note;
		memcpy(&note, base + at, sizeof note);
		size_t size = note_size(&note);
		if (note.n_namesz == 5 && memcmp(base + at + sizeof note, "CORE", 5) == 0) {
			unsigned char *desc = base + at + sizeof note + 8;
			memmove(base + kept + sizeof note + room, desc, size - sizeof note - 8);
			memset(base + kept + sizeof note, 0, room);
			memcpy(base + kept + sizeof note, owner, strlen(owner));
			note.n_namesz = (Elf64_Word)namesz;
			memcpy(base + kept, &note, sizeof note);
			kept += size - 8 + room;
		} else {
			memmove(base + kept, base + at, size);
			kept += size;
		}
		at += size;
	}
	notes->p_filesz = kept;
	write_core(out, core, core->segments, core->nsegments);
}

/* runtime.firstmoduledata: minpc and maxpc are its words 20 and 21; what stands before them are a
 * pointer to the function table's header and slices of its parts, after them the bounds of the text. */
static bool is_moduledata(const uint64_t *w)
{
	for (size_t i = 1; i <= 16; i += 3)
		if (w[i] <= w[0] || !w[i + 1] || w[i + 1] > w[i + 2] || w[i + 2] >> 32)
			return false;
	return w[0] && w[1] - w[0] < 256 && w[13] == w[16] && w[20] < w[21] && w[22] <= w[20] &&
	       w[22] < w[23];
}

static void move_bounds(struct core *core, const char *out, long which)
{
	size_t found = 0;
	for (size_t i = 0; i < core->nsegments; i++) {
		const Elf64_Phdr *segment = &core->segments[i];
		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W) ||
		    segment->p_offset % 8)
			continue;
		for (size_t at = 0; at + 256 <= segment->p_filesz; at += 8) {
			uint64_t *words =
				(uint64_t *)(void *)(core->bytes + segment->p_offset + at);
			if (!is_moduledata(words))
				continue;
			words[20] += which & 1;
			words[21] += which >> 1 & 1;
			found++;
		}
	}
	if (found != 1)
		die(found ? "several" : "no moduledata");
	write_core(out, core, core->segments, core->nsegments);
}

static void add_segments(struct core *core, const char *out, size_t count)
{
	Elf64_Phdr *segments = calloc(core->nsegments + count, sizeof *segments);
	if (!segments)
		die("no memory");
	for (size_t i = 0; i < count; i++)
		segments[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					    .p_flags = PF_R,
					    .p_offset = 4096,
					    .p_align = 4096,
					    .p_vaddr = 0x100000000ULL + i * 8192,
					    .p_memsz = 4096 };
	memcpy(segments + count, core->segments, core->nsegments * sizeof *segments);
	write_core(out, core, segments, core->nsegments + count);
	free(segments);
}

/* pr_pid stands at offset 32 of the 64-bit elf_prstatus. */
static void set_tid(struct core *core, const char *out, long which, const char *tid)
{
	Elf64_Phdr *notes = notes_of(core);
	uint32_t first = 0;
	long k = 0;
	for (size_t at = 0; at < notes->p_filesz;) {
		unsigned char *note = core->bytes + notes->p_offset + at;
		if (((Elf64_Nhdr *)note)->n_type == NT_PRSTATUS) {
			unsigned char *pid = note_desc(note) + 32;
			if (k == 0)
				memcpy(&first, pid, sizeof first);
			uint32_t id = strcmp(tid, "same") == 0 ? first
							       : (uint32_t)strtoul(tid, NULL, 0);
			if (k++ == which)
				memcpy(pid, &id, sizeof id);
		}
		at += note_size((Elf64_Nhdr *)note);
	}
	write_core(out, core, core->segments, core->nsegments);
}

static bool is_elf(const struct core *core, const Elf64_Phdr *segment)
{
	return segment->p_filesz >= SELFMAG && segment->p_offset + SELFMAG <= core->size &&
	       memcmp(core->bytes + segment->p_offset, ELFMAG, SELFMAG) == 0;
}

static void drop_pages(struct core *core, const char *out, bool all)
{
	for (size_t i = 0; i < core->nsegments; i++) {
		Elf64_Phdr *segment = &core->segments[i];
		if (segment->p_type == PT_LOAD &&
		    (all || is_elf(core, segment) || !(segment->p_flags & PF_W)))
			segment->p_filesz = 0;
	}
	write_core(out, core, core->segments, core->nsegments);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		die("see the top of tests/coretool.c");
	const char *what = argv[1], *out = argv[argc - 1];
	long number = argc > 4 ? strtol(argv[2], NULL, 0) : 0;
	struct core core;
	read_core(argv[argc - 2], &core);
	if (strcmp(what, "split-notes") == 0)
		split_notes(&core, out, -1);
	else if (strcmp(what, "add-segments") == 0)
		add_segments(&core, out, (size_t)number);
	else if (strcmp(what, "drop-note") == 0)
		drop_note(&core, out, number);
	else if (strcmp(what, "tid") == 0 && argc > 5)
		set_tid(&core, out, number, argv[3]);
	else if (strcmp(what, "owner") == 0 && argc > 4)
		set_owner(&core, out, argv[2]);
	else if (strcmp(what, "go-bounds") == 0)
		move_bounds(&core, out, number);
	else if (strcmp(what, "drop-file-pages") == 0)
		drop_pages(&core, out, false);
	else if (strcmp(what, "filesz-zero") == 0)
		drop_pages(&core, out, true);
	else if (strcmp(what, "machine") == 0) {
		core.header->e_machine = (uint16_t)number;
		write_core(out, &core, core.segments, core.nsegments);
	} else {
		die("see the top of tests/coretool.c");
	}
	free(core.bytes);
	return 0;
}

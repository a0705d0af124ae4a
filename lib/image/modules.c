/* SPDX-License-Identifier: Apache-2.0 */
/* What was loaded, from the target's own lists: its mapped files (NT_FILE, /proc/PID/maps), else the
 * dynamic linker's list, the auxiliary vector and ELF headers in memory. libdwfl's report from
 * a core is not used: it needs dumped ELF headers, knows no sysroot and compares no build ids. */
#include "private.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find/find.h"
#include "unpack/unpack.h"

struct finder {
	struct image *image;
	struct candidate *list;
	size_t count, cap;
};

static struct candidate *add(struct finder *f, uint64_t start, const char *path)
{
	struct candidate *c;

	f->list = grow(f->list, &f->cap, f->count + 1, sizeof(*f->list));
	c = &f->list[f->count++];
	memset(c, 0, sizeof(*c));
	c->start = start;
	c->path = path;
	c->memory = elf_of_memory(f->image, start);
	if (c->memory.valid) {
		c->bias = start - c->memory.first_vaddr;
		c->end = c->bias + c->memory.end_vaddr;
	}
	return c;
}

/* ---- from mapped files ---- */

static bool is_executable(const struct image *image, const struct mapped_file *m)
{
	const struct image_range *range = image_range_at(image, m->start);

	return m->executable || (range && range->executable);
}

/* One object is mapped in several pieces of one file; the same file may be mapped again. */
static size_t group_length(const struct candidate *c, const struct mapped_file *m, size_t count)
{
	size_t n = 1;

	while (n < count && m[n].path == m[0].path &&
	       (c->memory.valid ? m[n].start < c->end : m[n].offset > m[n - 1].offset))
		n++;
	return n;
}

/* Files that are only read (locale archives, databases) are no modules, nor is an ELF file that
 * somebody mapped as data. */
static bool is_module(const struct image *image, const struct candidate *c)
{
	bool unknown = false;
	size_t i;

	for (i = 0; i < c->nmapped; i++) {
		if (is_executable(image, &c->mapped[i]))
			return true;
		/* gdb's gcore writes no header at all for pieces that it leaves out. */
		unknown |= !image_range_at(image, c->mapped[i].start);
	}
	return c->nmapped > 1 && (c->memory.valid || unknown);
}

/* V8 maps a part of its executable a second time, to have its code near what it generates: that
 * is no module of another build, and libdwfl knows a file at one place. */
static bool is_copy(const struct finder *f, const struct mapped_file *m)
{
	size_t i;

	for (i = 0; m->offset != 0 && i < f->count; i++)
		if (f->list[i].path == m->path && f->list[i].memory.valid)
			return true;
	return false;
}

static void from_mapped_files(struct finder *f)
{
	const struct image *image = f->image;
	size_t i, n;

	for (i = 0; i < image->nmapped && f->count < LIMIT_MODULES; i += n) {
		bool copy = is_copy(f, &image->mapped[i]);
		struct candidate *c = add(f, image->mapped[i].start, image->mapped[i].path);

		if (image->mapped[i].offset != 0)
			c->memory.valid = false;
		n = group_length(c, &image->mapped[i], image->nmapped - i);
		c->mapped = &image->mapped[i];
		c->nmapped = n;
		if (image->mapped[i + n - 1].end > c->end)
			c->end = image->mapped[i + n - 1].end;
		if (copy || !is_module(image, c))
			f->count--;
	}
}

/* ---- without a list of mapped files ---- */

static const struct candidate *covering(const struct finder *f, uint64_t addr)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (addr >= f->list[i].start && addr < f->list[i].end)
			return &f->list[i];
	return NULL;
}

/* The executable by AT_PHDR: its program headers follow its ELF header. */
static void from_auxv(struct finder *f)
{
	struct image *image = f->image;
	uint64_t phdr, name;
	FREE_AT_END char *path = NULL;
	struct candidate *c;

	if (!image_auxv(image, AT_PHDR, &phdr) || covering(f, phdr))
		return;
	if (image_auxv(image, AT_EXECFN, &name))
		path = image_string(image, name, LIMIT_STRING);
	c = add(f, phdr & ~(image->page - 1), builder_str(image->b, path ? path : "[executable]"));
	if (c->end <= phdr)
		c->end = c->start + image->page;
}

static void from_link_map(struct finder *f)
{
	struct link *links;
	size_t count = linkmap_read(f->image, &links), i;

	for (i = 0; i < count; i++) {
		/* The lowest segment of a shared object is linked at 0: its bias is its address. */
		if (links[i].name && *links[i].name && !covering(f, links[i].bias) &&
		    links[i].bias && f->count < LIMIT_MODULES)
			(void)add(f, links[i].bias, builder_str(f->image->b, links[i].name));
		free(links[i].name);
	}
	free(links);
}

static void from_elf_headers(struct finder *f)
{
	const struct image *image = f->image;
	size_t i;

	for (i = 0; i < image->nranges && f->count < LIMIT_MODULES; i++) {
		uint64_t start = image->ranges[i].start;
		unsigned char magic[SELFMAG];

		if (covering(f, start) || !image_get(f->image, start, magic, SELFMAG) ||
		    memcmp(magic, ELFMAG, SELFMAG) != 0)
			continue;
		if (!add(f, start, builder_fmt(image->b, "[0x%llx]", (unsigned long long)start))
			     ->memory.valid)
			f->count--;
	}
}

static void add_vdso(struct finder *f)
{
	uint64_t start;
	struct candidate *c;

	if (!image_auxv(f->image, AT_SYSINFO_EHDR, &start) || !start || covering(f, start))
		return;
	c = add(f, start, builder_str(f->image->b, "[vdso]"));
	c->vdso = true;
	if (!c->memory.valid)
		f->count--;
}

/* ---- the executable ---- */

static void mark_main(struct finder *f)
{
	uint64_t addr;
	size_t i;

	if (!image_auxv(f->image, AT_PHDR, &addr) && !image_auxv(f->image, AT_ENTRY, &addr)) {
		/* Without auxv: the kernel maps the executable lowest, or it is the only one. */
		if (f->count)
			f->list[0].main = true;
		return;
	}
	for (i = 0; i < f->count; i++)
		f->list[i].main = addr >= f->list[i].start && addr < f->list[i].end;
}

static int by_start(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void sort_apart(struct finder *f)
{
	size_t i;

	if (f->count)
		qsort(f->list, f->count, sizeof(*f->list), by_start);
	for (i = 0; i + 1 < f->count; i++)
		if (f->list[i].end > f->list[i + 1].start)
			f->list[i].end = f->list[i + 1].start;
}

/* Its code is in no mapping of a file: a packer has unpacked it, a loader has copied it, or it has moved
 * itself to large pages. Then its bytes tell. */
static bool add_by_code(struct finder *f, const char *path)
{
	struct image *image = f->image;
	struct mapping map = { NULL, 0 };
	struct elf_info info = { 0 };
	uint64_t bias, entry;
	bool found = false;
	struct candidate *c;
	int fd;

	error_drop(file_open(path, &fd));
	if (fd < 0)
		return false;
	error_drop(mapping_open(fd, &map));
	if (map.size)
		info = elf_of_file(&map, image->page);
	if (info.valid && elf_is_sane(&map, &info) && info.machine == image->arch->machine &&
	    info.word == image->arch->word) {
		if (image_auxv(image, AT_ENTRY, &entry)) {
			bias = entry - info.entry;
			found = !(bias & (image->page - 1)) &&
				place_compare(image, &map, &info, bias) == PLACE_SAME;
		}
		found = found || place_search(image, &map, &info, &bias);
	}
	if (found) {
		c = add(f, bias + info.first_vaddr, builder_str(image->b, path));
		c->bias = bias;
		c->end = bias + info.end_vaddr;
		c->main = c->placed = true;
	}
	mapping_close(&map);
	close(fd);
	return found;
}

/* The executable, where it is not among the modules: the file that the user has named, or one that the target
 * has mapped in part. */
static void find_lost_main(struct finder *f)
{
	const struct image *image = f->image;
	const char *last = NULL;
	size_t i, tried = 0;

	for (i = 0; i < f->count; i++)
		if (f->list[i].main)
			return;
	if (image->files->nexes) {
		if (add_by_code(f, image->files->exes[0]))
			sort_apart(f);
		return;
	}
	for (i = 0; i < image->nmapped && tried < 16 && !image->files->sysroot; i++) {
		const struct mapped_file *m = &image->mapped[i];

		if (m->path == last || covering(f, m->start) || *m->path != '/')
			continue;
		last = m->path;
		tried++;
		if (add_by_code(f, m->path)) {
			sort_apart(f);
			return;
		}
	}
}

/* ---- candidate to module ---- */

/* The bias by the file when the header is not in memory. */
static void bias_from_file(const struct image *image, struct candidate *c,
			   const struct module_file *file)
{
	(void)place_find(image, c, &file->map, &file->info, &c->bias);
	if (c->bias + file->info.end_vaddr > c->end)
		c->end = c->bias + file->info.end_vaddr;
}

/* Code and constants that the core leaves out are in the file. Writable pieces are not taken from
 * it: what the program wrote there is gone, and the file would pretend. */
static void fill_memory(struct image *image, const struct candidate *c,
			const struct module_file *file)
{
	uint64_t mask = ~(image->page - 1);
	struct elf_load *loads = NULL;
	size_t count = elf_loads(&file->map, &file->info, &loads), i;

	for (i = 0; i < count; i++) {
		uint64_t start = loads[i].vaddr & mask, offset = loads[i].offset & mask;
		uint64_t size = loads[i].filesz + (loads[i].offset - offset);

		if (loads[i].writable || offset >= file->map.size)
			continue;
		if (size > file->map.size - offset)
			size = file->map.size - offset;
		memory_fill(&image->memory, c->bias + start, c->bias + start + size,
			    file->map.bytes + offset);
	}
	free(loads);
}

static void note_module(struct image *image, const struct candidate *c,
			const struct module_file *file)
{
	const char *also = file->status == STK_MODULE_MEMORY
				   ? "; its image in memory is used, without "
				     "debug information"
				   : "";

	if (c->vdso)
		return;
	if (file->status == STK_MODULE_FORCED)
		builder_note(image->b, STK_NOTE_BUILD_ID_FORCED, c->path,
			     "%s is of another build: functions and lines may be wrong",
			     module_file_words(image->b, c->path, file->path));
	else if (file->status == STK_MODULE_UNVERIFIED)
		builder_note(image->b, STK_NOTE_BUILD_ID_UNKNOWN, c->path,
			     "there is no build id to hold %s against",
			     module_file_words(image->b, c->path, file->path));
	else if (!file->path && file->deleted && file->status != STK_MODULE_MISMATCH)
		builder_note(image->b, STK_NOTE_MODULE_DELETED, c->path,
			     "the file was deleted or replaced%s", also);
	else if (!file->path && file->status != STK_MODULE_MISMATCH)
		builder_note_remedy(image->b, c->main ? STK_REMEDY_EXE : STK_REMEDY_NONE,
				    STK_NOTE_MODULE_MISSING, c->path, "%s, build id %s%s",
				    file->trouble ? file->trouble : "no such file here",
				    elf_id(&c->memory, "unknown"), also);
}

static void report(struct image *image, struct module *m, uint32_t index, const struct candidate *c,
		   const struct elf_info *info, const char *path)
{
	uint64_t start = c->bias + info->first_vaddr, end = c->bias + info->end_vaddr;
	FREE_AT_END char *why = NULL;
	void **userdata;
	int fd;

	/* libdwfl drops modules that overlap, and leaves pointers to them behind. A file that is mapped
	 * twice in part (or a damaged list) would make it. */
	if (start < image->reported || end <= start)
		return;
	image->reported = end;
	if (unpack_is_bomb(m->fd, &why)) {
		builder_note(image->b, STK_NOTE_DEBUG_UNREADABLE, c->path, "it is not used: %s",
			     why);
		return;
	}
	fd = inflate_file(m->fd, true);
	if (fd < 0)
		fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 3);
	/* libdwfl owns the descriptor once it took the file. */
	m->dwfl = fd < 0 ? NULL
			 : dwfl_report_elf(image->dwfl, c->path, path ? path : c->path, fd, c->bias,
					   true);
	if (!m->dwfl && fd >= 0)
		close(fd);
	if (!m->dwfl || !dwfl_module_info(m->dwfl, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
		return;
	m->debug = builder_alloc(image->b, sizeof(*m->debug));
	*m->debug = (struct debugfile_owner){
		.b = image->b, .files = image->files, .user = image->owner, .module = index
	};
	*userdata = m->debug;
}

/* What the caller has found to be too much for a reader. */
static enum stk_part skipped_part(struct image *image, const struct candidate *c)
{
	static const char *const words[] = {
		"",
		"its debug information is left out",
		"its debug information and symbols are left out",
		"its file is left out",
	};
	const struct stk_files *files = image->files;
	enum stk_part part = STK_PART_NONE;
	const char *why = "";
	size_t i;

	for (i = 0; i < files->nskips; i++)
		if (!strcmp(files->skips[i].module, c->path) && files->skips[i].part > part) {
			part = files->skips[i].part;
			why = files->skips[i].why;
		}
	if (part)
		builder_note(image->b, STK_NOTE_MODULE_CRASHED_PARSER, c->path,
			     "what was reading it was %s: %s", why, words[part]);
	return part;
}

static struct stk_error *add_module(struct image *image, struct candidate *c)
{
	struct module_file file = { .status = STK_MODULE_MISSING, .fd = -1 };
	enum stk_part skipped = skipped_part(image, c);
	struct stk_error *err = NULL;
	struct module *m;
	uint32_t index;

	image_stage(image, STK_PART_FILE, c->path);
	if (skipped < STK_PART_FILE)
		err = module_file_find(image, c, &file);
	if (err || file.no_elf)
		return err;
	if (!c->memory.valid && !c->placed && file.map.size)
		bias_from_file(image, c, &file);
	if (skipped < STK_PART_FILE)
		note_module(image, c, &file);
	/* clang-format off */
	index = builder_module(image->b, &(struct stk_module){
		.path = c->path, .file = file.path, .start = c->start, .end = c->end, .bias = c->bias,
		.build_id = builder_str(image->b, c->memory.valid ? c->memory.build_id :
					file.status == STK_MODULE_UNVERIFIED ? file.info.build_id : ""),
		.status = file.status, .deleted = file.deleted });
	/* clang-format on */
	image->modules = grow(image->modules, &image->cap_modules, index + 1, sizeof(*m));
	m = &image->modules[index];
	image->nmodules = index + 1;
	*m = (struct module){ .start = c->start, .end = c->end, .file = file.map, .fd = file.fd };
	if (c->main)
		image->main_module = index;
	if (file.fd < 0)
		return NULL;
	m->no_debug = skipped >= STK_PART_DEBUG;
	m->no_symbols = skipped >= STK_PART_SYMBOLS || (file.status == STK_MODULE_MEMORY &&
							!elf_has_sections(&file.map, &file.info));
	if (file.status == STK_MODULE_FOUND || file.status == STK_MODULE_UNVERIFIED)
		fill_memory(image, c, &file);
	report(image, m, index, c, &file.info, file.path);
	close(m->fd);
	m->fd = -1;
	return NULL;
}

/* ---- libdwfl ---- */

/* Every module that has a file was reported with it. */
static int no_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		  char **file_name, Elf **elf)
{
	(void)module, (void)userdata, (void)name, (void)base, (void)file_name, (void)elf;
	return -1;
}

static struct stk_error *open_dwfl(struct image *image)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = no_elf,
		.find_debuginfo = debugfile_find,
	};

	elf_version(EV_CURRENT);
	image->dwfl = dwfl_begin(&callbacks);
	if (!image->dwfl)
		return error_create(STK_FAILED, "libdwfl cannot start: %s", dwfl_errmsg(-1));
	dwfl_report_begin(image->dwfl);
	return NULL;
}

static void name_executable(const struct image *image)
{
	struct stk_target *target = builder_target(image->b);

	if (image->main_module != STK_NONE)
		target->executable = builder_module_at(image->b, image->main_module)->path;
}

struct stk_error *modules_find(struct image *image)
{
	struct finder f = { .image = image };
	struct stk_error *err = open_dwfl(image);
	size_t i;

	from_mapped_files(&f);
	if (!image->nmapped) {
		from_auxv(&f);
		from_link_map(&f);
	}
	add_vdso(&f);
	if (!image->nmapped)
		from_elf_headers(&f);
	sort_apart(&f);
	mark_main(&f);
	find_lost_main(&f);
	for (i = 0; !err && i < f.count; i++)
		err = add_module(image, &f.list[i]);
	image_stage(image, STK_PART_NONE, "");
	memory_sort(&image->memory);
	free(f.list);
	if (!err && image->files->nexes && image->main_module == STK_NONE)
		builder_note(image->b, STK_NOTE_MODULE_MISSING, image->files->exes[0],
			     "the target has no executable that it could be");
	if (!err && dwfl_report_end(image->dwfl, NULL, NULL) != 0)
		err = error_create(STK_FAILED, "libdwfl cannot take the modules: %s",
				   dwfl_errmsg(-1));
	name_executable(image);
	return err;
}

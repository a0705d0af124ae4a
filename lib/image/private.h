/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of image/ share. Nobody else includes this. */
#ifndef IMAGE_PRIVATE_H
#define IMAGE_PRIVATE_H

#include "debugframe.h"
#include "image.h"

/* Bytes of the target at [start, end): in the mapped core, in a mapped file, or a copy. */
struct segment {
	uint64_t start, end;
	const unsigned char *bytes;
};

/* Sorted segments that do not overlap, and the last one that was hit. */
struct memory {
	struct segment *segments;
	size_t count, cap, last;
	size_t sorted; /* the first of them that memory_sort() has seen */
};

#define WINDOW_SIZE ((size_t)1 << 14)

/* The inner end of the stack that is walked, copied from the core: most stacks need no more. A
 * fault in the mapping would bring sixteen pages, to use two, and all have to be taken away again. */
struct window {
	uint64_t start;
	size_t size;
	unsigned char bytes[WINDOW_SIZE];
};

/* A file mapped into the target: an entry of NT_FILE or a line of /proc/PID/maps. */
struct mapped_file {
	uint64_t start, end, offset;
	const char *path; /* builder's */
	bool executable, writable;
};

/* A module as image/ knows it; the public part is in the builder at the same index. */
struct module {
	uint64_t start, end;
	struct mapping file; /* bytes of the file that is used; size 0 none */
	int fd;              /* of that file until it is reported; -1 */
	Dwfl_Module *dwfl;
	struct debugfile_owner *debug; /* NULL without dwfl */
	bool no_symbols;               /* see image_has_symbols() */
	bool no_debug;                 /* its debug information is not to be read */
	struct debugframe frame;
};

/* What a kind of target does for itself. */
struct image_ops {
	/* Reads what no segment holds (a live target that is still stopped); NULL: nothing. */
	size_t (*fetch)(struct image *image, uint64_t addr, void *ret, size_t size);
	/* The same for image_peek(): never reads. */
	const unsigned char *(*peek)(struct image *image, uint64_t addr, size_t need,
				     size_t *ret_size);
	/* See image_gather(); NULL: nothing is copied. */
	void (*gather)(struct image *image, struct image_piece *pieces, size_t count);
	struct stk_error *(*stop)(struct image *image, bool keep);
	void (*resume)(struct image *image);
	/* See image_read_late(); NULL: there is nothing to read late. */
	void (*read_late)(struct image *image, bool on);
	void (*close)(struct image *image);
	/* Opens the file that a module was mapped from by another way than its path
	 * (/proc/PID/map_files); -1: there is none. */
	int (*open_mapped)(struct image *image, const struct mapped_file *first);
	/* Prefix under which the target's paths are found (/proc/PID/root); NULL: files->sysroot. */
	const char *(*root)(struct image *image);
	/* The words of image_why_unreadable(); NULL: the usual ones. */
	const char *(*why_unreadable)(struct image *image, uint64_t addr,
				      enum stk_remedy *ret_remedy);
};

struct image {
	const struct arch *arch;
	struct builder *b;
	const struct stk_files *files;
	const struct image_ops *ops;
	void *own; /* of the ops */

	struct mapping core;
	int core_fd;       /* of that file; -1 */
	uint64_t expected; /* see image_expect() */
	uint64_t kept;     /* resident when image_forget() had given pages back */
	int statm_fd;      /* -1: not open */
	struct memory memory;
	struct window window;
	struct image_thread *threads;
	size_t nthreads, cap_threads;
	struct image_range *ranges;
	size_t nranges, cap_ranges;
	struct mapped_file *mapped;
	size_t nmapped, cap_mapped;
	uint64_t *auxv;
	size_t nauxv;               /* pairs */
	uint64_t page;              /* size of the target's pages */
	uid_t owner;                /* the target's user; -1 unknown */
	uint32_t forbidden_syscall; /* of SIGSYS */
	bool has_forbidden_syscall;
	bool stale, unverified; /* see image_stale(), image_verified() */

	struct module *modules;
	size_t nmodules, cap_modules;
	uint32_t main_module;
	uint64_t reported; /* end of the last one that libdwfl was told of */

	Dwfl *dwfl;
	bool attached;
	struct map rules; /* pc -> struct rules, in rules_arena */
	struct arena rules_arena;
	struct walk *walk; /* the one that is going on */
};

/* ---- memory.c ---- */
void memory_add(struct memory *m, uint64_t start, uint64_t size, const unsigned char *bytes);
/* Sorts; where segments overlap the one that starts lower keeps the place. */
void memory_sort(struct memory *m);
const struct segment *memory_at(struct memory *m, uint64_t addr);
/* The first address from addr on that a segment holds; UINT64_MAX none. */
uint64_t memory_next(const struct memory *m, uint64_t addr);
/* The pieces of [start, end) that no segment holds are added from bytes (of start). Call
 * memory_sort() afterwards. */
void memory_fill(struct memory *m, uint64_t start, uint64_t end, const unsigned char *bytes);
void memory_deinit(struct memory *m);

/* ---- arch.c ---- */
const struct arch *arch_find(unsigned machine, unsigned word, bool big_endian);
/* Takes pr_reg apart. */
void arch_registers(const struct arch *arch, const unsigned char *pr_reg, struct image_thread *ret);
/* A number of the target's word and byte order. */
uint64_t arch_word(const struct arch *arch, const void *bytes, unsigned size);

/* ---- spool.c: what is not a plain file becomes one ---- */
struct stk_error *spool_open(const char *path, struct builder *b, int *ret) STK_MUST;

/* ---- callname.with-seccomp.c, callname.without-seccomp.c: malloc'ed, NULL unknown ---- */
char *callname(const struct arch *arch, int64_t number);

/* ---- syscall.c ---- */
/* Where the number and the arguments of a call stand among the registers: offsets into pr_reg
 * (x86: the number is kept apart from the register that gets the result), DWARF numbers. */
struct call_regs {
	const char *arch;
	uint16_t number, result, pc, sp, args[6];
	uint8_t dwarf[6];
};
const struct call_regs *call_regs_of(const struct arch *arch); /* NULL: not known of it */
int64_t call_signed_word(const struct arch *arch, const unsigned char *at);
/* A result that only the kernel sees (include/linux/errno.h), or EINTR: the call was interrupted. */
bool call_is_interrupted(int64_t result);

/* ---- signal.c ---- */
const char *signal_name(int signal);
/* NULL when the kernel gives no fixed meaning. */
const char *signal_code_text(int signal, int code);
bool signal_has_address(int signal, int code);
/* Kills by default; false for SIGSTOP and its like, with which a debugger stops a healthy target. */
bool signal_is_fatal(int signal);
/* Fills signal_name, code_text, text from signal, code, address, sender. */
void signal_explain(struct builder *b, struct stk_cause *cause);

/* ---- elffile.c: one ELF file or image, in memory ---- */
struct elf_info {
	bool valid;
	bool big_endian;
	unsigned word, machine, type;
	uint64_t first_vaddr;  /* of the lowest PT_LOAD, page aligned down */
	uint64_t end_vaddr;    /* behind the highest PT_LOAD */
	uint64_t dynamic;      /* vaddr of PT_DYNAMIC; 0 none */
	char build_id[65 * 2]; /* hex; "" none */
	char go_id[128]; /* Go's own, which it had before 1.24 instead of the other; "" none */
	uint64_t entry;
	uint64_t phoff;
	unsigned phnum;
};

/* Reads headers and the build id of a file that is in memory as a whole. */
struct elf_info elf_of_file(const struct mapping *file, uint64_t page);
/* The same of an image in the target's memory, loaded at base. */
struct elf_info elf_of_memory(struct image *image, uint64_t base);
/* Is it an ELF file, but no core, with this build id? For looking through directories. */
bool elf_has_build_id(int fd, const char *build_id);
/* For a message: the one of the two that is known. */
const char *elf_id(const struct elf_info *info, const char *unknown);
/* Calls each PT_LOAD of a file. */
struct elf_load {
	uint64_t offset, vaddr, filesz, memsz;
	bool writable, executable;
};
size_t elf_loads(const struct mapping *file, const struct elf_info *info, struct elf_load **ret);
/* Do all headers point into the file? Nothing else is handed to libelf. */
bool elf_is_sane(const struct mapping *file, const struct elf_info *info);
bool elf_has_sections(const struct mapping *file, const struct elf_info *info);
/* Makes a file (memfd) of an image in memory; -1 when too little of it is there. */
int elf_rebuild(struct image *image, uint64_t base);

/* ---- modules.c ---- */
/* From mapped files, link map, auxv and ELF headers in memory to modules with their files. An
 * error is about a file that the user named. */
struct stk_error *modules_find(struct image *image) STK_MUST;

/* ---- modulefile.c: the file of one module ---- */
struct candidate {
	uint64_t start, end; /* of its mappings */
	uint64_t bias;       /* once a header or a file told it */
	const char *path;    /* as the target knew it; "[vdso]" */
	const struct mapped_file *mapped;
	size_t nmapped;         /* NULL: no list of mappings */
	struct elf_info memory; /* .valid: its header is in the target's memory at start */
	bool main, vdso;
	bool placed; /* by its code, byte for byte: it is this file */
};
struct module_file {
	enum stk_module_status status;
	int fd; /* -1 none */
	struct mapping map;
	struct elf_info info;
	const char *path; /* builder's; NULL none */
	bool deleted;
	bool no_elf;         /* its file is there and is no ELF file: not a module at all */
	const char *trouble; /* builder's: why a file that is there could not be read; NULL none */
};
struct stk_error *module_file_find(struct image *image, const struct candidate *c,
				   struct module_file *ret) STK_MUST;
/* What to call `file` in a note on `module`: not by its path when that is the subject. */
const char *module_file_words(struct builder *b, const char *module, const char *file);

/* ---- place.c: where a file lies, when no build id tells ---- */
/* The bias under which most of the candidate's mappings are the file's; false: not all of them are. */
bool place_find(const struct image *image, const struct candidate *c, const struct mapping *file,
		const struct elf_info *info, uint64_t *ret_bias);
/* What both have, read-only pages: the same code, too little to say, or something else. */
enum place_bytes { PLACE_SAME, PLACE_UNKNOWN, PLACE_OTHER };
enum place_bytes place_compare(struct image *image, const struct mapping *file,
			       const struct elf_info *info, uint64_t bias);
/* Looks for its code in all that can be executed. */
bool place_search(struct image *image, const struct mapping *file, const struct elf_info *info,
		  uint64_t *ret_bias);

/* ---- linkmap.c ---- */
struct link {
	uint64_t bias;
	char *name;
};
/* The dynamic linker's list; *ret malloc'ed, each name too. */
size_t linkmap_read(struct image *image, struct link **ret);

/* ---- image.c ---- */
struct image *image_new(struct builder *b, const struct stk_files *files);
/* Once memory, mapped files and threads are known: modules, Dwfl, ranges' paths. */
struct stk_error *image_complete(struct image *image) STK_MUST;
/* Moves the window: to addr on. Of a core only. */
void image_window(struct image *image, uint64_t addr);
/* Once more, after the ranges were read anew. */
void image_name_ranges(struct image *image);

/* ---- walk.c ---- */
void walk_attach(struct image *image);
void walk_detach(struct image *image);

#endif

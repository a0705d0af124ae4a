/* SPDX-License-Identifier: Apache-2.0 */
/* image/ - a stopped process or a core: memory, registers of every thread, modules, notes.
 *
 * Opaque outside: memory is segments with their own reader (core bytes, files that the
 * target had mapped, copies of a live target), asked through image_read(). The image owns
 * the Dwfl and reports every module to it itself, from the target's own list, after
 * comparing build ids; nobody else opens a target's files. */
#ifndef IMAGE_H
#define IMAGE_H

#include <elfutils/libdwfl.h>

#include "../base/base.h"
#include "../model/model.h"

struct image;

/* ---- architectures ---- */

#define IMAGE_REGS 72
#define IMAGE_REG_WORDS ((IMAGE_REGS + 63) / 64)

/* Registers by DWARF number. */
struct image_regs {
	uint64_t r[IMAGE_REGS];
	uint64_t known[IMAGE_REG_WORDS]; /* bit n: r[n] is known */
	uint64_t pc;                     /* always known in a first frame */
};

static inline bool regs_known(const struct image_regs *regs, unsigned n)
{
	return n < IMAGE_REGS && (regs->known[n / 64] >> (n % 64) & 1);
}

static inline void regs_set(struct image_regs *regs, unsigned n, uint64_t value)
{
	regs->r[n] = value;
	regs->known[n / 64] |= UINT64_C(1) << (n % 64);
}

static inline void regs_forget(struct image_regs *regs, unsigned n)
{
	regs->known[n / 64] &= ~(UINT64_C(1) << (n % 64));
}

/* Where a register stands in the kernel's pr_reg, and what DWARF calls it. */
struct arch_reg {
	const char *name;
	uint16_t offset; /* bytes into pr_reg */
	int16_t dwarf;   /* -1: has no DWARF number (shown, not unwound) */
};

/* To add an architecture: a row in arch.c. */
struct arch {
	const char *name; /* "x86_64" */
	uint16_t machine; /* EM_* */
	uint8_t word;     /* 4 or 8 */
	bool big_endian;
	uint16_t prstatus_reg; /* offset of pr_reg in struct elf_prstatus */
	uint16_t reg_bytes;    /* size of pr_reg */
	uint16_t pc_offset;    /* of the pc in pr_reg */
	int16_t sp, fp, lr;    /* DWARF numbers; lr -1: return addresses are on the stack */
	int16_t tls_offset;    /* of the thread pointer in pr_reg; -1 not there */
	const struct arch_reg
		*regs; /* in the order in which people print them; ends with a NULL name */
	/* Vector registers of 16 bytes in NT_FPREGSET: DWARF number of the first, how many (0: not read),
	 * where they begin. */
	uint8_t vector_dwarf, vector_count;
	uint16_t vector_offset;
	/* So many registers libdwfl's backend keeps, and it does nothing to what call frame information
	 * says of them (arm's knows of Thumb's bit, ppc64's of a second number for lr); 0: it does. */
	uint8_t plain_regs;
};

/* A return address without what the processor put into its upper bits to sign it (aarch64's PAC). */
uint64_t arch_code_address(const struct arch *arch, uint64_t address);

/* ---- opening ---- */

/* Both add notes, modules, target and cause to the builder. */
struct stk_error *image_open_core(const char *path, const struct stk_files *files,
				  struct builder *b, struct image **ret) STK_MUST;
/* The first bytes of a file ("-": of standard input, which loses none), unpacked where it is compressed;
 * 0: it cannot be read or unpacked here, is empty, or gives no byte without losing it. */
size_t image_head(const char *path, void *ret, size_t room);
/* Compressed bytes in memory, of any codec that a core may have; false: they are not compressed. *ret is
 * malloc'ed, at most `limit` bytes; *why is NULL, or what is wrong with a stream of which this is the
 * beginning. */
bool image_unpack_bytes(const void *bytes, size_t size, size_t limit, char **ret, size_t *ret_size,
			const char **why);
/* The target runs on, attached to, until image_stop(): modules are found meanwhile, and what is read
 * may change under the reader. stopped: it is stopped before that already, for targets whose
 * modules come and go. *started tells the process from a later one of its number: 0 at the first
 * attempt, which fills it. */
struct stk_error *image_open_live(uint64_t pid, const struct stk_pause *pause,
				  const struct stk_files *files, unsigned want, bool stopped,
				  uint64_t *started, struct builder *b,
				  struct image **ret) STK_MUST;
/* One file as a target of its own at its link addresses: for stk addr. */
struct stk_error *image_open_file(const char *path, const struct stk_files *files,
				  struct builder *b, struct image **ret) STK_MUST;
/* Stops every thread of a live target (unless pause->none), takes the registers and copies the
 * stacks; only then are there threads. keep: it stands until image_resume(), or until the longest pause
 * is over, and everything that is read meanwhile is copied too. Nothing to do for cores. */
struct stk_error *image_stop(struct image *image, bool keep) STK_MUST;
/* The modules changed between image_open_live() and image_stop(): begin again. */
bool image_stale(const struct image *image);
/* Lets a live target run. Reads go on from what was copied until then, and from files. Idempotent. */
void image_resume(struct image *image);
/* false: it was not stopped, and what was read of it need not belong together. */
bool image_verified(const struct image *image);
/* Why addr cannot be read, in words that follow "memory at 0x10 ", and what helps. */
const char *image_why_unreadable(struct image *image, uint64_t addr, enum stk_remedy *ret_remedy);
void image_close(struct image *image); /* resumes first; NULL is fine */

/* ---- asking ---- */

const struct arch *image_arch(const struct image *image);

struct image_thread {
	uint32_t tid;
	bool has_regs; /* false: it never stopped */
	struct image_regs regs;
	uint64_t tls; /* thread pointer (fs base, tpidr); 0 unknown */
	/* pr_reg as the kernel gave it, arch->reg_bytes; NULL none. image/ alone looks into it. */
	const unsigned char *raw;
	const unsigned char *vectors; /* the arch's vector registers, 16 bytes each; NULL not known */
	int signal;                   /* pr_cursig; 0 none */
	const char *name;             /* builder strings; NULL unknown */
	const char *state;
	const char *wchan, *syscall;
	bool crashed;    /* the one whose signal this is */
	bool newborn;    /* it has not run yet: behind its first frame is none */
	bool unverified; /* it did not stop: read while it ran */
};

/* By id, the crashed one (of a core: the first of its notes) before them. */
const struct image_thread *image_threads(const struct image *image, uint32_t *ret_count);

/* A register as the kernel gave it: by its row of arch->regs, or by the name there; false: the thread
 * has none, or the architecture no such register. */
bool image_register_at(const struct image *image, const struct image_thread *thread,
		       const struct arch_reg *reg, uint64_t *ret);
bool image_register(const struct image *image, const struct image_thread *thread, const char *name,
		    uint64_t *ret);
/* The thread as it was with the registers that `regs` knows; the others stay. What is returned is
 * ret->raw, and to be freed; NULL where the thread has no registers of the kernel's. */
void *image_thread_with(const struct image *image, const struct image_thread *thread,
			const struct image_regs *regs, struct image_thread *ret);
/* The system call that a thread sleeps in: its number and the six registers of its arguments (how many
 * it has is the call's). false: it is in none, or the architecture does not tell (x86_64, i386 and
 * aarch64 do). */
bool image_syscall(struct image *image, const struct image_thread *thread, int64_t *ret_number,
		   uint64_t ret_args[6]);

/* Copies up to size bytes; returns how many could be read from addr on. */
size_t image_read(struct image *image, uint64_t addr, void *ret, size_t size);
/* All or nothing. */
bool image_get(struct image *image, uint64_t addr, void *ret, size_t size);
/* Is the instruction before this address a call, so that it can be one that is returned to? false: the
 * bytes do not tell (they are not there, or the machine's calls look like any other). */
bool image_call_before(struct image *image, uint64_t addr, bool *ret);
/* image_read() of pieces that are far apart: one touch of a mapped core brings 16 pages along. */
size_t image_read_far(struct image *image, uint64_t addr, void *ret, size_t size);
/* A word of the target, and fixed sizes in its byte order; false when not readable. */
bool image_word(struct image *image, uint64_t addr, uint64_t *ret);
bool image_u8(struct image *image, uint64_t addr, uint8_t *ret);
bool image_u32(struct image *image, uint64_t addr, uint32_t *ret);
bool image_u64(struct image *image, uint64_t addr, uint64_t *ret);
/* A live target after image_resume(): reads that find no copy go to the running target from here on
 * (and are noted), or do not. For values of variables only: stacks are never read so. Of a file:
 * what its variables are before it runs. */
void image_read_late(struct image *image, bool on);
/* Bytes without copying: a pointer to at least `need` bytes at addr, *ret_size says how many
 * follow; NULL when they are not all in one piece. Valid until image_close(). Of a live target:
 * what is in its files, and what image_read() has copied since image_stop(). */
const unsigned char *image_peek(struct image *image, uint64_t addr, size_t need, size_t *ret_size);
/* So many bytes of a live target will be asked for while it stands: said before, room is made. */
void image_expect(struct image *image, uint64_t bytes);
/* Copies many small pieces of a live target that stands, before they are asked for one by one; in order
 * of their importance, for the time of the pause may end. Empty ones are left out. bytes is where a
 * piece is then, until image_close(), and NULL where it could not be copied; for a core, of all. */
struct image_piece {
	uint64_t start;
	size_t size;
	const unsigned char *bytes;
};
void image_gather(struct image *image, struct image_piece *pieces, size_t count);
/* A NUL-terminated string of at most limit bytes, malloc'ed; NULL when not readable. */
char *image_string(struct image *image, uint64_t addr, size_t limit);

/* The first address from addr on that may be readable, UINT64_MAX when there is none: for going
 * over large pieces of address space, of which a damaged core may claim any size. */
uint64_t image_next(struct image *image, uint64_t addr);
/* A number of the target's byte order from size (at most 8) bytes, and back. */
uint64_t image_number(const struct image *image, const void *bytes, unsigned size);
void image_bytes(const struct image *image, uint64_t number, void *ret, unsigned size);

/* Gives back the memory that a core's pages take here when it has become more than `most` bytes: they
 * are read again when they are asked for. Pointers stay valid. For walks over much of a target,
 * every few dozen pages. */
void image_forget(struct image *image, uint64_t most);

/* A piece of address space as the target had it. */
struct image_range {
	uint64_t start, end;
	bool readable, writable, executable;
	bool captured;    /* its bytes can be read (core: in the file; live: copied or copyable) */
	const char *path; /* file mapped there; NULL anonymous or unknown */
	uint64_t offset;  /* in that file */
};

/* Sorted by start, not overlapping. */
const struct image_range *image_ranges(const struct image *image, uint32_t *ret_count);
const struct image_range *image_range_at(const struct image *image, uint64_t addr);

/* The system call that a seccomp filter forbade: si_syscall of SIGSYS. */
bool image_forbidden_syscall(const struct image *image, uint32_t *ret);
/* A system call's name by its number; malloc'ed; NULL unknown. */
char *image_syscall_name(const struct image *image, uint32_t number);

/* An entry of the auxiliary vector; false when the target has none. */
bool image_auxv(const struct image *image, uint64_t type, uint64_t *ret);

/* ---- modules ---- */

/* Index (the same as in the dump) of the module that covers addr; STK_NONE. */
uint32_t image_module(const struct image *image, uint64_t addr);
uint32_t image_nmodules(const struct image *image);
/* libdwfl's view of it; NULL when there is no file (its frames are module + offset). */
Dwfl_Module *image_dwfl_module(struct image *image, uint32_t module);
/* May libdwfl be asked for its symbols? Not of an image in memory without section headers: it would
 * follow the dynamic section, which is the target's to forge, and believe it. */
bool image_has_symbols(const struct image *image, uint32_t module);
const struct stk_module *image_module_info(const struct image *image, uint32_t module);
/* The file's bytes as mapped by us; size 0 when none. */
struct mapping image_module_file(const struct image *image, uint32_t module);
/* Compressed debug information is unpacked as far as it is needed. This is called before libdw is to look
 * at anything of a module but its abbreviations, strings, ranges and tables of addresses: `unit` is the
 * offset of a unit's header, or of a line table. What is before it is there, too. false: it
 * cannot be unpacked. */
enum image_debug { IMAGE_DEBUG_INFO, IMAGE_DEBUG_LINE, IMAGE_DEBUG_LOCATIONS };
#define IMAGE_DEBUG_ALL UINT64_MAX
bool image_debug_need(struct image *image, uint32_t module, enum image_debug part, uint64_t unit);
/* Is all of it there, anyway? */
bool image_debug_is_whole(const struct image *image, uint32_t module, enum image_debug part);
/* A file that the target's debug information names, by its path on this machine: see named_open(). */
struct stk_error *image_open_here(const struct image *image, const char *path, int *ret) STK_MUST;
const struct stk_files *image_files(const struct image *image);
/* Of debug information that is in no module: libdw is not to open by itself what it refers to. */
void image_no_alt(Dwarf *dwarf);
/* See stk_files.stage. */
void image_stage(const struct image *image, enum stk_part part, const char *module);
/* May its debug information be read? */
bool image_has_debug(const struct image *image, uint32_t module);
/* Whose process it was; (uid_t)-1 unknown. */
uid_t image_user(const struct image *image);
/* A source file of a module from debuginfod, where that is asked: its path here, malloc'ed; NULL. */
char *image_source_file(struct image *image, uint32_t module, const char *name);
/* The module of the executable; STK_NONE. */
uint32_t image_main_module(const struct image *image);

/* The address of a symbol that a module exports, found as the dynamic linker does: cheap, needs no
 * symbol table to be read, and works for stripped files. ret_size may be NULL. false: it exports none
 * of this name. */
bool image_export(struct image *image, uint32_t module, const char *name, uint64_t *ret,
		  uint64_t *ret_size);

/* What call frame information says at pc: memoised. */
struct image_cfi {
	bool found;  /* there is an FDE for pc */
	bool signal; /* of a signal trampoline */
};
struct image_cfi image_cfi(struct image *image, uint64_t pc);

/* Walks frames by call frame information and libdwfl's frame pointer fallback.
 * activation: start->pc is the next instruction, not a return address. step() gets every frame, the
 * first one included; it returns false to stop. *ret_failed: the address whose read failed last, if
 * the walk ended because of it. */
enum image_walk_end {
	WALK_ROOT,       /* the information says that this is the outermost frame */
	WALK_NO_INFO,    /* nothing to unwind with at this pc */
	WALK_UNREADABLE, /* memory was missing */
	WALK_STOPPED,    /* step() said so */
	WALK_FAILED,     /* libdwfl failed for another reason */
};
/* A frame during a walk: valid only within step(). */
struct image_frame;
/* A register of the frame by DWARF number; false when it is not known there (call-clobbered). */
bool image_frame_reg(const struct image_frame *frame, unsigned n, uint64_t *ret);
/* All that are known, and the pc: enough to go on from this frame by other means. */
void image_frame_regs(const struct image_frame *frame, struct image_regs *ret);
/* activation: pc is the next instruction of that frame. */
typedef bool image_step(void *arg, const struct image_frame *frame, uint64_t pc, bool activation);
enum image_walk_end image_walk(struct image *image, const struct image_regs *start, bool activation,
			       image_step *step, void *arg, uint64_t *ret_failed);

/* ---- what the kernel leaves for a handler of a signal to return to ---- */

/* Is pc, where a handler returns to, a trampoline's? By its code: it needs no unwind information. */
bool image_is_trampoline(struct image *image, uint64_t pc);
/* The registers of what the signal interrupted, from the trampoline's pc and stack pointer; false when pc is
 * no trampoline, or when they cannot be read. */
bool image_interrupted(struct image *image, uint64_t pc, uint64_t sp, struct image_regs *ret);
/* The signal that the handler was called for, as the kernel's siginfo has it; false when the frame has
 * none, or one that cannot be true. */
bool image_signal_of(struct image *image, uint64_t pc, uint64_t sp, struct stk_cause *ret);
/* What the processor faulted on last, which may have been before: it is this signal's if the instruction
 * that was interrupted would do that. */
bool image_fault_of(struct image *image, uint64_t pc, uint64_t sp, struct stk_cause *ret);
/* Fills a signal's texts from its numbers. */
void image_explain_signal(const struct image *image, struct stk_cause *cause);
/* A handler that has returned to where the thread is now: its trampoline's pc and stack pointer. */
bool image_returned_signal(struct image *image, const struct image_regs *regs, uint64_t *ret_pc,
			   uint64_t *ret_sp);

/* "0.188": of the elfutils that was loaded. */
const char *image_elfutils_version(void);

#endif

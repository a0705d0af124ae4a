/* SPDX-License-Identifier: Apache-2.0 */
/* capstone, loaded when an instruction is to be decoded: its 80,000 relocations would be half of the time
 * that stk needs to start. These stand for its functions. */
/* Its declarations would make them public. */
#define CAPSTONE_STATIC
#include <capstone/capstone.h>
#include <dlfcn.h>
#include <pthread.h>

#define TEXT(x) #x
#define NAME(major) "libcapstone.so." TEXT(major)

/* clang-format off */
#define CALLS(X) X(cs_open) X(cs_option) X(cs_close) X(cs_disasm) X(cs_disasm_iter) X(cs_malloc) \
	X(cs_free) X(cs_reg_name)
/* clang-format on */

static struct {
#define POINTER(name) __typeof__(name) *name;
	CALLS(POINTER)
	bool there;
} calls;

static void load(void)
{
	void *library = dlopen(NAME(CS_API_MAJOR), RTLD_NOW);

	calls.there = library != NULL;
#define FIND(name) calls.there = calls.there && (calls.name = dlsym(library, #name)) != NULL;
	CALLS(FIND)
}

/* Without a handle nothing else is called. */
cs_err cs_open(cs_arch arch, cs_mode mode, csh *handle)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	return pthread_once(&once, load) == 0 && calls.there ? calls.cs_open(arch, mode, handle)
							     : CS_ERR_MEM;
}

cs_err cs_option(csh handle, cs_opt_type type, size_t value)
{
	return calls.cs_option(handle, type, value);
}

cs_err cs_close(csh *handle)
{
	return calls.cs_close(handle);
}

size_t cs_disasm(csh handle, const uint8_t *code, size_t size, uint64_t address, size_t count,
		 cs_insn **insn)
{
	return calls.cs_disasm(handle, code, size, address, count, insn);
}

bool cs_disasm_iter(csh handle, const uint8_t **code, size_t *size, uint64_t *address,
		    cs_insn *insn)
{
	return calls.cs_disasm_iter(handle, code, size, address, insn);
}

cs_insn *cs_malloc(csh handle)
{
	return calls.cs_malloc(handle);
}

void cs_free(cs_insn *insn, size_t count)
{
	calls.cs_free(insn, count);
}

const char *cs_reg_name(csh handle, unsigned reg)
{
	return calls.cs_reg_name(handle, reg);
}

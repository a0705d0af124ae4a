/* SPDX-License-Identifier: Apache-2.0 */
/* Where the interpreter is: _PyRuntime, which every build exports (programs that embed it too), stripped
 * or not. From 3.13 on it begins with a mark, "xdebugpy", so that it is found with no file at all. */
#include "python.h"

#include <limits.h>
#include <string.h>

#define TABLE_SEARCHED ((uint64_t)64 << 20)
#define CHUNK 65536u

/* "libpython3.11.so.1.0", "python3.9": the minor release, or 0. */
static unsigned release_of_name(const char *path)
{
	const char *name = strrchr(path, '/');
	unsigned minor = 0;

	name = name ? name + 1 : path;
	if (!strncmp(name, "lib", 3))
		name += 3;
	if (strncmp(name, "python3.", 8) != 0)
		return 0;
	for (name += 8; *name >= '0' && *name <= '9' && minor < 100; name++)
		minor = minor * 10 + (unsigned)(*name - '0');
	return minor;
}

/* PY_VERSION_HEX of the library that runs: 0x030b02f0. 0 before 3.11. */
static uint32_t running_version(struct python *py)
{
	uint64_t address;
	uint32_t version;

	if (image_export(py->image, py->module, "Py_Version", &address, NULL) &&
	    image_u32(py->image, address, &version) && version >> 24 == 3)
		return version;
	return 0;
}

static bool use_table(struct python *py)
{
	unsigned char table[PYTHON_TABLE_BYTES];
	size_t size = image_read(py->image, py->runtime, table, sizeof(table));
	uint32_t version;

	if (!python_offsets_read(table, size, &py->offsets, &py->guessed))
		return false;
	memcpy(&version, table + 8, sizeof(version));
	py->micro = version >> 8 & 0xff;
	return true;
}

static bool use_release(struct python *py)
{
	uint32_t version = running_version(py);
	unsigned minor = version ? version >> 16 & 0xff
				 : release_of_name(image_module_info(py->image, py->module)->path);

	if (version)
		py->micro = version >> 8 & 0xff;
	if (python_offsets_of(minor, &py->offsets))
		return true;
	builder_note(
		py->b, STK_NOTE_RUNTIME_UNREADABLE, "Python",
		minor ? "3.%u is not supported, or its own table of offsets is damaged; its frames "
			"are not shown"
		      : "its release is not known; its frames are not shown",
		minor);
	return false;
}

static bool find_symbol(struct python *py, uint32_t module)
{
	if (!image_export(py->image, module, "_PyRuntime", &py->runtime, NULL))
		return false;
	py->module = module;
	if (!image_export(py->image, module, "PyCode_Type", &py->code_type, NULL))
		py->code_type = 0;
	if (!image_export(py->image, module, "_PyEval_EvalFrameDefault", &py->evaluator,
			  &py->evaluator_size))
		py->evaluator = 0;
	return use_table(py) || use_release(py);
}

/* ---- without a symbol: the file is not here ---- */

static bool find_mark(struct python *py, uint64_t start, uint64_t end)
{
	unsigned char bytes[CHUNK + 8];
	const unsigned char *hit;
	size_t size;

	for (; start < end; start += CHUNK) {
		size = end - start < sizeof(bytes) ? (size_t)(end - start) : sizeof(bytes);
		size = image_read(py->image, start, bytes, size);
		hit = size ? memmem(bytes, size, "xdebugpy", 8) : NULL;
		if (!hit)
			continue;
		py->runtime = start + (uint64_t)(hit - bytes);
		if (use_table(py))
			return true;
	}
	return false;
}

/* Up to 3.12 there is no mark, but a ring: the runtime points to an interpreter, that to a thread, and the
 * thread back to it. */
static bool is_ring(struct python *py, uint64_t interp)
{
	uint64_t thread, back;

	return interp && !(interp & 7) &&
	       image_u64(py->image, interp + py->offsets.interp_threads, &thread) && thread &&
	       !(thread & 7) && image_u64(py->image, thread + py->offsets.thread_interp, &back) &&
	       back == interp;
}

static bool find_ring(struct python *py, uint64_t start, uint64_t end)
{
	unsigned char bytes[CHUNK];
	uint64_t word;
	size_t size, i;

	for (; start < end; start += CHUNK) {
		size = end - start < sizeof(bytes) ? (size_t)(end - start) : sizeof(bytes);
		size = image_read(py->image, start, bytes, size);
		for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
			memcpy(&word, bytes + i, sizeof(word));
			if (start + i < py->offsets.interpreters || !is_ring(py, word))
				continue;
			py->runtime = start + i - py->offsets.interpreters;
			return true;
		}
	}
	return false;
}

static bool find_shape(struct python *py, uint64_t start, uint64_t end)
{
	unsigned minor = release_of_name(image_module_info(py->image, py->module)->path);

	return python_offsets_of(minor, &py->offsets) && find_ring(py, start, end);
}

/* All that is writable within a module's addresses; without its file these are those of its mappings,
 * and what is not in the file (.bss) follows them without a name. */
static bool find_in_data(struct python *py, uint32_t module,
			 bool (*find)(struct python *py, uint64_t start, uint64_t end))
{
	const struct stk_module *info = image_module_info(py->image, module);
	uint64_t end = info->end;
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(py->image, &count);

	py->module = module;
	for (i = 0; i < count; i++) {
		const struct image_range *r = &ranges[i];

		if (r->start == end && !r->path)
			end = r->end;
		if (r->writable && r->start >= info->start && r->end <= end &&
		    r->end - r->start <= TABLE_SEARCHED && find(py, r->start, r->end))
			return true;
	}
	return false;
}

/* Modules that go by Python's name first; then any that exports the symbol: a program that embeds it. */
bool python_find(struct python *py)
{
	uint32_t count = image_nmodules(py->image), i;

	py->micro = UINT_MAX;
	for (i = 0; i < count; i++)
		if (release_of_name(image_module_info(py->image, i)->path) && find_symbol(py, i))
			return true;
	for (i = 0; i < count; i++)
		if (release_of_name(image_module_info(py->image, i)->path) &&
		    (find_in_data(py, i, find_mark) || find_in_data(py, i, find_shape)))
			return true;
	for (i = 0; i < count; i++)
		if (!release_of_name(image_module_info(py->image, i)->path) && find_symbol(py, i))
			return true;
	return false;
}

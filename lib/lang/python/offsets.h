/* SPDX-License-Identifier: Apache-2.0 */
/* Where CPython keeps what is read of it, by release.
 *
 * Up to 3.12 the places are ours to know: they never moved within a minor release. From 3.13 on the
 * interpreter carries a table of its own (struct _Py_DebugOffsets in Include/internal/
 * pycore_debug_offsets.h), which stands at the start of _PyRuntime: it is the target's, so that every
 * number of it meets a limit before it is believed. */
#ifndef LANG_PYTHON_OFFSETS_H
#define LANG_PYTHON_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the frames of a thread hang together, and what tells where each activation of the evaluator (one
 * call of _PyEval_EvalFrameDefault) stands on the C stack. */
enum python_style {
	PYTHON_FRAME_OBJECTS, /* 3.8, 3.9: a frame an activation; nothing tells where it stands */
	PYTHON_CFRAMES,       /* 3.10: the same, and a CFrame on the C stack for each */
	PYTHON_ENTRIES,       /* 3.11: several frames an activation; the oldest says so itself */
	PYTHON_SHIMS, /* 3.12 on: a frame that is no function's, on the C stack, behind them */
};

/* All in bytes from the start of the structure; 0 is "has none" where no comment says more. */
struct python_offsets {
	unsigned minor; /* of 3.x */
	enum python_style style;
	bool free_threaded;
	bool tagged; /* pointers of frames have marks in their two low bits (3.14 on) */

	uint32_t interpreters;                           /* in _PyRuntime: the first interpreter */
	uint32_t finalizing;                             /* ... */
	uint32_t interp_next, interp_id, interp_threads; /* interp_next may be 0 and is meant so */
	uint32_t interp_gil;                             /* pointer to its lock, or ... */
	uint32_t gil_holder; /* ... in _PyRuntime up to 3.11, in that lock from 3.12: who had it last ... */
	uint32_t gil_locked; /* ... and whether it has it */

	uint32_t thread_next, thread_interp, thread_frame, thread_id, thread_native, thread_size;
	uint32_t thread_exception; /* the one in flight: a type up to 3.11, an instance from 3.12 */
	/* thread_frame 0: its newest frame is that of its newest CFrame; cframe_frame may be 0 and is
	 * meant so */
	uint32_t thread_cframe, cframe_frame, cframe_previous;

	uint32_t frame_size, frame_previous, frame_code, frame_instr, frame_locals, frame_owner,
		frame_entry, frame_bytecode;
	uint32_t code_size, code_file, code_name, code_qualname, code_line, code_table,
		code_argcount, code_kwonly, code_flags, code_names, code_cells, code_frees,
		code_kinds, code_first, code_copies;
	uint32_t text_state, text_ascii,
		text_other; /* of str: the data of ASCII, and of other text */
	uint32_t object_type, type_name, type_flags, bytes_data, tuple_items, dict_keys;
};

#define PYTHON_OLDEST 8u  /* 3.8 */
#define PYTHON_NEWEST 15u /* of whose table the order of words is known */
/* Bytes of the largest table that is known. */
#define PYTHON_TABLE_BYTES (111u * 8)

/* Those of 3.8 to 3.12; false: another release. */
bool python_offsets_of(unsigned minor, struct python_offsets *ret);
/* Those that a table tells which stands at the start of _PyRuntime: little endian. A release that is
 * newer than all known ones is tried as the newest of them (*ret_guessed). false: there is no
 * table, or none that can be believed. */
bool python_offsets_read(const unsigned char *bytes, size_t size, struct python_offsets *ret,
			 bool *ret_guessed);

#endif

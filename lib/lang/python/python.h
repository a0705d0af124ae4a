/* SPDX-License-Identifier: Apache-2.0 */
/* lang/python/ - CPython: which functions of Python each thread is in.
 *
 * Python's frames are no frames of the machine's stack: they are objects of the interpreter, linked
 * from its record of the thread, and the C stack shows only its own work (_PyEval_EvalFrameDefault
 * and its helpers). Each activation of that function keeps an object on its own C stack, though,
 * whose address the interpreter knows (an anchor), and the run of Python frames that it executes
 * follows from the same list. So both kinds are merged by address, not by counting: the native frame
 * whose part of the stack holds the anchor is the one that runs these frames.
 *
 * All is read from memory, without symbols but one (_PyRuntime) and without debug information. The
 * target's numbers and pointers are hostile: every read is bounded, every list ends. */
#ifndef LANG_PYTHON_H
#define LANG_PYTHON_H

#include "../../origin/origin.h"
#include "../lang.h"
#include "offsets.h"

/* What is known of a code object: one function's, class body's or module's. */
struct python_code {
	bool valid;       /* it is one, and can be read */
	bool shim;        /* the interpreter's own: no function of the program */
	const char *func; /* strings of the builder: qualified from 3.11 on ... */
	const char *file; /* ... and NULL unknown */
	uint32_t first_line;
	uint32_t arguments;    /* how many of the variables are arguments */
	uint64_t instructions; /* address of the first; 0: offsets are kept, not addresses */
	/* of the variables: a tuple of str, and bytes; up to 3.10, which has no kinds, of the plain ones,
	 * and two more tuples of those in cells and those of functions around it */
	uint64_t names, kinds, cells, frees;
	unsigned char *table; /* from places in the code to lines; NULL unreadable */
	size_t table_size;
};

/* One frame, newest first within its run. */
struct python_frame {
	uint64_t address;            /* of the frame's record */
	uint32_t code;               /* into codes */
	uint32_t line;               /* 0 unknown */
	uint32_t column, end_column; /* 1-based; 0 unknown */
	bool incomplete;             /* still being built, or being cleared */
	const struct stk_value *values;
	uint32_t nvalues;
};

/* The frames that one activation of the evaluator executes. */
struct python_run {
	uint64_t anchor; /* an address within the activation's part of the C stack; 0 unknown */
	uint32_t first, count; /* into frames */
};

/* Python's record of a thread. */
struct python_thread {
	uint64_t address, interp;
	uint64_t pthread; /* pthread_t */
	uint32_t tid;     /* 0 unknown */
	uint32_t first_run, nruns;
	bool has_gil;
	bool cut;              /* the list of frames was damaged, or longer than any can be */
	bool matched;          /* a thread of the target goes by this id */
	const char *exception; /* in flight: "ValueError: text"; NULL none */
};

struct python {
	struct image *image;
	struct builder *b;
	struct capture *c;
	struct python_offsets offsets;
	uint64_t runtime;                   /* _PyRuntime */
	uint64_t code_type;                 /* PyCode_Type; 0 unknown */
	uint32_t module;                    /* that it is in */
	uint64_t evaluator, evaluator_size; /* _PyEval_EvalFrameDefault; 0 unknown */
	unsigned micro;                     /* of 3.minor.micro; UINT_MAX unknown */
	bool guessed;                       /* the release is newer than those that are known */
	uint32_t interpreters;

	struct python_thread *threads;
	size_t nthreads, cap_threads;
	struct python_run *runs;
	size_t nruns, cap_runs;
	struct python_frame *frames;
	size_t nframes, cap_frames;
	struct python_code *codes;
	size_t ncodes, cap_codes;
	struct map code_index; /* address -> index */
	struct lang_run *lang_runs;
	size_t cap_lang_runs; /* of the thread that was asked for last */
};

/* ---- find.c ---- */
/* Looks for an interpreter of a known release: fills runtime, offsets and what else never moves. */
bool python_find(struct python *py);

/* ---- object.c ---- */
/* The text of a str as UTF-8, malloc'ed; at most `limit` characters of it (*ret_cut: there are more). NULL:
 * it is none, or cannot be read. */
char *python_text(struct python *py, uint64_t address, size_t limit, bool *ret_cut);
/* A pointer of the target without marks; false when it cannot be read. */
bool python_pointer(struct python *py, uint64_t address, uint64_t *ret);
/* The name of an object's type, malloc'ed: "ValueError"; NULL. */
char *python_type_name(struct python *py, uint64_t object);

/* ---- code.c ---- */
/* Index of what is known of a code object. Reads it the first time. */
uint32_t python_code_at(struct python *py, uint64_t address);
/* Where an instruction of it stands in its source. instruction: its address, or its offset where
 * code->instructions is 0. */
void python_code_place(const struct python *py, const struct python_code *code,
		       uint64_t instruction, struct python_frame *ret);

/* ---- value.c ---- */
/* The variables of a frame, arguments first: of those that STK_WANT_ARGS and STK_WANT_LOCALS ask for. */
uint32_t python_variables(struct python *py, const struct python_frame *frame, unsigned want,
			  const struct stk_value **ret);

/* ---- stacks.c ---- */
/* Reads all threads and their frames; notes what is damaged. The target stands still. */
void python_stacks_read(struct python *py);
/* The record of a thread; NULL. */
struct python_thread *python_thread_of(struct python *py, uint32_t tid);

#endif

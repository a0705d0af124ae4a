/* SPDX-License-Identifier: Apache-2.0 */
/* What names in CPython mean: which functions of C only carry calls from one frame of Python to the
 * next, and which files are of its standard library. */
#include "origin.h"

#include <string.h>

/* The evaluator, its helpers, the start of the program and of threads. By the beginning of the name. */
/* clang-format off */
static const char *const plumbing[] = {
	"_Py", "PyEval_", "PyObject_", "PyVectorcall_", "PyCFunction_", "PyRun_", "PyImport_", "Py_Main",
	"Py_RunMain", "Py_BytesMain", "PySequence_", "PyIter_", "PyNumber_", "pymain_", "run_mod",
	"run_eval_code", "pyrun_", "thread_run", "t_bootstrap", "pythread_wrapper", "call_function",
	"function_code_fastcall", "do_call_core", "_TAIL_CALL_", "cfunction_", "method_", "methoddescr_",
	"slot_", "type_call", "object_", "vectorcall_", "wrap_", "gen_send_ex", "gen_iternext", "gen_send",
	"builtin_exec", "builtin_eval", "builtin_map", "map_next", "context_run", "partial_",
	"lookup_maybe_method", "call_unbound", "call_method", "wrapperdescr_", "wrapper_call",
	"property_descr_get", "import_", "exec_code_in_module", NULL
};
/* clang-format on */

/* Of these what a thread does in them matters: it waits for the interpreter's lock, or died. */
/* clang-format off */
static const char *const telling[] = {
	"PyEval_RestoreThread", "PyEval_AcquireThread", "PyEval_SaveThread", "_Py_FatalError", "_PyRuntime_",
	"_PyMutex_", "_PySemaphore_", "_PyParkingLot_", "_PyGC", "_PyObject_GC", "_PyTime_", NULL
};
/* clang-format on */

/* Where threads wait: nobody is known by these. */
static const char *const waiting[] = { "PyThread_acquire_lock", "PyEval_RestoreThread",
				       "PyEval_AcquireThread",  "take_gil",
				       "lock_PyThread",         "acquire_timed",
				       "rlock_acquire",         NULL };

static bool begins_with_any(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (!strncmp(text, *prefixes, strlen(*prefixes)))
			return true;
	return false;
}

bool origin_is_python_plumbing(const char *func)
{
	if (begins_with_any(func, telling))
		return false;
	return begins_with_any(func, plumbing) || strstr(func, "vectorcall");
}

/* "/usr/lib/python3.11/threading.py", "<frozen importlib._bootstrap>"; what was installed besides lies
 * in a folder of its own. */
static unsigned flags_of(const char *func, const char *file)
{
	const char *library;

	if (begins_with_any(func, waiting))
		return STK_FRAME_PLUMBING;
	if (!file)
		return 0;
	if (!strncmp(file, "<frozen ", 8))
		return STK_FRAME_LIBRARY;
	library = strstr(file, "/lib/python3.");
	return library && !strstr(library, "-packages/") ? STK_FRAME_LIBRARY : 0;
}

static bool says_nothing(const char *name)
{
	return origin_is_python_plumbing(name);
}

const struct origin_rules origin_cpython = { .flags = flags_of, .says_nothing = says_nothing };

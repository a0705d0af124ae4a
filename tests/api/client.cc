/* SPDX-License-Identifier: Apache-2.0 */
// A client in C++: the header compiles as C++, and its errors are told apart by their code.
#include <cstdio>
#include <stk.h>

int main()
{
	stk_files files;
	stk_want want;
	stk_dump *dump = nullptr;
	stk_files_init(&files);
	stk_want_init(&want);
	stk_error *err = stk_core("/nonexistent/core", &files, &want, &dump);

	if (!err || err->code != STK_NO_INPUT || dump)
		return 1;
	stk_error_free(err);
	for (const stk_format *f = stk_formats(); f->name; f++)
		std::printf("%s\n", f->name);
	for (int code = 0; code < STK_NOTE_COUNT; code++)
		if (!stk_note_code_name(stk_note_code(code)))
			return 1;
	return stk_version() ? 0 : 1;
}

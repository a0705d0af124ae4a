/* SPDX-License-Identifier: Apache-2.0 */
/* .debug_frame alone. Code that has no .eh_frame (Go's, and C in Go programs) has its call frame
 * information there, and libdw decompresses all other debug sections before it hands that out: for a
 * large program a second, in which a live target stands still. Only image/. */
#ifndef IMAGE_DEBUGFRAME_H
#define IMAGE_DEBUGFRAME_H

#include <elfutils/libdw.h>
#include <gelf.h>

#include "../base/base.h"

struct debugframe {
	bool tried;
	char *bytes; /* a file of this section alone */
	Elf *elf;
	Dwarf *dwarf;
	Dwarf_CFI *cfi; /* NULL: the section is not there, or cannot be read so */
};

/* Of this file, opened the first time it is asked for; addresses are the file's. */
Dwarf_CFI *debugframe_cfi(struct debugframe *frame, Elf *elf);
void debugframe_close(struct debugframe *frame);

#endif

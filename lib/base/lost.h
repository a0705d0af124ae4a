/* SPDX-License-Identifier: Apache-2.0 */
/* Files that shrink while they are mapped.
 *
 * A mapping of a file that is cut afterwards (a log that is rotated, a core that is written still, a
 * disk that fails) has pages behind which there is nothing: to read one is SIGBUS, which kills. So a
 * program that wants to live has a handler for SIGBUS that calls stk_lost_page(): it puts zeros in the
 * place of what is gone, and remembers the file, so that a note can tell. */
#ifndef BASE_LOST_H
#define BASE_LOST_H

/* How many pieces of mapped files were replaced so far, in this process. */
unsigned lost_pages(void);
/* The path of the file that the i'th of them was of, as /proc/self/maps has it; "" unknown. */
const char *lost_path(unsigned i);
/* So many are remembered by path. */
#define LOST_PATHS 16u

#endif

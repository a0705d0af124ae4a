/* SPDX-License-Identifier: Apache-2.0 */
/* .debug_aranges: which unit may cover which addresses. */
#ifndef SYM_ARANGES_H
#define SYM_ARANGES_H

#include "../base/base.h"

/* A row of the table: [low, high) is said to be of the unit with its header at `unit` in
 * .debug_info. Neither has to be true. false ends the reading. */
typedef bool aranges_each(void *arg, uint64_t unit, uint64_t low, uint64_t high);

/* Reads the bytes of the section. false: they are no such table, or `each` said so; what was told
 * until then is not to be used. */
bool aranges_read(struct cursor section, aranges_each *each, void *arg);

#endif

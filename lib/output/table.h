/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns: every cell is written once into memory, then printed as wide as the widest
 * of its column. A column without any text is not there at all. */
#ifndef OUTPUT_TABLE_H
#define OUTPUT_TABLE_H

#include "output.h"

#define TABLE_COLUMNS 8

struct table {
	struct out text; /* all cells, one after the other: write the next one here ... */
	struct table_cell {
		size_t at;
		uint32_t size, columns;
	} * cells;
	size_t ncells, cap;
	unsigned ncolumns;
	uint32_t widths[TABLE_COLUMNS];
};

void table_init(struct table *table, unsigned ncolumns);
void table_deinit(struct table *table);
/* ... and end it; rows fill from the left. */
void table_end_cell(struct table *table);
/* Prints one cell, its padding and two spaces. */
void table_put(const struct table *table, struct out *out, size_t row, unsigned column);
/* Columns of a row before the text that follows its cells. */
uint32_t table_width(const struct table *table);

#endif

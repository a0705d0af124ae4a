/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

void table_init(struct table *table, unsigned ncolumns)
{
	memset(table, 0, sizeof(*table));
	out_init(&table->text, -1);
	table->ncolumns = ncolumns;
}

void table_deinit(struct table *table)
{
	out_deinit(&table->text);
	free(table->cells);
}

void table_end_cell(struct table *table)
{
	unsigned column = (unsigned)(table->ncells % table->ncolumns);
	struct table_cell cell = { .at = 0 };

	if (table->ncells)
		cell.at = table->cells[table->ncells - 1].at + table->cells[table->ncells - 1].size;
	cell.size = (uint32_t)(table->text.used - cell.at);
	cell.columns = text_columns(table->text.buffer + cell.at, cell.size);
	if (cell.columns > table->widths[column])
		table->widths[column] = cell.columns;
	table->cells = grow(table->cells, &table->cap, table->ncells + 1, sizeof(cell));
	table->cells[table->ncells++] = cell;
}

void table_put(const struct table *table, struct out *out, size_t row, unsigned column)
{
	const struct table_cell *cell = &table->cells[row * table->ncolumns + column];

	if (!table->widths[column])
		return;
	out_bytes(out, table->text.buffer + cell->at, cell->size);
	out_pad(out, table->widths[column] - cell->columns + 2);
}

uint32_t table_width(const struct table *table)
{
	uint32_t width = 0;
	unsigned i;

	for (i = 0; i < table->ncolumns; i++)
		width += table->widths[i] ? table->widths[i] + 2 : 0;
	return width;
}

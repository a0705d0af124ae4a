/* SPDX-License-Identifier: Apache-2.0 */
/* calltree - who called whom, over all tasks: what flame graphs draw. Frames of equal names in
 * equal callers are one node. Recursion stands once, with how often it was repeated. */
#ifndef OUTPUT_PROFILE_CALLTREE_H
#define OUTPUT_PROFILE_CALLTREE_H

#include "../../base/base.h"

struct calltree_node {
	uint32_t name;    /* into names */
	uint32_t parent;  /* a smaller index; the root is its own */
	uint32_t child;   /* the first one by name; 0 none */
	uint32_t sibling; /* the next one by name; 0 none */
	uint32_t depth;   /* 0: the root */
	uint64_t count;   /* tasks in it or in what it called */
};

struct calltree {
	struct calltree_node *nodes; /* [0] is the root; callers before what they call */
	size_t count, cap;
	uint32_t depth; /* of the deepest node */
	struct arena arena;
	struct intern names; /* printable */
	struct map children; /* (parent, name) -> node */
};

void calltree_init(struct calltree *tree, const struct stk_dump *dump);
void calltree_deinit(struct calltree *tree);
const char *calltree_name(const struct calltree *tree, uint32_t node);

#endif

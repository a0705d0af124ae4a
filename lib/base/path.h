/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

/* What stands behind the last slash; a path that ends in one is its own name. */
const char *path_base(const char *path);

#endif

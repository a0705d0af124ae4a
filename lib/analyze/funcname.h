/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a function's name that is the same in every build. */
#ifndef ANALYZE_FUNCNAME_H
#define ANALYZE_FUNCNAME_H

/* Without return type, parameters, template and type arguments, hashes, numbers of lambdas,
 * the compiler's suffixes (.cold, .part.0) and the C library's variants
 * (__memcpy_avx_unaligned_erms is memcpy). To free(). */
char *funcname_normal(const char *name);

#endif

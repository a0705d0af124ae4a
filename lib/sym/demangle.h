/* Mangled names of C++ and Rust (both schemes), as a person writes them. Not of D: libiberty's
 * demangler for it returns a string only when it is whole, and a short name can stand for
 * gigabytes. */
#ifndef SYM_DEMANGLE_H
#define SYM_DEMANGLE_H

/* Without parameter list and return type; template arguments stay; Rust's hashes go.
 * malloc'ed; NULL when the name is not mangled. Bounded for hostile names: the longest result
 * is DEMANGLE_LIMIT bytes and ends with "..." when it was cut. */
#define DEMANGLE_LIMIT 16384
char *demangle(const char *name);

#endif

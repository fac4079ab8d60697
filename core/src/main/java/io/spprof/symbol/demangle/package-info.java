/**
 * Makes the mangled names of C++ and Rust functions readable, in Java alone: {@link
 * io.spprof.symbol.demangle.Demangler}. This package uses no other package of the profiler.
 */
package io.spprof.symbol.demangle;

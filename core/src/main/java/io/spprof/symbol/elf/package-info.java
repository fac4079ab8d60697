/**
 * Finds the names of native functions in ELF files, in Java alone. This package uses no other
 * package of the profiler.
 *
 * <p>{@link io.spprof.symbol.elf.LibrarySymbols} stands for one library that the process has
 * loaded. It answers for a batch of addresses. An address gets the name of a symbol only if the
 * symbol's code contains the address; a symbol that merely precedes it is never taken. Where no
 * symbol contains the address, the library's unwind table gives the address at which the function
 * begins, so all samples of a function without a name have the same address.
 *
 * <p>The symbols come from only one table, the first of these that exists: the library's {@code
 * .symtab}; the {@code .symtab} of its separate debug file, by build id, then by {@code
 * .gnu_debuglink}; the library's {@code .dynsym}. The file at the library's path may be another one
 * than the process has loaded. So it is used only if its build id is that of the loaded library. A
 * file without a build id is compared with the library in memory.
 *
 * <p>Files are read with positional reads of at most 64 KiB, never mapped: a mapping would live
 * until a garbage collection, and if the file became shorter, a read of the mapping would raise
 * SIGBUS. Every offset, length and count of a file is checked. A damaged file gives no names. For
 * any file the number of reads, steps and bytes of heap is bounded.
 *
 * <p>{@link io.spprof.symbol.elf.LibrarySymbols#index} keeps a sorted index of the symbols on the
 * heap, 12 bytes for each function, if that is within a bound that the caller gives. Without an
 * index, each batch of addresses takes one pass over the symbols of the file. The answers are the
 * same.
 */
package io.spprof.symbol.elf;

/**
 * Finds the names of native functions in ELF files, in Java alone. This package uses no other
 * package of the profiler.
 *
 * <p>{@link io.spprof.symbol.elf.LibrarySymbols} stands for one library that the process has
 * loaded. It answers for a batch of addresses. Each answer comes from a symbol whose code contains
 * the address, or there is no name. The nearest symbol before an address is never taken for its
 * name. Where no symbol contains the address, the library's unwind table gives the begin of the
 * function, so all samples of a function without a name have one address.
 *
 * <p>The symbols come from the first of these that exists: the library's {@code .symtab}; the
 * {@code .symtab} of its separate debug file, by build id, then by {@code .gnu_debuglink}; the
 * library's {@code .dynsym}. The file at the library's path may be another one than the process has
 * loaded. So it is used only if its build id is that of the loaded library. A library without a
 * build id must have the expected device and inode.
 *
 * <p>Files are read with positional reads of at most 64 KiB, never mapped: a mapping lives until a
 * garbage collection, and a file that becomes shorter makes reads of a mapping fail with SIGBUS.
 * Every offset, length and count of a file is checked. A damaged file gives no names. For any file
 * the number of reads, steps and bytes of heap is bounded.
 *
 * <p>{@link io.spprof.symbol.elf.LibrarySymbols#index} keeps a sorted index of the symbols on the
 * heap, within a bound: 12 bytes for a function. Without an index, each batch of addresses takes
 * one pass over the symbols of the file. Both give the same answers.
 */
package io.spprof.symbol.elf;

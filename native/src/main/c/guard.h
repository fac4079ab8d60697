/*
 * Loads from addresses that may not be mapped: what a walker reads on the strength of data that
 * might be no pointer after all.
 *
 * While a session samples, SIGSEGV and SIGBUS have a handler of ours in front of the JVM's. It
 * knows a fault by its pc, which must lie within one of the loads of cpu/; the load then says no.
 * Every other fault goes on to the handler that was there before, in the same frame, with the same
 * mask and flags: the JVM, which uses these signals itself, notices nothing.
 *
 * Where the JVM looks after its handlers (-Xcheck:jni tells of every change), none is installed and
 * the loads are made by a system call instead.
 *
 * install and remove: ordinary threads, with the sampler's lock held, and no handler in flight. The
 * loads: from anywhere between the two.
 */
#ifndef SPPROF_GUARD_H
#define SPPROF_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 or -errno. With `by_call` no handler is installed. */
int spprof_guard_install(bool by_call);
/* Puts back what was there, where what is there now is still ours. */
void spprof_guard_remove(void);

/* false: nothing is there, `*value` is as it was. */
bool spprof_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_load8_sigsafe(uint64_t address, uint8_t *value);
/* Any number of bytes. */
bool spprof_load_sigsafe(uint64_t address, void *bytes, size_t size);

#endif

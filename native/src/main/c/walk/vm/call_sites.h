/*
 * Decides whether a byte code can have called a method. The walker uses this to check a word of the
 * stack that may be a return address (return_slots.h). If the word is a return address, the
 * instruction before this address is a call, and the call belongs to a byte code of the caller. The
 * walker rejects the word if this byte code cannot have called the method whose frame the walker
 * wants to leave. In doubt the answer is "can call", so that no correct caller is rejected.
 *
 *   byte code                              can call
 *   invokevirtual, -special, -static,      methods with the name and signature to which it refers,
 *   -interface                             in any class
 *   invokedynamic; MethodHandle.invoke,    the methods that java.lang.invoke makes for this
 *   .invokeExact, .invokeBasic; VarHandle
 *   MethodHandle.linkTo…                   methods whose signature fits the reference's
 *   MethodHandle.linkToNative              any method
 *   one that a debugger has replaced       any method
 *   all others                             none: they call the JVM, which calls Java code through
 *                                          call_stub
 *   any, if the JVM does not publish the   any method
 *   layout of its constant pools
 *
 * When a class is linked, the operands of its byte codes become indices into the constant pool's
 * cache. Up to JDK 21 the cache's entries follow its header; since JDK 22 the entries of methods
 * are in an array.
 *
 * Called from the signal handler. All loads are guarded, because the caller's address comes from a
 * word of the stack that may be anything.
 */
#ifndef SPPROF_VM_CALL_SITES_H
#define SPPROF_VM_CALL_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/methods.h"

/* Returns whether a byte code can have called a method. `bci` is the index of the byte code in
 * `caller`, from 0. Returns false if it is negative, or outside the caller's byte codes. */
bool spprof_call_sites_can_call_sigsafe(const struct spprof_method *caller, int32_t bci,
                                        const struct spprof_method *callee);

/*
 * Returns whether the method's class is in the package java.lang.invoke. All classes that implement
 * method handles are there.
 */
bool spprof_call_sites_is_of_handles_sigsafe(const struct spprof_method *method);

#endif
